"""Workflows of shipments and batches with the real names and messages, as small as the tests of the sender need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from case_api_probe_workflow import refuse

    # By full name: else the sandbox does not know the modules whose types it is to read.
    import trustrelay.contracts.batch_workflow as batch
    import trustrelay.contracts.shipment_workflow as shipment
    from trustrelay.contracts.messages import Envelope

APPLY = "probe_apply_portfolio"


@dataclass
class Moved:
    """One message to store: of a shipment or of a batch."""

    tenant_id: str
    about: str
    update: str
    status: str
    envelope: Envelope


@dataclass
class Stored:
    """What was stored."""

    status: str
    state_version: int


async def _store(tenant_id: str, about: str, update: str, status: str, envelope: Envelope) -> Stored:
    moved = Moved(tenant_id, about, update, status, envelope)
    result: Stored = await workflow.execute_activity(APPLY, moved, start_to_close_timeout=timedelta(seconds=10), result_type=Stored)
    return result


@workflow.defn(name=shipment.WORKFLOW)
class ProbeShipment:
    """Opens, takes messages, ends when rejected."""

    @workflow.init
    def __init__(self, given: shipment.ShipmentInput) -> None:
        self.given, self.opened, self.ended = given, False, False

    @workflow.run
    async def run(self, given: shipment.ShipmentInput) -> None:
        await workflow.wait_condition(lambda: self.ended and workflow.all_handlers_finished())

    @workflow.update(name="open_shipment")
    async def open(self, message: shipment.OpenShipment) -> shipment.ShipmentReceipt:
        if not self.opened:
            await self._move("open_shipment", "RECEIVED", message.envelope)
            self.opened = True
        return shipment.ShipmentReceipt(shipment.ShipmentStatus.RECEIVED, 1)

    @workflow.update(name="shipment_documents_submitted")
    async def submitted(self, message: shipment.ShipmentDocumentsSubmitted) -> shipment.ShipmentReceipt:
        return await self._move("shipment_documents_submitted", "PROCESSING", message.envelope)

    @workflow.update(name="resolve_discrepancy")
    async def resolve(self, message: shipment.ResolveDiscrepancy) -> shipment.ShipmentReceipt:
        return await self._move("resolve_discrepancy", "DISCREPANCIES", message.envelope)

    @resolve.validator
    def _may_resolve(self, message: shipment.ResolveDiscrepancy) -> None:
        if message.discrepancy_id == "closed":
            raise refuse("FAILED_PRECONDITION", "DISCREPANCY_NOT_OPEN")

    @workflow.update(name="confirm_resolution")
    async def confirm(self, message: shipment.ConfirmResolution) -> shipment.ShipmentReceipt:
        # A refusal of the handler, as when the database's own constraint says no.
        raise refuse("PERMISSION_DENIED", "SAME_OFFICER")

    @workflow.update(name="decide_shipment")
    async def decide(self, message: shipment.DecideShipment) -> shipment.ShipmentReceipt:
        receipt = await self._move("decide_shipment", "REJECTED", message.envelope)
        self.ended = True
        return receipt

    async def _move(self, update: str, status: str, envelope: Envelope) -> shipment.ShipmentReceipt:
        stored = await _store(self.given.tenant_id, self.given.shipment_id, update, status, envelope)
        return shipment.ShipmentReceipt(shipment.ShipmentStatus(stored.status), stored.state_version)


@workflow.defn(name=batch.WORKFLOW)
class ProbeBatch:
    """Begins, takes messages, ends when cancelled. Judges versions itself and knows what it has answered, as the real one does."""

    @workflow.init
    def __init__(self, given: batch.BatchInput) -> None:
        self.given, self.version, self.ended = given, 1, False

    @workflow.run
    async def run(self, given: batch.BatchInput) -> None:
        await workflow.wait_condition(lambda: self.ended and workflow.all_handlers_finished())

    @workflow.update(name="start_batch")
    async def start(self, message: batch.StartBatch) -> batch.BatchReceipt:
        return batch.BatchReceipt(batch.RunStatus.RUNNING, 1)

    @workflow.update(name="pause_batch")
    async def pause(self, message: batch.PauseBatch) -> batch.BatchReceipt:
        return await self._move("pause_batch", "PAUSED", message.envelope)

    @pause.validator
    def _may_pause(self, message: batch.PauseBatch) -> None:
        if message.envelope.expected_version not in (0, self.version):
            raise refuse("ABORTED", "ETAG_MISMATCH", current=str(self.version))

    @workflow.update(name="cancel_batch")
    async def cancel(self, message: batch.CancelBatch) -> batch.BatchReceipt:
        receipt = await self._move("cancel_batch", "CANCELLED", message.envelope)
        self.ended = True
        return receipt

    async def _move(self, update: str, status: str, envelope: Envelope) -> batch.BatchReceipt:
        stored = await _store(self.given.tenant_id, self.given.run_id, update, status, envelope)
        self.version = stored.state_version
        return batch.BatchReceipt(batch.RunStatus(stored.status), stored.state_version)
