"""The life of a workflow that people act on: a cancellation that nobody signed does not end it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from temporalio import workflow

T = TypeVar("T")


async def lived(life: Coroutine[Any, Any, T], note_refusal: Callable[[], Awaitable[None]]) -> T:
    """Runs `life` to its end, and answers what it answers.

    A cancellation from Temporal itself carries no assertion, so it ends nothing: the first is noted as refused, later ones end as Temporal wants.
    """
    living, refused = asyncio.create_task(life), False
    while not living.done():
        try:
            await workflow.wait_condition(living.done)
        except asyncio.CancelledError:
            # Eviction cancels as well, without a request: then everything must end.
            if refused or workflow.cancellation_reason() is None:
                raise
            refused = True
            await note_refusal()
    return living.result()
