"""Uploads and downloads, over ObjectService."""

from __future__ import annotations

import grpc

from trustrelay.case_api.adapters.persistence._reached import reached
from trustrelay.case_api.application.ports import UploadRequest
from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.common.v1.requirement_types_pb2 import CaseDocument
from trustrelay.persistence.v1 import object_service_pb2 as objects
from trustrelay.persistence.v1.object_service_pb2_grpc import ObjectServiceStub


class PersistenceObjects:
    """The port `Objects`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = ObjectServiceStub(channel)

    async def create_upload(self, upload: UploadRequest) -> tuple[str, WriteGrant]:
        """CreateUpload."""
        request = objects.CreateUploadRequest(
            case_id=upload.case_id,
            request_id=upload.request_id,
            requirement_id=upload.requirement_id,
            file_name=upload.file_name,
            size_bytes=upload.size_bytes,
            uploaded_by=upload.uploaded_by,
        )
        with reached():
            reply = await self._stub.CreateUpload(request)
        return reply.upload_id, reply.grant

    async def complete_upload(self, case_id: str, upload_id: str) -> CaseDocument:
        """CompleteUpload."""
        with reached():
            reply = await self._stub.CompleteUpload(objects.CompleteUploadRequest(case_id=case_id, upload_id=upload_id))
        return reply.document

    async def grant_read(self, case_id: str, stored: ObjectRef) -> ReadGrant:
        """GrantRead at the public endpoint."""
        with reached():
            reply = await self._stub.GrantRead(objects.GrantReadRequest(case_id=case_id, objects=[stored], public=True))
        return reply.grants[0]
