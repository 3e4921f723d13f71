"""ShipmentStoreService."""

from dataclasses import dataclass
from typing import Any

from trustrelay.persistence.v1 import shipment_store_service_pb2 as pb
from trustrelay.persistence.v1.shipment_store_service_pb2_grpc import ShipmentStoreServiceServicer
from trustrelay.persistence_service.application.grants import folder_grant, read_grants
from trustrelay.persistence_service.application.intake import Desk
from trustrelay.persistence_service.application.object_ports import CapsuleSigner
from trustrelay.persistence_service.application.shipments import comparing, documents, opening, reading, sealing, transitions
from trustrelay.persistence_service.domain.objects import ShipmentFolder
from trustrelay.persistence_service.domain.shipments import header
from trustrelay.persistence_service.entrypoints.trace import current_trace_id
from trustrelay.servicekit.context import current


@dataclass(frozen=True)
class ShipmentStoreServicer(ShipmentStoreServiceServicer):
    """Every method: parse, one use case, build the reply."""

    desk: Desk
    signer: CapsuleSigner

    async def StageShipment(self, request: pb.StageShipmentRequest, context: Any) -> pb.StageShipmentResponse:
        caller = current()
        wish = opening.ShipmentWish(
            request.request_id, request.body_sha256, request.reference, request.direction, request.country_of_dispatch,
            request.country_of_destination, request.client_case_id,
        )  # fmt: skip
        shipment = await opening.stage_shipment(self.desk.store, self.desk.clock, caller.tenant_id, caller.actor, wish)
        return pb.StageShipmentResponse(shipment_id=shipment.shipment_id, opened=shipment.opened)

    async def OpenShipment(self, request: pb.OpenShipmentRequest, context: Any) -> pb.OpenShipmentResponse:
        caller, trace_id = current(), request.trace_id or current_trace_id()
        shipment, summary = await opening.open_shipment(
            self.desk.store, self.desk.clock, caller.tenant_id, caller.actor, request.shipment_id, trace_id
        )
        return pb.OpenShipmentResponse(header=header(shipment), summary=summary)

    async def RecordShipmentTransition(self, request: pb.RecordShipmentTransitionRequest, context: Any) -> pb.RecordShipmentTransitionResponse:
        caller = current()
        shipment, summary = await transitions.record_transition(self.desk.store, self.desk.clock, caller.tenant_id, caller.actor, request)
        return pb.RecordShipmentTransitionResponse(state_version=shipment.state_version, etag=shipment.etag, summary=summary)

    async def RecordShipmentDocument(self, request: pb.RecordShipmentDocumentRequest, context: Any) -> pb.RecordShipmentDocumentResponse:
        caller, desk = current(), self.desk
        summary = await documents.record_document(
            desk.store, desk.objects, desk.clock, caller.tenant_id, caller.actor, request.shipment_id, request.document
        )
        return pb.RecordShipmentDocumentResponse(summary=summary)

    async def RecordComparison(self, request: pb.RecordComparisonRequest, context: Any) -> pb.RecordComparisonResponse:
        caller = current()
        summary = await comparing.record_comparison(self.desk.store, self.desk.clock, caller.tenant_id, caller.actor, request)
        return pb.RecordComparisonResponse(summary=summary)

    async def GetShipment(self, request: pb.GetShipmentRequest, context: Any) -> pb.GetShipmentResponse:
        return pb.GetShipmentResponse(shipment=await reading.shipment_file(self.desk.store, current().tenant_id, request.shipment_id))

    async def ListShipments(self, request: pb.ListShipmentsRequest, context: Any) -> pb.ListShipmentsResponse:
        page = await reading.list_shipments(
            self.desk.store, current().tenant_id, size=request.page_size, token=request.page_token, status=request.status
        )
        return pb.ListShipmentsResponse(shipments=[header(shipment) for shipment in page.items], next_page_token=page.next_token)

    async def FindShipmentAnswer(self, request: pb.FindShipmentAnswerRequest, context: Any) -> pb.FindShipmentAnswerResponse:
        answer = await reading.find_answer(self.desk.store, current().tenant_id, request.request_id, request.body_sha256)
        return pb.FindShipmentAnswerResponse(shipment_id=answer.shipment_id, answer=answer.answer)

    async def CreateShipmentUpload(self, request: pb.CreateShipmentUploadRequest, context: Any) -> pb.CreateShipmentUploadResponse:
        wish = documents.PaperWish(request.shipment_id, request.request_id, request.file_name, request.size_bytes, request.uploaded_by)
        upload_id, grant = await documents.create_upload(self.desk, current().tenant_id, wish)
        return pb.CreateShipmentUploadResponse(upload_id=upload_id, grant=grant)

    async def CompleteShipmentUpload(self, request: pb.CompleteShipmentUploadRequest, context: Any) -> pb.CompleteShipmentUploadResponse:
        document = await documents.complete_upload(self.desk, current().tenant_id, request.shipment_id, request.upload_id)
        return pb.CompleteShipmentUploadResponse(document=document)

    async def GrantShipmentRead(self, request: pb.GrantShipmentReadRequest, context: Any) -> pb.GrantShipmentReadResponse:
        folder = await self._folder(request.shipment_id)
        given = read_grants(self.desk.objects, self.desk.clock(), folder, request.objects, public=request.public)
        return pb.GrantShipmentReadResponse(grants=given)

    async def GrantShipmentWrite(self, request: pb.GrantShipmentWriteRequest, context: Any) -> pb.GrantShipmentWriteResponse:
        folder = await self._folder(request.shipment_id)
        return pb.GrantShipmentWriteResponse(grant=folder_grant(self.desk.objects, self.desk.clock(), folder, request.round, request.folder))

    async def AssembleShipmentCapsule(self, request: pb.AssembleShipmentCapsuleRequest, context: Any) -> pb.AssembleShipmentCapsuleResponse:
        caller, desk = current(), self.desk
        capsule, count = await sealing.assemble_capsule(
            desk.store, desk.objects, self.signer, desk.clock, caller.tenant_id, caller.actor, request.shipment_id
        )
        return pb.AssembleShipmentCapsuleResponse(capsule=capsule, subject_count=count)

    async def _folder(self, shipment_id: str) -> ShipmentFolder:
        """Raises SHIPMENT_NOT_FOUND."""
        tenant = current().tenant_id
        async with self.desk.store.unit(tenant) as unit:
            return ShipmentFolder(tenant, (await unit.shipments.get(shipment_id)).shipment_id)
