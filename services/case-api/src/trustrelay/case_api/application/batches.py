"""Scoring decided cases again: runs over a portfolio, begun, held and ended by managers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from trustrelay.case_api.application.messages import Message
from trustrelay.case_api.application.opening import Opener, Opening
from trustrelay.case_api.application.ports import Addressees
from trustrelay.case_api.application.send_message import SendMessage
from trustrelay.case_api.domain.addressees import BATCH
from trustrelay.common.v1.portfolio_types_pb2 import BatchFilter, BatchResult, BatchRun
from trustrelay.contracts.batch_workflow import BatchInput, BatchReceipt, BatchUpdate
from trustrelay.contracts.batch_workflow import StartBatch as StartMessage
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.errors import FailedPrecondition


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """A checked request for a run. `as_of_date` is ISO 8601 or empty for today; `max_cases_per_second` 0 = as fast as it goes."""

    request_id: str
    body_sha256: str
    filter: BatchFilter
    dry_run: bool
    as_of_date: str
    max_cases_per_second: float


class Batches(Addressees[BatchReceipt], Protocol):
    """The read model of runs. NotFound / BATCH_RUN_NOT_FOUND."""

    async def open(self, order: BatchOrder) -> BatchRun:
        """The run that this request makes, or made. AlreadyExists / REQUEST_ID_REUSED."""

    async def run(self, run_id: str) -> BatchRun:
        """One run, with its counts."""

    async def runs(self, page_size: int, page_token: str) -> tuple[Sequence[BatchRun], str]:
        """Newest first, and the next page's token."""

    async def results(self, run_id: str, page_size: int, page_token: str, changed_only: bool) -> tuple[Sequence[BatchResult], str]:
        """By case id, and the next page's token."""


@dataclass(frozen=True, slots=True)
class StartBatch:
    """Use case: a request becomes one run, however often it is sent and whatever fails in between."""

    batches: Batches
    opener: Opener[BatchReceipt]

    async def __call__(self, order: BatchOrder) -> BatchRun:
        """The run as it stands once it was begun. AlreadyExists / REQUEST_ID_REUSED; Unavailable (the same request_id makes the same run)."""
        run = await self.batches.open(order)
        given = BatchInput(run.run_id, call_context.current().tenant_id, max_cases_per_second=run.max_cases_per_second, as_of_date=run.as_of_date)
        opening = Opening(run.run_id, order.request_id, order.body_sha256, BatchUpdate.START, StartMessage, given)
        try:
            await self.opener.start(opening)
        except FailedPrecondition as refusal:
            # A repeated request may find its run over already: that is no refusal.
            if refusal.reason != BATCH.closed_reason:
                raise
        return await self.batches.run(run.run_id)


@dataclass(frozen=True, slots=True)
class SteerBatch:
    """Use case: pause, resume, cancel."""

    batches: Batches
    send: SendMessage[BatchReceipt]

    async def __call__(self, message: Message) -> BatchRun:
        """The run after the message. FailedPrecondition / MESSAGE_NOT_ALLOWED, BATCH_ENDED; Aborted / ETAG_MISMATCH."""
        await self.send(message)
        return await self.batches.run(message.about)
