"""How a case ends beside its path: sealed, failed, or asked to be cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import CaseInput, Status
    from trustrelay.workflow_worker.application.catalogue import ASSEMBLE_TRUST_CAPSULE, PERSIST
    from trustrelay.workflow_worker.application.recorder import Recorder, Step
    from trustrelay.workflow_worker.application.running import reason_of, run_activity
    from trustrelay.workflow_worker.application.tracing import stage_span
    from trustrelay.workflow_worker.domain.records import AuditRecord
    from trustrelay.workflow_worker.domain.state import WorkflowState

_MACHINE = "workflow"
_BETWEEN_SEALINGS = timedelta(hours=1)


@dataclass
class Closing:
    """What the workflow itself says about the end of its case."""

    case: CaseInput
    state: WorkflowState
    recorder: Recorder

    async def seal(self) -> None:
        """The capsule of a decided case is signed and stored; an outage, however long, delays it, as the decision itself stands.

        Raises ActivityError when the store refuses for good.
        """
        while not await self._sealed():
            await workflow.sleep(_BETWEEN_SEALINGS)

    async def _sealed(self) -> bool:
        with stage_span(self.state, self.case, self.state.status):
            try:
                await run_activity(ASSEMBLE_TRUST_CAPSULE, self.recorder.case_ref())
            except ActivityError as error:
                if isinstance(error.cause, ApplicationError) and error.cause.non_retryable:
                    raise
                return False
            return True

    async def fail(self, error: FailureError) -> None:
        """Ends the case as FAILED with what was given up and why, unless a message closed it at the same moment."""
        activity, reason = PERSIST.name, type(error).__name__
        if isinstance(error, ActivityError):
            activity, reason = error.activity_type, reason_of(error)
        elif isinstance(error, ApplicationError) and error.type:
            reason = error.type
        await self._note(AuditRecord("case_failed", _MACHINE, {"activity": activity, "reason": reason}), Status.FAILED)

    async def refuse_cancellation(self) -> None:
        """Keeps on record that someone asked Temporal to cancel the case."""
        if self.state.opened:
            await self._note(AuditRecord("message_refused", _MACHINE, {"message": "cancel", "reason": "ASSERTION_MISSING"}))

    async def _note(self, record: AuditRecord, status: Status | None = None) -> None:
        await self.recorder.store(lambda: None if self.state.closed else Step((record,), status=status))
