"""The schedules that follow from a tenant's stored one: monitoring itself, and the suppression refresh at the same rhythm."""

from __future__ import annotations

from datetime import timedelta

from trustrelay.common.v1.portfolio_types_pb2 import MonitoringSchedule
from trustrelay.contracts import monitoring_workflow as contract
from trustrelay.servicekit.schedules import Wanted

CATCHUP = timedelta(hours=1)
#: Temporal's own least; less would be refused.
_LEAST_CATCHUP = timedelta(seconds=10)


def monitoring(tenant_id: str, stored: MonitoringSchedule) -> Wanted:
    """The schedule of a tenant's monitoring. `argument.enabled_checks` is empty: a run takes its policy from the read model when it begins."""
    late = _catchup(stored) + stored.jitter.ToTimedelta()
    return Wanted(
        schedule_id=contract.schedule_id(tenant_id),
        workflow=contract.WORKFLOW,
        argument=contract.MonitoringInput(tenant_id, catchup_seconds=int(late.total_seconds())),
        workflow_id=contract.workflow_id(tenant_id),
        task_queue=contract.TASK_QUEUE,
        cron=stored.cron,
        interval=_interval(stored),
        jitter=stored.jitter.ToTimedelta(),
        catchup_window=_catchup(stored),
        paused=stored.paused,
    )


def suppression(tenant_id: str, stored: MonitoringSchedule) -> Wanted:
    """The schedule of a tenant's suppression refresh."""
    return Wanted(
        schedule_id=contract.suppression_schedule_id(tenant_id),
        workflow=contract.SUPPRESSION_WORKFLOW,
        argument=contract.SuppressionInput(tenant_id),
        workflow_id=contract.suppression_workflow_id(tenant_id),
        task_queue=contract.TASK_QUEUE,
        cron=stored.cron,
        interval=_interval(stored),
        jitter=stored.jitter.ToTimedelta(),
        catchup_window=_catchup(stored),
        paused=stored.paused,
    )


def of_tenant(tenant_id: str, stored: MonitoringSchedule) -> tuple[Wanted, Wanted]:
    """Both."""
    return monitoring(tenant_id, stored), suppression(tenant_id, stored)


def ids_of_tenant(tenant_id: str) -> tuple[str, str]:
    """What to remove when a tenant's schedule goes."""
    return contract.schedule_id(tenant_id), contract.suppression_schedule_id(tenant_id)


def _interval(stored: MonitoringSchedule) -> timedelta | None:
    return None if stored.cron else stored.interval.ToTimedelta()


def _catchup(stored: MonitoringSchedule) -> timedelta:
    said = stored.catchup_window.ToTimedelta()
    return max(said, _LEAST_CATCHUP) if said else CATCHUP


def housekeeping() -> Wanted:
    """What makes the schedules of all tenants equal to the stored ones; a change that case-api could not bring over itself waits for it."""
    return Wanted(
        schedule_id=contract.HOUSEKEEPING_SCHEDULE,
        workflow=contract.HOUSEKEEPING_WORKFLOW,
        argument=contract.ReconciliationInput(),
        workflow_id=contract.HOUSEKEEPING_SCHEDULE,
        task_queue=contract.TASK_QUEUE,
        interval=timedelta(minutes=3),
        catchup_window=_LEAST_CATCHUP,
        execution_timeout=timedelta(minutes=15),
    )
