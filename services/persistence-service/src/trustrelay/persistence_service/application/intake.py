"""From a permission to upload to a stored document, without ever losing one; the same for every holder of documents."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from trustrelay.common.v1.objects_pb2 import ObjectRef, WriteGrant
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.grants import write_grant
from trustrelay.persistence_service.application.object_ports import Objects, Scanner
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.domain import media
from trustrelay.persistence_service.domain.objects import MAX_UPLOAD_BYTES
from trustrelay.servicekit.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound

POST_WINDOW = timedelta(minutes=30)


@dataclass(frozen=True)
class Desk:
    """What uploads work with."""

    store: Store
    objects: Objects
    scanner: Scanner
    clock: Clock


class Posted(Protocol):
    """A permission to post one file, whoever holds it."""

    @property
    def tenant_id(self) -> str: ...
    @property
    def upload_id(self) -> str: ...
    @property
    def body_sha256(self) -> str: ...
    @property
    def max_bytes(self) -> int: ...
    @property
    def expire_time(self) -> datetime: ...
    @property
    def document_id(self) -> str: ...
    @property
    def quarantine_key(self) -> str: ...


U = TypeVar("U", bound=Posted)
D = TypeVar("D")
D_co = TypeVar("D_co", covariant=True)


class Intake(Protocol, Generic[U, D_co]):
    """One kind of holder: where its uploads are, and what becomes of one."""

    async def upload(self, unit: Unit, upload_id: str) -> U | None:
        """The permission, if it is one of this holder. Raises the holder's NOT_FOUND."""

    async def document(self, unit: Unit, document_id: str) -> D_co | None:
        """The document that an upload has become."""

    def key(self, upload: U, extension: str) -> str:
        """Where its body belongs in the evidence bucket."""

    async def stored(self, unit: Unit, upload: U, ref: ObjectRef, verdict: str, clock: Clock) -> D_co:
        """Writes the document, holding the holder's lock, unless another call has."""


def need_same_request(wanted: Posted, stored: Posted) -> None:
    """Raises REQUEST_ID_REUSED."""
    if stored.body_sha256 != wanted.body_sha256:
        raise AlreadyExists("REQUEST_ID_REUSED", "this request_id was used with another body")


def need_postable(request_id: str, file_name: str, uploaded_by: str, size_bytes: int) -> str:
    """The canonical request id. Raises FIELD_INVALID, DOCUMENT_EMPTY, DOCUMENT_TOO_LARGE."""
    checks.need_text("file_name", file_name, longest=255)
    checks.need_text("uploaded_by", uploaded_by, longest=200)
    if size_bytes <= 0:
        raise InvalidArgument("DOCUMENT_EMPTY", "an empty file proves nothing")
    if size_bytes > MAX_UPLOAD_BYTES:
        raise InvalidArgument("DOCUMENT_TOO_LARGE", "a document has at most 50 MiB", metadata={"max_bytes": str(MAX_UPLOAD_BYTES)})
    return checks.need_uuid4("request_id", request_id)


def permission(objects: Objects, upload: Posted) -> WriteGrant:
    """A policy that ends with the upload's window."""
    form = objects.upload_form(upload.quarantine_key, upload.max_bytes, upload.expire_time)
    grant = write_grant(form, upload.quarantine_key, upload.max_bytes)
    grant.expire_time.FromDatetime(upload.expire_time)
    return grant


async def complete(desk: Desk, tenant: str, intake: Intake[U, D], upload_id: str) -> D:
    """Hash, scan and promote what was posted; the document.

    Every step may be repeated, and the quarantined copy goes last: a call that died anywhere is finished by the next one. A body posted in time is
    accepted however late this is called. Raises UPLOAD_NOT_FOUND, UPLOAD_MISSING, UPLOAD_EXPIRED, DOCUMENT_EMPTY.
    """
    async with desk.store.unit(tenant) as unit:
        upload = await intake.upload(unit, upload_id)
        if upload is None:
            raise NotFound("UPLOAD_NOT_FOUND", "there is no such upload")
        document = await intake.document(unit, upload.document_id)
    if document is None:
        document = await _promote(desk, intake, upload)
    await desk.objects.discard_upload(upload.quarantine_key)
    return document


async def _promote(desk: Desk, intake: Intake[U, D], upload: U) -> D:
    async with desk.objects.inspected_upload(upload.quarantine_key) as inspected:
        if inspected is None:
            return await _finished_elsewhere(desk, intake, upload)
        if inspected.size_bytes == 0:
            raise InvalidArgument("DOCUMENT_EMPTY", "the uploaded file is empty")
        verdict = await desk.scanner.scan(inspected)
        ref = await desk.objects.promote(inspected, intake.key(upload, media.extension(inspected.media_type)))
    async with desk.store.unit(upload.tenant_id) as unit:
        # Whoever promoted first has the document; the other promotion left an unreferenced version behind.
        return await intake.stored(unit, upload, ref, verdict, desk.clock)


async def _finished_elsewhere(desk: Desk, intake: Intake[U, D], upload: U) -> D:
    """Nothing in quarantine: another call has just finished, or nothing was ever posted."""
    async with desk.store.unit(upload.tenant_id) as unit:
        document = await intake.document(unit, upload.document_id)
    if document is not None:
        return document
    if desk.clock() > upload.expire_time:
        raise FailedPrecondition("UPLOAD_EXPIRED", "nothing was posted in time; ask for a new upload")
    raise FailedPrecondition("UPLOAD_MISSING", "nothing has been posted yet")
