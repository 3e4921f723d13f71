"""The audit chains of what is no case."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from trustrelay.persistence_service.adapters.postgres.rows import Repository
from trustrelay.persistence_service.adapters.postgres.tables import audited_resources, resource_audit_events
from trustrelay.persistence_service.domain.audit import GENESIS, Entry, Link, chained


class ResourceLedgerRepository(Repository):
    """Implements ports.ResourceLedger. Appending locks the resource's row: the chain has one writer at a time."""

    async def append(self, resource: str, entries: Iterable[Entry]) -> int:
        """Chain the entries whose event id is new; how many."""
        await self._insert_new(audited_resources, {"resource": resource})
        row = audited_resources.c.tenant_id == self._tenant, audited_resources.c.resource == resource
        await self._db.execute(select(audited_resources.c.resource).where(*row).with_for_update())
        wanted = {entry.event_id: entry for entry in entries}
        known = select(resource_audit_events.c.event_id).where(self._chain(resource), resource_audit_events.c.event_id.in_(wanted))
        for event_id in (await self._db.scalars(known)).all():
            wanted.pop(event_id)
        links = chained(self._tenant, resource, wanted.values(), await self.head(resource))
        await self._insert(links)
        return len(links)

    async def begin_each(self, entries: Mapping[str, Entry]) -> None:
        """The first events of chains that do not exist yet, in two statements."""
        if not entries:
            return
        await self._db.execute(insert(audited_resources).values([{"tenant_id": self._tenant, "resource": resource} for resource in sorted(entries)]))
        await self._insert([one for resource, entry in entries.items() for one in chained(self._tenant, resource, [entry], (0, GENESIS))])

    async def _insert(self, links: Sequence[Link]) -> None:
        rows = [{"resource" if name == "case_id" else name: value for name, value in one.__dict__.items()} for one in links]
        if rows:
            await self._db.execute(insert(resource_audit_events).values(rows))

    async def page(self, resource: str, *, after: int, size: int) -> Sequence[Link]:
        """Events with a sequence above `after`, in order; `case_id` of each is the resource."""
        query = select(resource_audit_events).where(self._chain(resource), resource_audit_events.c.sequence > after)
        rows = await self._db.execute(query.order_by(resource_audit_events.c.sequence).limit(size))
        return [Link(**{"case_id" if name == "resource" else name: value for name, value in row._mapping.items()}) for row in rows]

    async def head(self, resource: str) -> tuple[int, str]:
        """Sequence and hash of the newest event; (0, GENESIS) before the first."""
        query = select(resource_audit_events.c.sequence, resource_audit_events.c.chain_hash).where(self._chain(resource))
        row = (await self._db.execute(query.order_by(resource_audit_events.c.sequence.desc()).limit(1))).first()
        return (0, GENESIS) if row is None else (row.sequence, row.chain_hash)

    def _chain(self, resource: str) -> Any:
        return (resource_audit_events.c.tenant_id == self._tenant) & (resource_audit_events.c.resource == resource)
