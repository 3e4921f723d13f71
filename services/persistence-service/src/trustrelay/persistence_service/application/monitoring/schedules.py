"""When a tenant's cases are watched."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from trustrelay.common.v1.portfolio_types_pb2 import MonitoringSchedule
from trustrelay.contracts.etags import etag
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.enums import SEVERITY
from trustrelay.persistence_service.domain.monitoring import StoredSchedule, schedule_problems
from trustrelay.persistence_service.domain.objects import tenant_is_usable
from trustrelay.servicekit.errors import Aborted, FieldViolation, InvalidArgument, NotFound

RESOURCE = "monitoring-schedule"


def schedule_not_found() -> NotFound:
    """The tenant has none."""
    return NotFound("MONITORING_SCHEDULE_NOT_FOUND", "this tenant has no monitoring schedule")


async def get_schedule(store: Store, tenant: str) -> MonitoringSchedule:
    """Raises MONITORING_SCHEDULE_NOT_FOUND."""
    async with store.unit(tenant) as unit:
        stored = await unit.monitoring.schedule()
    if stored is None or not stored.in_use:
        raise schedule_not_found()
    return shown(stored)


async def put_schedule(store: Store, clock: Clock, tenant: str, actor: str, wanted: MonitoringSchedule, trace_id: str) -> MonitoringSchedule:
    """Sets it; the very same again changes nothing. Raises ETAG_MISMATCH, FIELD_INVALID with every violation."""
    if not tenant_is_usable(tenant):
        raise checks.invalid("x-tenant-id", "must be a short identifier of letters, digits, dots, dashes and underscores")
    if violations := [FieldViolation(f"schedule.{field}", problem) for field, problem in schedule_problems(wanted)]:
        raise InvalidArgument("FIELD_INVALID", f"{violations[0].field}: {violations[0].description}", violations=violations)
    body = MonitoringSchedule()
    body.CopyFrom(wanted)
    for written_by_us in ("etag", "updated_by", "update_time"):
        body.ClearField(written_by_us)
    now = clock()
    async with store.unit(tenant) as unit:
        stored = await unit.monitoring.schedule(lock=True)
        if wanted.etag and (stored is None or not stored.in_use or wanted.etag != _etag(stored)):
            raise Aborted("ETAG_MISMATCH", "the schedule has changed since you looked; read it again")
        if stored is not None and stored.in_use and stored.body == body:
            return shown(stored)
        new = StoredSchedule(tenant, stored.version + 1 if stored else 1, actor, now, body)
        await unit.monitoring.put_schedule(new)
        await _audit(unit, "schedule_set", new, now, trace_id)
    return shown(new)


async def delete_schedule(store: Store, clock: Clock, tenant: str, actor: str, trace_id: str) -> None:
    """Takes it away; runs and alerts stay. None to take away is a success."""
    now = clock()
    async with store.unit(tenant) as unit:
        stored = await unit.monitoring.schedule(lock=True)
        if stored is None or not stored.in_use:
            return
        gone = replace(stored, version=stored.version + 1, updated_by=actor, updated_at=now, in_use=False)
        await unit.monitoring.put_schedule(gone)
        await _audit(unit, "schedule_deleted", gone, now, trace_id)


async def list_tenant_schedules(store: Store, *, size: int, token: str) -> tuple[Sequence[StoredSchedule], str]:
    """All tenants', and the token of the next page."""
    wanted = checks.page_size(size, default=200, largest=1000)
    found = await store.tenant_schedules(after=token, size=wanted + 1)
    return found[:wanted], found[wanted - 1].tenant_id if len(found) > wanted else ""


def shown(stored: StoredSchedule) -> MonitoringSchedule:
    """As readers see it."""
    schedule = MonitoringSchedule()
    schedule.CopyFrom(stored.body)
    schedule.etag, schedule.updated_by = _etag(stored), stored.updated_by
    schedule.update_time.FromDatetime(stored.updated_at)
    return schedule


def _etag(stored: StoredSchedule) -> str:
    return etag(f"{stored.tenant_id}/{RESOURCE}", stored.version)


async def _audit(unit: Unit, kind: str, schedule: StoredSchedule, now: datetime, trace_id: str) -> None:
    body = schedule.body
    facts: dict[str, object] = {
        "version": schedule.version, "cron": body.cron, "interval_seconds": body.interval.seconds, "paused": body.paused,
        "enabled_checks": list(body.policy.enabled_checks), "paths": list(body.policy.paths), "review_from": SEVERITY.name(body.policy.review_from),
    }  # fmt: skip
    event_id = ids.derived(kind, unit.tenant_id, str(schedule.version))
    await unit.resources.append(RESOURCE, [Entry(event_id, kind, schedule.updated_by, now, facts, trace_id)])
