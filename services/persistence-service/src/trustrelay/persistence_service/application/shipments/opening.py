"""Stage a shipment, then open it: what it is about is stored before any workflow knows of it."""

import re
from dataclasses import dataclass, replace

from trustrelay.common.v1.shipment_types_pb2 import ShipmentSummary
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, DomainEvent, Store
from trustrelay.persistence_service.application.shipments.ports import ShipmentVersion
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.enums import TRADE_DIRECTION
from trustrelay.persistence_service.domain.objects import tenant_is_usable
from trustrelay.persistence_service.domain.shipments import Shipment
from trustrelay.servicekit.errors import AlreadyExists

_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class ShipmentWish:
    """A request to check a shipment's papers; `body_sha256` is the digest of the caller's canonical request body."""

    request_id: str
    body_sha256: str
    reference: str
    direction: int
    country_of_dispatch: str
    country_of_destination: str
    client_case_id: str


async def stage_shipment(store: Store, clock: Clock, tenant: str, actor: str, wish: ShipmentWish) -> Shipment:
    """The shipment of this request: a new one, or the one that the same request made before.

    Raises FIELD_INVALID, CASE_NOT_FOUND, and REQUEST_ID_REUSED when the request id came with another body.
    """
    request_id, direction = _checked(tenant, wish)
    now = clock()
    wanted = Shipment(
        tenant_id=tenant, shipment_id=ids.derived("shipment", tenant, request_id), request_id=request_id, request_sha256=wish.body_sha256,
        reference=wish.reference, direction=direction, country_of_dispatch=wish.country_of_dispatch,
        country_of_destination=wish.country_of_destination, client_case_id=wish.client_case_id, created_by=actor, created_at=now, updated_at=now,
    )  # fmt: skip
    async with store.unit(tenant) as unit:
        if wish.client_case_id:
            await unit.cases.get(wish.client_case_id)
        stored = await unit.shipments.stage(wanted)
    if stored.request_sha256 != wish.body_sha256:
        raise AlreadyExists("REQUEST_ID_REUSED", "this request_id was used with another body")
    return stored


def _checked(tenant: str, wish: ShipmentWish) -> tuple[str, str]:
    """The canonical request id and the direction's name. Raises FIELD_INVALID."""
    checks.need_sha256("body_sha256", wish.body_sha256)
    checks.need_text("reference", wish.reference, longest=200)
    try:
        direction = TRADE_DIRECTION.name(wish.direction)
    except ValueError:
        direction = "UNSPECIFIED"
    if direction == "UNSPECIFIED":
        raise checks.invalid("direction", "must be import, export or transit")
    for field in ("country_of_dispatch", "country_of_destination"):
        if not _COUNTRY.fullmatch(getattr(wish, field)):
            raise checks.invalid(field, "must be an ISO 3166-1 alpha-2 code")
    if not tenant_is_usable(tenant):
        raise checks.invalid("x-tenant-id", "must be a short identifier of letters, digits, dots, dashes and underscores")
    return checks.need_uuid4("request_id", wish.request_id), direction


async def open_shipment(store: Store, clock: Clock, tenant: str, actor: str, shipment_id: str, trace_id: str) -> tuple[Shipment, ShipmentSummary]:
    """Status RECEIVED, version 1, the first audit event. The same call again: the shipment as it is now."""
    async with store.unit(tenant) as unit:
        shipment = await unit.shipments.locked(shipment_id, staged=True)
        if not shipment.opened:
            now = clock()
            shipment = replace(shipment, status="RECEIVED", state_version=1, opened_at=now, updated_at=now, trace_id=trace_id)
            event_id = ids.derived("shipment_opened", shipment_id)
            facts = {
                "direction": shipment.direction, "country_of_dispatch": shipment.country_of_dispatch,
                "country_of_destination": shipment.country_of_destination, "client_case_id": shipment.client_case_id, "state_version": 1,
            }  # fmt: skip
            event = DomainEvent(event_id, "shipment.opened", shipment_id, shipment.request_id, facts)
            await unit.shipments.advance(ShipmentVersion(shipment, checks.sha256_of({"opened": shipment_id}), actor, now, event))
            await unit.resources.append(shipment.resource, [Entry(event_id, "shipment_opened", shipment.created_by, now, facts, trace_id)])
        return shipment, await unit.shipments.summary(shipment_id)
