"""What is watched after decisions: a tenant's schedule, runs asked for by hand, runs and alerts to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trustrelay.common.v1.portfolio_types_pb2 import RUN_STATUS_RUNNING, Alert, AlertStatus, MonitoringRun, MonitoringSchedule
from trustrelay.persistence.v1.monitoring_store_service_pb2 import NotAssessedObservation
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.errors import Aborted, FailedPrecondition, NotFound, Unavailable
from trustrelay.servicekit.telemetry import get_logger


@dataclass(frozen=True, slots=True)
class EngineSchedule:
    """What the workflow engine makes of a stored schedule: whether it has it, its next runs (soonest first), ids of its runs that are not over."""

    in_force: bool
    next_times: Sequence[datetime] = ()
    run_ids: Sequence[str] = ()


class Monitoring(Protocol):
    """What is stored of monitoring."""

    async def schedule(self) -> MonitoringSchedule:
        """The tenant's. NotFound / MONITORING_SCHEDULE_NOT_FOUND."""

    async def put_schedule(self, schedule: MonitoringSchedule) -> MonitoringSchedule:
        """Set it. Aborted / ETAG_MISMATCH when its etag is set and not the stored one."""

    async def delete_schedule(self) -> None:
        """Remove it; a second time is no error."""

    async def run(self, run_id: str) -> tuple[MonitoringRun, Sequence[NotAssessedObservation]]:
        """With what it could not assess. NotFound / MONITORING_RUN_NOT_FOUND."""

    async def runs(self, page_size: int, page_token: str) -> tuple[Sequence[MonitoringRun], str]:
        """Newest first, and the next page's token."""

    async def alerts(self, page_size: int, page_token: str, status: AlertStatus.ValueType, case_id: str) -> tuple[Sequence[Alert], str]:
        """Newest first, and the next page's token."""

    async def resolve_alert(self, alert_id: str, reason: str) -> Alert:
        """NotFound / ALERT_NOT_FOUND, FailedPrecondition / ALERT_RESOLVED."""


class Schedules(Protocol):
    """The workflow engine's schedules of the current tenant. Unavailable / WORKFLOW_ENGINE_UNAVAILABLE."""

    async def bring_in_line(self, stored: MonitoringSchedule) -> None:
        """Make the engine have what is stored."""

    async def remove(self) -> None:
        """Make the engine have none."""

    async def look(self, stored: MonitoringSchedule) -> EngineSchedule:
        """How far the engine has it."""

    def manual_run_id(self, request_id: str) -> str:
        """The id that a run asked for by this request has."""

    async def trigger(self, stored: MonitoringSchedule, request_id: str) -> None:
        """Begin one run; the same request again begins none."""

    async def backfill(self, start: datetime, end: datetime) -> None:
        """The runs that should have been between two times."""


@dataclass(frozen=True, slots=True)
class KeepSchedule:
    """Use cases on a tenant's schedule. The stored word counts; where the engine is away, the worker brings it in line later."""

    monitoring: Monitoring
    schedules: Schedules

    async def put(self, schedule: MonitoringSchedule) -> MonitoringSchedule:
        """The schedule as stored. Aborted / ETAG_MISMATCH."""
        stored = await self.monitoring.put_schedule(schedule)
        try:
            await self.schedules.bring_in_line(stored)
        except Unavailable as away:
            get_logger().warning("monitoring.schedule_not_in_force", **_tenant(), reason=away.reason)
        return stored

    async def set_paused(self, paused: bool, etag: str) -> MonitoringSchedule:
        """The schedule, paused or going on. Aborted / ETAG_MISMATCH, NotFound / MONITORING_SCHEDULE_NOT_FOUND."""
        schedule = await self.monitoring.schedule()
        if etag and etag != schedule.etag:
            raise Aborted("ETAG_MISMATCH", "the schedule has changed: read it again")
        schedule.paused = paused
        return await self.put(schedule)

    async def delete(self) -> None:
        """The tenant is watched no more; runs and alerts stay."""
        await self.monitoring.delete_schedule()
        try:
            await self.schedules.remove()
        except Unavailable as away:
            get_logger().warning("monitoring.schedule_still_in_force", **_tenant(), reason=away.reason)

    async def look(self) -> tuple[MonitoringSchedule, EngineSchedule]:
        """What is stored, and what the engine makes of it: nothing that anybody could see, while it is away."""
        stored = await self.monitoring.schedule()
        try:
            return stored, await self.schedules.look(stored)
        except Unavailable:
            return stored, EngineSchedule(in_force=False)


@dataclass(frozen=True, slots=True)
class RunMonitoring:
    """Use cases: a run now, and runs that were missed."""

    monitoring: Monitoring
    schedules: Schedules

    async def trigger(self, request_id: str) -> str:
        """The run's id, the same for the same request. FailedPrecondition / MONITORING_RUNNING while another runs."""
        stored = await self.monitoring.schedule()
        run_id = self.schedules.manual_run_id(request_id)
        if await self._stored(run_id) is not None:
            return run_id
        if await self._another_is_under_way(run_id, await self.schedules.look(stored)):
            raise FailedPrecondition("MONITORING_RUNNING", "a run is under way; wait for its end")
        await self.schedules.trigger(stored, request_id)
        get_logger().info("monitoring.triggered", **_tenant(), **{"monitoring_run.id": run_id})
        return run_id

    async def _another_is_under_way(self, run_id: str, engine: EngineSchedule) -> bool:
        """By the read model, and by the engine for one that is about to begin; the tail of a run that is stored as over is no run."""
        newest, _ = await self.monitoring.runs(1, "")
        # This one may have begun since we looked.
        if any(run.status == RUN_STATUS_RUNNING for run in newest if run.run_id != run_id):
            return True
        stored = [await self._stored(one) for one in engine.run_ids]
        return any(run is None or run.status == RUN_STATUS_RUNNING for run in stored)

    async def _stored(self, run_id: str) -> MonitoringRun | None:
        try:
            return (await self.monitoring.run(run_id))[0]
        except NotFound:
            return None

    async def backfill(self, start: datetime, end: datetime) -> None:
        """NotFound / MONITORING_SCHEDULE_NOT_FOUND; Unavailable."""
        await self.schedules.bring_in_line(await self.monitoring.schedule())
        await self.schedules.backfill(start, end)
        get_logger().info("monitoring.backfilled", **_tenant())


def _tenant() -> dict[str, str]:
    return {"tenant.id": call_context.current().tenant_id}
