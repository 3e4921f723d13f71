"""Workflows that wait for a word and then say which build ran them; for tests of worker processes."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy, VersioningBehavior

with workflow.unsafe.imports_passed_through():
    from trustrelay.servicekit.errors import Unavailable

PERSON = "Odalric Vantongerloo-Brindlewick"


def _build() -> str:
    version = workflow.info().get_current_deployment_version()
    return version.build_id if version else ""


class _Waiting:
    """First and last build of a run that a signal ends."""

    def __init__(self) -> None:
        self._told = False

    @workflow.signal
    def go(self) -> None:
        """Ends the wait."""
        self._told = True

    async def _builds(self) -> list[str]:
        first = _build()
        await workflow.wait_condition(lambda: self._told)
        return [first, _build()]


@workflow.defn(name="StubPinned", versioning_behavior=VersioningBehavior.PINNED)
class Pinned(_Waiting):
    """Ends on the version that it began on."""

    @workflow.run
    async def run(self) -> list[str]:
        """First and last build."""
        return await self._builds()


@workflow.defn(name="StubUpgrading", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class Upgrading(_Waiting):
    """Goes on with the current version."""

    @workflow.run
    async def run(self) -> list[str]:
        """First and last build."""
        return await self._builds()


@workflow.defn(name="StubSilent")
class Silent(_Waiting):
    """Says nothing about versions: its domain does."""

    @workflow.run
    async def run(self) -> list[str]:
        """First and last build."""
        return await self._builds()


@workflow.defn(name="StubLooking", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class Looking:
    """Runs one activity about a person."""

    @workflow.run
    async def run(self, person: str) -> str:
        """What the activity says."""
        retries = RetryPolicy(initial_interval=timedelta(milliseconds=50))
        said: str = await workflow.execute_activity(stub_look, person, start_to_close_timeout=timedelta(seconds=10), retry_policy=retries)
        return said


@activity.defn
async def stub_look(person: str) -> str:
    """Fails once with a text that quotes the person, then answers."""
    if activity.info().attempt == 1:
        raise Unavailable("SOURCE_DOWN", f"nobody could ask about {person}")
    return f"looked at {person}"
