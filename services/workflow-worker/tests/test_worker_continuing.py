"""Long cases go on as a new run, in every wait for people, with messages in flight. On the time-skipping server."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from temporalio.converter import JSONPlainPayloadConverter
from worker_harness import RunningCase, Server, serving
from worker_store import ScriptedCase, refusal

from trustrelay.contracts import case_workflow as contract
from trustrelay.contracts.case_workflow import CaseInput, Decision, HitResolution, Receipt, SecondDecision, Status, Update
from trustrelay.workflow_worker.application.compliance import continuing
from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement
from trustrelay.workflow_worker.domain.compliance.state import MAX_REMEMBERED_ANSWERS, Answer, Summary, WorkflowState

pytestmark = pytest.mark.asyncio(loop_scope="module")
FACTS = Summary(open_hits=("hit-1",), risk_level="LOW", confirmed_pep=True)
FEW_EVENTS = 25


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module; each test has its own case."""
    async with serving() as running:
        yield running


@contextmanager
def short_runs() -> Iterator[None]:
    """A run ends after a few events, as soon as people are waited for."""
    usual, continuing.max_events = continuing.max_events, FEW_EVENTS
    try:
        yield
    finally:
        continuing.max_events = usual


async def runs(case: RunningCase) -> int:
    """How many runs the case has had."""
    count, run_id = 1, (await case.handle.describe()).run_id
    while run_id:
        history = await case.server.client.get_workflow_handle(case.handle.id, run_id=run_id).fetch_history()
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        count += bool(run_id)
    return count


async def continued(case: RunningCase, more_than: int = 1) -> None:
    """Waits until the case is in a later run. A query makes the workflow look."""
    for _ in range(60):
        if await runs(case) > more_than:
            return
        await case.view()
    raise AssertionError("the case did not continue as new")


async def at_gate(case: RunningCase) -> None:
    await case.until(Status.REQUIREMENTS_REVIEW)


async def at_portal(case: RunningCase) -> None:
    await case.to(Status.AWAITING_DOCUMENTS)


async def at_review(case: RunningCase) -> None:
    await case.to(Status.REVIEW_PENDING)


async def at_second(case: RunningCase) -> None:
    await case.to(Status.REVIEW_PENDING)
    await case.send(Update.RESOLVE_HIT)
    await case.send(Update.OFFICER_DECISION)


async def at_failed(case: RunningCase) -> None:
    case.script.fail("analyze_document_gaps", refusal("BROKEN"))
    await case.until(Status.FAILED)


WAITS: dict[Status, tuple[Callable[[RunningCase], Awaitable[None]], Update, dict[str, Any]]] = {
    Status.REQUIREMENTS_REVIEW: (at_gate, Update.REQUIREMENTS_APPROVED, {}),
    Status.AWAITING_DOCUMENTS: (at_portal, Update.DOCUMENTS_SUBMITTED, {}),
    Status.REVIEW_PENDING: (at_review, Update.OFFICER_DECISION, {"decision": Decision.REJECT}),
    Status.AWAITING_SECOND_APPROVAL: (at_second, Update.SECOND_DECISION, {}),
    Status.FAILED: (at_failed, Update.RESUME, {}),
}


@pytest.mark.parametrize("status", WAITS)
async def test_worker_long_case_goes_on_where_it_waits(server: Server, status: Status) -> None:
    """In each wait a long history begins anew: same case, same view, and a message sent at that moment has exactly one effect and its answer."""
    come, update, payload = WAITS[status]
    script = ScriptedCase(FACTS)
    case = await server.start(script, open_it=False)
    opening = uuid.uuid4().hex
    await case.send(Update.OPEN, request_id=opening)
    await come(case)
    before = await case.view()
    request = str(uuid.uuid4())
    with short_runs():
        message = await case.message(update, request_id=request, **payload)
        # The run ends with this one, while the next two arrive.
        await case.send(Update.REASSIGN, owner="officer-one")
        receipt, _ = await asyncio.gather(case.deliver(update, message), case.deliver(update, message))
    assert await runs(case) > 1
    answers = [step.answer for step in script.transitions if step.answer and step.answer.request_id == request]
    assert len(answers) == 1
    view = await case.view()
    assert (view.owner, view.iteration, view.state_version) == (before.owner, before.iteration, script.version)
    if script.status not in contract.TERMINAL:
        assert await case.deliver(update, message) == receipt
        assert await case.send(Update.OPEN, request_id=opening) == Receipt(Status.CREATED, 1)


