"""One way to call a service: balanced, traced, with a deadline, the caller's tenant, and typed errors."""

import json

import grpc
from opentelemetry.instrumentation.grpc import aio_client_interceptors

from trustrelay.servicekit._client_interceptors import StreamStream, StreamUnary, UnaryStream, UnaryUnary

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


def channel(target: str) -> grpc.aio.Channel:
    """A channel to ``target`` (``host:port``) that raises ServiceError instead of AioRpcError.

    A call without a deadline gets 10 s (unary) or 600 s (streams), never more than what remains of the call
    being served. UNAVAILABLE is retried with backoff as long as no response has begun.
    """
    interceptors = [UnaryUnary(), UnaryStream(), StreamUnary(), StreamStream(), *aio_client_interceptors()]
    return grpc.aio.insecure_channel(_resolvable(target), options=_OPTIONS, interceptors=interceptors)


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
