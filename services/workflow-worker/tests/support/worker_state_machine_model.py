"""What a case may do, written from the product's rules and not from the workflow's code: who may say what when, and what may be stored after what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from trustrelay.contracts.case_workflow import Decision, Policy, Receipt, SecondDecision, Status, Tier, Update
from trustrelay.workflow_worker.domain.compliance.records import Transition
from trustrelay.workflow_worker.domain.compliance.state import Summary

S, U = Status, Update
OVER = {S.APPROVED, S.APPROVED_WITH_RESTRICTIONS, S.REJECTED, S.ESCALATED, S.WITHDRAWN, S.EXPIRED}
OPEN = set(S) - OVER
APPROVED = {S.APPROVED, S.APPROVED_WITH_RESTRICTIONS}
APPROVING = {Decision.APPROVE: S.APPROVED, Decision.APPROVE_WITH_RESTRICTIONS: S.APPROVED_WITH_RESTRICTIONS}
ENDING = {**APPROVING, Decision.REJECT: S.REJECTED, Decision.ESCALATE: S.ESCALATED}
YEAR, GATE_WAIT = timedelta(days=365), timedelta(minutes=15)

# The straight path, and what the machine alone may do beside stopping as FAILED and noting something where it stands.
MACHINE = {
    S.CREATED: {S.PRE_INVESTIGATION},
    S.PRE_INVESTIGATION: {S.DOCUMENT_GAP_ANALYSIS},
    S.DOCUMENT_GAP_ANALYSIS: {S.REQUIREMENTS_REVIEW},
    S.REQUIREMENTS_REVIEW: {S.AWAITING_DOCUMENTS},
    S.AWAITING_DOCUMENTS: {S.PROCESSING_DOCUMENTS, S.EXPIRED, S.AWAITING_DOCUMENTS},
    S.PROCESSING_DOCUMENTS: {S.AWAITING_DOCUMENTS, S.INVESTIGATING, S.PROCESSING_DOCUMENTS},
    S.INVESTIGATING: {S.REVIEW_PENDING},
    S.FOLLOW_UP: {S.AWAITING_DOCUMENTS},
}
_BEFORE_PORTAL = {S.CREATED, S.PRE_INVESTIGATION, S.DOCUMENT_GAP_ANALYSIS, S.REQUIREMENTS_REVIEW}
_CUSTOMERS_TURN = {S.AWAITING_DOCUMENTS, S.PROCESSING_DOCUMENTS}
# Facts are judged from the gate to the review; never under the eyes of the second officer, nor while the case stands still.
_FACTS_MAY_MOVE = {S.REQUIREMENTS_REVIEW, *_CUSTOMERS_TURN, S.INVESTIGATING, S.REVIEW_PENDING}
WHEN = {
    U.OPEN: {S.CREATED},
    U.SET_TIER: _BEFORE_PORTAL,
    U.REQUIREMENTS_APPROVED: {S.REQUIREMENTS_REVIEW},
    U.DOCUMENTS_SUBMITTED: _CUSTOMERS_TURN,
    U.IDENTITY_COMPLETED: _CUSTOMERS_TURN,
    U.SKIP_DOCUMENTS: {S.AWAITING_DOCUMENTS},
    U.RESOLVE_HIT: _FACTS_MAY_MOVE,
    U.OVERRIDE_CHECK: _FACTS_MAY_MOVE,
    U.MCC_UPDATE: _FACTS_MAY_MOVE,
    U.OFFICER_DECISION: {S.REVIEW_PENDING},
    U.SECOND_DECISION: {S.AWAITING_SECOND_APPROVAL},
    U.EXTEND_TIMELINE: OPEN,
    U.REASSIGN: OPEN,
    U.WITHDRAW: OPEN,
    U.RESUME: {S.FAILED},
}
WHO = {
    U.OPEN: {"officer", "service"},
    U.SET_TIER: {"manager"},
    U.DOCUMENTS_SUBMITTED: {"customer", "officer"},
    U.IDENTITY_COMPLETED: {"customer", "service"},
    U.EXTEND_TIMELINE: {"officer", "manager"},
    U.REASSIGN: {"officer", "manager"},
    U.RESUME: {"manager"},
}


@dataclass
class Sent:
    """One message as it left: by update (`receipt` or `refused`, or `gone` when Temporal knows no open workflow) or as a signal."""

    kind: Update
    message: Any
    actor: str
    roles: tuple[str, ...]
    by_signal: bool = False
    forged: bool = False
    receipt: Receipt | None = None
    refused: str = ""
    gone: bool = False

    @property
    def request_id(self) -> str:
        """Of its envelope."""
        return str(self.message.envelope.request_id)

    @property
    def digest(self) -> str:
        """Of its body, as the sender computed it."""
        return str(self.message.envelope.body_sha256)


def second_officer_needed(decision: Decision, facts: Summary, policy: Policy) -> bool:
    """Four eyes where policy asks for them."""
    if decision is Decision.FOLLOW_UP:
        return False
    shown = {
        "confirmed_pep": facts.confirmed_pep,
        "confirmed_sanction": facts.confirmed_sanction,
        "high_risk": facts.risk_level == "HIGH",
        "override": facts.has_override,
    }
    asked = decision in APPROVING and any(shown[trigger] for trigger in policy.second_officer_triggers)
    return asked or decision in policy.second_officer_decisions


@dataclass
class Model:
    """The case as it follows from what was stored. `take` judges each stored step; `against` says why a message must be refused now."""

    policy: Policy
    owner: str
    opened_at: datetime
    expire_at: datetime
    status: Status = S.CREATED
    version: int = 1
    iteration: int = 1
    bounces: int = 0
    submitted: int = 0
    # Decision, who took it, and who is to take the case when it was escalated.
    first: tuple[Decision, str, str] | None = None
    stopped_in: Status | None = None
    gate_since: datetime | None = None
    gate_approved: bool = False
    risk_stale: bool = False
    answered: dict[str, str] = field(default_factory=dict)

    def against(self, sent: Sent, facts: Summary, now: datetime) -> set[str]:
        """Reasons of which one must be given; empty = it must be accepted."""
        if sent.by_signal and sent.kind is U.OPEN:
            return {"MESSAGE_UNKNOWN"}
        if sent.forged:
            return {"ASSERTION_INVALID", "ASSERTION_MISSING", "ASSERTION_EXPIRED"}
        why = set() if WHO.get(sent.kind, {"officer"}) & set(sent.roles) else {"ROLE_REQUIRED"}
        if (earlier := self.answered.get(sent.request_id)) is not None:
            return why if earlier == sent.digest else why | {"REQUEST_ID_REUSED"}
        if self.status in OVER:
            return why | {"CASE_CLOSED"}
        if self.status not in WHEN[sent.kind]:
            why.add("MESSAGE_NOT_ALLOWED")
        if sent.message.envelope.expected_version not in (0, self.version):
            why.add("ETAG_MISMATCH")
        return why | self._against_content(sent, facts, now)

    def _against_content(self, sent: Sent, facts: Summary, now: datetime) -> set[str]:
        message = sent.message
        match sent.kind:
            case U.OFFICER_DECISION if message.decision in APPROVING:
                return self.against_approval(facts)
            case U.OFFICER_DECISION if message.decision is Decision.FOLLOW_UP:
                spent = {"ITERATIONS_EXHAUSTED"} if self.iteration >= self.policy.max_iterations else set()
                return spent | ({"NO_TIME_LEFT"} if now >= self.expire_at else set())
            case U.OFFICER_DECISION if message.decision is Decision.ESCALATE:
                return set() if message.escalation_owner else {"OWNER_REQUIRED"}
            case U.SECOND_DECISION if self.first is not None:
                return {"SAME_OFFICER"} if self.first[1] == sent.actor else set()
            case U.REASSIGN:
                return set() if sent.actor == self.owner or "manager" in sent.roles else {"NOT_CASE_OWNER"}
            case U.EXTEND_TIMELINE:
                until = max(self.expire_at, now) + timedelta(days=message.days)
                return {"TIMELINE_LIMIT"} if until > self.opened_at + YEAR else set()
            case U.RESOLVE_HIT:
                return set() if message.hit_id in facts.open_hits else {"HIT_NOT_OPEN"}
            case U.OVERRIDE_CHECK:
                return set() if message.check_id in facts.blocking_checks else {"CHECK_ASSESSED"}
        return set()

    def against_approval(self, facts: Summary) -> set[str]:
        """Nobody approves over an open hit, a check that nobody assessed, or a risk that is not the newest."""
        why = {"HITS_OPEN"} if facts.open_hits else set()
        why |= {"CHECKS_NOT_ASSESSED"} if facts.blocking_checks else set()
        return why | ({"RISK_NOT_REASSESSED"} if self.risk_stale else set())

    def take(self, step: Transition, facts: Summary, sent: Sent | None) -> None:
        """One stored step, with the facts as they were when it was stored. Raises AssertionError when a rule is broken."""
        assert self.status not in OVER, f"{self.status} was left for {step.status}"
        assert step.expected_version == self.version, f"version {step.expected_version} stored on {self.version}"
        if step.status in APPROVED:
            assert not self.against_approval(facts), f"approved against {self.against_approval(facts)}"
        if sent is None:
            self._machine(step, facts)
        else:
            self._said(step, facts, sent)
        self._remember(step)

    def _machine(self, step: Transition, facts: Summary) -> None:
        before, after = self.status, step.status
        by_people = (step.decision, step.hit, step.override)
        assert not any(by_people), "only people decide, dismiss and override"
        if after is S.FAILED:
            self.stopped_in = before if before is not S.FAILED else self.stopped_in
            return
        assert after in MACHINE.get(before, set()), f"nobody sent the case from {before} to {after}"
        if before is S.REQUIREMENTS_REVIEW:
            assert self._gate_may_open(step, facts), f"the gate opened itself: {step.tier} {facts}"
        if after is S.EXPIRED:
            assert step.at >= self.expire_at, "expired before the time was over"
        if after is S.INVESTIGATING:
            assert step.projection["last_processed"] == self.submitted, "a submission was lost"
        if before is S.PROCESSING_DOCUMENTS and after is S.AWAITING_DOCUMENTS:
            self.bounces += 1
            assert self.bounces <= self.policy.max_bounces, "more bounces than the template allows"

    def _gate_may_open(self, step: Transition, facts: Summary) -> bool:
        waited = step.at - self.gate_since if self.gate_since else timedelta()
        released = step.tier is Tier.ASSISTED and waited >= GATE_WAIT and not (facts.open_hits or facts.blocking_checks)
        return self.gate_approved or step.tier is Tier.AUTONOMOUS or released

    def _said(self, step: Transition, facts: Summary, sent: Sent) -> None:
        assert step.answer is not None
        assert sent.request_id not in self.answered, "one request, two effects"
        assert step.answer.body_sha256 == sent.digest, "stored another body than was sent"
        assert {record.actor for record in step.audit} == {sent.actor}, "kept under another name"
        assert not sent.forged, "a forged message was stored"
        self.answered[sent.request_id] = sent.digest
        assert step.status is self._leads_to(step, facts, sent), f"{sent.kind} led from {self.status} to {step.status}"

    def _leads_to(self, step: Transition, facts: Summary, sent: Sent) -> Status:
        match sent.kind:
            case U.OFFICER_DECISION:
                return self._decided(step, facts, sent)
            case U.SECOND_DECISION:
                return self._confirmed(step, sent)
            case U.WITHDRAW:
                return S.WITHDRAWN
            case U.RESUME:
                assert self.stopped_in is not None
                return self.stopped_in
            case U.RESOLVE_HIT | U.OVERRIDE_CHECK | U.MCC_UPDATE if self.status is S.REVIEW_PENDING:
                self.risk_stale = True
            case U.REQUIREMENTS_APPROVED:
                self.gate_approved = True
            case U.REASSIGN:
                self.owner = sent.message.owner
            case U.DOCUMENTS_SUBMITTED:
                self.submitted += 1
        return self.status

    def _decided(self, step: Transition, facts: Summary, sent: Sent) -> Status:
        decision = sent.message.decision
        assert self.status is S.REVIEW_PENDING, "decided outside the review"
        assert step.decision is not None
        assert (step.decision.step, step.decision.actor) == (1, sent.actor)
        self.first = (decision, sent.actor, sent.message.escalation_owner)
        if second_officer_needed(decision, facts, self.policy):
            return S.AWAITING_SECOND_APPROVAL
        return S.FOLLOW_UP if decision is Decision.FOLLOW_UP else ENDING[decision]

    def _confirmed(self, step: Transition, sent: Sent) -> Status:
        assert self.status is S.AWAITING_SECOND_APPROVAL, "confirmed what nobody decided"
        assert self.first is not None
        assert step.decision is not None
        decision, actor, _ = self.first
        assert sent.actor != actor, "the same officer twice"
        assert (step.decision.step, step.decision.actor) == (2, sent.actor)
        if sent.message.decision is SecondDecision.RETURN:
            self.first = None
            return S.REVIEW_PENDING
        return ENDING[decision]

    def _remember(self, step: Transition) -> None:
        if step.status is S.REQUIREMENTS_REVIEW and self.status is not S.REQUIREMENTS_REVIEW:
            self.gate_since = step.at
        if self.status is S.FOLLOW_UP and step.status is S.AWAITING_DOCUMENTS:
            self.iteration, self.bounces = self.iteration + 1, 0
        if step.status is S.ESCALATED and self.first:
            self.owner = self.first[2]
        assert step.iteration == self.iteration <= self.policy.max_iterations
        self.expire_at = step.expire_at or self.expire_at
        self.status, self.version = step.status, self.version + 1
