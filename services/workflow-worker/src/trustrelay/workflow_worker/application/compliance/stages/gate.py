"""REQUIREMENTS_REVIEW: who lets the requirements go to the customer."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import Status
    from trustrelay.workflow_worker.application.compliance.stages.portal import to_portal
    from trustrelay.workflow_worker.application.compliance.stages.stage import Move, Stage, noted
    from trustrelay.workflow_worker.domain.compliance.gate import Closed, Open, judge_gate
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState


@dataclass
class Gate(Stage):
    """Opens by an officer's word, or by the tier's rule."""

    async def wait(self) -> Move | None:
        """Looks again at every change, and when time alone could open it."""
        while self.tools.state.status is Status.REQUIREMENTS_REVIEW:
            match self._verdict():
                case Open(rule):
                    return self._opened(rule)
                case Closed(recheck_in):
                    seen = self.tools.state.state_version
                    await self.tools.waiting.until(lambda seen=seen: self.tools.state.state_version != seen, recheck_in)  # type: ignore[misc]
        return None

    def _opened(self, rule: str) -> Move:
        iteration = self.tools.state.current_iteration

        def apply(state: WorkflowState) -> None:
            state.requirements_approved = True

        # Judged again when its turn to be stored comes: a manager's word may have come in between.
        audit = noted("requirements_gate_opened", rule=rule, iteration=str(iteration))
        return to_portal(audit, apply=apply, when=lambda: isinstance(self._verdict(), Open))

    def _verdict(self) -> Open | Closed:
        state = self.tools.state
        entered = state.gate_entered_at or workflow.now()
        return judge_gate(state, self.tools.policy, workflow.now() - entered)
