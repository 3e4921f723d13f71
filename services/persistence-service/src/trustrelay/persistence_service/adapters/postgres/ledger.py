"""What is written once: versions, audit chain, outbox, answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from trustrelay.persistence_service.adapters.postgres.ledger_statements import ADD_VERSION, APPEND_AUDIT, CHAIN, HEADS, LOCK_CASES, appended
from trustrelay.persistence_service.adapters.postgres.rows import Repository
from trustrelay.persistence_service.adapters.postgres.tables import answers, audit_events, transitions
from trustrelay.persistence_service.application.ports import StoredAnswer, Version
from trustrelay.persistence_service.domain.audit import GENESIS, Entry, Link, chained
from trustrelay.persistence_service.domain.cases import Case


class LedgerRepository(Repository):
    """Implements ports.Ledger. Who appends holds the case row's lock: the chain has one writer at a time."""

    async def transition_digest(self, case_id: str, state_version: int) -> str | None:
        """Digest of the transition that led to this version, or None."""
        query = select(transitions.c.content_sha256).where(self._of(transitions, case_id, state_version=state_version))
        found: str | None = await self._db.scalar(query)
        return found

    async def versions(self, case: Case, *, after: int) -> Sequence[Case]:
        """`case` as it was at each version above `after`, itself last; what versions do not record (its owner) is as it is now."""
        table = transitions
        columns = (table.c.state_version, table.c.status, table.c.iteration, table.c.tier, table.c.tier_set_by, table.c.trace_id)
        between = (table.c.state_version > after, table.c.state_version < case.state_version)
        query = select(*columns, table.c.recorded_at.label("updated_at")).where(self._of(table, case.case_id), *between)
        passed = [replace(case, **row._mapping) for row in await self._db.execute(query.order_by(table.c.state_version))]
        return [*passed, case] if case.state_version > after else []

    async def add_version(self, version: Version) -> None:
        """Transition, events and outbox in one statement. The case row is at this version already; its trigger asks for that."""
        case, event = version.case, version.event
        links = await self._linked(case.case_id, version.entries)
        plain = ("case_id", "state_version", "status", "iteration", "tier", "tier_set_by", "trace_id")
        values: dict[str, object] = {name: getattr(case, name) for name in plain}
        values |= {"tenant_id": self._tenant, "projection": dict(case.projection or {}), "content_sha256": version.digest, "actor": version.actor}
        values |= {"event_id": event.event_id, "event_type": event.type, "event_data": dict(event.data), "recorded_at": version.recorded_at}
        values |= {"correlation_id": event.correlation_id, "causation_id": event.causation_id}
        await self._db.execute(ADD_VERSION, values | appended(links))

    async def append_audit(self, case_id: str, entries: Iterable[Entry]) -> int:
        """Chain the entries whose event id is new; how many."""
        links = await self._linked(case_id, entries)
        if links:
            await self._db.execute(APPEND_AUDIT, appended(links))
        return len(links)

    async def append_to_each(self, entries: Mapping[str, Sequence[Entry]]) -> None:
        """Events of several cases in few statements; locks their rows, in one order for everybody. The events are new."""
        asked = {"tenant": self._tenant, "cases": sorted(entries)}
        await self._db.execute(LOCK_CASES, asked)
        heads = {row.case_id: (row.sequence, row.chain_hash) for row in await self._db.execute(HEADS, asked)}
        links = [one for case_id, new in entries.items() for one in chained(self._tenant, case_id, new, heads.get(case_id, (0, GENESIS)))]
        if links:
            await self._db.execute(APPEND_AUDIT, appended(links))

    async def _linked(self, case_id: str, entries: Iterable[Entry]) -> Sequence[Link]:
        """The entries whose event id is new, each in its place behind the newest event."""
        wanted = {entry.event_id: entry for entry in entries}
        rows = (await self._db.execute(CHAIN, {"tenant": self._tenant, "case": case_id, "wanted": list(wanted)})).all()
        sequence, previous, _ = max(rows, default=(0, GENESIS, ""))
        for row in rows:
            wanted.pop(row.event_id, None)
        return chained(self._tenant, case_id, wanted.values(), (sequence, previous))

    async def audit_page(self, case_id: str, *, after: int, size: int) -> Sequence[Link]:
        """Events with a sequence above `after`, in order."""
        query = select(audit_events).where(self._of(audit_events, case_id), audit_events.c.sequence > after)
        rows = await self._db.execute(query.order_by(audit_events.c.sequence).limit(size))
        return [Link(**row._mapping) for row in rows]

    async def audit_head(self, case_id: str) -> tuple[int, str]:
        """Sequence and hash of the newest event; (0, GENESIS) before the first."""
        query = select(audit_events.c.sequence, audit_events.c.chain_hash).where(self._of(audit_events, case_id))
        row = (await self._db.execute(query.order_by(audit_events.c.sequence.desc()).limit(1))).first()
        return (0, GENESIS) if row is None else (row.sequence, row.chain_hash)

    async def answer(self, request_id: str) -> StoredAnswer | None:
        """The answer given to this request of the tenant."""
        columns = (answers.c.request_id, answers.c.body_sha256, answers.c.case_id, answers.c.answer)
        query = select(*columns).where(answers.c.tenant_id == self._tenant, answers.c.request_id == request_id)
        row = (await self._db.execute(query)).first()
        return None if row is None else StoredAnswer(**row._mapping)

    async def remember(self, answer: StoredAnswer, created_at: datetime) -> StoredAnswer:
        """Store it unless the request has one; the stored one."""
        if await self._insert_new(answers, {**answer.__dict__, "created_at": created_at}):
            return answer
        stored = await self.answer(answer.request_id)
        return answer if stored is None else stored
