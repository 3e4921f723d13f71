"""A worker that goes away in the middle of anything: another one takes over, and nothing is lost or done twice. On the time-skipping server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.common import RetryPolicy
from worker_harness import RunningCase, Server, serving
from worker_store import ScriptedCase

from trustrelay.contracts.case_workflow import FACTS_CHANGED, Decision, Path, Status, Update
from trustrelay.workflow_worker.application.activity import Activity
from trustrelay.workflow_worker.application.compliance.catalogue import CASE_ACTIVITIES
from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement
from trustrelay.workflow_worker.domain.compliance.state import Summary

pytestmark = pytest.mark.asyncio(loop_scope="module")
OF_A_PERSON = {"verify_identity", "validate_fields", "run_kyc_screening"}
# On no case's straight way; failures, successors and signals have tests of their own.
BESIDE = {"record_not_assessed", "stage_successor", "verify_actor_assertion", "persist_audit_event"}
EVERY = {entry.name for entry in CASE_ACTIVITIES} - BESIDE
# A customs client's path is a company's and three activities more, so that the two of them meet everything.
PATHS = {Path.CUSTOMS: EVERY - OF_A_PERSON, Path.KYC: OF_A_PERSON}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server for the module; its worker is replaced all the time, and replays the history at every workflow task."""
    async with serving(max_cached_workflows=0) as running:
        running.task_timeout = timedelta(seconds=1)
        yield running


@pytest.fixture(scope="module", autouse=True)
def retried_soon() -> Iterator[None]:
    """An attempt that its worker took along is made again at once: these tests lose fifty, and nothing here depends on the second in between."""
    soon = RetryPolicy(initial_interval=timedelta(milliseconds=50), maximum_interval=timedelta(seconds=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Activity, "retry_policy", soon)
        yield


async def tell(case: RunningCase) -> None:
    """A whole case: bounce-back, hit, facts that change in review, second officer, follow-up, approval."""
    await case.until(Status.REQUIREMENTS_REVIEW)
    await case.send(Update.REQUIREMENTS_APPROVED)
    for _ in range(2):
        await case.until(Status.AWAITING_DOCUMENTS)
        await case.send(Update.DOCUMENTS_SUBMITTED)
        await case.until(Status.AWAITING_DOCUMENTS, Status.REVIEW_PENDING)
    await case.until(Status.REVIEW_PENDING)
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.send(Update.SKIP_DOCUMENTS)
    await case.until(Status.REVIEW_PENDING)
    await case.handle.signal(FACTS_CHANGED)
    await case.send(Update.RESOLVE_HIT)
    await case.send(Update.OFFICER_DECISION)
    await case.send(Update.SECOND_DECISION)


@pytest.mark.parametrize("path", PATHS)
async def test_worker_goes_away_at_each_activity(server: Server, path: Path) -> None:
    """The worker goes each time another activity runs; the case ends as if nothing had happened: each step stored once, in order."""
    facts = Summary(open_hits=("hit-1",), risk_level="LOW", confirmed_pep=True)
    script = ScriptedCase(facts, verdicts=[(FailedRequirement("articles", ("TOO_OLD",)),)])
    script.assessed["registry_and_documents"] = ("CLEAR", "", 0)
    gates = {name: script.block(name) for name in PATHS[path]}
    case = await server.start(script, open_it=False, path=path)
    telling = asyncio.create_task(_all(case))
    while not telling.done():
        reached = [name for name, gate in gates.items() if gate.reached.is_set()]
        if reached:
            await server.crash()
        for name in reached:
            gates.pop(name).open()
        await asyncio.sleep(0.02)
    assert await telling is Status.APPROVED
    assert not gates, "the case never came to these"
    versions = [step.expected_version for step in script.transitions]
    assert versions == list(range(1, len(versions) + 1))
    assert len(script.audit("decision_recorded")) == 2
    assert len(script.audit("validation_bounce_back")) == 1


async def _all(case: RunningCase) -> Status:
    """From its opening to what is done after the decision."""
    await case.send(Update.OPEN)
    await tell(case)
    return (await case.result()).status


@pytest.mark.parametrize("status", [Status.REQUIREMENTS_REVIEW, Status.AWAITING_DOCUMENTS, Status.REVIEW_PENDING])
async def test_worker_goes_away_while_people_are_waited_for(server: Server, status: Status) -> None:
    """A wait is as good on the next worker: timers, state and answers are those of before."""
    case = await (await server.start()).to(status)
    before = await case.view()
    await server.crash()
    assert await case.view() == before
    await case.pass_time(days=20)
    await server.crash()
    await case.send(Update.REASSIGN, owner="officer-one")
    assert (await case.view()).status is status
    assert (await case.send(Update.WITHDRAW)).status is Status.WITHDRAWN


async def test_worker_without_memory_drives_a_whole_case(server: Server) -> None:
    """With every workflow task replayed from the history, a case with every kind of message comes to the same end."""
    facts = Summary(open_hits=("hit-1",), risk_level="LOW", confirmed_pep=True)
    script = ScriptedCase(facts, verdicts=[(FailedRequirement("articles", ("TOO_OLD",)),)])
    case = await server.start(script)
    await tell(case)
    assert (await case.result()).status is Status.APPROVED
