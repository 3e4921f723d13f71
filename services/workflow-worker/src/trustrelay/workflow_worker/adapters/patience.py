"""Reaching Temporal and the object store on an installation that starts everything at once."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from temporalio.service import RPCError, RPCStatusCode
from urllib3.exceptions import HTTPError

from trustrelay.servicekit.errors import FailedPrecondition
from trustrelay.servicekit.telemetry import get_logger

T = TypeVar("T")

# One try: a server that accepts and stays silent would hold it for ever.
_TRY_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 15.0
_NOT_THERE_YET = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED, RPCStatusCode.RESOURCE_EXHAUSTED})


async def reached(attempt: Callable[[], Awaitable[T]]) -> T:
    """What `attempt` gives once the object store and Temporal answer, however long that takes. Raises KeyringError and whatever no waiting mends."""
    failures = 0
    with _quiet_retries():
        while True:
            try:
                async with asyncio.timeout(_TRY_SECONDS):
                    return await attempt()
            except (FailedPrecondition, HTTPError, TimeoutError, RuntimeError, RPCError) as error:
                if (reason := _reason_to_wait(error)) is None:
                    raise
            failures += 1
            pause = min(_LONGEST_PAUSE_SECONDS, 2.0 ** min(failures - 1, 10)) * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing
            get_logger().warning("worker.waiting", reason=reason, failures=failures, retry_in_seconds=round(pause, 1))
            await asyncio.sleep(pause)


def _reason_to_wait(error: Exception) -> str | None:
    """What is not there yet; None for an error of another kind."""
    match error:
        case FailedPrecondition(reason="PAYLOAD_BUCKET_MISSING"):
            return error.reason  # whoever installs the store makes its buckets a moment later
        case HTTPError():
            return "OBJECT_STORE_UNREACHABLE"
        case TimeoutError():
            return "NO_ANSWER"
        case RPCError() if error.status in _NOT_THERE_YET:
            return "TEMPORAL_UNREACHABLE"
        case RuntimeError() if type(error) is RuntimeError:
            return "TEMPORAL_UNREACHABLE"  # the SDK has no type of its own for it
        case _:
            return None


@contextmanager
def _quiet_retries() -> Iterator[None]:
    """Without the object store client's own three warnings per try: `worker.waiting` says the same once, as keys."""
    noisy = logging.getLogger("urllib3.connectionpool")
    level = noisy.level
    noisy.setLevel(logging.ERROR)
    try:
        yield
    finally:
        noisy.setLevel(level)
