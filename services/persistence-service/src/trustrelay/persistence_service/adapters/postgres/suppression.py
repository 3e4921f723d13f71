"""Suppression rules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from google.protobuf.json_format import ParseDict
from sqlalchemy import func, select, update

from trustrelay.common.v1.evidence_types_pb2 import Discriminator, Hit
from trustrelay.persistence_service.adapters.postgres.rows import Repository, to_json
from trustrelay.persistence_service.adapters.postgres.tables import suppression_rules as rules
from trustrelay.persistence_service.domain.suppression import End, Rule

_PLAIN = (
    "rule_id", "request_id", "request_sha256", "status", "version", "party_id", "dataset", "entity_id", "caption", "reason", "created_by",
    "accepted_by", "created_at", "expire_at", "case_id", "hit_id", "end_reason", "ended_by",
)  # fmt: skip


class RuleRepository(Repository):
    """Implements ports.Rules. Triggers hold what a rule may say and how its status goes on."""

    async def of_request(self, request_id: str) -> Rule | None:
        """The rule that this request of the tenant made."""
        return await self._first(select(rules).where(rules.c.tenant_id == self._tenant, rules.c.request_id == request_id))

    async def add(self, rule: Rule) -> bool:
        """False when the request has one already."""
        values = {name: getattr(rule, name) for name in _PLAIN}
        return await self._insert_new(rules, values | {"discriminators": [to_json(one) for one in rule.discriminators]})

    async def get(self, rule_id: str) -> Rule | None:
        """One rule."""
        return await self._first(select(rules).where(self._one(rule_id)))

    async def locked(self, rule_id: str) -> Rule | None:
        """One rule that nobody else changes, or dismisses by, until the end of the transaction."""
        return await self._first(select(rules).where(self._one(rule_id)).with_for_update())

    async def in_force(self, hit: Hit, now: datetime) -> Sequence[Rule]:
        """Rules about this party and entry that are ACTIVE, unexpired by our clock and the database's, and stay so until the transaction ends."""
        about = (rules.c.party_id == hit.party_id, rules.c.dataset == hit.dataset, rules.c.entity_id == hit.entity_id)
        alive = (rules.c.status == "ACTIVE", rules.c.expire_at > now, rules.c.expire_at > func.now())
        query = select(rules).where(rules.c.tenant_id == self._tenant, *about, *alive).order_by(rules.c.rule_id).with_for_update(read=True)
        return [_rule(row._mapping) for row in await self._db.execute(query)]

    async def due(self, as_of: datetime, size: int) -> Sequence[str]:
        """Ids of rules and proposals whose time is over, the oldest first."""
        query = select(rules.c.rule_id).where(
            rules.c.tenant_id == self._tenant, rules.c.status.in_(("PROPOSED", "ACTIVE")), rules.c.expire_at <= as_of
        )
        return list(await self._db.scalars(query.order_by(rules.c.expire_at, rules.c.rule_id).limit(size)))

    async def accept(self, rule: Rule, officer: str) -> None:
        """A proposal becomes a rule."""
        await self._change(rule, {"status": "ACTIVE", "accepted_by": officer})

    async def end(self, rule: Rule, end: End) -> None:
        """The commit is refused while a hit is dismissed by it."""
        why = {"end_reason": end.reason, "ended_by": end.ended_by, "ended_at": end.at, "operation_id": end.operation_id}
        await self._change(rule, {"status": end.status, **why})

    async def ended_by_operation(self, operation_id: str) -> int:
        """How many rules one call ended."""
        query = select(func.count()).select_from(rules).where(rules.c.tenant_id == self._tenant, rules.c.operation_id == operation_id)
        return int(await self._db.scalar(query) or 0)

    async def page(self, *, size: int, before: tuple[datetime, str] | None, status: str) -> Sequence[Rule]:
        """Newest first, those older than `before` (creation time and id)."""
        query = select(rules).where(rules.c.tenant_id == self._tenant)
        if status:
            query = query.where(rules.c.status == status)
        if before is not None:
            moment, rule_id = before
            query = query.where((rules.c.created_at < moment) | ((rules.c.created_at == moment) & (rules.c.rule_id > rule_id)))
        rows = await self._db.execute(query.order_by(rules.c.created_at.desc(), rules.c.rule_id).limit(size))
        return [_rule(row._mapping) for row in rows]

    async def _change(self, rule: Rule, values: Mapping[str, object]) -> None:
        await self._db.execute(update(rules).where(self._one(rule.rule_id)).values({**values, "version": rule.version + 1}))

    async def _first(self, query: Any) -> Rule | None:
        row = (await self._db.execute(query)).first()
        return None if row is None else _rule(row._mapping)

    def _one(self, rule_id: str) -> Any:
        return (rules.c.tenant_id == self._tenant) & (rules.c.rule_id == rule_id)


def _rule(row: Mapping[Any, Any]) -> Rule:
    said = tuple(ParseDict(one, Discriminator(), ignore_unknown_fields=True) for one in row["discriminators"])
    return Rule(discriminators=said, **{name: row[name] for name in _PLAIN})
