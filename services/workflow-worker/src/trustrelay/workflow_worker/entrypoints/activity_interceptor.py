"""Around every activity: heartbeats, and typed service errors as typed, retryable or final, failures."""

from __future__ import annotations

from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.entrypoints.activities.calling import FINAL_CODES
from trustrelay.workflow_worker.entrypoints.activities.streaming import alive


class ServiceErrors(Interceptor):
    """Installs `_Inbound` on a worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wraps the activity."""
        return _Inbound(next)


class _Inbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            if activity.info().heartbeat_timeout is None:
                return await super().execute_activity(input)
            async with alive():
                return await super().execute_activity(input)
        except ServiceError as error:
            raise as_failure(error) from None


def as_failure(error: ServiceError) -> ApplicationError:
    """type = ErrorInfo reason, first detail = gRPC code name; the text of the service stays out of the history."""
    return ApplicationError(error.reason, error.code.name, type=error.reason, non_retryable=error.code in FINAL_CODES)
