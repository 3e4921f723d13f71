"""What officers decided: decisions, resolutions of hits, overrides of checks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from trustrelay.common.v1.decision_types_pb2 import DecisionRecord
from trustrelay.persistence_service.adapters.postgres.rows import Repository, to_json
from trustrelay.persistence_service.adapters.postgres.tables import cases, check_overrides, checks, decisions, hit_resolutions, hits
from trustrelay.persistence_service.domain.enums import DECISION, SECOND_DECISION
from trustrelay.persistence_service.domain.hits import HitState

_MISSING = ":missing"


class JudgementRepository(Repository):
    """Implements ports.Judgements. Triggers refuse a second decision by the first officer and anything on a closed case."""

    async def add_decision(self, case_id: str, state_version: int, record: DecisionRecord) -> None:
        """A first decision opens the next round, a second one answers the last."""
        last = select(func.coalesce(func.max(decisions.c.round), 0)).where(self._of(decisions, case_id)).scalar_subquery()
        values = {
            "tenant_id": self._tenant, "case_id": case_id, "round": last + 1 if record.step == 1 else func.greatest(last, 1), "step": record.step,
            "actor": record.actor, "decision": DECISION.name(record.decision), "second_decision": SECOND_DECISION.name(record.second_decision),
            "state_version": state_version, "body": to_json(record),
        }  # fmt: skip
        await self._db.execute(insert(decisions).values(values))

    async def last_decider(self, case_id: str) -> str:
        """First officer of the last round; empty when nobody has decided."""
        query = select(decisions.c.actor).where(self._of(decisions, case_id, step=1)).order_by(decisions.c.round.desc()).limit(1)
        return str(await self._db.scalar(query) or "")

    async def resolve_hit(self, case_id: str, state_version: int, hit_id: str, state: HitState, at: datetime) -> bool:
        """The resolution first: the hit's trigger asks for it. False for an unknown hit."""
        if await self._db.scalar(select(hits.c.hit_id).where(self._of(hits, case_id, hit_id=hit_id))) is None:
            return False
        key = {"tenant_id": self._tenant, "case_id": case_id, "hit_id": hit_id, "state_version": state_version}
        why = {"status": state.status, "actor": state.resolved_by, "reason": state.reason, "created_at": at}
        await self._db.execute(insert(hit_resolutions).values(**key, **why))
        change = {"status": state.status, "status_reason": state.reason, "resolved_by": state.resolved_by}
        await self._db.execute(update(hits).where(self._of(hits, case_id, hit_id=hit_id)).values(change))
        return True

    async def override_check(self, case_id: str, state_version: int, check_id: str, actor: str, reason: str, at: datetime) -> bool:
        """Also for a mandatory kind without any check, by its made-up id. The first override stays. False for an unknown check."""
        if not await self._exists(case_id, check_id):
            return False
        values = {"case_id": case_id, "check_id": check_id, "actor": actor, "reason": reason, "state_version": state_version, "created_at": at}
        await self._insert_new(check_overrides, values)
        return True

    async def overrides(self, case_id: str) -> Sequence[Mapping[str, Any]]:
        """Rows in the order of their check ids."""
        query = select(check_overrides).where(self._of(check_overrides, case_id)).order_by(check_overrides.c.check_id)
        return [dict(row._mapping) for row in await self._db.execute(query)]

    async def resolutions(self, case_id: str) -> Sequence[Mapping[str, Any]]:
        """Rows, oldest first."""
        query = select(hit_resolutions).where(self._of(hit_resolutions, case_id))
        rows = await self._db.execute(query.order_by(hit_resolutions.c.state_version, hit_resolutions.c.hit_id))
        return [dict(row._mapping) for row in rows]

    async def _exists(self, case_id: str, check_id: str) -> bool:
        if check_id.endswith(_MISSING):
            policy = await self._db.scalar(select(cases.c.policy).where(self._of(cases, case_id)))
            return check_id.removesuffix(_MISSING) in (policy or {}).get("mandatory_check_kinds", [])
        return await self._db.scalar(select(checks.c.check_id).where(self._of(checks, case_id, check_id=check_id))) is not None
