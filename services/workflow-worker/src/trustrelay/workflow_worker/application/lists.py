"""The refresh of sanctions and PEP lists, as every workflow that needs fresh ones names it."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.workflow_worker.application.activity import outside_activity
    from trustrelay.workflow_worker.application.running import reason_of, run_activity
    from trustrelay.workflow_worker.domain.lists import ListsRefreshed, RefreshLists

REFRESH_LISTS = outside_activity("refresh_lists", RefreshLists, ListsRefreshed, 5 * 60)


async def refreshed_lists(tenant_id: str) -> ListsRefreshed:
    """Best effort: when no fresh lists can be had, work goes on with those that are loaded, and what comes back says so.

    Raises ActivityError when the workflow is cancelled.
    """
    try:
        return await run_activity(REFRESH_LISTS, RefreshLists(tenant_id))
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return ListsRefreshed("NOT_ASSESSED", reason_of(error))
