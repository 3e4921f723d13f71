"""Loads every list at start, each at its own pace, and tries those that are missing again until they are there."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from trustrelay.osint_service.application.screening import ScreeningDesk
from trustrelay.servicekit.telemetry import get_logger

LONGEST_PAUSE_SECONDS = 60.0
_DOUBLINGS = 6  # 2 ** 6 s is beyond the longest pause


@asynccontextmanager
async def loading(desk: ScreeningDesk) -> AsyncIterator[tuple[asyncio.Task[None], ...]]:
    """One task per list, none waits for another's publisher; leaving ends those that still try."""
    tasks = tuple(asyncio.create_task(_load_until_there(desk, name), name=name) for name in desk.names)
    for task in tasks:
        task.add_done_callback(_tell_defect)
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def pause_seconds(failures: int, jitter: float) -> float:
    """How long to wait after that many failures (from 1): doubles from 1 s to 60 s, of which `jitter` (0..1) takes up to half.

    Pods that start together would else ask a publisher that comes back in the same second.
    """
    longest = min(LONGEST_PAUSE_SECONDS, 2.0 ** min(failures - 1, _DOUBLINGS))
    return longest * (1 - jitter / 2)


async def _load_until_there(desk: ScreeningDesk, dataset: str) -> None:
    """Ends once the list is loaded, by us or by a refresh that somebody asked for, or when it is not configured."""
    await desk.load(dataset)
    failures = 1
    while desk.missing(dataset):
        pause = pause_seconds(failures, random.random())  # noqa: S311 - spreads load, guards nothing
        get_logger().info("list.retry_scheduled", dataset=dataset, failures=failures, retry_in_seconds=round(pause, 1))
        await asyncio.sleep(pause)
        if desk.missing(dataset):
            await desk.load(dataset)
            failures += 1


def _tell_defect(task: asyncio.Task[None]) -> None:
    """What a source can do is a value; anything else is our defect, and must not end a list's retries in silence."""
    if not task.cancelled() and (error := task.exception()) is not None:
        get_logger().error("list.loading_broke", dataset=task.get_name(), error_type=type(error).__name__)
