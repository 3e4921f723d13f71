"""Who may say what to a batch run, and when. On the time-skipping server."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.converter import JSONPlainPayloadConverter
from worker_batch_harness import BatchServer, RunningBatch, refusal_of, serving_batches
from worker_batch_store import Gate, ScriptedRun, refusal
from worker_signing import MANAGER, OFFICER, Sender, new_signer

from trustrelay.contracts.batch_workflow import BatchReceipt, BatchUpdate, RunStatus
from trustrelay.workflow_worker.application.batch.catalogue import BATCH_ACTIVITIES
from trustrelay.workflow_worker.domain.batch.differences import FactorChange, factor_changes
from trustrelay.workflow_worker.domain.batch.message_table import NOT_STARTED, STATES, as_markdown
from trustrelay.workflow_worker.domain.batch.message_table import refusal_of as table_says
from trustrelay.workflow_worker.domain.batch.state import MAX_REMEMBERED_ANSWERS, Answer, BatchState
from trustrelay.workflow_worker.entrypoints.activities.batch.run_activities import batch_activities

pytestmark = pytest.mark.asyncio(loop_scope="module")
DOCUMENT = Path(__file__).parents[3] / "docs" / "batch.md"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[BatchServer]:
    """One server and worker for the module; each test has its own run."""
    async with serving_batches() as running:
        yield running


async def at(server: BatchServer, place: str) -> RunningBatch:
    """A run in that state, which it does not leave by itself."""
    broken = {"c-00000": refusal("BROKEN")} if place == RunStatus.FAILED else {}
    batch = server.batch(ScriptedRun(gate=None if broken else Gate(), broken_pages=broken))
    if place == NOT_STARTED:
        await server.client.start_workflow("BatchRiskReEvaluationWorkflow", batch.input, id=batch.handle.id, task_queue=server.task_queue)
        return batch
    await batch.begin()
    if place == RunStatus.PAUSED:
        await batch.send(BatchUpdate.PAUSE)
    if place == RunStatus.FAILED:
        await batch.until(RunStatus.FAILED)
    return batch


@pytest.mark.parametrize("update", BatchUpdate)
@pytest.mark.parametrize("place", [state for state in STATES if state not in (RunStatus.COMPLETED, RunStatus.CANCELLED)])
async def test_worker_batch_cells_of_the_table(server: BatchServer, place: str, update: BatchUpdate) -> None:
    """Every cell of the table holds on a running workflow: allowed and done, or refused with the reason that it names."""
    batch = await at(server, place)
    expected = table_says(place, update)
    sending = batch.send(update)
    if expected is None:
        if batch.script.gate is not None:
            batch.script.gate.opened.set()
        assert (await sending).state_version > 0
    else:
        refused = await refusal_of(sending)
        assert (refused.code, refused.reason) == (expected.code, expected.reason)


async def test_worker_batch_that_ended_takes_nothing() -> None:
    """In both ends every message is BATCH_ENDED."""
    for place in (RunStatus.COMPLETED, RunStatus.CANCELLED):
        refusals = [table_says(place, update) for update in BatchUpdate]
        assert {refused.reason for refused in refusals if refused} == {"BATCH_ENDED"}
        assert all(refusals)


async def test_worker_batch_table_is_documented() -> None:
    """docs/batch.md shows the table as the code has it."""
    assert as_markdown() in DOCUMENT.read_text()


ROGUE = new_signer()
SENDERS: Mapping[str, tuple[Sender, dict[str, Any], str]] = {
    "an officer": (OFFICER, {}, "ROLE_REQUIRED"),
    "a key that is not case-api's": (replace(MANAGER, signer=ROGUE), {}, "ASSERTION_INVALID"),
    "an old assertion": (replace(MANAGER, lifetime=timedelta(minutes=-5)), {}, "ASSERTION_EXPIRED"),
    "another run's": (MANAGER, {"about": str(uuid.uuid4())}, "ASSERTION_INVALID"),
    "another tenant's": (replace(MANAGER, claims={"tenant_id": "other"}), {}, "ASSERTION_INVALID"),
    "another action's": (replace(MANAGER, claims={"action": "pause_batch"}), {}, "ASSERTION_INVALID"),
    "another body's": (replace(MANAGER, envelope={"body_sha256": "cd" * 32}), {}, "ASSERTION_INVALID"),
    "another version's": (replace(MANAGER, envelope={"expected_version": 9}), {}, "ASSERTION_INVALID"),
    "no assertion": (replace(MANAGER, envelope={"assertion": ""}), {}, "ASSERTION_INVALID"),
}


@pytest.mark.parametrize("who", SENDERS)
async def test_worker_batch_takes_a_managers_proven_word_only(server: BatchServer, who: str) -> None:
    """Whoever reaches Temporal without case-api's word for exactly this message begins and ends nothing."""
    sender, options, reason = SENDERS[who]
    batch = await at(server, RunStatus.PAUSED)
    refused = await batch.refused(BatchUpdate.CANCEL, sender, **options)
    assert (refused.code, refused.reason) == ("PERMISSION_DENIED", reason)
    fresh = server.batch()
    assert (await refusal_of(fresh.begin(sender, **options))).reason == reason
    assert not fresh.script.begun


