"""Uploads by customers and, on their behalf, by officers."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.case_api.application.ports import Cases, Objects, UploadRequest
from trustrelay.case_api.domain import preconditions
from trustrelay.common.v1.objects_pb2 import WriteGrant
from trustrelay.common.v1.requirement_types_pb2 import CaseDocument
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.telemetry import get_logger


@dataclass(frozen=True, slots=True)
class Uploads:
    """Use cases: permission to post a file, and turning it into a document.

    Refused (FailedPrecondition / MESSAGE_NOT_ALLOWED, CASE_CLOSED) in states where nobody would look at the document.
    """

    cases: Cases
    objects: Objects

    async def create(self, upload: UploadRequest) -> tuple[str, WriteGrant]:
        """Upload id and permission. NotFound / REQUIREMENT_NOT_FOUND; InvalidArgument / DOCUMENT_EMPTY, DOCUMENT_TOO_LARGE."""
        await self._require_open(upload.case_id, "create_upload")
        return await self.objects.create_upload(upload)

    async def complete(self, case_id: str, upload_id: str) -> CaseDocument:
        """The stored document. FailedPrecondition / UPLOAD_MISSING, UPLOAD_EXPIRED; NotFound / UPLOAD_NOT_FOUND."""
        await self._require_open(case_id, "complete_upload")
        document = await self.objects.complete_upload(case_id, upload_id)
        logged = {"case.id": case_id, "tenant.id": call_context.current().tenant_id, "document.id": document.document_id}
        get_logger().info("document.stored", **logged)
        return document

    async def _require_open(self, case_id: str, message: str) -> None:
        preconditions.require_uploads_open((await self.cases.case_file(case_id)).header, message)
