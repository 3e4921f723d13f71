"""The pool with real processes: hangs, crashes, orphans and recycling, on a stand-in program that is quick to start."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from trustrelay.document_service.adapters.pool.pool import PoolOptions, WorkerPool
from trustrelay.document_service.adapters.pool.protocol import WorkerOptions
from trustrelay.document_service.domain.conversion import (
    ConversionJob,
    ConversionTimedOut,
    DocumentRefused,
    RefusalReason,
    WorkerCrashed,
)

# The real worker loop and confinement around a job that does what the document's first word says.
STAND_IN = """
import os, signal, socket, sys, time
from trustrelay.document_service.adapters.pool.protocol import WorkerOptions
from trustrelay.document_service.adapters.pool.worker import confine, serve
from trustrelay.document_service.domain.conversion import *

class Runner:
    def load_rest(self):
        pass

    def run(self, job, progress):
        order = job.source.read_text()
        progress(1, 2)
        if order == "hang":
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            time.sleep(600)
        if order == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if order == "memory":
            bytearray(64 * 1024**3)
        if order == "refuse":
            raise DocumentRefused(RefusalReason.CORRUPT, "no")
        return WorkerReport(MediaType.PDF, Reading(2, 0), versions={"pid": str(os.getpid())})

options = WorkerOptions.from_json(sys.argv[3])
confine(options.memory_bytes, int(sys.argv[2]))
serve(socket.socket(fileno=int(sys.argv[1])), Runner())
"""
COMMAND = (sys.executable, "-c", STAND_IN)


@asynccontextmanager
async def pool(size: int = 1, recycle_after: int = 50) -> AsyncIterator[WorkerPool]:
    """A started pool of stand-ins."""
    workers = WorkerPool(PoolOptions(size, recycle_after, WorkerOptions(), COMMAND))
    workers.start()
    try:
        yield workers
    finally:
        await workers.close()


@pytest.fixture
def job(tmp_path: Path) -> Callable[[str], ConversionJob]:
    """A job whose document says what the worker shall do."""

    def order(word: str) -> ConversionJob:
        (tmp_path / word).write_text(word)
        return ConversionJob(tmp_path, tmp_path / word)

    return order


def ignore(done: int, total: int) -> None:
    """Takes progress and does nothing."""


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Poll until a condition holds; fails after the deadline."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def exists(pid: int) -> bool:
    """Whether a process runs (zombies do not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_document_is_converted_with_progress(job: Callable[[str], ConversionJob]) -> None:
    """Progress comes while the work goes on, then one report."""
    steps: list[tuple[int, int]] = []
    async with pool() as workers:
        report = await workers.convert(job("work"), 20, lambda done, total: steps.append((done, total)))
        assert workers.ready
    assert (report.reading.pages, steps) == (2, [(1, 2)])


async def test_a_hanging_job_is_killed_at_its_deadline(job: Callable[[str], ConversionJob]) -> None:
    """A worker that ignores every signal dies at the limit, and the next document works."""
    async with pool() as workers:
        await until(lambda: workers.ready)
        (before,) = workers.pids
        started = asyncio.get_running_loop().time()
        with pytest.raises(ConversionTimedOut):
            await workers.convert(job("hang"), 0.5, ignore)
        assert asyncio.get_running_loop().time() - started < 3
        report = await workers.convert(job("work"), 20, ignore)
        assert report.versions["pid"] != str(before)
        assert not exists(before)


async def test_a_crash_is_an_error_and_the_next_document_works(job: Callable[[str], ConversionJob]) -> None:
    """A native crash costs one document, not the service."""
    async with pool() as workers:
        with pytest.raises(WorkerCrashed):
            await workers.convert(job("crash"), 20, ignore)
        assert (await workers.convert(job("work"), 20, ignore)).reading.pages == 2


async def test_a_document_that_eats_memory_is_refused(job: Callable[[str], ConversionJob]) -> None:
    """The address-space limit turns into a refusal, and the worker is replaced."""
    async with pool() as workers:
        with pytest.raises(DocumentRefused) as caught:
            await workers.convert(job("memory"), 20, ignore)
        assert caught.value.reason is RefusalReason.TOO_LARGE
        assert (await workers.convert(job("work"), 20, ignore)).reading.pages == 2


async def test_a_refusal_keeps_the_worker(job: Callable[[str], ConversionJob]) -> None:
    """A bad document is no reason to start a process anew."""
    async with pool() as workers:
        await until(lambda: workers.ready)
        (before,) = workers.pids
        with pytest.raises(DocumentRefused):
            await workers.convert(job("refuse"), 20, ignore)
        assert (await workers.convert(job("work"), 20, ignore)).versions["pid"] == str(before)


async def test_a_worker_is_replaced_after_its_share_of_documents(job: Callable[[str], ConversionJob]) -> None:
    """Recycling bounds what native libraries leak."""
    async with pool(recycle_after=2) as workers:
        pids = [(await workers.convert(job("work"), 20, ignore)).versions["pid"] for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


async def test_cancelling_kills_the_work(job: Callable[[str], ConversionJob]) -> None:
    """A caller who leaves does not keep a worker busy."""
    async with pool() as workers:
        await until(lambda: workers.ready)
        (before,) = workers.pids
        task = asyncio.create_task(workers.convert(job("hang"), 60, ignore))
        await asyncio.sleep(0.2)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await until(lambda: not exists(before))
        assert (await workers.convert(job("work"), 20, ignore)).reading.pages == 2


async def test_a_worker_killed_while_idle_is_replaced(job: Callable[[str], ConversionJob]) -> None:
    """The kernel's memory killer may strike between documents."""
    async with pool() as workers:
        await until(lambda: workers.ready)
        (before,) = workers.pids
        os.kill(before, signal.SIGKILL)
        await until(lambda: bool(workers.pids - {before}))
        assert (await workers.convert(job("work"), 20, ignore)).reading.pages == 2


PARENT = f"""
import asyncio, sys
from trustrelay.document_service.adapters.pool.pool import *
async def main():
    pool = WorkerPool(PoolOptions(1, 50, WorkerOptions(), (sys.executable, "-c", {STAND_IN!r})))
    pool.start()
    while not pool.ready:
        await asyncio.sleep(0.02)
    print(*pool.pids, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


async def test_a_killed_service_leaves_no_worker_behind() -> None:
    """SIGKILL of the service takes its workers along."""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    worker = int(await parent.stdout.readline())
    assert exists(worker)
    parent.kill()
    await parent.wait()
    await until(lambda: not exists(worker), seconds=5)


async def test_a_pool_whose_workers_do_not_start_is_not_ready(tmp_path: Path) -> None:
    """Health stays NOT_SERVING while no worker is warm."""
    workers = WorkerPool(PoolOptions(1, 50, WorkerOptions(), (sys.executable, "-c", "raise SystemExit(3)")))
    workers.start()
    await asyncio.sleep(0.5)
    assert not workers.ready
    await workers.close()
