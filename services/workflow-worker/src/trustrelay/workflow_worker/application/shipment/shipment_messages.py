"""The updates of a shipment, one pair each: the validator judges what it can see, the handler stores and answers."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts import shipment_workflow as contract
    from trustrelay.contracts.shipment_workflow import ShipmentReceipt, ShipmentUpdate
    from trustrelay.workflow_worker.application.shipment.reception import Reception


class ShipmentMessages:
    """How each is judged and handled is the reception's."""

    reception: Reception

    @workflow.update(name=ShipmentUpdate.OPEN)
    async def open_shipment(self, message: contract.OpenShipment) -> ShipmentReceipt:
        """Opens the staged row before it answers."""
        return await self.reception.handle(ShipmentUpdate.OPEN, message)

    @open_shipment.validator
    def _may_open(self, message: contract.OpenShipment) -> None:
        self.reception.judge_update(ShipmentUpdate.OPEN, message)

    @workflow.update(name=ShipmentUpdate.DOCUMENTS_SUBMITTED)
    async def shipment_documents_submitted(self, message: contract.ShipmentDocumentsSubmitted) -> ShipmentReceipt:
        """Begins a round; another one when a round runs."""
        return await self.reception.handle(ShipmentUpdate.DOCUMENTS_SUBMITTED, message)

    @shipment_documents_submitted.validator
    def _may_submit(self, message: contract.ShipmentDocumentsSubmitted) -> None:
        self.reception.judge_update(ShipmentUpdate.DOCUMENTS_SUBMITTED, message)

    @workflow.update(name=ShipmentUpdate.RESOLVE_DISCREPANCY)
    async def resolve_discrepancy(self, message: contract.ResolveDiscrepancy) -> ShipmentReceipt:
        """Says why a discrepancy may pass."""
        return await self.reception.handle(ShipmentUpdate.RESOLVE_DISCREPANCY, message)

    @resolve_discrepancy.validator
    def _may_resolve(self, message: contract.ResolveDiscrepancy) -> None:
        self.reception.judge_update(ShipmentUpdate.RESOLVE_DISCREPANCY, message)

    @workflow.update(name=ShipmentUpdate.CONFIRM_RESOLUTION)
    async def confirm_resolution(self, message: contract.ConfirmResolution) -> ShipmentReceipt:
        """Four eyes."""
        return await self.reception.handle(ShipmentUpdate.CONFIRM_RESOLUTION, message)

    @confirm_resolution.validator
    def _may_confirm(self, message: contract.ConfirmResolution) -> None:
        self.reception.judge_update(ShipmentUpdate.CONFIRM_RESOLUTION, message)

    @workflow.update(name=ShipmentUpdate.DECIDE)
    async def decide_shipment(self, message: contract.DecideShipment) -> ShipmentReceipt:
        """Clears, holds or rejects."""
        return await self.reception.handle(ShipmentUpdate.DECIDE, message)

    @decide_shipment.validator
    def _may_decide(self, message: contract.DecideShipment) -> None:
        self.reception.judge_update(ShipmentUpdate.DECIDE, message)
