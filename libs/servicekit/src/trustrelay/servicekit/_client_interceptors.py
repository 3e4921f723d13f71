"""What every outgoing call gets: caller's context, a deadline, typed errors."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from grpc.aio import ClientCallDetails, Metadata

from trustrelay.servicekit import context as call_context
from trustrelay.servicekit._rpc_metrics import timed
from trustrelay.servicekit.errors import from_rpc_error

UNARY_DEADLINE_SECONDS = 10.0
STREAM_DEADLINE_SECONDS = 600.0

Continuation = Callable[[ClientCallDetails, Any], Awaitable[Any]]


def _prepared(details: ClientCallDetails, default_seconds: float) -> ClientCallDetails:
    """``details`` with tenant metadata and a deadline, never later than that of the call being served."""
    metadata = Metadata(*tuple(details.metadata or ()))
    context = call_context.current_or_none()
    if context is not None and not metadata.get_all(call_context.TENANT_KEY):
        for key, value in call_context.to_metadata(context):
            metadata.add(key, value)
    timeout = default_seconds if details.timeout is None else details.timeout
    remaining = call_context.context_deadline_remaining()
    if remaining is not None:
        timeout = min(timeout, remaining)
    return ClientCallDetails(details.method, timeout, metadata, details.credentials, details.wait_for_ready)


async def _unary(continuation: Continuation, details: ClientCallDetails, request: Any) -> Any:
    """Await the one response, so that its error can be typed here; the call itself goes back to gRPC."""
    try:
        with timed(details.method):
            call = await continuation(details, request)
            await call
    except grpc.RpcError as error:
        raise from_rpc_error(error) from error
    return call


async def _stream(continuation: Continuation, details: ClientCallDetails, request: Any) -> Any:
    """The response iterator with typed errors."""
    try:
        call = await continuation(details, request)
    except grpc.RpcError as error:
        raise from_rpc_error(error) from error
    return _typed(call, details.method)


async def _typed(call: Any, method: str) -> AsyncIterator[Any]:
    try:
        with timed(method):
            async for response in call:
                yield response
    except grpc.RpcError as error:
        raise from_rpc_error(error) from error
    finally:
        if not call.done():
            call.cancel()


class UnaryUnary(grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        """One request, one response."""
        return await _unary(continuation, _prepared(client_call_details, UNARY_DEADLINE_SECONDS), request)


class StreamUnary(grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        """Many requests, one response."""
        return await _unary(continuation, _prepared(client_call_details, STREAM_DEADLINE_SECONDS), request_iterator)


class UnaryStream(grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        """One request, many responses."""
        return await _stream(continuation, _prepared(client_call_details, STREAM_DEADLINE_SECONDS), request)


class StreamStream(grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        """Many requests, many responses."""
        details = _prepared(client_call_details, STREAM_DEADLINE_SECONDS)
        return await _stream(continuation, details, request_iterator)
