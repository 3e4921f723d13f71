"""Hits that nothing dismisses any more."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_HIT, Check, Discriminator, Hit
from trustrelay.persistence_service.adapters.postgres.rows import Repository, from_json, to_json
from trustrelay.persistence_service.adapters.postgres.tables import checks, hit_reopenings, hits
from trustrelay.persistence_service.application.suppression.ports import HitKey, Reopening

_CHECKS_BY_TOPIC = (("sanction", "sanctions_screening"), ("role.pep", "pep_screening"))


class ReopenedHitRepository(Repository):
    """Implements ports.ReopenedHits."""

    async def open_again(self, hit: HitKey, discriminators: Sequence[Discriminator] | None) -> Hit:
        """The hit as it is now; `discriminators` None = they stay."""
        this = self._of(hits, hit.case_id, hit_id=hit.hit_id)
        opened = from_json(Hit, (await self._db.execute(select(hits.c.body).where(this))).scalar_one())
        if discriminators is not None:
            del opened.discriminators[:]
            opened.discriminators.extend(discriminators)
        values = {"status": "OPEN", "status_reason": "", "resolved_by": "", "body": to_json(opened)}
        await self._db.execute(update(hits).where(this).values(values))
        return opened

    async def say_hit(self, hit: HitKey, detail: str, at: datetime) -> None:
        """A check of its party that said CLEAR because the hit was dismissed says HIT."""
        row = (await self._db.execute(select(hits.c.party_id, hits.c.topics).where(self._of(hits, hit.case_id, hit_id=hit.hit_id)))).one()
        kinds = [kind for topic, kind in _CHECKS_BY_TOPIC if any(one.startswith(topic) for one in row.topics)]
        clear = self._of(checks, hit.case_id, outcome="CLEAR") & checks.c.kind.in_(kinds)
        for check_id, body in (await self._db.execute(select(checks.c.check_id, checks.c.body).where(clear))).all():
            check = from_json(Check, body)
            if check.party_id == row.party_id:
                check.outcome, check.detail = CHECK_OUTCOME_HIT, detail
                check.check_time.FromDatetime(at)
                where = self._of(checks, hit.case_id, check_id=check_id)
                await self._db.execute(update(checks).where(where).values(outcome="HIT", body=to_json(check)))

    async def add(self, reopening: Reopening) -> None:
        """Once per call and hit."""
        values = {name: value for name, value in reopening.__dict__.items() if name != "hit"}
        await self._insert_new(hit_reopenings, {**values, "case_id": reopening.hit.case_id, "hit_id": reopening.hit.hit_id})

    async def by_operation(self, operation_id: str) -> Sequence[Reopening]:
        """What one call opened, in whichever attempt."""
        query = select(hit_reopenings).where(hit_reopenings.c.tenant_id == self._tenant, hit_reopenings.c.operation_id == operation_id)
        rows = await self._db.execute(query.order_by(hit_reopenings.c.case_id, hit_reopenings.c.hit_id))
        return [_reopening(row._mapping) for row in rows]


def _reopening(row: Mapping[Any, Any]) -> Reopening:
    names = ("operation_id", "rule", "reason", "found_by", "alert_id", "case_closed", "created_at")
    return Reopening(hit=HitKey(row["case_id"], row["hit_id"]), **{name: row[name] for name in names})
