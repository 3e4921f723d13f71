"""The interceptors that every server has: error model, tenant context, deadline."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import grpc
from opentelemetry import trace
from opentelemetry.instrumentation.grpc import aio_server_interceptor

from trustrelay.servicekit import context as call_context
from trustrelay.servicekit._rpc_metrics import DurationInterceptor
from trustrelay.servicekit.errors import (
    STATUS_DETAILS_KEY,
    DeadlineExceeded,
    Internal,
    InvalidArgument,
    ServiceError,
    to_status,
)
from trustrelay.servicekit.handlers import EXEMPT_SERVICES, AroundInterceptor, ServicerContext, service_of
from trustrelay.servicekit.telemetry import get_logger

REASON_ATTRIBUTE = "error.reason"
_OUR_FAULT = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS})
#: Below this many seconds nothing useful can be done: refuse instead of starting.
_SHORTEST_USEFUL_DEADLINE = 0.005


class ErrorInterceptor(AroundInterceptor):
    """Turns every exception into a rich status; what is not a ServiceError is INTERNAL / UNEXPECTED."""

    @asynccontextmanager
    async def around(self, method: str, context: ServicerContext) -> AsyncIterator[None]:
        """Abort the call with the typed status of whatever is raised inside."""
        try:
            yield
        except ServiceError as error:
            await refuse(method, context, error)
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - the last frame before the wire: typed and logged
            # The text of an unforeseen exception may hold anything (a row, a name): log type and frames only.
            get_logger().error("call.unexpected_error", **{"rpc.method": method}, exc_info=error)
            await _abort(context, Internal("UNEXPECTED", "an unexpected error happened; it has been recorded"))


async def refuse(method: str, context: ServicerContext, error: ServiceError) -> None:
    """Log ``error`` and end the call with its status: does not return."""
    _log_refusal(method, error)
    await _abort(context, error)


def _log_refusal(method: str, error: ServiceError) -> None:
    """A refusal is a fact; a fault of ours is an error with its frames."""
    facts = {"rpc.method": method, "rpc.code": error.code.name, "error.reason": error.reason}
    if error.code in _OUR_FAULT:
        get_logger().error("call.failed", exc_info=error, **facts)
    else:
        get_logger().info("call.refused", **facts)


async def _abort(context: ServicerContext, error: ServiceError) -> None:
    span = trace.get_current_span()
    span.set_attribute(REASON_ATTRIBUTE, error.reason)
    trailers = ((STATUS_DETAILS_KEY, to_status(error).SerializeToString()),)
    await context.abort(error.code, error.message, trailers)


class TenantInterceptor(AroundInterceptor):
    """Refuses a call without tenant and actor; makes them the current context of the others."""

    def __init__(self, tenantless: frozenset[str]) -> None:
        self._tenantless = tenantless

    @asynccontextmanager
    async def around(self, method: str, context: ServicerContext) -> AsyncIterator[None]:
        """Raise UNAUTHENTICATED / TENANT_MISSING unless the service resolves the tenant by itself."""
        if service_of(method) in self._tenantless:
            yield
            return
        metadata = {k: v for k, v in context.invocation_metadata() or () if isinstance(v, str)}
        with call_context.use(call_context.from_metadata(metadata)):
            yield


class DeadlineInterceptor(AroundInterceptor):
    """Refuses a call that has no deadline, or one that has passed already."""

    @asynccontextmanager
    async def around(self, method: str, context: ServicerContext) -> AsyncIterator[None]:
        """Raise DEADLINE_REQUIRED or DEADLINE_TOO_SHORT; else publish what remains to the use case."""
        remaining = context.time_remaining()
        if remaining is None:
            raise InvalidArgument("DEADLINE_REQUIRED", "every call needs a deadline")
        if remaining < _SHORTEST_USEFUL_DEADLINE:
            raise DeadlineExceeded("DEADLINE_TOO_SHORT", "the deadline had passed before the work began")
        with call_context.deadline_in(remaining):
            yield


def standard_interceptors(tenantless: frozenset[str]) -> Sequence[grpc.aio.ServerInterceptor]:
    """Outermost first: span and duration cover the error mapping, which covers every refusal."""
    traced = aio_server_interceptor(  # type: ignore[no-untyped-call]
        filter_=lambda details: service_of(details.method) not in EXEMPT_SERVICES
    )
    return (traced, DurationInterceptor(), ErrorInterceptor(), DeadlineInterceptor(), TenantInterceptor(tenantless))
