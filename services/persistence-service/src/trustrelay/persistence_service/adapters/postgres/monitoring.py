"""Schedules, runs and what they saw."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from trustrelay.common.v1.portfolio_types_pb2 import MonitoringPolicy, MonitoringRun, MonitoringSchedule, Observation
from trustrelay.contracts.monitoring_workflow import NOTHING_TO_LOOK_AT
from trustrelay.persistence_service.adapters.postgres.rows import Repository, from_json, to_json
from trustrelay.persistence_service.adapters.postgres.tables import (
    alerts,
    cases,
    monitoring_observations,
    monitoring_runs,
    monitoring_schedules,
    monitoring_states,
)
from trustrelay.persistence_service.domain.enums import CHECK_OUTCOME, RUN_STATUS
from trustrelay.persistence_service.domain.monitoring import NotAssessedCheck, State, StoredSchedule, Watched, watched_paths

ALL_SCHEDULES = text("SELECT tenant_id, version, updated_by, updated_at, body, true AS in_use FROM list_tenant_schedules(:after, :size)")
_APPROVED = ("APPROVED", "APPROVED_WITH_RESTRICTIONS")
# A review that was decided speaks for the subject from then on; one that was given up does not.
_DECIDED = (*_APPROVED, "REJECTED", "ESCALATED")
_later = cases.alias()
_NOT_ASSESSED = """
SELECT o.case_id, seen ->> 'check_kind' AS check_kind, coalesce(seen ->> 'reason', '') AS reason
  FROM monitoring_observations o, jsonb_array_elements(o.body) seen
 WHERE o.tenant_id = :tenant AND o.run_id = :run AND o.not_assessed AND seen ->> 'outcome' = 'CHECK_OUTCOME_NOT_ASSESSED'
   AND NOT (seen ->> 'reason') = ANY(:nothing)
 ORDER BY o.case_id, check_kind LIMIT :size
