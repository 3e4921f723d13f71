"""Uploads to a case: what a customer or officer was asked for."""

from dataclasses import dataclass

from trustrelay.common.v1.objects_pb2 import ObjectRef, WriteGrant
from trustrelay.common.v1.requirement_types_pb2 import DOCUMENT_STATE_STORED, DOCUMENT_STATE_SUPERSEDED, CaseDocument
from trustrelay.persistence_service.application import checks, intake
from trustrelay.persistence_service.application.intake import Desk
from trustrelay.persistence_service.application.ports import Clock, Unit
from trustrelay.persistence_service.application.requirements import answer_requirement
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.cases import Case
from trustrelay.persistence_service.domain.documents import supersedes
from trustrelay.persistence_service.domain.enums import DOCUMENT_STATE
from trustrelay.persistence_service.domain.objects import CaseFolder
from trustrelay.persistence_service.domain.uploads import Upload
from trustrelay.servicekit.errors import FailedPrecondition, NotFound

_REUPLOAD_TASK = "reupload_document"


@dataclass(frozen=True)
class UploadWish:
    """What a customer or officer wants to upload. `size_bytes` is declared."""

    case_id: str
    request_id: str
    requirement_id: str
    file_name: str
    size_bytes: int
    uploaded_by: str


async def create_upload(desk: Desk, tenant: str, wish: UploadWish) -> tuple[str, WriteGrant]:
    """Upload id and a POST policy for exactly one key. The same request again: the same id, a fresh policy.

    Raises FIELD_INVALID, DOCUMENT_EMPTY, DOCUMENT_TOO_LARGE, REQUIREMENT_NOT_FOUND, REQUIREMENT_ANSWERED_BY_IDENTITY, REQUEST_ID_REUSED,
    CASE_CLOSED.
    """
    request_id = intake.need_postable(wish.request_id, wish.file_name, wish.uploaded_by, wish.size_bytes)
    now = desk.clock()
    async with desk.store.unit(tenant) as unit:
        case = await unit.cases.get(wish.case_id)
        if case.terminal:
            raise FailedPrecondition("CASE_CLOSED", "the case is closed", metadata={"status": case.status})
        await _need_document_asked(unit, wish)
        wanted = Upload(
            tenant_id=tenant, case_id=wish.case_id, upload_id=ids.upload_id(tenant, request_id), request_id=request_id,
            body_sha256=checks.sha256_of(wish.__dict__), requirement_id=wish.requirement_id, iteration=case.iteration,
            file_name=wish.file_name, max_bytes=wish.size_bytes, uploaded_by=wish.uploaded_by, expire_time=now + intake.POST_WINDOW, created_at=now,
        )  # fmt: skip
        upload = await unit.papers.add_upload(wanted)
    intake.need_same_request(wanted, upload)
    return upload.upload_id, intake.permission(desk.objects, upload)


async def _need_document_asked(unit: Unit, wish: UploadWish) -> None:
    """Raises REQUIREMENT_NOT_FOUND, REQUIREMENT_ANSWERED_BY_IDENTITY."""
    answered_by = await unit.papers.requirement_answered_by(wish.case_id, wish.requirement_id)
    if answered_by is None:
        raise NotFound("REQUIREMENT_NOT_FOUND", "the case has no such requirement")
    if answered_by == "identity":
        raise FailedPrecondition("REQUIREMENT_ANSWERED_BY_IDENTITY", "no document answers this; the customer identifies with a provider")


async def complete_upload(desk: Desk, tenant: str, case_id: str, upload_id: str) -> CaseDocument:
    """The document, see intake.complete. Raises CASE_NOT_FOUND, UPLOAD_NOT_FOUND, UPLOAD_MISSING, UPLOAD_EXPIRED, DOCUMENT_EMPTY."""
    return await intake.complete(desk, tenant, CaseIntake(tenant, case_id), upload_id)


@dataclass(frozen=True)
class CaseIntake:
    """Implements intake.Intake."""

    tenant_id: str
    case_id: str

    async def upload(self, unit: Unit, upload_id: str) -> Upload | None:
        """Raises CASE_NOT_FOUND."""
        await unit.cases.get(self.case_id)
        return await unit.papers.upload(self.case_id, upload_id)

    async def document(self, unit: Unit, document_id: str) -> CaseDocument | None:
        """One of the case's."""
        return await unit.papers.document(self.case_id, document_id)

    def key(self, upload: Upload, extension: str) -> str:
        """In the iteration in which the permission was given."""
        return CaseFolder(self.tenant_id, self.case_id).upload_key(upload.iteration, upload.document_id, extension)

    async def stored(self, unit: Unit, upload: Upload, ref: ObjectRef, verdict: str, clock: Clock) -> CaseDocument:
        """In the case's current iteration."""
        case = await unit.cases.locked(upload.case_id)
        stored = await unit.papers.document(upload.case_id, upload.document_id)
        return stored or await _store(unit, case, upload, ref, verdict, clock)


async def _store(unit: Unit, case: Case, upload: Upload, ref: ObjectRef, verdict: str, clock: Clock) -> CaseDocument:
    """The document in the case's current iteration, earlier ones superseded, the requirement answered, re-upload tasks done, one audit event."""
    now = clock()
    document = CaseDocument(
        document_id=upload.document_id, requirement_id=upload.requirement_id, iteration=case.iteration, file_name=upload.file_name,
        original=ref, state=DOCUMENT_STATE_STORED, uploaded_by=upload.uploaded_by, scan_outcome=verdict,
    )  # fmt: skip
    for old in await unit.papers.documents(case.case_id):
        if supersedes(document.requirement_id, case.iteration, old.requirement_id, old.iteration, DOCUMENT_STATE.name(old.state)):
            old.state = DOCUMENT_STATE_SUPERSEDED
            await unit.papers.put_document(case.case_id, old, now)
    await unit.papers.put_document(case.case_id, document, now)
    await answer_requirement(unit, case.case_id, upload.requirement_id)
    await unit.papers.finish_tasks(case.case_id, _REUPLOAD_TASK, upload.requirement_id)
    facts = {
        "document_id": document.document_id, "requirement_id": document.requirement_id, "sha256": ref.sha256, "size_bytes": ref.size_bytes,
        "media_type": ref.media_type, "scan": verdict,
    }  # fmt: skip
    event_id = ids.derived("document_uploaded", upload.document_id)
    await unit.ledger.append_audit(case.case_id, [Entry(event_id, "document_uploaded", upload.uploaded_by, now, facts, case.trace_id)])
    return document
