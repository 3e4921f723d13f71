"""The activity that has osint-service load its lists anew."""

from __future__ import annotations

from contextlib import aclosing

from temporalio import activity

from trustrelay.osint.v1.screening_service_pb2 import RefreshDatasetsRequest
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.lists import ListsRefreshed, RefreshLists
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.streaming import heartbeating

# A list without an address or an access key is the operator's choice, which each screening shows; no refresh changes it.
_NOT_SET_UP = "ACCESS_NOT_CONFIGURED"


class ListActivities:
    """osint-service's lists, for workflows of every domain."""

    def __init__(self, services: Services) -> None:
        self._screening = services.osint.screening

    @activity.defn(name="refresh_lists")
    async def refresh_lists(self, asked: RefreshLists) -> ListsRefreshed:
        """Fetches the lists anew; one that cannot be fetched is named and keeps its loaded version. On retry they are fetched again."""
        failed: dict[str, str] = {}
        with on_behalf_of(asked.tenant_id):
            # One message per list, and a list may be large: the limit is the call's, not the silence between two messages.
            stream = self._screening.RefreshDatasets(RefreshDatasetsRequest(datasets=asked.datasets), timeout=time_limit())
            async with aclosing(heartbeating(stream, silence=time_limit())) as told:
                async for message in told:
                    reason = message.dataset.unavailable_reason
                    if reason and reason != _NOT_SET_UP:
                        failed[message.dataset.dataset] = reason
        return ListsRefreshed("NOT_ASSESSED", "LIST_UNAVAILABLE", failed) if failed else ListsRefreshed("CLEAR")
