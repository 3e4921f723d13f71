"""BatchService: parse, call one use case, build the reply."""

from __future__ import annotations

from dataclasses import dataclass

from opentelemetry import trace

from trustrelay.case.v1 import batch_service_pb2 as pb
from trustrelay.case.v1.batch_service_pb2_grpc import BatchServiceServicer
from trustrelay.case_api.application.batches import Batches, StartBatch, SteerBatch
from trustrelay.case_api.entrypoints import batch_requests, case_requests
from trustrelay.servicekit.handlers import ServicerContext


@dataclass(frozen=True, slots=True)
class BatchApplication:
    """Everything that can be asked about batches."""

    start: StartBatch
    steer: SteerBatch
    batches: Batches


class BatchServicer(BatchServiceServicer):
    """See batch_service.proto; every method may raise ServiceError."""

    def __init__(self, app: BatchApplication) -> None:
        self._app = app

    async def StartBatch(self, request: pb.StartBatchRequest, context: ServicerContext) -> pb.StartBatchResponse:
        """Begins a run."""
        run = await self._app.start(batch_requests.order(request))
        _seen(run.run_id)
        return pb.StartBatchResponse(run=run)

    async def GetBatch(self, request: pb.GetBatchRequest, context: ServicerContext) -> pb.GetBatchResponse:
        """A run and how far it is."""
        return pb.GetBatchResponse(run=await self._app.batches.run(_run(request.run_id)))

    async def ListBatches(self, request: pb.ListBatchesRequest, context: ServicerContext) -> pb.ListBatchesResponse:
        """A page of runs."""
        size = case_requests.page_size(request.page_size, limit=200)
        runs, token = await self._app.batches.runs(size, request.page_token)
        return pb.ListBatchesResponse(runs=runs, next_page_token=token)

    async def PauseBatch(self, request: pb.PauseBatchRequest, context: ServicerContext) -> pb.PauseBatchResponse:
        """Begins no further page."""
        return pb.PauseBatchResponse(run=await self._app.steer(batch_requests.steering(request)))

    async def ResumeBatch(self, request: pb.ResumeBatchRequest, context: ServicerContext) -> pb.ResumeBatchResponse:
        """Goes on."""
        return pb.ResumeBatchResponse(run=await self._app.steer(batch_requests.steering(request)))

    async def CancelBatch(self, request: pb.CancelBatchRequest, context: ServicerContext) -> pb.CancelBatchResponse:
        """Ends it."""
        return pb.CancelBatchResponse(run=await self._app.steer(batch_requests.steering(request)))

    async def ListBatchResults(self, request: pb.ListBatchResultsRequest, context: ServicerContext) -> pb.ListBatchResultsResponse:
        """A page of the report."""
        size = case_requests.page_size(request.page_size, limit=1000)
        results, token = await self._app.batches.results(_run(request.run_id), size, request.page_token, request.changed_only)
        return pb.ListBatchResultsResponse(results=results, next_page_token=token)


def _run(run_id: str) -> str:
    return _seen(batch_requests.run_id(run_id))


def _seen(run_id: str) -> str:
    """Marked on the span."""
    trace.get_current_span().set_attribute("batch_run.id", run_id)
    return run_id
