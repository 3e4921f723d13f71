"""Which decisions are possible, what they lead to, and which need a second officer."""

from __future__ import annotations

from datetime import datetime

from trustrelay.contracts.case_workflow import Decision, Policy, Status
from trustrelay.workflow_worker.domain.compliance.state import FirstDecision, Summary, WorkflowState
from trustrelay.workflow_worker.domain.refusals import Refused, forbidden, precondition

APPROVALS = frozenset({Decision.APPROVE, Decision.APPROVE_WITH_RESTRICTIONS})
# Statuses that a decision ended: sealed in a capsule.
DECIDED = frozenset({Status.APPROVED, Status.APPROVED_WITH_RESTRICTIONS, Status.REJECTED, Status.ESCALATED})

_LEADS_TO = {
    Decision.APPROVE: Status.APPROVED,
    Decision.APPROVE_WITH_RESTRICTIONS: Status.APPROVED_WITH_RESTRICTIONS,
    Decision.REJECT: Status.REJECTED,
    Decision.ESCALATE: Status.ESCALATED,
    Decision.FOLLOW_UP: Status.FOLLOW_UP,
}


def status_after(decision: Decision) -> Status:
    """Where a decision without (or after) a second officer leads."""
    return _LEADS_TO[decision]


def second_officer_reasons(decision: Decision, summary: Summary, policy: Policy) -> tuple[str, ...]:
    """Why this decision needs a second officer; empty = it does not.

    `decision` when the policy names it whatever the facts are; the policy's triggers that the facts show, for approvals. Asking the customer again
    ends nothing, so FOLLOW_UP never needs one.
    """
    if decision is Decision.FOLLOW_UP:
        return ()
    always = ("decision",) if decision in policy.second_officer_decisions else ()
    if decision not in APPROVALS:
        return always
    present = {
        "confirmed_pep": summary.confirmed_pep,
        "confirmed_sanction": summary.confirmed_sanction,
        "high_risk": summary.risk_level == "HIGH",
        "override": summary.has_override,
    }
    # A trigger that nobody knows yet asks for the second officer, as the database's own rule does.
    return always + tuple(trigger for trigger in policy.second_officer_triggers if present.get(trigger, True))


def refusal_of_approval(state: WorkflowState) -> Refused | None:
    """Approval waits for every hit, every mandatory check and the risk: HITS_OPEN, CHECKS_NOT_ASSESSED, RISK_NOT_REASSESSED."""
    summary = state.summary
    if state.risk_stale:
        return precondition("RISK_NOT_REASSESSED", "The risk was not assessed again after the last change; ask for a follow-up, or reject.")
    if summary.open_hits:
        return precondition("HITS_OPEN", "Resolve every open hit before approving.", count=str(len(summary.open_hits)))
    if summary.blocking_checks:
        checks = ",".join(summary.blocking_checks)
        return precondition("CHECKS_NOT_ASSESSED", "A mandatory check was not assessed; repeat or override it before approving.", checks=checks)
    return None


def refusal_of_follow_up(state: WorkflowState, policy: Policy, now: datetime) -> Refused | None:
    """Another round needs an iteration and time that are left: ITERATIONS_EXHAUSTED, NO_TIME_LEFT."""
    if state.current_iteration >= policy.max_iterations:
        return precondition("ITERATIONS_EXHAUSTED", "The case has used all its iterations.", limit=str(policy.max_iterations))
    if state.expire_at is not None and now >= state.expire_at:
        return precondition("NO_TIME_LEFT", "The case's time for documents is over; extend it first.")
    return None


def judge_decision(state: WorkflowState, policy: Policy, decision: Decision, now: datetime) -> None:
    """Raises Refused when the first officer may not decide so now."""
    refusal: Refused | None = None
    if decision in APPROVALS:
        refusal = refusal_of_approval(state)
    elif decision is Decision.FOLLOW_UP:
        refusal = refusal_of_follow_up(state, policy, now)
    if refusal is not None:
        raise refusal


def judge_confirmation(state: WorkflowState, first: FirstDecision) -> None:
    """Raises Refused HITS_OPEN when a hit was opened again after the first officer approved."""
    if first.decision in APPROVALS and state.summary.open_hits:
        raise precondition("HITS_OPEN", "A hit is open again; return the case to review.", count=str(len(state.summary.open_hits)))


def judge_second(state: WorkflowState, actor: str) -> FirstDecision:
    """The decision that `actor` may confirm or return. Four eyes: another officer than the first (PERMISSION_DENIED SAME_OFFICER)."""
    if state.first_decision is None:
        raise precondition("NO_FIRST_DECISION", "There is no decision to confirm.")
    if state.first_decision.actor == actor:
        raise forbidden("SAME_OFFICER", "The second decision must come from another officer.")
    return state.first_decision
