"""The pure rules of the case workflow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustrelay.contracts.case_workflow import (
    Decision,
    DocumentsSubmitted,
    Envelope,
    ExtendTimeline,
    IdentityCompleted,
    MccUpdate,
    OfficerDecision,
    OverrideCheck,
    Policy,
    Reassign,
    Receipt,
    ResolveHit,
    SetTier,
    Status,
    Tier,
    Update,
)
from trustrelay.workflow_worker.domain.compliance import payloads, texts
from trustrelay.workflow_worker.domain.compliance.decisions import judge_decision, judge_second, second_officer_reasons, status_after
from trustrelay.workflow_worker.domain.compliance.gate import Closed, Open, blocked, judge_gate
from trustrelay.workflow_worker.domain.compliance.message_table import require_role
from trustrelay.workflow_worker.domain.compliance.not_assessed import checks_of
from trustrelay.workflow_worker.domain.compliance.state import MAX_REMEMBERED_ANSWERS, Answer, FirstDecision, Summary, WorkflowState
from trustrelay.workflow_worker.domain.compliance.submission import AskedDocument, UploadedDocument, failures
from trustrelay.workflow_worker.domain.refusals import Refused

NOW = datetime(2026, 11, 22, tzinfo=UTC)
POLICY = Policy()
SUMMARIES = st.builds(
    Summary,
    open_hits=st.lists(st.text(min_size=1, max_size=5), max_size=2).map(tuple),
    blocking_checks=st.lists(st.text(min_size=1, max_size=5), max_size=2).map(tuple),
    critical_findings=st.integers(0, 2),
)
WAITS = st.timedeltas(timedelta(0), timedelta(days=400))


@given(SUMMARIES, st.sampled_from(Tier), st.booleans(), WAITS, st.integers(1, 120))
def test_worker_gate_never_opens_by_itself_over_a_blocker(summary: Summary, tier: Tier, approved: bool, waited: timedelta, minutes: int) -> None:
    """The gate opens for an officer, for AUTONOMOUS, or for ASSISTED when its time is over and nothing blocks; in no other case."""
    state = WorkflowState(summary=summary, tier=tier, requirements_approved=approved)
    verdict = judge_gate(state, Policy(assisted_release_minutes=minutes), waited)
    released = tier is Tier.ASSISTED and waited >= timedelta(minutes=minutes) and not blocked(summary)
    assert isinstance(verdict, Open) == (approved or tier is Tier.AUTONOMOUS or released)


@given(SUMMARIES, WAITS, st.integers(1, 120))
def test_worker_gate_asks_to_be_rechecked_when_time_could_open_it(summary: Summary, waited: timedelta, minutes: int) -> None:
    """A closed ASSISTED gate names what is left of its time, and nothing once only a message can open it."""
    verdict = judge_gate(WorkflowState(summary=summary, tier=Tier.ASSISTED), Policy(assisted_release_minutes=minutes), waited)
    left = timedelta(minutes=minutes) - waited
    if left > timedelta(0):
        assert verdict == Closed(recheck_in=left)
    elif isinstance(verdict, Closed):
        assert verdict.recheck_in is None


@pytest.mark.parametrize("facts", [{"open_hits": ("h",)}, {"blocking_checks": ("c",)}, {"critical_findings": 1}])
def test_worker_each_blocker_blocks(facts: dict[str, object]) -> None:
    """A hit, an unassessed check and a critical discrepancy each block."""
    assert blocked(replace(Summary(), **facts))
    assert not blocked(Summary())


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        (Decision.APPROVE, Status.APPROVED),
        (Decision.APPROVE_WITH_RESTRICTIONS, Status.APPROVED_WITH_RESTRICTIONS),
        (Decision.REJECT, Status.REJECTED),
        (Decision.ESCALATE, Status.ESCALATED),
        (Decision.FOLLOW_UP, Status.FOLLOW_UP),
    ],
)
def test_worker_decisions_lead_to_their_status(decision: Decision, status: Status) -> None:
    """Each decision leads to one status."""
    assert status_after(decision) is status


@given(SUMMARIES, st.sampled_from([Decision.APPROVE, Decision.APPROVE_WITH_RESTRICTIONS]))
def test_worker_approval_is_refused_while_anything_is_open(summary: Summary, decision: Decision) -> None:
    """An approval passes exactly when no hit is open and no mandatory check is unassessed."""
    state = WorkflowState(summary=summary)
    if summary.open_hits or summary.blocking_checks:
        with pytest.raises(Refused, match="HITS_OPEN" if summary.open_hits else "CHECKS_NOT_ASSESSED"):
            judge_decision(state, POLICY, decision, NOW)
    else:
        judge_decision(state, POLICY, decision, NOW)


def test_worker_rejection_is_always_possible() -> None:
    """Nothing keeps an officer from rejecting."""
    judge_decision(WorkflowState(summary=Summary(open_hits=("h",), blocking_checks=("c",))), POLICY, Decision.REJECT, NOW)


@pytest.mark.parametrize(
    ("iteration", "expire_at", "reason"),
    [
        (5, None, "ITERATIONS_EXHAUSTED"),
        (1, NOW, "NO_TIME_LEFT"),
        (1, NOW + timedelta(seconds=1), None),
        (4, None, None),
    ],
)
def test_worker_follow_up_needs_an_iteration_and_time(iteration: int, expire_at: datetime | None, reason: str | None) -> None:
    """A follow-up is refused in the last iteration and when the customer's time is over."""
    state = WorkflowState(current_iteration=iteration, expire_at=expire_at)
    if reason is None:
        judge_decision(state, POLICY, Decision.FOLLOW_UP, NOW)
        return
    with pytest.raises(Refused) as caught:
        judge_decision(state, POLICY, Decision.FOLLOW_UP, NOW)
    assert caught.value.reason == reason


