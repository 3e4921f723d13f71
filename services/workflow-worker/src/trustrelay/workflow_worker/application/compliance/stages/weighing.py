"""What every path ends its investigations with."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import Status, Tier
    from trustrelay.workflow_worker.application.compliance import catalogue
    from trustrelay.workflow_worker.application.compliance.stages.stage import Move
    from trustrelay.workflow_worker.application.compliance.work import Work
    from trustrelay.workflow_worker.domain.compliance.records import AuditRecord
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState


async def weigh(work: Work, iteration: int | None = None) -> None:
    """How good the investigation is, and how much it lets one trust the result."""
    await work.assess(catalogue.SCORE_INVESTIGATION_QUALITY, iteration)
    await work.assess(catalogue.COMPUTE_CONFIDENCE_SCORE, iteration)


def to_gate(tier: Tier, rule: str) -> Move:
    """The requirements go to the gate; a tier that a manager has forced stands above the rules'."""
    entered_at = workflow.now()

    def apply(state: WorkflowState) -> None:
        state.gate_entered_at = entered_at
        if not state.tier_forced:
            state.tier, state.tier_set_by = tier, rule

    return Move(Status.REQUIREMENTS_REVIEW, (AuditRecord("tier_assigned", rule, {"tier": tier}),), apply=apply)
