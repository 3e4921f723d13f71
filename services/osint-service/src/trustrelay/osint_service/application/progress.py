"""Runs the sources of one call side by side and tells what happens, at least every few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
TICK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Progress:
    """`stage` is started, waiting, done or not_assessed."""

    source: str
    stage: str


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What the sources gave, in the order in which they were named."""

    results: Mapping[str, T]


async def side_by_side(
    jobs: Mapping[str, Callable[[], Awaitable[T]]], *, assessed: Callable[[T], bool], tick_seconds: float = TICK_SECONDS
) -> AsyncIterator[Progress | Done[T]]:
    """Progress per source, then one Done. Leaving the iterator early cancels what still runs; a job's exception is raised here."""
    tasks = {asyncio.ensure_future(job()): name for name, job in jobs.items()}
    try:
        for name in jobs:
            yield Progress(name, "started")
        pending = set(tasks)
        while pending:
            done, pending = await asyncio.wait(pending, timeout=tick_seconds, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield Progress(tasks[task], "done" if assessed(task.result()) else "not_assessed")
            if not done:
                for task in pending:
                    yield Progress(tasks[task], "waiting")
        yield Done({name: task.result() for task, name in tasks.items()})
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
