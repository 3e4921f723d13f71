"""ContinuousMonitoringWorkflow: one pass over a tenant's watched cases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey, VersioningBehavior
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    # The sandbox knows only modules that this one imports by name, and resolves the types of activity results in them.
    import trustrelay.contracts.case_workflow
    import trustrelay.contracts.monitoring_workflow
    import trustrelay.workflow_worker.domain.lists
    import trustrelay.workflow_worker.domain.monitoring.records  # noqa: F401
    from trustrelay.contracts.monitoring_workflow import WORKFLOW, CheckKind, MonitoringInput, MonitoringResult, Trigger, run_id_of
    from trustrelay.workflow_worker.application.lists import refreshed_lists
    from trustrelay.workflow_worker.application.monitoring.catalogue import CLOSE_RUN, FETCH_CASES, OPEN_RUN
    from trustrelay.workflow_worker.application.monitoring.continuing import is_long
    from trustrelay.workflow_worker.application.monitoring.window import Window
    from trustrelay.workflow_worker.application.running import is_final, reason_of, run_activity
    from trustrelay.workflow_worker.domain.monitoring.records import CloseRun, FetchCases, OpenRun, RunOpened, RunRef

PAGE_SIZE = 100
_WIDEST_WINDOW = 50
_SCHEDULED_FOR = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


@workflow.defn(name=WORKFLOW, versioning_behavior=VersioningBehavior.PINNED)
class ContinuousMonitoringWorkflow:
    """What it sees goes from the services to the store; here pass ids, counts and reasons."""

    @workflow.init
    def __init__(self, asked: MonitoringInput) -> None:
        self._asked = asked
        self._run = RunRef(asked.tenant_id, run_id_of(workflow.info().workflow_id))

    @workflow.run
    async def run(self, asked: MonitoringInput) -> MonitoringResult:
        """What the run came to. A cancelled run is closed as CANCELLED before it ends; one that cannot go on as FAILED."""
        try:
            opened = await self._opened()
        except ActivityError as error:
            if is_cancelled_exception(error) or not is_final(error):
                raise
            return MonitoringResult(self._run.run_id, "SKIPPED", reason=reason_of(error))
        if opened.status != "RUNNING":  # this very run has been, and a backfill asks for it again
            return self._result(opened)
        try:
            over = await self._pages(opened)
        except asyncio.CancelledError:
            # Eviction cancels as well, without a request: then nothing must be begun.
            if workflow.cancellation_reason() is None:
                raise
            await self._closed("CANCELLED")
            raise
        except ActivityError as error:
            if is_cancelled_exception(error):
                await self._closed("CANCELLED")
            else:
                await self._closed("FAILED", reason_of(error))
            raise
        return self._result(await (self._closed("FAILED", over) if over else self._closed("COMPLETED")))

    async def _opened(self) -> RunOpened:
        """The stored run. A run that continues as new reads it again, for what policy said when it began."""
        opened = await run_activity(OPEN_RUN, OpenRun(self._run, self._trigger(), self._asked.enabled_checks))
        if opened.status == "RUNNING" and not self._asked.opened and CheckKind.SCREENING in opened.enabled_checks:
            await refreshed_lists(self._asked.tenant_id)
        return opened

    async def _pages(self, opened: RunOpened) -> str:
        """Page after page; why the run is over before its end, if it is."""
        width = min(max(self._asked.window, 1), _WIDEST_WINDOW)
        window = Window(self._run, opened.enabled_checks, opened.review_from, width)
        after = self._asked.after_case_id
        while True:
            page = await run_activity(FETCH_CASES, FetchCases(self._run, after, PAGE_SIZE))
            await window.check(page.case_ids)
            if window.over or not page.more:
                return window.over
            after = page.case_ids[-1]
            if is_long():
                workflow.continue_as_new(replace(self._asked, after_case_id=after, opened=True))

    async def _closed(self, status: str, reason: str = "") -> RunOpened:
        return await run_activity(CLOSE_RUN, CloseRun(self._run, status, reason))

    def _trigger(self) -> str:
        """A schedule begins the runs of a backfill too, and says only for when: one that is later than it ever is was asked for."""
        scheduled = workflow.info().typed_search_attributes.get(_SCHEDULED_FOR)
        if self._asked.trigger is Trigger.SCHEDULE and scheduled is not None:
            late = workflow.info().start_time - scheduled
            if late > timedelta(seconds=self._asked.catchup_seconds):
                return Trigger.BACKFILL.value
        return self._asked.trigger.value

    def _result(self, run: RunOpened) -> MonitoringResult:
        return MonitoringResult(self._run.run_id, run.status, run.cases_checked, run.cases_not_assessed, run.alerts_opened)
