"""The officers' stages: a decision is waited for without limit; their handlers store it."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.workflow_worker.application.compliance import catalogue
    from trustrelay.workflow_worker.application.compliance.stages.portal import to_portal
    from trustrelay.workflow_worker.application.compliance.stages.stage import Move, Stage, noted
    from trustrelay.workflow_worker.application.running import run_activity
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState


@dataclass
class ForPeople(Stage):
    """REVIEW_PENDING, AWAITING_SECOND_APPROVAL, FAILED: only a message leads on."""

    async def wait(self) -> None:
        """Until one has."""
        await self.tools.waiting.until(lambda: False)


@dataclass
class FollowUp(Stage):
    """FOLLOW_UP: an officer asks the customer again; the next iteration begins."""

    async def work(self) -> Move:
        """The officer's own tasks are stored with the decision; these come from what is still open."""
        state = self.tools.state
        suggested = await run_activity(catalogue.GENERATE_FOLLOW_UP_TASKS, self.tools.recorder.case_ref())
        following = state.current_iteration + 1

        def apply(after: WorkflowState) -> None:
            after.current_iteration = following
            after.bounces = 0
            after.asked_again = ()

        audit = noted("requirements_gate_opened", rule="officer-follow-up", iteration=str(following))
        return to_portal(audit, tasks=suggested.tasks, apply=apply)
