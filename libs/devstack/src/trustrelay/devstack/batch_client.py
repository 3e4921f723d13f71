"""BatchService as managers call it. Every message carries a request id of its own, so `patiently` may send it again until an outage is over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from trustrelay.case.v1 import batch_service_pb2 as pb
from trustrelay.case.v1.batch_service_pb2_grpc import BatchServiceStub
from trustrelay.common.v1.portfolio_types_pb2 import BatchFilter, BatchResult, BatchRun
from trustrelay.devstack.calling import Connection, bearer, new_request_id

_PAGE = 1000


class BatchClient(Connection):
    """BatchService as one dev user. An empty `etag` means: whatever the run's version is."""

    def __init__(self, target: str, token: str) -> None:
        super().__init__(target, bearer(token))
        self._stub = BatchServiceStub(self._channel)

    async def start(
        self, chosen: BatchFilter, *, dry_run: bool = False, as_of_date: str = "", cases_per_second: float = 0.0, request_id: str = ""
    ) -> BatchRun:
        """Begins a run."""
        request = pb.StartBatchRequest(
            request_id=request_id or new_request_id(),
            filter=chosen,
            dry_run=dry_run,
            as_of_date=as_of_date,
            max_cases_per_second=cases_per_second,
        )
        return (await self._call(self._stub.StartBatch, request)).run

    async def run(self, run_id: str) -> BatchRun:
        """A run, and how far it is."""
        return (await self._call(self._stub.GetBatch, pb.GetBatchRequest(run_id=run_id))).run

    async def runs(self) -> Sequence[BatchRun]:
        """The newest ones."""
        return (await self._call(self._stub.ListBatches, pb.ListBatchesRequest())).runs

    async def pause(self, run_id: str, reason: str, etag: str = "") -> BatchRun:
        """Begins no further page."""
        request = pb.PauseBatchRequest(run_id=run_id, request_id=new_request_id(), etag=etag, reason=reason)
        return (await self._call(self._stub.PauseBatch, request)).run

    async def resume(self, run_id: str, reason: str, etag: str = "") -> BatchRun:
        """Goes on."""
        request = pb.ResumeBatchRequest(run_id=run_id, request_id=new_request_id(), etag=etag, reason=reason)
        return (await self._call(self._stub.ResumeBatch, request)).run

    async def cancel(self, run_id: str, reason: str, etag: str = "") -> BatchRun:
        """Ends it after the pages that run."""
        request = pb.CancelBatchRequest(run_id=run_id, request_id=new_request_id(), etag=etag, reason=reason)
        return (await self._call(self._stub.CancelBatch, request)).run

    async def results(self, run_id: str, *, changed_only: bool) -> AsyncIterator[BatchResult]:
        """What became of each case, by case id; a large run's report is read page by page."""
        token = ""
        while True:
            request = pb.ListBatchResultsRequest(run_id=run_id, page_size=_PAGE, page_token=token, changed_only=changed_only)
            page = await self._call(self._stub.ListBatchResults, request)
            for result in page.results:
                yield result
            token = page.next_page_token
            if not token:
                return