FACTS = {"confirmed_pep": True, "confirmed_sanction": True, "has_override": True, "risk_level": "HIGH"}
TRIGGERS = ("confirmed_pep", "high_risk", "override", "confirmed_sanction")


def test_worker_second_officer_only_for_approvals_and_only_for_present_triggers() -> None:
    """Only approvals ask for a second officer, and only for triggers that the policy names and the facts show."""
    everything = replace(Summary(), **FACTS)
    assert second_officer_reasons(Decision.APPROVE, everything, POLICY) == TRIGGERS
    assert second_officer_reasons(Decision.APPROVE, Summary(), POLICY) == ()
    assert second_officer_reasons(Decision.APPROVE, everything, Policy(second_officer_triggers=("override",))) == ("override",)
    for decision in (Decision.REJECT, Decision.FOLLOW_UP):
        assert second_officer_reasons(decision, everything, POLICY) == ()


def test_worker_decisions_that_policy_names_need_two_whatever_the_facts() -> None:
    """A named decision needs a second officer without any trigger; asking the customer again never does."""
    policy = Policy(second_officer_decisions=("REJECT", "ESCALATE", "FOLLOW_UP"), second_officer_triggers=())
    needing = {decision for decision in Decision if second_officer_reasons(decision, Summary(), policy)}
    assert needing == {Decision.REJECT, Decision.ESCALATE}


def test_worker_trigger_that_nobody_knows_asks_for_the_second_officer() -> None:
    """A trigger of a newer template errs on the side of four eyes, as the database does."""
    assert second_officer_reasons(Decision.APPROVE, Summary(), Policy(second_officer_triggers=("new_rule",))) == ("new_rule",)


def test_worker_second_officer_is_another_person() -> None:
    """The second decision needs a first one, by somebody else."""
    state = WorkflowState()
    with pytest.raises(Refused, match="NO_FIRST_DECISION"):
        judge_second(state, "officer-two")
    state.first_decision = FirstDecision(Decision.APPROVE, "officer-one")
    with pytest.raises(Refused, match="SAME_OFFICER"):
        judge_second(state, "officer-one")
    assert judge_second(state, "officer-two") is state.first_decision


def test_worker_role_is_required() -> None:
    """One of the table's roles suffices; none of them is refused."""
    require_role(Update.OPEN, ["customer", "service"])
    with pytest.raises(Refused, match="ROLE_REQUIRED"):
        require_role(Update.OPEN, ["customer"])


def test_worker_answers_are_kept_bounded_oldest_first_out() -> None:
    """Receipts for repeated requests are kept, the newest ones."""
    state = WorkflowState()
    for number in range(MAX_REMEMBERED_ANSWERS + 2):
        state.remember(str(number), Answer("body", Receipt(Status.CREATED, number)))
    assert len(state.answered_requests) == MAX_REMEMBERED_ANSWERS
    assert "1" not in state.answered_requests
    assert "2" in state.answered_requests


def test_worker_state_knows_whether_it_is_opened_or_closed() -> None:
    """A case is opened with its first version and closed in a terminal status; its receipt tells both."""
    state = WorkflowState()
    assert (state.opened, state.closed) == (False, False)
    state.state_version, state.status = 3, Status.REJECTED
    assert (state.opened, state.closed) == (True, True)
    assert state.receipt(2) == Receipt(Status.REJECTED, 3, 2)


