"""Reading shipments: one, a page, an earlier answer."""

from google.protobuf.json_format import ParseDict

from trustrelay.common.v1.shipment_types_pb2 import ShipmentFile
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Page, Store, Unit
from trustrelay.persistence_service.application.shipments.ports import ShipmentAnswer
from trustrelay.persistence_service.domain.enums import SHIPMENT_STATUS
from trustrelay.persistence_service.domain.shipments import Shipment, header
from trustrelay.servicekit.errors import AlreadyExists, NotFound


async def shipment_file(store: Store, tenant: str, shipment_id: str) -> ShipmentFile:
    """Everything known, as of one moment."""
    async with store.snapshot(tenant) as unit:
        return await file_of(unit, await unit.shipments.get(shipment_id))


async def file_of(unit: Unit, shipment: Shipment) -> ShipmentFile:
    """Everything known, within a transaction."""
    papers, key = unit.shipment_papers, shipment.shipment_id
    matrix = await papers.newest_comparison(key) or {}
    # The stored matrix has the names of the file's own fields; fields that this version does not know are ignored.
    found = ParseDict({name: value for name, value in matrix.items() if value is not None}, ShipmentFile(), ignore_unknown_fields=True)
    found.header.CopyFrom(header(shipment))
    found.documents.extend(await papers.documents(key))
    found.discrepancies.extend(await papers.discrepancies(key))
    found.decisions.extend(await papers.decisions(key))
    if capsule := await papers.capsule(key):
        found.capsule.CopyFrom(capsule[0])
    return found


async def list_shipments(store: Store, tenant: str, *, size: int, token: str, status: int) -> Page:
    """Newest first; status 0 = all."""
    try:
        name = SHIPMENT_STATUS.name(status) if status else ""
    except ValueError:
        raise checks.invalid("status", "is not a known value") from None
    async with store.unit(tenant) as unit:
        return await unit.shipments.page(size=checks.page_size(size, default=50, largest=200), token=token, status=name)


async def find_answer(store: Store, tenant: str, request_id: str, body_sha256: str) -> ShipmentAnswer:
    """The first answer to a request. Raises ANSWER_NOT_FOUND, REQUEST_ID_REUSED."""
    async with store.unit(tenant) as unit:
        stored = await unit.shipments.answer(checks.need_uuid4("request_id", request_id))
    if stored is None:
        raise NotFound("ANSWER_NOT_FOUND", "this request has no answer yet")
    if stored.body_sha256 != body_sha256:
        raise AlreadyExists("REQUEST_ID_REUSED", "this request_id was used with another body")
    return stored
