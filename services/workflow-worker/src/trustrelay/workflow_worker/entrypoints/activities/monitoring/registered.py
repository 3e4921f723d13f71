"""The activities of monitoring, with their services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.entrypoints.activities.monitoring.run_activities import RunActivities
from trustrelay.workflow_worker.entrypoints.activities.monitoring.schedule_activities import ScheduleActivities


def monitoring_activities(services: Services) -> list[Callable[..., Any]]:
    """One implementation per activity that monitoring's catalogue names."""
    runs, schedules = RunActivities(services), ScheduleActivities(services)
    return [
        runs.open_monitoring_run,
        runs.fetch_active_customs_cases,
        runs.run_monitoring_checks,
        runs.record_monitoring_not_assessed,
        runs.stage_review_case,
        runs.update_monitoring_last_run,
        schedules.reconcile_schedules,
    ]
