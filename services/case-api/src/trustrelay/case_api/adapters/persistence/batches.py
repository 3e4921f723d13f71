"""Runs of the risk model in the read model, over BatchStoreService."""

from __future__ import annotations

from collections.abc import Sequence

import grpc

from trustrelay.case_api.adapters.persistence._reached import reached
from trustrelay.case_api.application.batches import BatchOrder
from trustrelay.case_api.domain.addressees import Standing
from trustrelay.common.v1.portfolio_types_pb2 import RUN_STATUS_PAUSED, RUN_STATUS_RUNNING, BatchResult, BatchRun, RunStatus
from trustrelay.contracts.batch_workflow import BatchReceipt
from trustrelay.contracts.etags import etag
from trustrelay.persistence.v1 import batch_store_service_pb2 as store
from trustrelay.persistence.v1.batch_store_service_pb2_grpc import BatchStoreServiceStub


class PersistenceBatches:
    """The port `Batches`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = BatchStoreServiceStub(channel)

    async def find_answer(self, request_id: str, body_sha256: str) -> BatchReceipt | None:
        """Answers to messages of a batch are kept by its workflow alone."""
        return None

    async def standing(self, about: str) -> Standing:
        """GetBatchRun."""
        run = await self.run(about)
        status = RunStatus.Name(run.status).removeprefix("RUN_STATUS_")
        return Standing(about, status, run.state_version, run.status not in (RUN_STATUS_RUNNING, RUN_STATUS_PAUSED))

    async def open(self, order: BatchOrder) -> BatchRun:
        """OpenBatchRun."""
        request = store.OpenBatchRunRequest(
            request_id=order.request_id,
            body_sha256=order.body_sha256,
            filter=order.filter,
            dry_run=order.dry_run,
            as_of_date=order.as_of_date,
            max_cases_per_second=order.max_cases_per_second,
        )
        with reached():
            return _marked((await self._stub.OpenBatchRun(request)).run)

    async def run(self, run_id: str) -> BatchRun:
        """GetBatchRun."""
        with reached():
            return _marked((await self._stub.GetBatchRun(store.GetBatchRunRequest(run_id=run_id))).run)

    async def runs(self, page_size: int, page_token: str) -> tuple[Sequence[BatchRun], str]:
        """ListBatchRuns."""
        with reached():
            reply = await self._stub.ListBatchRuns(store.ListBatchRunsRequest(page_size=page_size, page_token=page_token))
        return [_marked(run) for run in reply.runs], reply.next_page_token

    async def results(self, run_id: str, page_size: int, page_token: str, changed_only: bool) -> tuple[Sequence[BatchResult], str]:
        """ListBatchResults."""
        request = store.ListBatchResultsRequest(run_id=run_id, page_size=page_size, page_token=page_token, changed_only=changed_only)
        with reached():
            reply = await self._stub.ListBatchResults(request)
        return reply.results, reply.next_page_token


def _marked(run: BatchRun) -> BatchRun:
    """The run with the etag that callers of this API compare by."""
    run.etag = etag(run.run_id, run.state_version)
    return run
