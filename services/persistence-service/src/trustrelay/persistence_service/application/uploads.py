"""From a permission to upload to a stored document, without ever losing one."""

from dataclasses import dataclass
from datetime import timedelta

from trustrelay.common.v1.objects_pb2 import ObjectRef, WriteGrant
from trustrelay.common.v1.requirement_types_pb2 import DOCUMENT_STATE_STORED, DOCUMENT_STATE_SUPERSEDED, CaseDocument
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.grants import write_grant
from trustrelay.persistence_service.application.object_ports import Objects, Scanner
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.application.requirements import answer_requirement
from trustrelay.persistence_service.domain import ids, media
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.cases import Case
from trustrelay.persistence_service.domain.documents import supersedes
from trustrelay.persistence_service.domain.enums import DOCUMENT_STATE
from trustrelay.persistence_service.domain.objects import MAX_UPLOAD_BYTES, CaseFolder
from trustrelay.persistence_service.domain.uploads import Upload
from trustrelay.servicekit.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound

POST_WINDOW = timedelta(minutes=30)
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


@dataclass(frozen=True)
class Desk:
    """What uploads work with."""

    store: Store
    objects: Objects
    scanner: Scanner
    clock: Clock


async def create_upload(desk: Desk, tenant: str, wish: UploadWish) -> tuple[str, WriteGrant]:
    """Upload id and a POST policy for exactly one key. The same request again: the same id, a fresh policy.

    Raises FIELD_INVALID, DOCUMENT_EMPTY, DOCUMENT_TOO_LARGE, REQUIREMENT_NOT_FOUND, REQUIREMENT_ANSWERED_BY_IDENTITY, REQUEST_ID_REUSED,
    CASE_CLOSED.
    """
    request_id, now = _checked(wish), desk.clock()
    async with desk.store.unit(tenant) as unit:
        case = await unit.cases.get(wish.case_id)
        if case.terminal:
            raise FailedPrecondition("CASE_CLOSED", "the case is closed", metadata={"status": case.status})
        await _need_document_asked(unit, wish)
        wanted = Upload(
            tenant_id=tenant, case_id=wish.case_id, upload_id=ids.upload_id(tenant, request_id), request_id=request_id,
            body_sha256=checks.sha256_of(wish.__dict__), requirement_id=wish.requirement_id, iteration=case.iteration,
            file_name=wish.file_name, max_bytes=wish.size_bytes, uploaded_by=wish.uploaded_by, expire_time=now + POST_WINDOW, created_at=now,
        )  # fmt: skip
        upload = await unit.papers.add_upload(wanted)
    if upload.body_sha256 != wanted.body_sha256:
        raise AlreadyExists("REQUEST_ID_REUSED", "this request_id was used with another body")
    return upload.upload_id, _grant(desk, upload)


async def _need_document_asked(unit: Unit, wish: UploadWish) -> None:
    """Raises REQUIREMENT_NOT_FOUND, REQUIREMENT_ANSWERED_BY_IDENTITY."""
    answered_by = await unit.papers.requirement_answered_by(wish.case_id, wish.requirement_id)
    if answered_by is None:
        raise NotFound("REQUIREMENT_NOT_FOUND", "the case has no such requirement")
    if answered_by == "identity":
        raise FailedPrecondition("REQUIREMENT_ANSWERED_BY_IDENTITY", "no document answers this; the customer identifies with a provider")


async def complete_upload(desk: Desk, tenant: str, case_id: str, upload_id: str) -> CaseDocument:
    """Hash, scan and promote what was posted; the document.

    Every step may be repeated, and the quarantined copy goes last: a call that died anywhere is finished by the next one. A body posted in time is
    accepted however late this is called. Raises UPLOAD_NOT_FOUND, UPLOAD_MISSING, UPLOAD_EXPIRED, DOCUMENT_EMPTY.
    """
    async with desk.store.unit(tenant) as unit:
        await unit.cases.get(case_id)
        upload = await unit.papers.upload(case_id, upload_id)
        if upload is None:
            raise NotFound("UPLOAD_NOT_FOUND", "there is no such upload")
        document = await unit.papers.document(case_id, upload.document_id)
    if document is None:
        document = await _promote(desk, upload)
    await desk.objects.discard_upload(upload.quarantine_key)
    return document


async def _promote(desk: Desk, upload: Upload) -> CaseDocument:
    async with desk.objects.inspected_upload(upload.quarantine_key) as inspected:
        if inspected is None:
            return await _finished_elsewhere(desk, upload)
        if inspected.size_bytes == 0:
            raise InvalidArgument("DOCUMENT_EMPTY", "the uploaded file is empty")
        verdict = await desk.scanner.scan(inspected)
        key = CaseFolder(upload.tenant_id, upload.case_id).upload_key(upload.iteration, upload.document_id, media.extension(inspected.media_type))
        ref = await desk.objects.promote(inspected, key)
    async with desk.store.unit(upload.tenant_id) as unit:
        case = await unit.cases.locked(upload.case_id)
        # Whoever promoted first has the document; the other promotion left an unreferenced version behind.
        stored = await unit.papers.document(upload.case_id, upload.document_id)
        return stored or await _store(unit, case, upload, ref, verdict, desk.clock)


async def _finished_elsewhere(desk: Desk, upload: Upload) -> CaseDocument:
    """Nothing in quarantine: another call has just finished, or nothing was ever posted."""
    async with desk.store.unit(upload.tenant_id) as unit:
        document = await unit.papers.document(upload.case_id, upload.document_id)
    if document is not None:
        return document
    if desk.clock() > upload.expire_time:
        raise FailedPrecondition("UPLOAD_EXPIRED", "nothing was posted in time; ask for a new upload")
    raise FailedPrecondition("UPLOAD_MISSING", "nothing has been posted yet")


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


def _grant(desk: Desk, upload: Upload) -> WriteGrant:
    """A policy that ends with the upload's window."""
    form = desk.objects.upload_form(upload.quarantine_key, upload.max_bytes, upload.expire_time)
    grant = write_grant(form, upload.quarantine_key, upload.max_bytes)
    grant.expire_time.FromDatetime(upload.expire_time)
    return grant


def _checked(wish: UploadWish) -> str:
    """The canonical request id. Raises FIELD_INVALID, DOCUMENT_EMPTY, DOCUMENT_TOO_LARGE."""
    checks.need_text("file_name", wish.file_name, longest=255)
    checks.need_text("uploaded_by", wish.uploaded_by, longest=200)
    if wish.size_bytes <= 0:
        raise InvalidArgument("DOCUMENT_EMPTY", "an empty file proves nothing")
    if wish.size_bytes > MAX_UPLOAD_BYTES:
        raise InvalidArgument("DOCUMENT_TOO_LARGE", "a document has at most 50 MiB", metadata={"max_bytes": str(MAX_UPLOAD_BYTES)})
    return checks.need_uuid4("request_id", wish.request_id)
