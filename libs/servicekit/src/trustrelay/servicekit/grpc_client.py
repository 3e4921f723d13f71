"""One way to call a service: balanced, traced, with a deadline, the caller's tenant, and typed errors."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

import grpc
from opentelemetry.instrumentation.grpc import aio_client_interceptors
from opentelemetry.trace import Span

from trustrelay.servicekit import context as call_context
from trustrelay.servicekit._client_interceptors import StreamStream, StreamUnary, UnaryStream, UnaryUnary
from trustrelay.servicekit._rotating_channel import RotatingChannel
from trustrelay.servicekit._streams import StreamSafeChannel
from trustrelay.servicekit.tls import Material, TlsFiles, files_of_process

#: One try and up to three retries. Safe for every method: writes carry request ids or deterministic ids.
_SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{}],
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "2s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
    }
)


def channel(target: str, tls: TlsFiles | None = None) -> grpc.aio.Channel:
    """A channel to ``target`` (``host:port``) that raises ServiceError instead of AioRpcError.

    A call without a deadline gets 10 s (unary) or 600 s (streams), never more than what remains of the call
    being served. UNAVAILABLE is retried with backoff as long as no response has begun. A stream that its reader
    leaves, or that nobody holds any more, is cancelled on the server.

    With ``tls``, else with this process's certificate where it has one (``TRUSTRELAY_TLS_*``), it presents that certificate
    and believes a server only under the name in ``target``. Raises FailedPrecondition (TLS_SETTINGS_INVALID,
    TLS_FILES_UNUSABLE).
    """
    return StreamSafeChannel(bare_channel(target, tls, [UnaryUnary(), UnaryStream(), StreamUnary(), StreamStream(), *_tracing()]))


def bare_channel(target: str, tls: TlsFiles | None = None, interceptors: Sequence[grpc.aio.ClientInterceptor] = ()) -> grpc.aio.Channel:
    """As ``channel``, with the same security and balancing, without what it adds to calls."""
    address = _resolvable(target)
    files = tls or files_of_process()
    if files is None:
        return grpc.aio.insecure_channel(address, options=_OPTIONS, interceptors=interceptors)

    def connect(material: Material) -> grpc.aio.Channel:
        return grpc.aio.secure_channel(address, material.for_client(), options=_OPTIONS, interceptors=interceptors)

    return RotatingChannel(files, connect)


class Cancellable(Protocol):
    """Any streaming call."""

    def cancel(self) -> bool:
        """End the call on both sides; False when it has ended already."""


C = TypeVar("C", bound=Cancellable)


@contextmanager
def closing(call: C) -> Iterator[C]:
    """Cancel a streaming call on the way out: ``with closing(stub.Convert(...)) as events: async for ...``.

    Cancelling the reading task, or a ``break`` when nothing else holds the call, stops the server's work too; this
    says so for a call that is kept in a variable.
    """
    try:
        yield call
    finally:
        call.cancel()


def _tracing() -> list[grpc.aio.ClientInterceptor]:
    return list(aio_client_interceptors(request_hook=_mark_tenant))  # type: ignore[no-untyped-call]


def _mark_tenant(span: Span, _request: object) -> None:
    context = call_context.current_or_none()
    if context is not None:
        span.set_attribute(call_context.TENANT_ATTRIBUTE, context.tenant_id)


def _resolvable(target: str) -> str:
    """``host:port`` as a DNS target, so that every address behind a headless service is balanced over."""
    return target if "://" in target or target.startswith("unix:") else f"dns:///{target}"


_OPTIONS: tuple[tuple[str, int | str], ...] = (
    ("grpc.service_config", _SERVICE_CONFIG),
    ("grpc.enable_retries", 1),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # Our services are never behind a forward proxy; an http_proxy variable must not reroute them.
    ("grpc.enable_http_proxy", 0),
)
