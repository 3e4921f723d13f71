"""ScheduleReconciliationWorkflow: housekeeping that makes Temporal's schedules equal to the stored ones."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import VersioningBehavior

with workflow.unsafe.imports_passed_through():
    import trustrelay.contracts.monitoring_workflow  # noqa: F401  types of activity results are resolved in modules imported by name
    from trustrelay.contracts.monitoring_workflow import HOUSEKEEPING_WORKFLOW, ReconciliationInput, ReconciliationResult
    from trustrelay.workflow_worker.application.monitoring.catalogue import RECONCILE_SCHEDULES
    from trustrelay.workflow_worker.application.running import run_activity


@workflow.defn(name=HOUSEKEEPING_WORKFLOW, versioning_behavior=VersioningBehavior.PINNED)
class ScheduleReconciliationWorkflow:
    """One activity; the schedule that begins it does so again in minutes, whatever became of this one."""

    @workflow.run
    async def run(self, asked: ReconciliationInput) -> ReconciliationResult:
        """How many schedules it took."""
        return await run_activity(RECONCILE_SCHEDULES, asked)
