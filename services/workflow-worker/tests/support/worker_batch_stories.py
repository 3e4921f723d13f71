"""Batch runs whose histories are committed, as make_histories.py tells them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from worker_batch_harness import BatchServer, RunningBatch
from worker_batch_store import Gate, ScriptedRun, outage, refusal

from trustrelay.contracts.batch_workflow import BatchUpdate, RunStatus
from trustrelay.workflow_worker.application.batch import continuing


async def straight(server: BatchServer) -> RunningBatch:
    """Eleven pages, three at a time; ends COMPLETED."""
    return await server.start(ScriptedRun(2_150))


async def paused_and_resumed(server: BatchServer) -> RunningBatch:
    """A pause while pages run, a repeated request, a day of waiting; ends COMPLETED."""
    gate = Gate()
    batch = await server.start(ScriptedRun(1_000, gate=gate))
    await gate.reached.wait()
    message = await batch.message(BatchUpdate.PAUSE, reason="month end")
    await batch.deliver(BatchUpdate.PAUSE, message)
    gate.opened.set()
    await batch.deliver(BatchUpdate.PAUSE, message)
    await server.env.sleep(timedelta(days=1))
    await batch.send(BatchUpdate.RESUME)
    return batch


async def limited(server: BatchServer) -> RunningBatch:
    """Ten cases a second; ends COMPLETED."""
    return await server.start(ScriptedRun(450, rate=10.0))


async def cancelled(server: BatchServer) -> RunningBatch:
    """Cancelled while pages are tried again and again; ends CANCELLED."""
    batch = await server.start(ScriptedRun(always={"score_batch_page": outage("SCORING_UNAVAILABLE")}))
    await batch.eventually(lambda: batch.script.attempts > 2)
    await batch.send(BatchUpdate.CANCEL, reason="wrong list")
    return batch


async def failed_and_resumed(server: BatchServer) -> RunningBatch:
    """A page that the store refuses; resumed before it; ends COMPLETED."""
    batch = await server.start(ScriptedRun(1_400, broken_pages={"c-00450": refusal("BROKEN")}))
    await batch.until(RunStatus.FAILED)
    batch.script.broken_pages.clear()
    await batch.send(BatchUpdate.RESUME)
    return batch


async def refused_cancellation(server: BatchServer) -> RunningBatch:
    """Temporal's own cancellation, which ends nothing; ends COMPLETED."""
    gate = Gate()
    batch = await server.start(ScriptedRun(1_000, gate=gate))
    await gate.reached.wait()
    await batch.handle.cancel()
    await batch.eventually(lambda: bool(batch.script.refusals))
    gate.opened.set()
    return batch


async def continued(server: BatchServer) -> RunningBatch:
    """The last of several runs of one workflow; ends COMPLETED."""
    usual, continuing.max_events = continuing.max_events, 40
    try:
        batch = await server.start(ScriptedRun(4_000))
        await batch.result()
    finally:
        continuing.max_events = usual
    return batch


BATCH_STORIES: tuple[Callable[[BatchServer], Awaitable[RunningBatch]], ...] = (
    straight,
    paused_and_resumed,
    limited,
    cancelled,
    failed_and_resumed,
    refused_cancellation,
    continued,
)
