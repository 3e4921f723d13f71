"""What happens to decided cases, and what is done on time: queue `monitoring`."""

from __future__ import annotations

from temporalio.client import Client
from temporalio.common import VersioningBehavior

from trustrelay.contracts.monitoring_workflow import DEPLOYMENT, TASK_QUEUE
from trustrelay.servicekit import schedules, tenant_schedules
from trustrelay.workflow_worker.application.monitoring.monitoring_run import ContinuousMonitoringWorkflow
from trustrelay.workflow_worker.application.monitoring.reconciliation import ScheduleReconciliationWorkflow
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.application.suppression.refresh import SanctionsSuppressionRefreshWorkflow
from trustrelay.workflow_worker.entrypoints.activities.lists import ListActivities
from trustrelay.workflow_worker.entrypoints.activities.monitoring.registered import monitoring_activities
from trustrelay.workflow_worker.entrypoints.activities.suppression.registered import suppression_activities
from trustrelay.workflow_worker.entrypoints.domains.domain import Domain


def monitoring(services: Services) -> Domain:
    """Monitoring runs, refreshes of suppression, and the housekeeping that makes the schedules of tenants equal to the stored ones."""
    return Domain(
        TASK_QUEUE,
        DEPLOYMENT,
        workflows=[
            ContinuousMonitoringWorkflow,
            ScheduleReconciliationWorkflow,
            SanctionsSuppressionRefreshWorkflow,
        ],
        activities=[
            *monitoring_activities(services),
            *suppression_activities(services),
            ListActivities(services).refresh_lists,
        ],
        versioning=VersioningBehavior.PINNED,
        at_start=_ensure_housekeeping,
    )


async def _ensure_housekeeping(client: Client) -> None:
    """Every worker that starts makes sure of it: nobody has to remember to."""
    await schedules.bring_in_line(client, tenant_schedules.housekeeping())
