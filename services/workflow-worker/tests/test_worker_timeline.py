"""The customer's time: reminders, extensions, expiry, on the time-skipping server and as pure rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from temporalio.client import WorkflowUpdateStage
from worker_harness import RunningCase, Server, serving
from worker_store import ScriptedCase

from trustrelay.contracts.case_workflow import Decision, Status, Update
from trustrelay.workflow_worker.domain.compliance import texts
from trustrelay.workflow_worker.domain.compliance.state import WorkflowState
from trustrelay.workflow_worker.domain.compliance.timeline import extended, moment_of, reminders, sent_with, still_sent
from trustrelay.workflow_worker.domain.refusals import Refused

OPENED = datetime(2026, 1, 1, tzinfo=UTC)
PERCENTS = (50, 80, 95)
_ACCEPTED = WorkflowUpdateStage.ACCEPTED


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module; each test has its own case."""
    async with serving() as running:
        yield running


def reminded(case: RunningCase) -> list[str]:
    """Percents of the reminders that were stored, in order."""
    return [event["percent"] for event in case.script.audit("customer_reminded")]


@pytest.mark.asyncio(loop_scope="module")
async def test_worker_customer_is_reminded_three_times(server: Server) -> None:
    """At 50, 80 and 95 % of the time the customer gets a task that says until when; each replaces the one before. Then the case expires."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    await case.pass_time(days=29)
    assert reminded(case) == []
    for days, sent in ((2, ["50"]), (17, ["50", "80"]), (10, ["50", "80", "95"])):
        await case.pass_time(days=days)
        await case.eventually(lambda sent=sent: reminded(case) == sent)  # type: ignore[misc]
    assert (await case.view()).reminders_sent == PERCENTS
    tasks = [task for step in case.script.transitions for task in step.tasks if task.kind == "reminder"]
    assert len(tasks) == 3
    assert len({(task.task_id, task.requirement_id) for task in tasks}) == 1
    await case.pass_time(days=3)
    assert (await case.result()).status is Status.EXPIRED


@pytest.mark.asyncio(loop_scope="module")
async def test_worker_reminders_follow_an_extension(server: Server) -> None:
    """A reminder whose moment is ahead again after an extension is sent again; the case expires at the new end, not at the old one."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    await case.pass_time(days=31)
    await case.eventually(lambda: reminded(case) == ["50"])
    await case.send(Update.EXTEND_TIMELINE, days=60)
    assert (await case.view()).reminders_sent == ()
    await case.pass_time(days=28)
    assert reminded(case) == ["50"]
    await case.pass_time(days=2)
    await case.eventually(lambda: reminded(case) == ["50", "50"])
    await case.pass_time(days=50)
    assert (await case.view()).status is Status.AWAITING_DOCUMENTS
    await case.pass_time(days=10)
    assert (await case.result()).status is Status.EXPIRED
    assert reminded(case) == ["50", "50", "80", "95"]
    stored = [step.expire_at for step in case.script.transitions if step.expire_at]
    assert [(one - case.script.opened[0].expire_at).days for one in stored] == [60]


@pytest.mark.asyncio(loop_scope="module")
async def test_worker_reminders_are_for_waiting_customers_only(server: Server) -> None:
    """Nobody is reminded while officers look; what fell due before the portal opened is not made up, and a follow-up does not repeat it."""
    case = await (await server.start()).to(Status.REQUIREMENTS_REVIEW)
    await case.pass_time(days=35)
    await case.send(Update.REQUIREMENTS_APPROVED)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.pass_time(days=1)
    assert reminded(case) == []
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.REVIEW_PENDING)
    await case.pass_time(days=14)
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.pass_time(days=8)
    await case.eventually(lambda: reminded(case) == ["95"])


@pytest.mark.asyncio(loop_scope="module")
async def test_worker_templates_choose_their_reminders(server: Server) -> None:
    """A template without reminders sends none, and its case still expires."""
    case = await (await server.start(reminder_percents=(), max_timeline_days=10)).to(Status.AWAITING_DOCUMENTS)
    await case.pass_time(days=11)
    assert (await case.result()).status is Status.EXPIRED
    assert reminded(case) == []


