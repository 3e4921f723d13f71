"""Audit events that are no step of the shipment: its version does not move, and nobody's word goes stale by them."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.workflow_worker.application.running import reason_of, run_until_done
    from trustrelay.workflow_worker.application.shipment.catalogue import PERSIST_AUDIT
    from trustrelay.workflow_worker.application.shipment.recorder import Recorder
    from trustrelay.workflow_worker.application.shipment.steps import MACHINE
    from trustrelay.workflow_worker.domain.shipment.records import AuditRecord, Noted
    from trustrelay.workflow_worker.domain.shipment.state import ShipmentState


@dataclass
class Notes:
    """Numbers the events, so that the same event twice appends once, whatever is retried, replayed or continued as new."""

    state: ShipmentState
    recorder: Recorder

    async def add(self, kind: str, **data: str) -> None:
        """Appends one event; an outage delays it."""
        self.state.notes += 1
        ref = self.recorder.ref()
        noted = Noted(ref, workflow.now(), f"{ref.shipment_id}/note/{self.state.notes}", AuditRecord(kind, MACHINE, data))
        try:
            await run_until_done(PERSIST_AUDIT, noted)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            # The log itself said no; raised here it would end the shipment.
            workflow.logger.error("audit event not stored", extra={"event": kind, "reason": reason_of(error)})
