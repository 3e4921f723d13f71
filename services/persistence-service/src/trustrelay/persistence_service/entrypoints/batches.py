"""BatchStoreService."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from trustrelay.persistence.v1 import batch_store_service_pb2 as pb
from trustrelay.persistence.v1.batch_store_service_pb2_grpc import BatchStoreServiceServicer
from trustrelay.persistence_service.application.batches import opening, pages, recording, status
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.domain.batches import shown
from trustrelay.persistence_service.entrypoints.trace import current_trace_id
from trustrelay.servicekit.context import current


@dataclass(frozen=True)
class BatchServicer(BatchStoreServiceServicer):
    """Every method: parse, one use case, build the reply."""

    store: Store
    clock: Clock

    async def OpenBatchRun(self, request: pb.OpenBatchRunRequest, context: Any) -> pb.OpenBatchRunResponse:
        caller = current()
        wanted = opening.Opening(
            request.request_id, request.body_sha256, request.filter, request.dry_run, request.as_of_date, request.max_cases_per_second
        )
        return pb.OpenBatchRunResponse(
            run=shown(await opening.open_run(self.store, self.clock, caller.tenant_id, caller.actor, wanted, current_trace_id()))
        )

    async def PlanBatchPages(self, request: pb.PlanBatchPagesRequest, context: Any) -> pb.PlanBatchPagesResponse:
        found, more = await pages.plan_pages(
            self.store, current().tenant_id, request.run_id, after=request.after_case_id, page_size=request.page_size, page_limit=request.page_limit
        )
        told = [pb.BatchPage(after_case_id=page.after_case_id, last_case_id=page.last_case_id, cases=page.cases) for page in found]
        return pb.PlanBatchPagesResponse(pages=told, more=more)

    async def ReadBatchPage(self, request: pb.ReadBatchPageRequest, context: Any) -> AsyncIterator[pb.ReadBatchPageResponse]:
        page = request.page
        async for facts in pages.read_page(self.store, current().tenant_id, request.run_id, after=page.after_case_id, last=page.last_case_id):
            yield pb.ReadBatchPageResponse(facts=facts)

    async def RecordBatchResults(self, request: pb.RecordBatchResultsRequest, context: Any) -> pb.RecordBatchResultsResponse:
        caller = current()
        recorded, alerts = await recording.record_results(
            self.store, self.clock, caller.tenant_id, caller.actor, request.run_id, request.cases, current_trace_id()
        )
        return pb.RecordBatchResultsResponse(recorded=recorded, alerts_opened=alerts)

    async def SetBatchStatus(self, request: pb.SetBatchStatusRequest, context: Any) -> pb.SetBatchStatusResponse:
        caller = current()
        change = status.StatusChange(
            request.run_id, request.expected_version, request.status, request.actor or caller.actor, request.reason, request.event_id
        )
        return pb.SetBatchStatusResponse(run=shown(await status.set_status(self.store, self.clock, caller.tenant_id, change, current_trace_id())))

    async def GetBatchRun(self, request: pb.GetBatchRunRequest, context: Any) -> pb.GetBatchRunResponse:
        return pb.GetBatchRunResponse(run=shown(await status.get_run(self.store, current().tenant_id, request.run_id)))

    async def ListBatchRuns(self, request: pb.ListBatchRunsRequest, context: Any) -> pb.ListBatchRunsResponse:
        page = await status.list_runs(self.store, current().tenant_id, size=request.page_size, token=request.page_token)
        return pb.ListBatchRunsResponse(runs=[shown(run) for run in page.items], next_page_token=page.next_token)

    async def ListBatchResults(self, request: pb.ListBatchResultsRequest, context: Any) -> pb.ListBatchResultsResponse:
        results, token = await status.list_results(
            self.store, current().tenant_id, request.run_id, size=request.page_size, token=request.page_token, changed_only=request.changed_only
        )
        return pb.ListBatchResultsResponse(results=results, next_page_token=token)
