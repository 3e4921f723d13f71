"""A versioned worker on a real Temporal server, with the payload converter of production."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from worker_harness import Server, working
from worker_store import ScriptedCase

from trustrelay.contracts.case_workflow import DEPLOYMENT, Status, Update
from trustrelay.devstack.errors import StartFailed
from trustrelay.devstack.testing import running_bench, s3_engine, temporal_engine  # noqa: F401  fixtures
from trustrelay.servicekit.temporal import TemporalSettings, data_converter, new_keyring
from trustrelay.workflow_worker.application.compliance import continuing
from trustrelay.workflow_worker.domain.compliance.state import Summary

_CLEAR_TEXT = "Odalric Vantongerloo-Brindlewick asked for it"
_BUILD = "test-build-1"


@dataclass
class RealTime:
    """The harness asks its environment for the time; here it is the real one."""

    async def get_current_time(self) -> datetime:
        """Now."""
        return datetime.now(UTC)


@pytest.fixture
def settings(temporal_engine: Any, s3_engine: Any, tmp_path: Path) -> TemporalSettings:  # noqa: F811
    """What the worker is started with."""
    keys = tmp_path / "keys.json"
    keys.write_text(new_keyring("test"))
    keys.chmod(0o600)
    return TemporalSettings(
        port=0,
        temporal_address=temporal_engine.address,
        payload_keys_file=keys,
        payload_s3_endpoint=s3_engine.endpoint,
        payload_s3_access_key=s3_engine.payloads.access,
        payload_s3_secret_key=s3_engine.payloads.secret,
    )


@pytest_asyncio.fixture
async def server(settings: TemporalSettings, temporal_engine: Any) -> AsyncIterator[Server]:  # noqa: F811
    """A versioned worker that is the deployment's current version."""
    client = await Client.connect(settings.temporal_address, data_converter=data_converter(settings))
    async with working(cast(WorkflowEnvironment, RealTime()), client, build_id=_BUILD) as running:
        await _make_current(temporal_engine)
        yield running


async def _make_current(engine: Any) -> None:
    """As the stack does after a start; the server must have heard from the worker first."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await asyncio.to_thread(engine.set_current_version, DEPLOYMENT, _BUILD)
            except StartFailed:
                await asyncio.sleep(0.1)


@pytest.mark.integration
async def test_worker_versioned_case_runs_and_its_history_is_unreadable(server: Server, settings: TemporalSettings) -> None:
    """A versioned worker drives a case to its decision, and nothing of what was said is readable in the history."""
    script = ScriptedCase(Summary(open_hits=("hit-1",), risk_level="LOW"))
    script.fail("run_osint_investigation", ApplicationError(_CLEAR_TEXT, _CLEAR_TEXT, type="SOURCE_DOWN", non_retryable=True))
    case = await (await server.start(script)).to(Status.REVIEW_PENDING)
    await case.send(Update.RESOLVE_HIT, reason=_CLEAR_TEXT)
    assert (await case.send(Update.OFFICER_DECISION, reason=_CLEAR_TEXT)).status is Status.APPROVED
    assert (await case.result()).status is Status.APPROVED
    raw = await Client.connect(settings.temporal_address)
    history = await raw.get_workflow_handle(case.handle.id).fetch_history()
    told = b"".join(event.SerializeToString() for event in history.events)
    for clear in (_CLEAR_TEXT, "Vantongerloo", "officer-one", "tier/scripted"):
        assert clear.encode() not in told, clear
    # Names of activities and reason codes are no secret; they show that the search finds what is there.
    assert b"reassess_risk" in told
    assert b"SOURCE_DOWN" in told
    assert len(told) < 1024 * 1024
    assert len(history.events) < 500
    described = await raw.get_workflow_handle(case.handle.id).describe()
    assert described.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id == _BUILD


@pytest.mark.integration
async def test_worker_case_goes_on_in_new_runs_with_messages_in_flight(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a real server many updates around several new runs, and a cancel request, each have exactly one effect and one answer."""
    monkeypatch.setattr(continuing, "max_events", 40)
    case = await (await server.start(ScriptedCase(Summary(risk_level="LOW")))).to(Status.REVIEW_PENDING)
    await case.handle.cancel()
    messages = [await case.message(Update.REASSIGN, owner="officer-one", request_id=str(uuid.uuid4())) for _ in range(30)]
    first = await asyncio.gather(*(case.deliver(Update.REASSIGN, message) for message in messages))
    again = await asyncio.gather(*(case.deliver(Update.REASSIGN, message) for message in messages))
    assert again == first
    assert len(case.script.audit("case_reassigned")) == len(messages)
    assert len({receipt.state_version for receipt in first}) == len(messages)
    described = await case.handle.describe()
    history = await case.handle.fetch_history()
    assert history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    values = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert (values["CaseStatus"], values["TenantId"]) == ("REVIEW_PENDING", "tenant-test")
    assert len(case.script.audit("message_refused")) == 1
    assert (await case.send(Update.OFFICER_DECISION)).status is Status.APPROVED
    assert (await case.result()).status is Status.APPROVED
