"""Workers that can be killed: each job has one of its own, a deadline, and no say in its end."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from ...domain.conversion import (
    ConversionJob,
    ConversionTimedOut,
    DocumentRefused,
    RefusalReason,
    WorkerCrashed,
    WorkerReport,
)
from .process import WorkerProcess
from .protocol import WorkerOptions, report_from_message

RESTART_PAUSE_SECONDS = 1.0
# A worker that is replaced after its share of documents is no reason to turn callers away; one that does not come back is.
REPLACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """Number of workers, when one is replaced, and how each is set up."""

    size: int = 1
    # Replaced after this many documents: native libraries never give all memory back.
    recycle_after: int = 50
    worker: WorkerOptions = field(default_factory=WorkerOptions)
    # For tests: another program than the real worker.
    command: Sequence[str] | None = None


class WorkerPool:
    """Keeps `size` workers warm and replaces each that dies, is killed or has served enough."""

    def __init__(self, options: PoolOptions) -> None:
        self._options = options
        self._idle: asyncio.Queue[tuple[WorkerProcess, asyncio.Event]] = asyncio.Queue()
        self._alive: set[WorkerProcess] = set()
        self._lost_at = -math.inf
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> bool:
        """Whether a warm worker exists, idle or busy, or one that was just lost is being replaced in its normal time."""
        if any(worker.alive for worker in self._alive):
            return True
        return time.monotonic() - self._lost_at < REPLACE_SECONDS

    @property
    def pids(self) -> frozenset[int]:
        return frozenset(worker.pid for worker in self._alive if worker.alive)

    def start(self) -> None:
        """Begin to start workers in the background; needs a running event loop."""
        self._keepers = [asyncio.create_task(self._keep_one()) for _ in range(self._options.size)]

    async def close(self) -> None:
        """Kill every worker."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers = []
        self._lost_at = -math.inf

    async def convert(self, job: ConversionJob, timeout_seconds: float, progress: Callable[[int, int], None]) -> WorkerReport:
        """Run one document on the next free worker; the time limit counts from when it has one.

        Raises DocumentRefused, WorkerCrashed, ConversionTimedOut. Cancelling kills the worker, too.
        """
        worker, retire = await self._next()
        clean = False
        try:
            async with asyncio.timeout(timeout_seconds):
                last = await _last_message(worker, job, progress)
            clean = True
            return _outcome(last)
        except TimeoutError as error:
            raise ConversionTimedOut(f"not done within {timeout_seconds:g} s") from error
        except DocumentRefused as refusal:
            # A worker that ran out of memory may hold broken state.
            clean = refusal.reason is not RefusalReason.TOO_LARGE
            raise
        except WorkerCrashed:
            clean = False
            raise
        finally:
            if clean and worker.jobs < self._options.recycle_after:
                self._idle.put_nowait((worker, retire))
            else:
                retire.set()

    async def _next(self) -> tuple[WorkerProcess, asyncio.Event]:
        while True:
            worker, retire = await self._idle.get()
            if worker.alive:
                return worker, retire
            retire.set()

    async def _keep_one(self) -> None:
        while True:
            try:
                worker = await WorkerProcess.start(self._options.worker, self._options.command)
            except WorkerCrashed:
                await asyncio.sleep(RESTART_PAUSE_SECONDS)  # health stays NOT_SERVING meanwhile
                continue
            retire = asyncio.Event()
            self._alive.add(worker)
            try:
                self._idle.put_nowait((worker, retire))
                await _either(retire.wait(), worker.exited())
            finally:
                self._alive.discard(worker)
                self._lost_at = time.monotonic()
                await worker.kill()


async def _either(*waits: Coroutine[Any, Any, Any]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _last_message(worker: WorkerProcess, job: ConversionJob, progress: Callable[[int, int], None]) -> dict[str, Any]:
    async with aclosing(worker.run(job)) as messages:
        async for message in messages:
            if "progress" not in message:
                return message
            done, total = message["progress"]
            progress(int(done), int(total))
    raise WorkerCrashed("a worker stopped in the middle of a job")


def _outcome(message: dict[str, Any]) -> WorkerReport:
    if "refused" in message:
        reason, text = message["refused"]
        raise DocumentRefused(RefusalReason(reason), str(text))
    try:
        return report_from_message(message["done"])
    except (KeyError, TypeError, ValueError) as error:
        raise WorkerCrashed("a worker sent a report that cannot be read") from error
