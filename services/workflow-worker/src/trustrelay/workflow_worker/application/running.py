"""Runs an activity of the catalogue from workflow code."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, TimeoutError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.workflow_worker.application.activity import Activity

A = TypeVar("A")
R = TypeVar("R")
BETWEEN_OUTAGES = timedelta(hours=1)


async def run_activity(activity: Activity[A, R], argument: A) -> R:
    """Runs it under its class's limits. Raises temporalio ActivityError when it is given up."""
    result: R = await workflow.execute_activity(
        activity.name,
        argument,
        result_type=activity.result,
        start_to_close_timeout=activity.limit,
        schedule_to_close_timeout=activity.schedule_to_close,
        heartbeat_timeout=activity.heartbeat if activity.streams else None,
        retry_policy=activity.retry_policy,
    )
    return result


async def run_until_done(activity: Activity[A, R], argument: A) -> R:
    """Runs it again an hour after it was given up: an outage delays it, however long. Raises ActivityError when it is refused for good."""
    while True:
        try:
            return await run_activity(activity, argument)
        except ActivityError as error:
            if is_cancelled_exception(error) or is_final(error):
                raise
        await workflow.sleep(BETWEEN_OUTAGES)


async def together(*work: Coroutine[Any, Any, Any]) -> None:
    """Runs all of it at once. When one fails for good the others are cancelled and ended before the failure goes on: nothing runs on unseen."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    except FailureError:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def is_final(error: ActivityError) -> bool:
    """Whether a service said no, as against could not be reached."""
    return isinstance(error.cause, ApplicationError) and error.cause.non_retryable


def reason_of(error: ActivityError) -> str:
    """The stable reason of a failed activity: the ErrorInfo reason of its last attempt, or ACTIVITY_TIMEOUT when no attempt ended by itself."""
    cause = error.cause
    last = cause.cause if isinstance(cause, TimeoutError) else cause
    if isinstance(last, ApplicationError) and last.type:
        return last.type
    if isinstance(cause, TimeoutError):
        return "ACTIVITY_TIMEOUT"
    return "ACTIVITY_FAILED"
