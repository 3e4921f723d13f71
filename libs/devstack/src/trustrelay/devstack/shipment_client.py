"""ShipmentService as officers call it. Every message carries a request id of its own, so `patiently` may send it again until an outage is over."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from trustrelay.case.v1 import shipment_service_pb2 as pb
from trustrelay.case.v1.shipment_service_pb2_grpc import ShipmentServiceStub
from trustrelay.common.v1.decision_types_pb2 import AuditEvent
from trustrelay.common.v1.shipment_types_pb2 import ShipmentDecision, ShipmentDocument, ShipmentFile, ShipmentHeader, TradeDirection
from trustrelay.devstack.calling import Connection, bearer, new_request_id, patiently
from trustrelay.devstack.customer_client import post_file


class ShipmentClient(Connection):
    """ShipmentService as one dev user. An empty `etag` means: whatever the shipment's version is."""

    def __init__(self, target: str, token: str) -> None:
        super().__init__(target, bearer(token))
        self._stub = ShipmentServiceStub(self._channel)

    async def create(
        self,
        reference: str,
        direction: TradeDirection.ValueType,
        dispatch: str,
        destination: str,
        *,
        client_case_id: str = "",
        request_id: str = "",
    ) -> pb.ShipmentReceipt:
        """Opens a shipment between two countries (ISO 3166-1 alpha-2)."""
        request = pb.CreateShipmentRequest(
            request_id=request_id or new_request_id(),
            reference=reference,
            direction=direction,
            country_of_dispatch=dispatch,
            country_of_destination=destination,
            client_case_id=client_case_id,
        )
        return (await self._call(self._stub.CreateShipment, request)).receipt

    async def shipment(self, shipment_id: str) -> ShipmentFile:
        """Everything known about it."""
        return (await self._call(self._stub.GetShipment, pb.GetShipmentRequest(shipment_id=shipment_id))).shipment

    async def list_all(self, page_size: int = 50) -> list[ShipmentHeader]:
        """All shipments of the tenant, page by page."""
        found: list[ShipmentHeader] = []
        token = ""
        while True:
            page = await self._call(self._stub.ListShipments, pb.ListShipmentsRequest(page_size=page_size, page_token=token))
            found.extend(page.shipments)
            token = page.next_page_token
            if not token:
                return found

    async def upload(self, shipment_id: str, file: Path) -> ShipmentDocument:
        """One paper: permission, POST to the store, completion. Raises StackError when the store refuses the POST."""
        content = await asyncio.to_thread(file.read_bytes)
        request = pb.CreateShipmentUploadRequest(shipment_id=shipment_id, request_id=new_request_id(), file_name=file.name, size_bytes=len(content))
        created = await patiently(lambda: self._call(self._stub.CreateShipmentUpload, request))
        await post_file(created.grant, content)
        complete = pb.CompleteShipmentUploadRequest(shipment_id=shipment_id, upload_id=created.upload_id)
        return (await patiently(lambda: self._call(self._stub.CompleteShipmentUpload, complete))).document

    async def submit(self, shipment_id: str, etag: str = "", request_id: str = "") -> pb.ShipmentReceipt:
        """Hands the papers in."""
        request = pb.SubmitShipmentDocumentsRequest(shipment_id=shipment_id, request_id=request_id or new_request_id(), etag=etag)
        return (await self._call(self._stub.SubmitShipmentDocuments, request)).receipt

    async def resolve(self, shipment_id: str, discrepancy_id: str, reason: str, etag: str = "", request_id: str = "") -> pb.ShipmentReceipt:
        """Says why a discrepancy may pass."""
        request = pb.ResolveDiscrepancyRequest(
            shipment_id=shipment_id, request_id=request_id or new_request_id(), etag=etag, discrepancy_id=discrepancy_id, reason=reason
        )
        return (await self._call(self._stub.ResolveDiscrepancy, request)).receipt

    async def confirm(self, shipment_id: str, discrepancy_id: str, confirmed: bool, reason: str, etag: str = "") -> pb.ShipmentReceipt:
        """The second officer's word on an explanation."""
        request = pb.ConfirmResolutionRequest(
            shipment_id=shipment_id,
            request_id=new_request_id(),
            etag=etag,
            discrepancy_id=discrepancy_id,
            confirmed=confirmed,
            reason=reason,
        )
        return (await self._call(self._stub.ConfirmResolution, request)).receipt

    async def decide(
        self, shipment_id: str, decision: ShipmentDecision.ValueType, reason: str, etag: str, request_id: str = ""
    ) -> pb.ShipmentReceipt:
        """Clears, holds or rejects what `etag` saw."""
        request = pb.DecideShipmentRequest(
            shipment_id=shipment_id, request_id=request_id or new_request_id(), etag=etag, decision=decision, reason=reason
        )
        return (await self._call(self._stub.DecideShipment, request)).receipt

    async def audit_events(self, shipment_id: str) -> list[AuditEvent]:
        """The whole audit log of the shipment."""
        found: list[AuditEvent] = []
        token = ""
        while True:
            request = pb.ListShipmentAuditEventsRequest(shipment_id=shipment_id, page_token=token)
            page = await self._call(self._stub.ListShipmentAuditEvents, request)
            found.extend(page.events)
            token = page.next_page_token
            if not token:
                return found

    async def capsule(self, shipment_id: str) -> bytes:
        """The signed capsule's bytes (DSSE envelope)."""
        granted = await self._call(self._stub.GetShipmentCapsule, pb.GetShipmentCapsuleRequest(shipment_id=shipment_id))
        async with httpx.AsyncClient() as http:
            answer = await http.get(granted.grant.url)
        answer.raise_for_status()
        return answer.content
