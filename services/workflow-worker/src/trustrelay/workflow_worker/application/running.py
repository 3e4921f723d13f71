"""Runs an activity of the catalogue from workflow code."""

from __future__ import annotations

from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError

with workflow.unsafe.imports_passed_through():
    from trustrelay.workflow_worker.application.catalogue import HEARTBEAT, RECORD_NOT_ASSESSED, Activity
    from trustrelay.workflow_worker.domain.records import CaseRef, NotAssessed
    from trustrelay.workflow_worker.domain.state import Summary

A = TypeVar("A")
R = TypeVar("R")


async def run_activity(activity: Activity[A, R], argument: A) -> R:
    """Runs it under its class's limits. Raises temporalio ActivityError when it is given up."""
    result: R = await workflow.execute_activity(
        activity.name,
        argument,
        result_type=activity.result,
        start_to_close_timeout=activity.limit,
        schedule_to_close_timeout=activity.schedule_to_close,
        heartbeat_timeout=HEARTBEAT if activity.streams else None,
        retry_policy=activity.retry_policy,
    )
    return result


async def run_best_effort(activity: Activity[CaseRef, Summary], case: CaseRef) -> Summary:
    """Runs it; when it is given up, stores NOT_ASSESSED with the reason and goes on with the facts as they are."""
    try:
        return await run_activity(activity, case)
    except ActivityError as error:
        if isinstance(error.cause, ApplicationError | TimeoutError):
            return await run_activity(RECORD_NOT_ASSESSED, NotAssessed(case, activity.name, reason_of(error)))
        raise


def reason_of(error: ActivityError) -> str:
    """The stable reason of a failed activity: the ErrorInfo reason of its last attempt, or ACTIVITY_TIMEOUT when no attempt ended by itself."""
    cause = error.cause
    last = cause.cause if isinstance(cause, TimeoutError) else cause
    if isinstance(last, ApplicationError) and last.type:
        return last.type
    if isinstance(cause, TimeoutError):
        return "ACTIVITY_TIMEOUT"
    return "ACTIVITY_FAILED"
