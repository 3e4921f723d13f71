"""Audit events that are no step of the case: its version does not move, and nobody's decision goes stale by them."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.workflow_worker.application.compliance.catalogue import PERSIST_AUDIT
    from trustrelay.workflow_worker.application.compliance.recorder import Recorder
    from trustrelay.workflow_worker.application.compliance.steps import MACHINE
    from trustrelay.workflow_worker.application.running import reason_of, run_until_done
    from trustrelay.workflow_worker.domain.compliance.records import AuditEvents, AuditRecord
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState


@dataclass
class Notes:
    """Numbers the events, so that the same event twice appends once, whatever is retried, replayed or continued as new."""

    state: WorkflowState
    recorder: Recorder

    async def add(self, kind: str, actor: str = MACHINE, **data: str) -> None:
        """Appends one event; an outage delays it. A case that was never opened has no audit log."""
        if not self.state.opened:
            workflow.logger.warning("no audit log yet", extra={"event": kind, "reason": data.get("reason", "")})
            return
        self.state.notes += 1
        case = self.recorder.case_ref()
        events = AuditEvents(case, workflow.now(), (f"{case.case_id}/note/{self.state.notes}",), (AuditRecord(kind, actor, data),))
        try:
            await run_until_done(PERSIST_AUDIT, events)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            # The log itself said no; raised from a signal handler it would end the case.
            workflow.logger.error("audit event not stored", extra={"event": kind, "reason": reason_of(error)})

    async def refused(self, message: str, reason: str, request_id: str = "", actor: str = MACHINE) -> None:
        """A message that nobody waits for an answer to was refused."""
        await self.add("message_refused", actor, message=message, reason=reason, request_id=request_id)
