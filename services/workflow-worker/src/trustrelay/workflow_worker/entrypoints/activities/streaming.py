"""Heartbeats, from streams and from a timer; silence ends a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Protocol, TypeVar

from google.protobuf.message import Message
from temporalio import activity

from trustrelay.servicekit.errors import Unavailable

M = TypeVar("M", covariant=True)
E = TypeVar("E", bound=Message)

# Servers send at least every 10 s; three missed messages are a dead peer.
SILENCE_SECONDS = 30.0
_BEAT_SECONDS = 8.0

# What the timer's heartbeats say; replaced by each stream.
_details: ContextVar[list[str]] = ContextVar("heartbeat_details")


class Stream(Protocol[M]):
    """A server stream, of a unary or a streaming request."""

    def __aiter__(self) -> AsyncIterator[M]: ...

    def cancel(self) -> bool: ...


@asynccontextmanager
async def alive() -> AsyncIterator[None]:
    """Heartbeats from a timer of its own while the activity works.

    Every call inside has a deadline and every stream a limit of silence, so an activity that beats is never one that hangs on a dead peer.
    """
    _details.set([])
    beating = asyncio.create_task(_beat(_details.get()))
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _beat(details: list[str]) -> None:
    while True:
        activity.heartbeat(*details)
        await asyncio.sleep(_BEAT_SECONDS)


async def heartbeating(stream: Stream[M], *details: str, silence: float = SILENCE_SECONDS) -> AsyncGenerator[M, None]:
    """The stream's messages, each one a heartbeat. `silence` seconds without one end the call: Unavailable STREAM_SILENT.

    Closing this generator, by cancellation too, closes the stream, which stops the work behind it.
    """
    messages = aiter(stream)
    _details.get([])[:] = details
    try:
        while True:
            async with asyncio.timeout(silence):
                message = await anext(messages, None)
            if message is None:
                return
            activity.heartbeat(*details)
            yield message
    except TimeoutError:
        raise Unavailable("STREAM_SILENT", f"the service sent nothing for {silence:g} s") from None
    finally:
        stream.cancel()


async def result_event(stream: Stream[E], *details: str, silence: float = SILENCE_SECONDS) -> E:
    """The event that carries the stream's result. Raises Unavailable RESULT_MISSING when it ended without one: that is not an empty result."""
    last: E | None = None
    async with aclosing(heartbeating(stream, *details, silence=silence)) as events:
        async for event in events:
            if event.HasField("result"):
                last = event
    if last is None:
        raise Unavailable("RESULT_MISSING", "the service ended its answer without a result")
    return last
