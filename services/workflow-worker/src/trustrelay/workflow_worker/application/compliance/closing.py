"""What follows a decision: the case is sealed, goes on elsewhere when it was escalated, and is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import CaseInput, Path, Status
    from trustrelay.workflow_worker.application.activity import Activity
    from trustrelay.workflow_worker.application.compliance import catalogue
    from trustrelay.workflow_worker.application.compliance.notes import Notes
    from trustrelay.workflow_worker.application.compliance.recorder import Recorder
    from trustrelay.workflow_worker.application.compliance.successors import Successors
    from trustrelay.workflow_worker.application.compliance.tracing import stage_span
    from trustrelay.workflow_worker.application.running import is_final, reason_of, run_activity
    from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState

_BETWEEN_SEALINGS = timedelta(hours=1)


@dataclass
class Closing:
    """Nothing here changes the decision any more."""

    case: CaseInput
    state: WorkflowState
    recorder: Recorder
    notes: Notes
    successors: Successors

    async def after_decision(self) -> None:
        """Successor, capsule, graph, memory. Raises ActivityError when the capsule is refused for good."""
        if self.state.status is Status.ESCALATED:
            with stage_span(self.state, self.case, self.state.status):
                await self.successors.begin()
        await self._seal()
        with stage_span(self.state, self.case, self.state.status):
            if self.case.policy.path is not Path.KYC:
                await self._remember(catalogue.POPULATE_KNOWLEDGE_GRAPH)
            await self._remember(catalogue.CONSOLIDATE_INVESTIGATION_MEMORY)

    async def refuse_cancellation(self) -> None:
        """Keeps on record that someone asked Temporal to cancel the case."""
        await self.notes.refused("cancel", "ASSERTION_MISSING")

    async def _seal(self) -> None:
        """The capsule of a decided case is signed and stored; an outage, however long, delays it, as the decision itself stands."""
        while not await self._sealed():
            await workflow.sleep(_BETWEEN_SEALINGS)

    async def _sealed(self) -> bool:
        with stage_span(self.state, self.case, self.state.status):
            try:
                await run_activity(catalogue.ASSEMBLE_TRUST_CAPSULE, self.recorder.case_ref())
            except ActivityError as error:
                if is_final(error) or is_cancelled_exception(error):
                    raise
                return False
            return True

    async def _remember(self, activity: Activity[CaseRef, Assessed]) -> None:
        """Best effort: a closed case takes no more facts, so what did not happen is kept as audit event `aftercare_not_assessed`."""
        try:
            done = await run_activity(activity, self.recorder.case_ref())
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            outcome, reason = "NOT_ASSESSED", reason_of(error)
        else:
            outcome, reason = done.outcome, done.reason
        self.state.note_outcome(activity.name, f"{outcome}/{reason}" if reason else outcome)
        if outcome != "CLEAR":
            await self.notes.add("aftercare_not_assessed", activity=activity.name, reason=reason)
