"""ObjectService."""

from dataclasses import dataclass
from typing import Any

from trustrelay.persistence.v1 import object_service_pb2 as pb
from trustrelay.persistence.v1.object_service_pb2_grpc import ObjectServiceServicer
from trustrelay.persistence_service.application import grants, uploads
from trustrelay.persistence_service.application.intake import Desk
from trustrelay.persistence_service.application.uploads import UploadWish
from trustrelay.servicekit.context import current


@dataclass(frozen=True)
class ObjectServicer(ObjectServiceServicer):
    """Every method: parse, one use case, build the reply."""

    desk: Desk

    async def CreateUpload(self, request: pb.CreateUploadRequest, context: Any) -> pb.CreateUploadResponse:
        wish = UploadWish(request.case_id, request.request_id, request.requirement_id, request.file_name, request.size_bytes, request.uploaded_by)
        upload_id, grant = await uploads.create_upload(self.desk, current().tenant_id, wish)
        return pb.CreateUploadResponse(upload_id=upload_id, grant=grant)

    async def CompleteUpload(self, request: pb.CompleteUploadRequest, context: Any) -> pb.CompleteUploadResponse:
        document = await uploads.complete_upload(self.desk, current().tenant_id, request.case_id, request.upload_id)
        return pb.CompleteUploadResponse(document=document)

    async def GrantRead(self, request: pb.GrantReadRequest, context: Any) -> pb.GrantReadResponse:
        desk = self.desk
        given = await grants.grant_read(
            desk.store, desk.objects, desk.clock, current().tenant_id, request.case_id, request.objects, public=request.public
        )
        return pb.GrantReadResponse(grants=given)

    async def GrantWrite(self, request: pb.GrantWriteRequest, context: Any) -> pb.GrantWriteResponse:
        desk, lifetime = self.desk, request.lifetime.ToTimedelta()
        grant = await grants.grant_write(
            desk.store, desk.objects, desk.clock, current().tenant_id, request.case_id, request.iteration, request.folder, lifetime
        )
        return pb.GrantWriteResponse(grant=grant)
