"""Shipments in the read model, over ShipmentStoreService."""

from __future__ import annotations

import json
from collections.abc import Sequence

import grpc

from trustrelay.case_api.adapters.persistence._reached import reached
from trustrelay.case_api.application.shipments import ShipmentStaging, ShipmentUpload
from trustrelay.case_api.domain.addressees import Standing
from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.common.v1.shipment_types_pb2 import ShipmentDocument, ShipmentFile, ShipmentHeader, ShipmentStatus
from trustrelay.contracts import shipment_workflow as wf
from trustrelay.contracts.etags import etag
from trustrelay.persistence.v1 import shipment_store_service_pb2 as store
from trustrelay.persistence.v1.shipment_store_service_pb2_grpc import ShipmentStoreServiceStub
from trustrelay.servicekit.errors import NotFound


class PersistenceShipments:
    """The port `Shipments`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = ShipmentStoreServiceStub(channel)

    async def stage(self, staging: ShipmentStaging) -> tuple[str, bool]:
        """StageShipment."""
        request = store.StageShipmentRequest(
            request_id=staging.request_id,
            body_sha256=staging.body_sha256,
            reference=staging.reference,
            direction=staging.direction,
            country_of_dispatch=staging.country_of_dispatch,
            country_of_destination=staging.country_of_destination,
            client_case_id=staging.client_case_id,
        )
        with reached():
            staged = await self._stub.StageShipment(request)
        return staged.shipment_id, staged.opened

    async def find_answer(self, request_id: str, body_sha256: str) -> wf.ShipmentReceipt | None:
        """FindShipmentAnswer; the answer is the receipt as JSON, written by the worker."""
        try:
            with reached():
                found = await self._stub.FindShipmentAnswer(store.FindShipmentAnswerRequest(request_id=request_id, body_sha256=body_sha256))
        except NotFound as error:
            if error.reason == "ANSWER_NOT_FOUND":
                return None
            raise
        stored = json.loads(found.answer)
        return wf.ShipmentReceipt(wf.ShipmentStatus(stored["status"]), int(stored["state_version"]))

    async def standing(self, about: str) -> Standing:
        """GetShipment's header."""
        header = (await self.shipment(about)).header
        status = wf.ShipmentStatus(ShipmentStatus.Name(header.status).removeprefix("SHIPMENT_STATUS_"))
        return Standing(about, str(status), header.state_version, status in wf.TERMINAL)

    async def shipment(self, shipment_id: str) -> ShipmentFile:
        """GetShipment."""
        with reached():
            reply = await self._stub.GetShipment(store.GetShipmentRequest(shipment_id=shipment_id))
        _marked(reply.shipment.header)
        return reply.shipment

    async def page(self, page_size: int, page_token: str, status: ShipmentStatus.ValueType) -> tuple[Sequence[ShipmentHeader], str]:
        """ListShipments."""
        with reached():
            reply = await self._stub.ListShipments(store.ListShipmentsRequest(page_size=page_size, page_token=page_token, status=status))
        return [_marked(header) for header in reply.shipments], reply.next_page_token

    async def create_upload(self, upload: ShipmentUpload) -> tuple[str, WriteGrant]:
        """CreateShipmentUpload."""
        request = store.CreateShipmentUploadRequest(
            shipment_id=upload.shipment_id,
            request_id=upload.request_id,
            file_name=upload.file_name,
            size_bytes=upload.size_bytes,
            uploaded_by=upload.uploaded_by,
        )
        with reached():
            reply = await self._stub.CreateShipmentUpload(request)
        return reply.upload_id, reply.grant

    async def complete_upload(self, shipment_id: str, upload_id: str) -> ShipmentDocument:
        """CompleteShipmentUpload."""
        with reached():
            reply = await self._stub.CompleteShipmentUpload(store.CompleteShipmentUploadRequest(shipment_id=shipment_id, upload_id=upload_id))
        return reply.document

    async def grant_read(self, shipment_id: str, stored: Sequence[ObjectRef]) -> Sequence[ReadGrant]:
        """GrantShipmentRead at the public endpoint."""
        with reached():
            reply = await self._stub.GrantShipmentRead(store.GrantShipmentReadRequest(shipment_id=shipment_id, objects=stored, public=True))
        return reply.grants


def _marked(header: ShipmentHeader) -> ShipmentHeader:
    """The header with the etag that callers of this API compare by."""
    header.etag = etag(header.shipment_id, header.state_version)
    return header