@pytest.mark.asyncio(loop_scope="module")
async def test_worker_extension_makes_a_follow_up_possible_again(server: Server) -> None:
    """A follow-up with no time left is refused until an officer extends; the new time counts from the extension."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    await case.pass_time(days=100)
    assert (await case.refused(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)).reason == "NO_TIME_LEFT"
    await case.send(Update.EXTEND_TIMELINE, days=14)
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.pass_time(days=13)
    assert (await case.view()).status is Status.AWAITING_DOCUMENTS
    await case.pass_time(days=1, minutes=1)
    assert (await case.result()).status is Status.EXPIRED


@pytest.mark.asyncio(loop_scope="module")
async def test_worker_extension_is_bounded(server: Server) -> None:
    """No case waits longer than a year; days are whole and positive."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    for days in (0, -1, 366):
        assert (await case.refused(Update.EXTEND_TIMELINE, days=days)).reason == "DAYS_INVALID"
    refused = await case.refused(Update.EXTEND_TIMELINE, days=306)
    assert (refused.reason, refused.code, refused.metadata) == ("TIMELINE_LIMIT", "FAILED_PRECONDITION", {"limit": "365"})
    await case.send(Update.EXTEND_TIMELINE, days=305)
    assert (await case.refused(Update.EXTEND_TIMELINE, days=1)).reason == "TIMELINE_LIMIT"


@pytest.mark.asyncio(loop_scope="module")
async def test_worker_extension_in_the_last_moment_wins_over_expiry(server: Server) -> None:
    """An extension that is being stored when the time ends keeps the case open."""
    script = ScriptedCase()
    case = await (await server.start(script, reminder_percents=())).to(Status.AWAITING_DOCUMENTS)
    gate = script.block("persist_workflow_state", lambda step: step.expire_at is not None)
    await case.pass_time(days=59, hours=23, minutes=59)
    message = await case.message(Update.EXTEND_TIMELINE)
    sending = await case.handle.start_update(Update.EXTEND_TIMELINE, message, wait_for_stage=_ACCEPTED)
    await gate.reached.wait()
    gate.open()
    await case.pass_time(minutes=5)
    await sending.result()
    assert (await case.view()).status is Status.AWAITING_DOCUMENTS


STATES = st.builds(
    WorkflowState,
    opened_at=st.just(OPENED),
    expire_at=st.timedeltas(timedelta(days=1), timedelta(days=365)).map(lambda length: OPENED + length),
    portal_since=st.none() | st.timedeltas(timedelta(0), timedelta(days=365)).map(lambda late: OPENED + late),
    reminders_sent=st.sets(st.sampled_from(PERCENTS)).map(lambda sent: tuple(sorted(sent))),
)
NOWS = st.timedeltas(timedelta(0), timedelta(days=400)).map(lambda passed: OPENED + passed)


@given(STATES, NOWS)
def test_worker_reminder_is_due_once_and_in_its_time(state: WorkflowState, now: datetime) -> None:
    """What is due was not sent, its moment is over and lies in this wait; sent, it is due no more; the next one lies ahead and before the end."""
    found = reminders(state, PERCENTS, now)
    assert state.opened_at is not None
    assert state.expire_at is not None
    if found.due is not None:
        assert found.due not in state.reminders_sent
        assert moment_of(found.due, state.opened_at, state.expire_at) <= now
        state.reminders_sent = sent_with(state, PERCENTS, found.due)
        assert reminders(state, PERCENTS, now).due is None
    if found.next_at is not None:
        assert now < found.next_at < state.expire_at


@given(STATES, NOWS, st.integers(1, 365))
def test_worker_extension_never_shortens_and_stays_within_a_year(state: WorkflowState, now: datetime, days: int) -> None:
    """More time is more time, up to a year after opening; what stays sent has its moment behind it."""
    assert state.opened_at is not None
    assert state.expire_at is not None
    if max(state.expire_at, now) + timedelta(days=days) > OPENED + timedelta(days=365):
        with pytest.raises(Refused, match="TIMELINE_LIMIT"):
            extended(state, days, now)
        return
    until = extended(state, days, now)
    assert state.expire_at < until <= state.opened_at + timedelta(days=365)
    assert until >= now + timedelta(days=days)
    for percent in still_sent(state, until, now):
        assert moment_of(percent, state.opened_at, until) <= now


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_worker_reminder_says_until_when(language: str) -> None:
    """The customer reads the date in their language."""
    assert "28/02/2026" in texts.reminder(language, datetime(2026, 2, 28, tzinfo=UTC).date())
