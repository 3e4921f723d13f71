"""Around every activity: heartbeats, and typed service errors as typed, retryable or final, failures."""

from __future__ import annotations

from typing import Any

import grpc
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.entrypoints.activities.calling import alive

# No retry changes these: the request itself, or a constraint of the store, is the reason.
FINAL_CODES = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


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
