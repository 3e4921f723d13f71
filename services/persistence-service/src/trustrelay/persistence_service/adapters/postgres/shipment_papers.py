"""What belongs to a shipment: uploads, documents, comparisons, discrepancies, decisions, capsule."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, select, update
from sqlalchemy.dialects.postgresql import insert

from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.common.v1.shipment_types_pb2 import Discrepancy, ShipmentDecisionRecord, ShipmentDocument
from trustrelay.persistence.v1.shipment_store_service_pb2 import DiscrepancyChange, RecordComparisonRequest
from trustrelay.persistence_service.adapters.postgres import shipment_tables as tables
from trustrelay.persistence_service.adapters.postgres.rows import Repository, from_json, to_json
from trustrelay.persistence_service.adapters.postgres.shipment_rows import decision_of, discrepancy_of
from trustrelay.persistence_service.domain.enums import DISCREPANCY_STATUS, DOCUMENT_STATE, SEVERITY, SHIPMENT_DECISION
from trustrelay.persistence_service.domain.shipments import HOLD, ShipmentUpload

_UNSAID = {"explained_by": "", "reason": "", "confirmed_by": ""}


class ShipmentPaperRepository(Repository):
    """Implements shipments.ports.ShipmentPapers."""

    async def add_upload(self, upload: ShipmentUpload) -> ShipmentUpload:
        """Store it, or give the same request's row a new window; the stored one, which has another digest if its body was another."""
        table = tables.uploads
        statement = insert(table).values(asdict(upload))
        window = {"expire_time": statement.excluded.expire_time}
        same = table.c.body_sha256 == statement.excluded.body_sha256
        await self._db.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "request_id"], set_=window, where=same))
        query = select(table).where(table.c.tenant_id == self._tenant, table.c.request_id == upload.request_id)
        return ShipmentUpload(**(await self._db.execute(query)).one()._mapping)

    async def upload(self, shipment_id: str, upload_id: str) -> ShipmentUpload | None:
        """The permission, if it is one of this shipment."""
        row = (await self._db.execute(select(tables.uploads).where(self._its(tables.uploads, shipment_id, upload_id=upload_id)))).first()
        return None if row is None else ShipmentUpload(**row._mapping)

    async def document(self, shipment_id: str, document_id: str) -> ShipmentDocument | None:
        """One document."""
        query = select(tables.documents.c.body).where(self._its(tables.documents, shipment_id, document_id=document_id))
        body = await self._db.scalar(query)
        return None if body is None else from_json(ShipmentDocument, body)

    async def documents(self, shipment_id: str) -> Sequence[ShipmentDocument]:
        """All of them, superseded ones included, oldest first."""
        table = tables.documents
        query = select(table.c.body).where(self._its(table, shipment_id)).order_by(table.c.created_at, table.c.document_id)
        return [from_json(ShipmentDocument, body) for body in await self._db.scalars(query)]

    async def put_document(self, shipment_id: str, document: ShipmentDocument, created_at: datetime) -> None:
        """By document id."""
        key = {"shipment_id": shipment_id, "document_id": document.document_id}
        said = {"state": DOCUMENT_STATE.name(document.state), "round": document.round, "body": to_json(document)}
        where = self._its(tables.documents, shipment_id, document_id=document.document_id)
        if not (await self._db.execute(update(tables.documents).where(where).values(said))).rowcount:
            await self._insert_new(tables.documents, {**key, **said, "created_at": created_at})

    async def add_comparison(self, request: RecordComparisonRequest, created_at: datetime) -> bool:
        """False when this operation's is stored."""
        body = {
            "comparisons": [to_json(one) for one in request.comparisons],
            "goods_controls": to_json(request.goods_controls) if request.HasField("goods_controls") else None,
        }
        known = select(tables.comparisons.c.round).where(
            self._its(tables.comparisons, request.shipment_id, operation_id=request.operation_id),
        )
        if await self._db.scalar(known) is not None:
            return False
        key = {"shipment_id": request.shipment_id, "operation_id": request.operation_id, "round": request.round}
        await self._insert_new(tables.comparisons, {**key, "rules_version": request.rules_version, "body": body, "created_at": created_at})
        return True

    async def newest_comparison(self, shipment_id: str) -> Mapping[str, Any] | None:
        """Its body."""
        table = tables.comparisons
        found = await self._db.scalar(select(table.c.body).where(self._its(table, shipment_id)).order_by(table.c.ordinal.desc()).limit(1))
        return None if found is None else dict(found)

    async def discrepancies(self, shipment_id: str) -> Sequence[Discrepancy]:
        """All of them, oldest first."""
        table = tables.discrepancies
        rows = await self._db.execute(select(table).where(self._its(table, shipment_id)).order_by(table.c.ordinal))
        return [discrepancy_of(row) for row in rows]

    async def find(self, shipment_id: str, discrepancy: Discrepancy) -> None:
        """A new one is open; one that papers had made go away is open again, without what was said of it then; any other stays as it is."""
        plain = {name: getattr(discrepancy, name) for name in ("discrepancy_id", "kind", "about", "explanation", "round")}
        await self._insert_new(
            tables.discrepancies, {"shipment_id": shipment_id, **plain, "severity": SEVERITY.name(discrepancy.severity), "status": "OPEN", **_UNSAID}
        )
        again = self._its(tables.discrepancies, shipment_id, discrepancy_id=discrepancy.discrepancy_id, status="SUPERSEDED")
        await self._db.execute(update(tables.discrepancies).where(again).values(status="OPEN", **_UNSAID))

    async def supersede_but(self, shipment_id: str, kept: Collection[str]) -> None:
        """Whatever else was found before has gone away; an officer's stop does not go away by itself."""
        table = tables.discrepancies
        gone = and_(self._its(table, shipment_id), table.c.status != "SUPERSEDED", table.c.kind != HOLD, table.c.discrepancy_id.not_in(kept))
        await self._db.execute(update(table).where(gone).values(status="SUPERSEDED"))

    async def say(self, shipment_id: str, state_version: int, change: DiscrepancyChange, at: datetime) -> bool:
        """An officer's word, and what follows from it for the discrepancy; False when there is no such discrepancy."""
        table, status = tables.discrepancies, DISCREPANCY_STATUS.name(change.status)
        where = self._its(table, shipment_id, discrepancy_id=change.discrepancy_id)
        row = (await self._db.execute(select(table.c.status, table.c.severity).where(where))).first()
        if row is None:
            return False
        word = {"discrepancy_id": change.discrepancy_id, "status": status, "actor": change.actor, "reason": change.reason}
        await self._insert_new(tables.words, {"shipment_id": shipment_id, "state_version": state_version, **word, "created_at": at})
        said: dict[str, object] = {"explained_by": change.actor, "reason": change.reason}
        if status == "OPEN":
            said = dict(_UNSAID)
        elif status == "RESOLVED" and row.severity == "CRITICAL":
            said = {"confirmed_by": change.actor}
        await self._db.execute(update(table).where(where).values(status=status, **said))
        return True

    async def words(self, shipment_id: str) -> Sequence[Mapping[str, Any]]:
        """What officers said, oldest first."""
        table = tables.words
        rows = await self._db.execute(select(table).where(self._its(table, shipment_id)).order_by(table.c.state_version, table.c.discrepancy_id))
        return [dict(row._mapping) for row in rows]

    async def add_decision(self, shipment_id: str, state_version: int, record: ShipmentDecisionRecord, at: datetime) -> None:
        """One per version."""
        said = {"decision": SHIPMENT_DECISION.name(record.decision), "actor": record.actor, "reason": record.reason, "decided_at": at}
        await self._db.execute(
            insert(tables.decisions).values({"tenant_id": self._tenant, "shipment_id": shipment_id, "state_version": state_version, **said})
        )

    async def decisions(self, shipment_id: str) -> Sequence[ShipmentDecisionRecord]:
        """Oldest first."""
        table = tables.decisions
        rows = await self._db.execute(select(table).where(self._its(table, shipment_id)).order_by(table.c.state_version))
        return [decision_of(row) for row in rows]

    async def capsule(self, shipment_id: str) -> tuple[ObjectRef, int] | None:
        """The stored capsule and how many subjects it has."""
        row = (await self._db.execute(select(tables.capsules).where(self._its(tables.capsules, shipment_id)))).first()
        return None if row is None else (from_json(ObjectRef, row.body), row.subject_count)

    async def add_capsule(self, shipment_id: str, capsule: ObjectRef, subject_count: int, created_at: datetime) -> tuple[ObjectRef, int]:
        """Store it unless the shipment has one; the stored one."""
        values = {"shipment_id": shipment_id, "body": to_json(capsule), "subject_count": subject_count, "created_at": created_at}
        await self._insert_new(tables.capsules, values)
        return await self.capsule(shipment_id) or (capsule, subject_count)

    def _its(self, table: Table, shipment_id: str, **more: object) -> ColumnElement[bool]:
        """WHERE tenant, shipment and any further equalities."""
        equal = [table.c.tenant_id == self._tenant, table.c.shipment_id == shipment_id]
        return and_(*equal, *(table.c[name] == value for name, value in more.items()))
