"""ShipmentService: parse, call one use case, build the reply."""

from __future__ import annotations

from dataclasses import dataclass

from opentelemetry import trace

from trustrelay.case.v1 import shipment_service_pb2 as pb
from trustrelay.case.v1.shipment_service_pb2_grpc import ShipmentServiceServicer
from trustrelay.case_api.application.messages import Message
from trustrelay.case_api.application.ports import AuditLog
from trustrelay.case_api.application.send_message import SendMessage
from trustrelay.case_api.application.shipments import FetchShipmentCapsule, OpenShipmentUseCase, Shipments, ShipmentUploads
from trustrelay.case_api.domain.addressees import SHIPMENT
from trustrelay.case_api.entrypoints import case_requests, shipment_requests
from trustrelay.common.v1.shipment_types_pb2 import ShipmentStatus
from trustrelay.contracts.etags import etag
from trustrelay.contracts.shipment_workflow import ShipmentReceipt
from trustrelay.servicekit.handlers import ServicerContext


@dataclass(frozen=True, slots=True)
class ShipmentApplication:
    """Everything that can be asked about shipments."""

    open: OpenShipmentUseCase
    send: SendMessage[ShipmentReceipt]
    uploads: ShipmentUploads
    fetch_capsule: FetchShipmentCapsule
    shipments: Shipments
    audit: AuditLog


class ShipmentServicer(ShipmentServiceServicer):
    """See shipment_service.proto; every method may raise ServiceError."""

    def __init__(self, app: ShipmentApplication) -> None:
        self._app = app

    async def CreateShipment(self, request: pb.CreateShipmentRequest, context: ServicerContext) -> pb.CreateShipmentResponse:
        """Opens a shipment."""
        shipment_id, receipt = await self._app.open(shipment_requests.staging(request))
        return pb.CreateShipmentResponse(receipt=_receipt(_seen(shipment_id), receipt))

    async def GetShipment(self, request: pb.GetShipmentRequest, context: ServicerContext) -> pb.GetShipmentResponse:
        """Everything known."""
        return pb.GetShipmentResponse(shipment=await self._app.shipments.shipment(_shipment(request.shipment_id)))

    async def ListShipments(self, request: pb.ListShipmentsRequest, context: ServicerContext) -> pb.ListShipmentsResponse:
        """A page of headers."""
        size = case_requests.page_size(request.page_size, limit=200)
        found, token = await self._app.shipments.page(size, request.page_token, request.status)
        return pb.ListShipmentsResponse(shipments=found, next_page_token=token)

    async def CreateShipmentUpload(self, request: pb.CreateShipmentUploadRequest, context: ServicerContext) -> pb.CreateShipmentUploadResponse:
        """Permission to post."""
        wanted = shipment_requests.upload(request)
        _seen(wanted.shipment_id)
        upload_id, grant = await self._app.uploads.create(wanted)
        return pb.CreateShipmentUploadResponse(upload_id=upload_id, grant=grant)

    async def CompleteShipmentUpload(self, request: pb.CompleteShipmentUploadRequest, context: ServicerContext) -> pb.CompleteShipmentUploadResponse:
        """An upload becomes a paper of the shipment."""
        upload_id = case_requests.upload_id(request.upload_id)
        return pb.CompleteShipmentUploadResponse(document=await self._app.uploads.complete(_shipment(request.shipment_id), upload_id))

    async def SubmitShipmentDocuments(
        self, request: pb.SubmitShipmentDocumentsRequest, context: ServicerContext
    ) -> pb.SubmitShipmentDocumentsResponse:
        """Hands the papers in."""
        return pb.SubmitShipmentDocumentsResponse(receipt=await self._sent(shipment_requests.submit(request)))

    async def ResolveDiscrepancy(self, request: pb.ResolveDiscrepancyRequest, context: ServicerContext) -> pb.ResolveDiscrepancyResponse:
        """Explains a discrepancy."""
        return pb.ResolveDiscrepancyResponse(receipt=await self._sent(shipment_requests.resolve(request)))

    async def ConfirmResolution(self, request: pb.ConfirmResolutionRequest, context: ServicerContext) -> pb.ConfirmResolutionResponse:
        """Confirms or returns an explanation."""
        return pb.ConfirmResolutionResponse(receipt=await self._sent(shipment_requests.confirm(request)))

    async def DecideShipment(self, request: pb.DecideShipmentRequest, context: ServicerContext) -> pb.DecideShipmentResponse:
        """Clears, holds or rejects."""
        return pb.DecideShipmentResponse(receipt=await self._sent(shipment_requests.decide(request)))

    async def ListShipmentAuditEvents(
        self, request: pb.ListShipmentAuditEventsRequest, context: ServicerContext
    ) -> pb.ListShipmentAuditEventsResponse:
        """A page of the log; NotFound for a shipment that is not the caller's."""
        size = case_requests.page_size(request.page_size, limit=1000)
        shipment_id = _shipment(request.shipment_id)
        await self._app.shipments.standing(shipment_id)
        events, token = await self._app.audit.page(SHIPMENT.chain(shipment_id), size, request.page_token)
        return pb.ListShipmentAuditEventsResponse(events=events, next_page_token=token)

    async def GetShipmentCapsule(self, request: pb.GetShipmentCapsuleRequest, context: ServicerContext) -> pb.GetShipmentCapsuleResponse:
        """The signed evidence."""
        capsule, evidence = await self._app.fetch_capsule(_shipment(request.shipment_id))
        return pb.GetShipmentCapsuleResponse(grant=capsule, evidence=evidence)

    async def _sent(self, message: Message) -> pb.ShipmentReceipt:
        return _receipt(_seen(message.about), await self._app.send(message))


def _shipment(shipment_id: str) -> str:
    return _seen(shipment_requests.shipment_id(shipment_id))


def _seen(shipment_id: str) -> str:
    """Marked on the span."""
    trace.get_current_span().set_attribute("shipment.id", shipment_id)
    return shipment_id


def _receipt(shipment_id: str, receipt: ShipmentReceipt) -> pb.ShipmentReceipt:
    version = receipt.state_version
    status = ShipmentStatus.Value(f"SHIPMENT_STATUS_{receipt.status}")
    return pb.ShipmentReceipt(shipment_id=shipment_id, status=status, state_version=version, etag=etag(shipment_id, version))
