"""What the queries answer."""

from __future__ import annotations

from trustrelay.contracts.case_workflow import CaseStatusView, ResolvedRequirements
from trustrelay.workflow_worker.domain.compliance.state import WorkflowState


def status_of(state: WorkflowState) -> CaseStatusView:
    """Codes, counts and references."""
    return CaseStatusView(
        status=state.status,
        state_version=state.state_version,
        iteration=state.current_iteration,
        bounces=state.bounces,
        last_submitted=state.last_submitted,
        last_processed=state.last_processed,
        tier=state.tier,
        open_hits=state.summary.open_hits,
        blocking_checks=state.summary.blocking_checks,
        owner=state.owner,
        expire_at=state.expire_at.isoformat() if state.expire_at else "",
        overrides=state.overrides,
        reminders_sent=state.reminders_sent,
        mcc=state.mcc,
        identity_session=state.identity_session,
        extraction_pending=state.extractions_pending > 0,
        outcomes=dict(state.outcomes),
    )


def requirements_of(state: WorkflowState) -> ResolvedRequirements:
    """As the store computed them last."""
    return ResolvedRequirements(dict(state.summary.requirement_statuses), state.summary.unanswered_questions)
