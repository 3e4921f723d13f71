"""Shipments: the row, its versions, its outbox and its answers."""

from datetime import datetime

from sqlalchemy import and_, select, tuple_, update

from trustrelay.common.v1.shipment_types_pb2 import ShipmentSummary
from trustrelay.persistence_service.adapters.postgres import shipment_tables as tables
from trustrelay.persistence_service.adapters.postgres.page_tokens import read_token, token_of
from trustrelay.persistence_service.adapters.postgres.rows import Repository
from trustrelay.persistence_service.adapters.postgres.shipment_rows import SUMMARY, shipment_of, summary_of
from trustrelay.persistence_service.application.ports import Page
from trustrelay.persistence_service.application.shipments.ports import ShipmentAnswer, ShipmentVersion, shipment_not_found
from trustrelay.persistence_service.domain.shipments import Shipment

_shipments = tables.shipments
_RULES = (
    select(tables.comparisons.c.rules_version)
    .where(tables.comparisons.c.tenant_id == _shipments.c.tenant_id, tables.comparisons.c.shipment_id == _shipments.c.shipment_id)
    .order_by(tables.comparisons.c.ordinal.desc())
    .limit(1)
    .correlate(_shipments)
    .scalar_subquery()
    .label("rules_version")
)
_SHIPMENTS = select(_shipments, _RULES)
_STAGED = (
    "shipment_id", "request_id", "request_sha256", "reference", "direction", "country_of_dispatch", "country_of_destination", "created_by",
    "created_at", "updated_at",
)  # fmt: skip
_ADVANCED = ("status", "state_version", "round", "updated_at", "opened_at", "trace_id")


class ShipmentRepository(Repository):
    """Implements shipments.ports.Shipments."""

    async def stage(self, shipment: Shipment) -> Shipment:
        """Insert, or find the row of the same request; the stored one."""
        values = {name: getattr(shipment, name) for name in _STAGED} | {"client_case_id": shipment.client_case_id or None}
        await self._insert_new(_shipments, values)
        found = await self._db.execute(_SHIPMENTS.where(_shipments.c.tenant_id == self._tenant, _shipments.c.request_id == shipment.request_id))
        return shipment_of(found.one())

    async def locked(self, shipment_id: str, *, staged: bool = False) -> Shipment:
        """The row, locked until the transaction ends: writers of one shipment take turns."""
        return await self._one(shipment_id, staged=staged, lock=True)

    async def get(self, shipment_id: str) -> Shipment:
        """The row as committed."""
        return await self._one(shipment_id, staged=False, lock=False)

    async def advance(self, version: ShipmentVersion) -> None:
        """The shipment at its new version, the version's row and its event; triggers refuse what must not be."""
        shipment, event = version.shipment, version.event
        this = and_(_shipments.c.tenant_id == self._tenant, _shipments.c.shipment_id == shipment.shipment_id)
        await self._db.execute(update(_shipments).where(this).values({name: getattr(shipment, name) for name in _ADVANCED}))
        row = {name: getattr(shipment, name) for name in ("shipment_id", "state_version", "status", "round", "trace_id")}
        said = {"content_sha256": version.digest, "actor": version.actor, "recorded_at": version.recorded_at}
        await self._insert_new(tables.transitions, row | said)
        told = {"shipment_id": shipment.shipment_id, "state_version": shipment.state_version, "event_id": event.event_id, "type": event.type}
        told |= {"correlation_id": event.correlation_id, "causation_id": event.causation_id, "data": dict(event.data)}
        await self._insert_new(tables.events, told | {"created_at": version.recorded_at})

    async def transition_digest(self, shipment_id: str, state_version: int) -> str | None:
        """Digest of the transition that led to this version, or None."""
        table = tables.transitions
        this = (table.c.tenant_id == self._tenant, table.c.shipment_id == shipment_id, table.c.state_version == state_version)
        found: str | None = await self._db.scalar(select(table.c.content_sha256).where(*this))
        return found

    async def summary(self, shipment_id: str) -> ShipmentSummary:
        """The facts that the workflow judges by, as stored now."""
        return summary_of((await self._db.execute(SUMMARY, {"tenant": self._tenant, "shipment": shipment_id})).one())

    async def page(self, *, size: int, token: str, status: str) -> Page:
        """Newest first. Raises FIELD_INVALID for a token that is not ours."""
        query = _SHIPMENTS.where(_shipments.c.tenant_id == self._tenant, _shipments.c.opened_at.is_not(None))
        if status:
            query = query.where(_shipments.c.status == status)
        if token:
            query = query.where(tuple_(_shipments.c.created_at, _shipments.c.shipment_id) < tuple_(*read_token(token)))
        query = query.order_by(_shipments.c.created_at.desc(), _shipments.c.shipment_id.desc()).limit(size + 1)
        found = [shipment_of(row) for row in await self._db.execute(query)]
        shown = found[:size]
        return Page(shown, token_of(shown[-1].created_at, shown[-1].shipment_id) if len(found) > size else "")

    async def answer(self, request_id: str) -> ShipmentAnswer | None:
        """The answer given to this request of the tenant."""
        table = tables.answers
        columns = (table.c.request_id, table.c.body_sha256, table.c.shipment_id, table.c.answer)
        row = (await self._db.execute(select(*columns).where(table.c.tenant_id == self._tenant, table.c.request_id == request_id))).first()
        return None if row is None else ShipmentAnswer(**row._mapping)

    async def remember(self, answer: ShipmentAnswer, created_at: datetime) -> ShipmentAnswer:
        """Store it unless the request has one; the stored one."""
        if await self._insert_new(tables.answers, {**answer.__dict__, "created_at": created_at}):
            return answer
        return await self.answer(answer.request_id) or answer

    async def _one(self, shipment_id: str, *, staged: bool, lock: bool) -> Shipment:
        query = _SHIPMENTS.where(_shipments.c.tenant_id == self._tenant, _shipments.c.shipment_id == shipment_id)
        row = (await self._db.execute(query.with_for_update(of=_shipments) if lock else query)).first()
        if row is None or (row.opened_at is None and not staged):
            raise shipment_not_found()
        return shipment_of(row)
