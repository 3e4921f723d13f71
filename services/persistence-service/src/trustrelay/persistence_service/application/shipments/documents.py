"""Papers of a shipment: from upload to what was read of them."""

from dataclasses import dataclass

from trustrelay.common.v1.objects_pb2 import ObjectRef, WriteGrant
from trustrelay.common.v1.requirement_types_pb2 import DOCUMENT_STATE_STORED
from trustrelay.common.v1.shipment_types_pb2 import ShipmentDocument, ShipmentSummary
from trustrelay.persistence_service.application import checks, intake
from trustrelay.persistence_service.application.intake import Desk
from trustrelay.persistence_service.application.object_ports import Objects
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.application.shipments.ports import document_not_found, need_open
from trustrelay.persistence_service.application.verification import verified
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.enums import DOCUMENT_STATE
from trustrelay.persistence_service.domain.objects import ShipmentFolder
from trustrelay.persistence_service.domain.shipments import ShipmentUpload, revised


@dataclass(frozen=True)
class PaperWish:
    """What is to be uploaded. `size_bytes` is declared."""

    shipment_id: str
    request_id: str
    file_name: str
    size_bytes: int
    uploaded_by: str


async def create_upload(desk: Desk, tenant: str, wish: PaperWish) -> tuple[str, WriteGrant]:
    """Upload id and a POST policy for exactly one key. The same request again: the same id, a fresh policy.

    Raises FIELD_INVALID, DOCUMENT_EMPTY, DOCUMENT_TOO_LARGE, REQUEST_ID_REUSED, SHIPMENT_CLOSED.
    """
    request_id = intake.need_postable(wish.request_id, wish.file_name, wish.uploaded_by, wish.size_bytes)
    now = desk.clock()
    async with desk.store.unit(tenant) as unit:
        shipment = await unit.shipments.get(wish.shipment_id)
        need_open(shipment)
        wanted = ShipmentUpload(
            tenant_id=tenant, shipment_id=shipment.shipment_id, upload_id=ids.upload_id(tenant, f"shipment/{request_id}"), request_id=request_id,
            body_sha256=checks.sha256_of(wish.__dict__), round=shipment.round, file_name=wish.file_name, max_bytes=wish.size_bytes,
            uploaded_by=wish.uploaded_by, expire_time=now + intake.POST_WINDOW, created_at=now,
        )  # fmt: skip
        upload = await unit.shipment_papers.add_upload(wanted)
    intake.need_same_request(wanted, upload)
    return upload.upload_id, intake.permission(desk.objects, upload)


async def complete_upload(desk: Desk, tenant: str, shipment_id: str, upload_id: str) -> ShipmentDocument:
    """The document, see intake.complete. Raises what that raises, SHIPMENT_NOT_FOUND, SHIPMENT_CLOSED."""
    return await intake.complete(desk, tenant, ShipmentIntake(tenant, shipment_id), upload_id)


@dataclass(frozen=True)
class ShipmentIntake:
    """Implements intake.Intake."""

    tenant_id: str
    shipment_id: str

    async def upload(self, unit: Unit, upload_id: str) -> ShipmentUpload | None:
        """Raises SHIPMENT_NOT_FOUND."""
        await unit.shipments.get(self.shipment_id)
        return await unit.shipment_papers.upload(self.shipment_id, upload_id)

    async def document(self, unit: Unit, document_id: str) -> ShipmentDocument | None:
        """One of the shipment's."""
        return await unit.shipment_papers.document(self.shipment_id, document_id)

    def key(self, upload: ShipmentUpload, extension: str) -> str:
        """In the round in which the permission was given."""
        return ShipmentFolder(self.tenant_id, self.shipment_id).upload_key(upload.round, upload.document_id, extension)

    async def stored(self, unit: Unit, upload: ShipmentUpload, ref: ObjectRef, verdict: str, clock: Clock) -> ShipmentDocument:
        """Waits for the next round. A shipment that was closed meanwhile takes no more papers: SHIPMENT_CLOSED."""
        shipment = await unit.shipments.locked(self.shipment_id)
        if stored := await self.document(unit, upload.document_id):
            return stored
        need_open(shipment)
        now = clock()
        document = ShipmentDocument(
            document_id=upload.document_id, file_name=upload.file_name, original=ref, state=DOCUMENT_STATE_STORED, uploaded_by=upload.uploaded_by,
            scan_outcome=verdict,
        )  # fmt: skip
        await unit.shipment_papers.put_document(self.shipment_id, document, now)
        facts = {
            "document_id": document.document_id, "sha256": ref.sha256, "size_bytes": ref.size_bytes, "media_type": ref.media_type, "scan": verdict,
        }  # fmt: skip
        entry = Entry(ids.derived("document_uploaded", upload.document_id), "document_uploaded", upload.uploaded_by, now, facts, shipment.trace_id)
        await unit.resources.append(shipment.resource, [entry])
        return document


async def record_document(
    store: Store, objects: Objects, clock: Clock, tenant: str, actor: str, shipment_id: str, update: ShipmentDocument
) -> ShipmentSummary:
    """Fields that are set replace the stored ones; converted objects are verified.

    Raises DOCUMENT_NOT_FOUND, OBJECT_HASH_MISMATCH, SHIPMENT_CLOSED.
    """
    async with store.unit(tenant) as unit:
        await unit.shipments.get(shipment_id)
        if await unit.shipment_papers.document(shipment_id, update.document_id) is None:
            raise document_not_found()
    update = await _with_versions(objects, ShipmentFolder(tenant, shipment_id), update)
    now = clock()
    async with store.unit(tenant) as unit:
        shipment = await unit.shipments.locked(shipment_id)
        need_open(shipment)
        stored = await unit.shipment_papers.document(shipment_id, update.document_id)
        if stored is None:
            raise document_not_found()
        document = revised(stored, update)
        await unit.shipment_papers.put_document(shipment_id, document, now)
        facts = _facts(document)
        event_id = ids.derived("document_recorded", shipment_id, checks.sha256_of(facts))
        await unit.resources.append(shipment.resource, [Entry(event_id, "document_recorded", actor, now, facts, shipment.trace_id)])
        return await unit.shipments.summary(shipment_id)


async def _with_versions(objects: Objects, folder: ShipmentFolder, document: ShipmentDocument) -> ShipmentDocument:
    result = ShipmentDocument()
    result.CopyFrom(document)
    for field in ("markdown", "docling_json"):
        ref = getattr(document, field)
        if ref.key:
            getattr(result, field).CopyFrom(await verified(objects, folder, ref))
    return result


def _facts(document: ShipmentDocument) -> dict[str, object]:
    """Codes and counts, for the audit log."""
    return {
        "document_id": document.document_id,
        "state": DOCUMENT_STATE.name(document.state),
        "document_type": document.document_type,
        "reason": document.reason,
        "fields": len(document.fields),
        "round": document.round,
        "docling_sha256": document.docling_json.sha256,
    }