async def test_worker_batch_body_is_what_was_signed(server: BatchServer) -> None:
    """A reason that was changed on the way is not the manager's."""
    batch = await at(server, RunStatus.RUNNING)
    message = await batch.message(BatchUpdate.PAUSE, reason="month end")
    refused = await refusal_of(batch.deliver(BatchUpdate.PAUSE, replace(message, reason="quietly")))
    assert refused.reason == "ASSERTION_INVALID"


async def test_worker_batch_repeated_request_gets_its_first_answer(server: BatchServer) -> None:
    """The same request, twice at once and again later, pauses once; with another body it is refused."""
    batch = await at(server, RunStatus.RUNNING)
    request = str(uuid.uuid4())
    message = await batch.message(BatchUpdate.PAUSE, request_id=request, reason="month end")
    first, second = await asyncio.gather(batch.deliver(BatchUpdate.PAUSE, message), batch.deliver(BatchUpdate.PAUSE, message))
    await batch.send(BatchUpdate.RESUME)
    assert first == second == await batch.deliver(BatchUpdate.PAUSE, message) == BatchReceipt(RunStatus.PAUSED, 2)
    assert [one.status for one in batch.script.changes] == [RunStatus.PAUSED, RunStatus.RUNNING]
    refused = await batch.refused(BatchUpdate.PAUSE, request_id=request, reason="another")
    assert (refused.code, refused.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")


async def test_worker_batch_two_managers_do_not_both_pause(server: BatchServer) -> None:
    """Of two pauses at once, with the same version seen, one is stored and the other is told that the run has moved."""
    batch = await at(server, RunStatus.RUNNING)
    answers = await asyncio.gather(*(batch.send(BatchUpdate.PAUSE, version=1) for _ in range(2)), return_exceptions=True)
    assert [type(answer) for answer in answers].count(BatchReceipt) == 1
    assert (await batch.refused(BatchUpdate.RESUME, version=1)).reason == "ETAG_MISMATCH"
    assert [one.status for one in batch.script.changes] == [RunStatus.PAUSED]


async def test_worker_batch_adopts_what_was_stored_without_its_knowing(server: BatchServer) -> None:
    """When the store is ahead, the message is refused as out of date and the run goes on from what is stored."""
    batch = await at(server, RunStatus.RUNNING)
    batch.script.status, batch.script.version = RunStatus.PAUSED, 2
    refused = await batch.refused(BatchUpdate.PAUSE)
    assert (refused.code, refused.reason) == ("ABORTED", "ETAG_MISMATCH")
    assert (await batch.progress()).status is RunStatus.PAUSED
    assert await batch.send(BatchUpdate.RESUME, version=2) == BatchReceipt(RunStatus.RUNNING, 3)


async def test_worker_batch_is_not_ended_by_temporals_cancel(server: BatchServer) -> None:
    """A cancellation without a manager's word is noted in the audit log and ends nothing."""
    batch = await at(server, RunStatus.PAUSED)
    await batch.handle.cancel()
    await batch.eventually(lambda: bool(batch.script.refusals))
    (noted,) = batch.script.refusals.values()
    assert (noted.message, noted.reason) == ("cancel_workflow", "ASSERTION_MISSING")
    assert batch.script.gate is not None
    batch.script.gate.opened.set()
    await batch.send(BatchUpdate.RESUME)
    assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once


async def test_worker_batch_ignores_a_strangers_state(server: BatchServer) -> None:
    """Who starts a workflow cannot bring a state along: only a run that Temporal itself continued has one."""
    batch = server.batch(carried={"state_version": 7, "status": "RUNNING", "after_case_id": "c-00900", "as_of_date": "2020-01-01"})
    await server.client.start_workflow("BatchRiskReEvaluationWorkflow", batch.input, id=batch.handle.id, task_queue=server.task_queue)
    assert (await batch.progress()).state_version == 0
    await batch.begin()
    assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once


async def test_worker_batch_state_travels_whole() -> None:
    """Every field of the state, at its largest, comes back from JSON as it was, and stays small."""
    state = BatchState(RunStatus.PAUSED, 9, "2026-11-22", 2.5, "c-00100", 100, 3, 1, datetime(2026, 11, 22, 1, 2, 3, 4, tzinfo=UTC), 2)
    for number in range(MAX_REMEMBERED_ANSWERS + 5):
        state.remember(str(number), Answer("0" * 64, BatchReceipt(RunStatus.RUNNING, number)))
    assert len(state.answered_requests) == MAX_REMEMBERED_ANSWERS
    converter = JSONPlainPayloadConverter()
    payload = converter.to_payload(state)
    assert payload is not None
    assert converter.from_payload(payload, BatchState) == state
    assert len(payload.data) < 32 * 1024


async def test_worker_batch_registers_every_activity() -> None:
    """What the workflow names is what the worker has."""

    class Nobody:
        def __getattr__(self, name: str) -> Any:
            return self

    registered = {one.__temporal_activity_definition.name for one in batch_activities(Nobody())}  # type: ignore[attr-defined, arg-type]
    assert registered == {one.name for one in BATCH_ACTIVITIES}


async def test_worker_batch_differences_name_what_moved() -> None:
    """Factors that moved, came or went are named with both values; those that stayed are not."""
    changes = factor_changes({"activity": 0.1, "old": 1.0, "same": 0.25}, {"activity": 1.0, "same": 0.25 + 1e-12, "new": 0.0})
    assert changes == (FactorChange("activity", "0.1", "1"), FactorChange("new", "", "0"), FactorChange("old", "1", ""))
