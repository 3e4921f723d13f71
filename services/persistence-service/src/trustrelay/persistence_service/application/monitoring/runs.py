"""Runs: begun once, ended once, one of a tenant at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trustrelay.common.v1.portfolio_types_pb2 import MonitoringPolicy, MonitoringRun
from trustrelay.contracts.monitoring_workflow import Trigger
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.monitoring.schedules import schedule_not_found
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.domain.enums import RUN_STATUS
from trustrelay.persistence_service.domain.monitoring import SILENCE, NotAssessedCheck, Watched, policy_problems, watched_paths
from trustrelay.servicekit.errors import FailedPrecondition, InvalidArgument, NotFound

ABANDONED = "RUN_ABANDONED"
_ENDS = frozenset({"COMPLETED", "CANCELLED", "FAILED"})
_SHOWN_NOT_ASSESSED = 200


@dataclass(frozen=True)
class RunView:
    """A run, and the checks it could not make."""

    run: MonitoringRun
    not_assessed: Sequence[NotAssessedCheck]


async def open_run(store: Store, clock: Clock, tenant: str, run_id: str, trigger: str, asked: MonitoringPolicy) -> MonitoringRun:
    """The run of this id, new or as it is. Raises FIELD_INVALID, MONITORING_SCHEDULE_NOT_FOUND, MONITORING_RUNNING."""
    checks.need_text("run_id", run_id, longest=100)
    if trigger not in set(Trigger):
        raise checks.invalid("trigger", f"one of {', '.join(Trigger)}")
    now = clock()
    async with store.unit(tenant) as unit:
        found = await unit.monitoring.run(run_id)
        if found is not None:
            return found
        policy = await _policy(unit, asked)
        for silent in await unit.monitoring.silent_runs(now - SILENCE):
            await unit.monitoring.close_run(silent, "FAILED", ABANDONED, now)
        if not await unit.monitoring.open_run(run_id, trigger, policy, now):
            # Said by an index, so that two that begin at once cannot both be told that none goes on.
            if (raced := await unit.monitoring.run(run_id)) is not None:
                return raced
            raise FailedPrecondition("MONITORING_RUNNING", "another monitoring run of this tenant goes on")
        return await need_run(unit, run_id)


async def _policy(unit: Unit, asked: MonitoringPolicy) -> MonitoringPolicy:
    """The schedule's, with the checks that were asked for in place of its own."""
    stored = await unit.monitoring.schedule()
    policy = MonitoringPolicy()
    if stored is not None and stored.in_use:
        policy.CopyFrom(stored.body.policy)
        if asked.enabled_checks:
            policy.enabled_checks[:] = asked.enabled_checks
    elif asked.enabled_checks:
        policy.CopyFrom(asked)
    else:
        raise schedule_not_found()
    for field, problem in policy_problems(policy):
        raise checks.invalid(field, problem)
    return policy


async def watched_cases(store: Store, clock: Clock, tenant: str, run_id: str, *, size: int, after: str) -> tuple[Sequence[Watched], bool]:
    """A page of cases that the run has not checked yet, and whether there are more. Raises MONITORING_RUN_NOT_FOUND."""
    wanted = checks.page_size(size, default=200, largest=1000)
    async with store.unit(tenant) as unit:
        run = await need_run(unit, run_id)
        await unit.monitoring.heard(run_id, clock())
        found = await unit.monitoring.watched(run_id, watched_paths(run.policy), after=after, size=wanted + 1)
    return found[:wanted], len(found) > wanted


async def close_run(store: Store, clock: Clock, tenant: str, run_id: str, status: int, reason: str) -> MonitoringRun:
    """Ends it; one that is ended stays as it was. Raises FIELD_INVALID, MONITORING_RUN_NOT_FOUND."""
    try:
        name = RUN_STATUS.name(status)
    except ValueError:
        name = ""
    if name not in _ENDS:
        raise checks.invalid("status", f"one of {', '.join(sorted(_ENDS))}")
    if name == "FAILED" and not reason:
        raise InvalidArgument("FIELD_INVALID", "reason: is required of a run that failed")
    async with store.unit(tenant) as unit:
        await need_run(unit, run_id, lock=True)
        await unit.monitoring.close_run(run_id, name, reason, clock())
        return await need_run(unit, run_id)


async def get_run(store: Store, tenant: str, run_id: str) -> RunView:
    """Raises MONITORING_RUN_NOT_FOUND."""
    async with store.snapshot(tenant) as unit:
        return RunView(await need_run(unit, run_id), await unit.monitoring.not_assessed(run_id, size=_SHOWN_NOT_ASSESSED))


async def list_runs(store: Store, tenant: str, *, size: int, before: tuple[datetime, str] | None) -> Sequence[MonitoringRun]:
    """Newest first, those older than `before` (start time and id)."""
    async with store.unit(tenant) as unit:
        return await unit.monitoring.runs(size=size, before=before)


async def need_run(unit: Unit, run_id: str, *, lock: bool = False) -> MonitoringRun:
    """Raises MONITORING_RUN_NOT_FOUND, for another tenant's too."""
    found = await unit.monitoring.run(run_id, lock=lock)
    if found is None:
        raise NotFound("MONITORING_RUN_NOT_FOUND", "there is no such monitoring run")
    return found