"""


def stored_schedule(row: Row[Any]) -> StoredSchedule:
    """One row of monitoring_schedules."""
    body = from_json(MonitoringSchedule, row.body)
    return StoredSchedule(row.tenant_id, row.version, row.updated_by, row.updated_at, body, row.in_use)


class MonitoringRepository(Repository):
    """Implements ports.Monitoring."""

    async def schedule(self, *, lock: bool = False) -> StoredSchedule | None:
        """The tenant's, also one that was taken away."""
        query = select(monitoring_schedules).where(monitoring_schedules.c.tenant_id == self._tenant)
        row = (await self._db.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else stored_schedule(row)

    async def put_schedule(self, schedule: StoredSchedule) -> None:
        """Replace it."""
        values = {"version": schedule.version, "in_use": schedule.in_use, "updated_by": schedule.updated_by, "updated_at": schedule.updated_at}
        await self._upsert(monitoring_schedules, values | {"body": to_json(schedule.body)})

    async def open_run(self, run_id: str, trigger: str, policy: MonitoringPolicy, at: datetime) -> bool:
        """False when it, or another that goes on, is there already."""
        total = select(func.count()).select_from(cases).where(self._watched(watched_paths(policy))).scalar_subquery()
        values = {"run_id": run_id, "status": "RUNNING", "trigger": trigger, "policy": to_json(policy), "started_at": at, "heard_at": at}
        row = {"tenant_id": self._tenant, **values, "cases_total": total}
        statement = insert(monitoring_runs).values(row).on_conflict_do_nothing().returning(monitoring_runs.c.run_id)
        return (await self._db.execute(statement)).first() is not None

    async def run(self, run_id: str, *, lock: bool = False) -> MonitoringRun | None:
        """A run with its counts as they are now."""
        query = select(monitoring_runs).where(self._run(run_id))
        row = (await self._db.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else await self._shown(row)

    async def silent_runs(self, since: datetime) -> Sequence[str]:
        """Runs that go on and have written nothing since."""
        table = monitoring_runs
        query = select(table.c.run_id).where(table.c.tenant_id == self._tenant, table.c.status == "RUNNING", table.c.heard_at < since)
        return list(await self._db.scalars(query))

    async def heard(self, run_id: str, at: datetime) -> None:
        """It lives."""
        await self._db.execute(update(monitoring_runs).where(self._run(run_id), monitoring_runs.c.status == "RUNNING").values(heard_at=at))

    async def close_run(self, run_id: str, status: str, reason: str, at: datetime) -> None:
        """Ends it with its counts; one that is closed stays as it is."""
        checked, unassessed, opened = await self._counts(run_id)
        counts = {"cases_checked": checked, "cases_not_assessed": unassessed, "alerts_opened": opened}
        values = {"status": status, "reason": reason, "ended_at": at, "heard_at": at, **counts}
        await self._db.execute(update(monitoring_runs).where(self._run(run_id), monitoring_runs.c.status == "RUNNING").values(values))

    async def runs(self, *, size: int, before: tuple[datetime, str] | None) -> Sequence[MonitoringRun]:
        """Newest first."""
        table = monitoring_runs
        query = select(table).where(table.c.tenant_id == self._tenant)
        if before is not None:
            moment, run_id = before
            query = query.where((table.c.started_at < moment) | ((table.c.started_at == moment) & (table.c.run_id > run_id)))
        rows = await self._db.execute(query.order_by(table.c.started_at.desc(), table.c.run_id).limit(size))
        return [await self._shown(row) for row in rows.all()]

    async def watched(self, run_id: str, paths: Sequence[str], *, after: str, size: int) -> Sequence[Watched]:
        """Cases of those paths, by id, that the run has not seen yet."""
        seen = monitoring_observations
        done = exists().where(seen.c.tenant_id == self._tenant, seen.c.run_id == run_id, seen.c.case_id == cases.c.case_id).correlate(cases)
        path, country = func.coalesce(func.nullif(cases.c.policy["path"].astext, ""), "kyb"), cases.c.subject["country"].astext
        query = select(cases.c.case_id, path, func.coalesce(country, "")).where(self._watched(paths), cases.c.case_id > after, ~done)
        rows = await self._db.execute(query.order_by(cases.c.case_id).limit(size))
        return [Watched(*row) for row in rows]

    async def observe(self, run_id: str, case_id: str, observations: Sequence[Observation], at: datetime) -> bool:
        """False when the run has seen the case already."""
        unassessed = any(CHECK_OUTCOME.name(one.outcome) == "NOT_ASSESSED" and one.reason not in NOTHING_TO_LOOK_AT for one in observations)
        values = {"run_id": run_id, "case_id": case_id, "observed_at": at, "not_assessed": unassessed, "body": [to_json(one) for one in observations]}
        return await self._insert_new(monitoring_observations, values)

    async def put_state(self, run_id: str, case_id: str, seen: Observation, at: datetime) -> None:
        """What later runs compare with."""
        values = {"case_id": case_id, "check_kind": seen.check_kind, "run_id": run_id, "observed_at": at, "outcome": CHECK_OUTCOME.name(seen.outcome)}
        await self._upsert(monitoring_states, values | {"body": to_json(seen)})

    async def states(self, case_id: str) -> dict[str, State]:
        """What was seen last, per kind."""
        table = monitoring_states
        rows = await self._db.execute(select(table.c.check_kind, table.c.run_id, table.c.outcome).where(self._of(table, case_id)))
        return {row.check_kind: State(*row) for row in rows}

    async def last_seen(self, case_id: str) -> Sequence[Observation]:
        """As `states`, with all that was seen."""
        table = monitoring_states
        bodies = await self._db.scalars(select(table.c.body).where(self._of(table, case_id)).order_by(table.c.check_kind))
        return [from_json(Observation, body) for body in bodies]

    async def not_assessed(self, run_id: str, *, size: int) -> Sequence[NotAssessedCheck]:
        """Checks that the run could not make."""
        rows = await self._db.execute(
            text(_NOT_ASSESSED), {"tenant": self._tenant, "run": run_id, "size": size, "nothing": sorted(NOTHING_TO_LOOK_AT)}
        )
        return [NotAssessedCheck(*row) for row in rows]

    async def review_under_way(self, case_id: str) -> str:
        """The review of the case that is staged or open; empty when none is."""
        closed = (*_DECIDED, "WITHDRAWN", "EXPIRED")
        query = select(cases.c.case_id).where(cases.c.tenant_id == self._tenant, cases.c.review_of_case_id == case_id)
        found = await self._db.scalar(query.where(func.coalesce(cases.c.status, "").not_in(closed)).order_by(cases.c.created_at).limit(1))
        return found or ""

    def _watched(self, paths: Sequence[str]) -> Any:
        reviewed = exists().where(
            _later.c.tenant_id == cases.c.tenant_id, _later.c.review_of_case_id == cases.c.case_id, _later.c.status.in_(_DECIDED)
        )
        path = func.coalesce(func.nullif(cases.c.policy["path"].astext, ""), "kyb")
        return (cases.c.tenant_id == self._tenant) & cases.c.status.in_(_APPROVED) & path.in_(paths) & ~reviewed

    def _run(self, run_id: str) -> Any:
        return (monitoring_runs.c.tenant_id == self._tenant) & (monitoring_runs.c.run_id == run_id)

    async def _counts(self, run_id: str) -> tuple[int, int, int]:
        table = monitoring_observations
        seen = select(func.count(), func.count().filter(table.c.not_assessed)).where(table.c.tenant_id == self._tenant, table.c.run_id == run_id)
        checked, unassessed = (await self._db.execute(seen)).one()
        found_by = alerts.c.found_by == f"monitoring-run/{run_id}"
        opened = await self._db.scalar(select(func.count()).select_from(alerts).where(alerts.c.tenant_id == self._tenant, found_by))
        return checked, unassessed, opened or 0

    async def _shown(self, row: Row[Any]) -> MonitoringRun:
        run = MonitoringRun(
            run_id=row.run_id, trigger=row.trigger, policy=from_json(MonitoringPolicy, row.policy), reason=row.reason, cases_total=row.cases_total,
            cases_checked=row.cases_checked, cases_not_assessed=row.cases_not_assessed, alerts_opened=row.alerts_opened,
            status=RUN_STATUS.number(row.status),  # type: ignore[arg-type]  # the stubs want the enum's NewType
        )  # fmt: skip
        run.start_time.FromDatetime(row.started_at)
        if row.ended_at is None:
            run.cases_checked, run.cases_not_assessed, run.alerts_opened = await self._counts(row.run_id)
        else:
            run.end_time.FromDatetime(row.ended_at)
        return run
