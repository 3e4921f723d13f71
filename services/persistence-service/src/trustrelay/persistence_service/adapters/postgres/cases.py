"""Case rows."""

from typing import Any

from sqlalchemy import Row, and_, bindparam, select, text, tuple_, update

from trustrelay.common.v1.case_file_pb2 import CasePolicy, CaseSummary
from trustrelay.common.v1.case_types_pb2 import Subject
from trustrelay.persistence_service.adapters.postgres.page_tokens import read_token, token_of
from trustrelay.persistence_service.adapters.postgres.rows import Repository, from_json, to_json
from trustrelay.persistence_service.adapters.postgres.summary import SUMMARY, TRACK_RECORD, summary_of
from trustrelay.persistence_service.adapters.postgres.tables import cases
from trustrelay.persistence_service.application.checks import case_not_found
from trustrelay.persistence_service.application.ports import Page
from trustrelay.persistence_service.domain.cases import Case

_ADVANCED = ("status", "state_version", "iteration", "tier", "tier_set_by", "updated_at", "opened_at", "expire_time", "trace_id", "owner")
# To other rows; none is NULL in the database, empty here.
_LINKS = ("predecessor_case_id", "review_of_case_id", "opened_by_alert_id")
_later = cases.alias()
_SUCCESSOR = (
    select(_later.c.case_id)
    .where(_later.c.tenant_id == cases.c.tenant_id, _later.c.predecessor_case_id == cases.c.case_id, _later.c.opened_at.is_not(None))
    .correlate(cases)
    .scalar_subquery()
    .label("successor_case_id")
)
_CASES = select(cases, _SUCCESSOR)
# Made once: what a statement is cached by is worked out once per statement object.
_THIS = and_(cases.c.tenant_id == bindparam("tenant"), cases.c.case_id == bindparam("case"))
_ONE = _CASES.where(_THIS)
_LOCKED = _ONE.with_for_update(of=cases)
_ADVANCE = update(cases).where(_THIS).values({name: bindparam(name) for name in (*_ADVANCED, "projection")})
_SUMMARY = text(SUMMARY)


class CaseRepository(Repository):
    """Implements ports.Cases."""

    async def stage(self, case: Case) -> Case:
        """Insert, or find the row of the same request; the stored one."""
        plain = ("case_id", "request_id", "request_sha256", "template_id", "template_version", "language", "created_by", "created_at", "updated_at")
        values: dict[str, object] = {name: getattr(case, name) for name in (*plain, "owner")}
        values |= {"subject": to_json(case.subject), "policy": to_json(case.policy)}
        values |= {name: getattr(case, name) or None for name in _LINKS}
        await self._insert_new(cases, values)
        return await self.of_request(case.request_id) or case

    async def of_request(self, request_id: str) -> Case | None:
        """The case that this request of the tenant made, staged or opened."""
        row = (await self._db.execute(_CASES.where(cases.c.tenant_id == self._tenant, cases.c.request_id == request_id))).first()
        return None if row is None else _case(row)

    async def locked(self, case_id: str, *, staged: bool = False) -> Case:
        """The row, locked until the transaction ends: writers of one case take turns."""
        return await self._one(case_id, staged=staged, lock=True)

    async def get(self, case_id: str) -> Case:
        """The row as committed."""
        return await self._one(case_id, staged=False, lock=False)

    async def find(self, case_id: str) -> Case:
        """The row as committed, staged or opened."""
        return await self._one(case_id, staged=True, lock=False)

    async def advance(self, case: Case) -> None:
        """Write what a transition changes; triggers refuse what must not be."""
        values: dict[str, object] = {name: getattr(case, name) for name in _ADVANCED}
        await self._db.execute(_ADVANCE, values | self._this(case.case_id) | {"projection": dict(case.projection or {})})

    async def page(self, *, size: int, token: str, status: str) -> Page:
        """Newest first. Raises FIELD_INVALID for a token that is not ours."""
        query = _CASES.where(cases.c.tenant_id == self._tenant, cases.c.opened_at.is_not(None))
        if status:
            query = query.where(cases.c.status == status)
        if token:
            query = query.where(tuple_(cases.c.created_at, cases.c.case_id) < tuple_(*read_token(token)))
        query = query.order_by(cases.c.created_at.desc(), cases.c.case_id.desc()).limit(size + 1)
        found = [_case(row) for row in await self._db.execute(query)]
        shown = found[:size]
        return Page(shown, token_of(shown[-1].created_at, shown[-1].case_id) if len(found) > size else "")

    async def summary(self, case_id: str) -> CaseSummary:
        """The facts that the workflow judges by, as stored now."""
        row = (await self._db.execute(_SUMMARY, self._this(case_id))).one()
        return summary_of(row)

    async def track_record(self, case: Case) -> tuple[int, float]:
        """Decided cases like `case`, the last 100, and the share of them decided as recommended."""
        like = {"tenant": self._tenant, "creator": case.created_by, "template": case.template_id, "country": case.subject.country}
        row = (await self._db.execute(text(TRACK_RECORD), like)).one()
        return row.decided, float(row.agreement)

    async def _one(self, case_id: str, *, staged: bool, lock: bool) -> Case:
        row = (await self._db.execute(_LOCKED if lock else _ONE, self._this(case_id))).first()
        if row is None or (row.opened_at is None and not staged):
            raise case_not_found()
        return _case(row)

    def _this(self, case_id: str) -> dict[str, object]:
        return {"tenant": self._tenant, "case": case_id}


def _case(row: Row[Any]) -> Case:
    values = dict(row._mapping)
    for name in ("status", "successor_case_id", *_LINKS):
        values[name] = values[name] or ""
    values["subject"] = from_json(Subject, values["subject"])
    values["policy"] = from_json(CasePolicy, values["policy"])
    return Case(**values)