@pytest.mark.parametrize(
    ("asked", "uploaded", "expected"),
    [
        (AskedDocument("r", "OPEN", True), [], ("MISSING",)),
        (AskedDocument("r", "OPEN", False), [], None),
        (AskedDocument("r", "COVERED", True), [], None),
        (AskedDocument("r", "WAIVED", True), [], None),
        (AskedDocument("r", "SUBMITTED", True), [UploadedDocument("r", "INVALID", ("TOO_OLD",))], ("TOO_OLD",)),
        (AskedDocument("r", "SUBMITTED", False), [UploadedDocument("r", "UNREADABLE", ("DOCUMENT_CORRUPT",))], ("DOCUMENT_CORRUPT",)),
        (AskedDocument("r", "SUBMITTED", True), [UploadedDocument("r", "INVALID", ("TOO_OLD",)), UploadedDocument("r", "VALID")], None),
        (AskedDocument("r", "SUBMITTED", True), [UploadedDocument("r", "SUPERSEDED")], ("MISSING",)),
        (AskedDocument("r", "SUBMITTED", True), [UploadedDocument("other", "VALID")], ("MISSING",)),
        (AskedDocument("r", "SUBMITTED", True), [UploadedDocument("r", "NEEDS_REVIEW")], None),
        (AskedDocument("r", "SUBMITTED", True), [UploadedDocument("r", "STORED")], None),
    ],
)
def test_worker_failures_of_a_submission(asked: AskedDocument, uploaded: list[UploadedDocument], expected: tuple[str, ...] | None) -> None:
    """What is missing or refused must come again; what is covered, waived, superseded, pending or good must not."""
    found = failures([asked], uploaded)
    assert [one.codes for one in found] == ([expected] if expected else [])


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_worker_texts_exist_in_every_language(language: str) -> None:
    """Customers are told in their language; an unknown language gets English."""
    for reason in texts.UNREADABLE_REASONS:
        assert texts.unreadable(reason, language)
        assert texts.unreadable(reason, "xx") == texts.unreadable(reason, "en")
    assert texts.reupload(language, missing=True) != texts.reupload(language, missing=False)


def test_worker_given_up_activity_names_its_checks() -> None:
    """Each best-effort activity says which checks stay unanswered; others have none to name."""
    assert checks_of("screen_parties") == ("sanctions_screening", "pep_screening")
    assert checks_of("reassess_risk") == ()


ENVELOPE = Envelope("request", "body", "token")


@pytest.mark.parametrize(
    ("judge", "good", "bad", "reason"),
    [
        (payloads.require_reason, ResolveHit(ENVELOPE, reason="why"), ResolveHit(ENVELOPE, reason=" "), "REASON_REQUIRED"),
        (payloads.require_reason, OverrideCheck(ENVELOPE, reason="why"), OverrideCheck(ENVELOPE), "REASON_REQUIRED"),
        (payloads.require_tier, SetTier(ENVELOPE), SetTier(ENVELOPE, tier=Tier.UNSPECIFIED), "TIER_REQUIRED"),
        (payloads.require_days, ExtendTimeline(ENVELOPE, days=365), ExtendTimeline(ENVELOPE, days=366), "DAYS_INVALID"),
        (payloads.require_owner, Reassign(ENVELOPE, owner="o"), Reassign(ENVELOPE), "OWNER_REQUIRED"),
        (payloads.require_mcc, MccUpdate(ENVELOPE, mcc="4215"), MccUpdate(ENVELOPE, mcc="٤٢١٥"), "MCC_INVALID"),
        (payloads.require_session, IdentityCompleted(ENVELOPE, session_id="s"), IdentityCompleted(ENVELOPE), "SESSION_REQUIRED"),
        (
            payloads.require_escalation_owner,
            OfficerDecision(ENVELOPE, Decision.REJECT),
            OfficerDecision(ENVELOPE, Decision.ESCALATE),
            "OWNER_REQUIRED",
        ),
        (payloads.require_number, DocumentsSubmitted(ENVELOPE), DocumentsSubmitted(ENVELOPE, -1), "SUBMISSION_NUMBER_INVALID"),
        (payloads.require_number, DocumentsSubmitted(ENVELOPE, 1_000_000), DocumentsSubmitted(ENVELOPE, 2**31 - 1), "SUBMISSION_NUMBER_INVALID"),
    ],
)
def test_worker_senseless_messages_are_refused(judge: Callable[[Any], None], good: Any, bad: Any, reason: str) -> None:
    """A message that makes no sense in any state is INVALID_ARGUMENT with its reason."""
    judge(good)
    with pytest.raises(Refused) as caught:
        judge(bad)
    assert (caught.value.code, caught.value.reason) == ("INVALID_ARGUMENT", reason)