async def test_worker_continued_case_keeps_everything(server: Server) -> None:
    """State, search attributes, gate time, reminders and answers are those of before; the case ends as if nothing had happened."""
    script = ScriptedCase(FACTS, verdicts=[(FailedRequirement("ubo", ("TOO_OLD",)),)])
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    await case.pass_time(days=31)
    await case.eventually(lambda: bool(script.audit("customer_reminded")))
    submission = await case.message(Update.DOCUMENTS_SUBMITTED)
    first = await case.deliver(Update.DOCUMENTS_SUBMITTED, submission)
    await case.eventually(lambda: bool(script.audit("validation_bounce_back")))
    await case.until(Status.AWAITING_DOCUMENTS)
    before, attributes = await case.view(), (await case.handle.describe()).typed_search_attributes
    with short_runs():
        await case.send(Update.REASSIGN, owner="officer-one")
        await continued(case)
    after = await case.view()
    assert replace(after, state_version=before.state_version) == before
    assert {(pair.key.name, pair.value) for pair in (await case.handle.describe()).typed_search_attributes} == {
        (pair.key.name, pair.value) for pair in attributes
    }
    assert await case.deliver(Update.DOCUMENTS_SUBMITTED, submission) == first
    await case.pass_time(days=18)
    await case.eventually(lambda: [one["percent"] for one in script.audit("customer_reminded")] == ["50", "80"])
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.REVIEW_PENDING)
    await case.send(Update.RESOLVE_HIT, resolution=HitResolution.FALSE_POSITIVE)
    await case.send(Update.OFFICER_DECISION)
    await case.send(Update.SECOND_DECISION, decision=SecondDecision.CONFIRM)
    assert (await case.result()).status is Status.APPROVED


async def test_worker_assisted_gate_counts_from_when_it_was_reached(server: Server) -> None:
    """The 15 minutes of an ASSISTED gate survive a new run."""
    script = ScriptedCase(tier=contract.Tier.ASSISTED)
    case = await (await server.start(script)).to(Status.REQUIREMENTS_REVIEW)
    await case.pass_time(minutes=10)
    with short_runs():
        await case.send(Update.REASSIGN, owner="officer-one")
        await continued(case)
    await case.pass_time(minutes=4)
    assert (await case.view()).status is Status.REQUIREMENTS_REVIEW
    await case.pass_time(minutes=2)
    await case.until(Status.AWAITING_DOCUMENTS)


async def test_worker_signals_sent_at_the_change_of_runs_are_not_lost(server: Server) -> None:
    """Of many signals around a new run each has its one effect."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    with short_runs():
        for number in range(12):
            await case.signal(Update.REASSIGN, owner="officer-one", reason=str(number))
        await case.eventually(lambda: len(case.script.audit("case_reassigned")) == 12)
        await continued(case)
    assert case.script.audit("message_refused") == []
    assert (await case.send(Update.OFFICER_DECISION)).status is Status.APPROVED


async def test_worker_five_iterations_in_many_runs(server: Server) -> None:
    """A case of five iterations is the same case however often its history begins anew."""
    with short_runs():
        case = await (await server.start(ScriptedCase())).to(Status.REVIEW_PENDING)
        for number in range(2, 6):
            await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
            await case.until(Status.AWAITING_DOCUMENTS)
            await case.send(Update.DOCUMENTS_SUBMITTED)
            assert (await case.until(Status.REVIEW_PENDING)).iteration == number
        assert (await case.refused(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)).reason == "ITERATIONS_EXHAUSTED"
        assert (await case.send(Update.OFFICER_DECISION)).status is Status.APPROVED
    assert (await case.result()).status is Status.APPROVED
    assert await runs(case) > 5
    versions = [step.expected_version for step in case.script.transitions]
    assert versions == list(range(1, len(versions) + 1))


async def test_worker_state_of_a_stranger_is_ignored(server: Server) -> None:
    """Who starts a workflow cannot bring a state along: only a run that Temporal itself continued has one."""
    forged = {"status": "REVIEW_PENDING", "state_version": 7, "summary": {"risk_level": "LOW"}}
    case = CaseInput(str(uuid.uuid4()), "tenant-test", "kyb_standard", 1, "BE", "officer-one", carried=forged)
    server.cases[case.case_id] = ScriptedCase()
    await server.begin(case)
    running = RunningCase(server, case, server.cases[case.case_id])
    assert (await running.view()).status is Status.CREATED
    assert (await running.refused(Update.OFFICER_DECISION)).reason == "MESSAGE_NOT_ALLOWED"


async def test_worker_whole_state_travels() -> None:
    """Every field of the state, at its largest, comes back from JSON as it was."""
    state = WorkflowState(status=Status.FAILED, failed_in=Status.FOLLOW_UP, summary=FACTS, reminders_sent=(50, 80), outcomes={"a": "CLEAR"})
    state.opened_at = state.expire_at = state.gate_entered_at = state.portal_since = datetime(2026, 11, 22, 1, 2, 3, 4, tzinfo=UTC)
    for number in range(MAX_REMEMBERED_ANSWERS):
        state.remember(str(number), Answer("0" * 64, Receipt(Status.CREATED, number)))
    converter = JSONPlainPayloadConverter()
    payload = converter.to_payload(state)
    assert payload is not None
    assert converter.from_payload(payload, WorkflowState) == state
    assert len(payload.data) < 64 * 1024
