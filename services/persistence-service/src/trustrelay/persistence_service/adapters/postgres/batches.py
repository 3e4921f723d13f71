"""Runs of a risk model over a portfolio, and their results."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, select, text, update

from trustrelay.common.v1.portfolio_types_pb2 import BatchFilter, BatchResult, FactChange
from trustrelay.persistence.v1.batch_store_service_pb2 import RiskFacts
from trustrelay.persistence_service.adapters.postgres import batch_statements as sql
from trustrelay.persistence_service.adapters.postgres.batch_facts import read_facts
from trustrelay.persistence_service.adapters.postgres.rows import Repository, from_json, to_json
from trustrelay.persistence_service.adapters.postgres.tables import batch_levels, batch_results, batch_runs
from trustrelay.persistence_service.application.batches.ports import CutPage, Score
from trustrelay.persistence_service.domain.batches import Run
from trustrelay.persistence_service.domain.enums import CHECK_OUTCOME, RISK_LEVEL
from trustrelay.servicekit.errors import NotFound

_NEWEST_ORDINAL = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM risk_assessments_ordinal_seq")
_MADE = (
    "run_id", "request_id", "request_sha256", "dry_run", "as_of_date", "max_cases_per_second", "since_ordinal", "created_by", "created_at",
    "cases_total",
)  # fmt: skip


class BatchRepository(Repository):
    """Implements batches.ports.Batches."""

    async def newest_ordinal(self) -> int:
        """Assessments with a higher one are made from now on."""
        return int(await self._db.scalar(_NEWEST_ORDINAL) or 0)

    async def add(self, run: Run) -> Run:
        """Insert, or find the row of the same request; the stored one."""
        values: dict[str, object] = {name: getattr(run, name) for name in _MADE}
        await self._insert_new(batch_runs, values | {"filter": to_json(run.filter)})
        return await self.of_request(run.request_id) or run

    async def of_request(self, request_id: str) -> Run | None:
        """The run that this request of the tenant made."""
        row = (
            await self._db.execute(select(batch_runs).where(batch_runs.c.tenant_id == self._tenant, batch_runs.c.request_id == request_id))
        ).first()
        return None if row is None else await self._run(row)

    async def get(self, run_id: str) -> Run:
        """The row as committed."""
        return await self._one(run_id, lock=False)

    async def locked(self, run_id: str) -> Run:
        """The row, locked until the transaction ends: changes of one run's status take turns."""
        return await self._one(run_id, lock=True)

    async def count_members(self, run: Run) -> int:
        """How many cases it is about."""
        return int(await self._db.scalar(text(f"SELECT count(*) FROM ({sql.members(run.filter)}) m"), self._said(run)) or 0)  # noqa: S608 - constants

    async def set_status(self, run: Run) -> None:
        """Write what a change of status changes; triggers refuse what must not be."""
        values = {name: getattr(run, name) for name in ("status", "state_version", "reason", "ended_at")}
        await self._db.execute(update(batch_runs).where(self._this(run.run_id)).values(values))

    async def page(self, *, size: int, before: tuple[datetime, str] | None) -> Sequence[Run]:
        """Newest first, those older than `before` (creation time and id)."""
        query = select(batch_runs).where(batch_runs.c.tenant_id == self._tenant)
        if before is not None:
            moment, run_id = before
            query = query.where((batch_runs.c.created_at < moment) | ((batch_runs.c.created_at == moment) & (batch_runs.c.run_id < run_id)))
        rows = await self._db.execute(query.order_by(batch_runs.c.created_at.desc(), batch_runs.c.run_id.desc()).limit(size))
        return [await self._run(row) for row in rows.all()]

    async def cut(self, run: Run, *, after: str, page_size: int, page_limit: int) -> Sequence[CutPage]:
        """The next pages and, when there are more, one page beyond."""
        statement = text(sql.CUT.format(members=sql.members(run.filter, " AND k.case_id > :after")))
        asked = {**self._said(run), "after": after, "page_size": page_size, "most": page_size * page_limit + 1}
        pages: list[CutPage] = []
        for row in await self._db.execute(statement, asked):
            pages.append(CutPage(pages[-1].last_case_id if pages else after, row.last_case_id, row.cases))
        return pages

    async def unscored(self, run: Run, *, after: str, last: str, limit: int) -> Sequence[str]:
        """Its cases between those ids that have no result yet, in order."""
        asked = {**self._said(run), "run": run.run_id, "after": after, "last": last, "most": limit}
        return list(await self._db.scalars(text(sql.members(run.filter, sql.UNSCORED)), asked))

    async def facts(self, run: Run, case_ids: Sequence[str]) -> Sequence[RiskFacts]:
        """What the risk model reads of those cases."""
        return await read_facts(self._db, self._tenant, case_ids, run.since_ordinal)

    async def add_results(self, run: Run, scores: Sequence[Score], scored_at: datetime) -> frozenset[str]:
        """Insert those that have no row yet; their case ids. A trigger counts them."""
        asked = {
            "tenant": self._tenant, "run": run.run_id, "at": scored_at, "case_ids": [one.case_id for one in scores],
            "outcomes": [one.outcome for one in scores], "reasons": [one.reason for one in scores],
            "before_levels": [one.before_level for one in scores], "before_scores": [one.before_score for one in scores],
            "after_levels": [one.after_level for one in scores], "after_scores": [one.after_score for one in scores],
            "model_versions": [one.model_version for one in scores], "changes": [one.changes for one in scores],
        }  # fmt: skip
        return frozenset(await self._db.scalars(sql.ADD_RESULTS, asked))

    async def make_current(self, run: Run, scores: Sequence[Score]) -> None:
        """Their assessments become the newest of their cases."""
        if scores:
            asked = {
                "tenant": self._tenant, "operation": run.resource, "case_ids": [one.case_id for one in scores],
                "levels": [one.after_level for one in scores], "bodies": [one.body for one in scores],
            }  # fmt: skip
            await self._db.execute(sql.MAKE_CURRENT, asked)

    async def results(self, run: Run, *, after: str, size: int, changed_only: bool) -> Sequence[BatchResult]:
        """By case id, those above `after`."""
        table = batch_results
        query = select(table).where(table.c.tenant_id == self._tenant, table.c.run_id == run.run_id, table.c.case_id > after)
        if changed_only:
            query = query.where(table.c.changed)
        return [_result(row._mapping) for row in await self._db.execute(query.order_by(table.c.case_id).limit(size))]

    async def _one(self, run_id: str, *, lock: bool) -> Run:
        query = select(batch_runs).where(self._this(run_id))
        row = (await self._db.execute(query.with_for_update() if lock else query)).first()
        if row is None:
            raise NotFound("BATCH_RUN_NOT_FOUND", "there is no such run")
        return await self._run(row)

    async def _run(self, row: Row[Any]) -> Run:
        stored = dict(row._mapping)
        del stored["tenant_id"]
        table = batch_levels
        query = select(table.c.before_level, table.c.after_level, table.c.cases)
        query = query.where(table.c.tenant_id == self._tenant, table.c.run_id == stored["run_id"]).order_by(table.c.before_level, table.c.after_level)
        levels = [(one.before_level, one.after_level, one.cases) for one in await self._db.execute(query)]
        return Run(**{**stored, "filter": from_json(BatchFilter, stored["filter"]), "levels": levels})

    def _said(self, run: Run) -> dict[str, object]:
        """Whatever the statements of its filter ask for."""
        asked = run.filter
        said: dict[str, object] = {"tenant": self._tenant, "made_at": run.created_at}
        if asked.template_ids:
            said["templates"] = list(asked.template_ids)
        if asked.countries:
            said["countries"] = list(asked.countries)
        if asked.risk_levels:
            said["levels"] = [RISK_LEVEL.name(level) for level in asked.risk_levels]
        if asked.HasField("scored_before"):
            said["scored_before"] = asked.scored_before.ToDatetime(tzinfo=UTC)
        if asked.risk_levels or asked.HasField("scored_before"):
            said["since"] = run.since_ordinal
        return said

    def _this(self, run_id: str) -> Any:
        return (batch_runs.c.tenant_id == self._tenant) & (batch_runs.c.run_id == run_id)


def _result(row: Mapping[Any, Any]) -> BatchResult:
    result = BatchResult(
        case_id=row["case_id"], outcome=CHECK_OUTCOME.number(row["outcome"]), reason=row["reason"],  # type: ignore[arg-type]
        before_level=RISK_LEVEL.number(row["before_level"]), before_score=row["before_score"],  # type: ignore[arg-type]
        after_level=RISK_LEVEL.number(row["after_level"]), after_score=row["after_score"], model_version=row["model_version"],  # type: ignore[arg-type]
        changes=[FactChange(fact=fact, before=before, after=after) for fact, before, after in row["changes"]],
    )  # fmt: skip
    result.score_time.FromDatetime(row["scored_at"])
    return result
