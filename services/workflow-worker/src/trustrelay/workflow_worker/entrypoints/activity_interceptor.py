"""Around every activity: heartbeats, typed service errors as typed, retryable or final, failures, and how each attempt ended."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from trustrelay.servicekit.errors import ServiceError
from trustrelay.servicekit.metrics import ACTIVITIES, count
from trustrelay.workflow_worker.entrypoints.activities.calling import FINAL_CODES
from trustrelay.workflow_worker.entrypoints.activities.streaming import alive


class ServiceErrors(Interceptor):
    """Installs `_Inbound` on a worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wraps the activity."""
        return _Inbound(next)


class _Inbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        outcome, reason = "UNEXPECTED", ""
        try:
            result = await self._kept_alive(input)
            outcome = "COMPLETED"
        except ServiceError as error:
            failure = as_failure(error)
            outcome, reason = _ended(failure), error.reason
            raise failure from None
        except ApplicationError as failure:
            outcome, reason = _ended(failure), failure.type or ""
            raise
        except (asyncio.CancelledError, CancelledError):
            outcome = "CANCELLED"
            raise
        finally:
            count(ACTIVITIES, {"activity": activity.info().activity_type, "outcome": outcome, "reason": reason})
        return result

    async def _kept_alive(self, input: ExecuteActivityInput) -> Any:
        if activity.info().heartbeat_timeout is None:
            return await super().execute_activity(input)
        async with alive():
            return await super().execute_activity(input)


def _ended(failure: ApplicationError) -> str:
    return "REFUSED" if failure.non_retryable else "RETRIED"


def as_failure(error: ServiceError) -> ApplicationError:
    """type = ErrorInfo reason, first detail = gRPC code name; the text of the service stays out of the history."""
    return ApplicationError(error.reason, error.code.name, type=error.reason, non_retryable=error.code in FINAL_CODES)
