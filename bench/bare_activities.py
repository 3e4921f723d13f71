"""The baseline of batches: workflows of five activities that do nothing and a signal, on one worker of its own, as many as go.

As a program it is that worker: `python bench/bare_activities.py TEMPORAL_ADDRESS`, until SIGTERM.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

TASK_QUEUE = "bench-bare-activities"
ACTIVITIES = 5
_AT_ONCE = 20


@activity.defn
async def nothing(number: int) -> int:
    """An activity without work."""
    return number


@workflow.defn(sandboxed=False)
class BareActivities:
    """Five activities, one after the other, then a signal."""

    def __init__(self) -> None:
        self._told = False

    @workflow.run
    async def run(self) -> None:
        """Ends when it was told to."""
        for number in range(ACTIVITIES):
            await workflow.execute_activity(nothing, number, start_to_close_timeout=timedelta(seconds=30))
        await workflow.wait_condition(lambda: self._told)

    @workflow.signal
    def tell(self) -> None:
        """Lets it end."""
        self._told = True


@asynccontextmanager
async def bare_worker(address: str) -> AsyncIterator[Client]:
    """A worker process, and a client of its Temporal."""
    worker = await asyncio.create_subprocess_exec(sys.executable, str(Path(__file__)), address, stdout=PIPE)
    try:
        assert worker.stdout is not None
        if not await worker.stdout.readline():
            raise RuntimeError("the bare worker did not start")
        yield await Client.connect(address)
    finally:
        worker.terminate()
        await worker.wait()


async def activities_per_second(address: str, seconds: float) -> float:
    """Activities of workflows that ended within `seconds`, after a second of warming up."""
    async with bare_worker(address) as client:
        await _run_for(client, 1.0)
        began = time.perf_counter()
        workflows = await _run_for(client, seconds)
        return workflows * ACTIVITIES / (time.perf_counter() - began)


async def _run_for(client: Client, seconds: float) -> int:
    deadline = time.perf_counter() + seconds

    async def one_after_another() -> int:
        done = 0
        while time.perf_counter() < deadline:
            handle = await client.start_workflow(BareActivities.run, id=f"bare-{uuid.uuid4()}", task_queue=TASK_QUEUE)
            await handle.signal(BareActivities.tell)
            await handle.result()
            done += 1
        return done

    return sum(await asyncio.gather(*(one_after_another() for _ in range(_AT_ONCE))))


async def serve(address: str) -> None:
    """Polls until SIGTERM."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    client = await Client.connect(address)
    async with Worker(client, task_queue=TASK_QUEUE, workflows=[BareActivities], activities=[nothing]):
        sys.stdout.write("polling\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
    # Everything is done and told; the SDK's threads sometimes crash an interpreter that ends in order.
    os._exit(0)
