"""Wrap every shape of gRPC handler in one async context manager: the base of all server interceptors."""

import abc
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import grpc

if TYPE_CHECKING:
    ServicerContext: TypeAlias = grpc.aio.ServicerContext[Any, Any]
    Handler: TypeAlias = grpc.RpcMethodHandler[Any, Any]
else:  # generic in the stubs only
    ServicerContext = grpc.aio.ServicerContext
    Handler = grpc.RpcMethodHandler

#: Their own protocols: called by kubelets and tools, without tenant, and one of them without a deadline.
EXEMPT_SERVICES = frozenset(
    {
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        "grpc.reflection.v1.ServerReflection",
    }
)


def service_of(method: str) -> str:
    """``/trustrelay.case.v1.CaseService/GetCase`` → ``trustrelay.case.v1.CaseService``."""
    return method.lstrip("/").partition("/")[0]


class AroundInterceptor(grpc.aio.ServerInterceptor, abc.ABC):
    """A server interceptor that runs ``around`` each call of a non-exempt service."""

    exempt: ClassVar[frozenset[str]] = EXEMPT_SERVICES

    @abc.abstractmethod
    def around(self, method: str, context: ServicerContext) -> AbstractAsyncContextManager[None]:
        """Entered before the handler and left after its last message; may raise ServiceError."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Wrap the handler that the rest of the chain found; unknown methods stay unknown."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or service_of(method) in self.exempt:
            return handler
        return _wrapped(handler, lambda context: self.around(method, context))


def _wrapped(handler: Any, around: Callable[[ServicerContext], AbstractAsyncContextManager[None]]) -> Handler:
    """The same handler with ``around`` entered for each call."""

    def unary(behaviour: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(request: Any, context: ServicerContext) -> Any:
            async with around(context):
                return await behaviour(request, context)

        return call

    def stream(behaviour: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(behaviour):  # writes its responses instead of yielding them: gRPC's own health service
            return unary(behaviour)

        async def call(request: Any, context: ServicerContext) -> AsyncIterator[Any]:
            async with around(context):
                async for response in behaviour(request, context):
                    yield response

        return call

    codecs = {
        "request_deserializer": handler.request_deserializer,
        "response_serializer": handler.response_serializer,
    }
    match handler.request_streaming, handler.response_streaming:
        case False, False:
            return grpc.unary_unary_rpc_method_handler(unary(handler.unary_unary), **codecs)
        case False, True:
            return grpc.unary_stream_rpc_method_handler(stream(handler.unary_stream), **codecs)
        case True, False:
            return grpc.stream_unary_rpc_method_handler(unary(handler.stream_unary), **codecs)
        case _:
            return grpc.stream_stream_rpc_method_handler(stream(handler.stream_stream), **codecs)
