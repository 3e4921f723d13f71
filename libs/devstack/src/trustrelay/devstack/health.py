"""Is a part healthy? One question, asked from outside, by the protocol that the part speaks.

Probes are URLs, so that `trustrelay status` can ask them from another process:

- `http://host:port/path`       2xx
- `grpc://host:port[/service]`  grpc.health.v1 SERVING
- `postgres://host:port`        the server asks for authentication (it says so only once it accepts sessions)
"""

from __future__ import annotations

import socket
import struct
import urllib.error
import urllib.request
from urllib.parse import SplitResult, urlsplit

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_PROTOCOL_3 = 196608


def probe(url: str, *, timeout: float = 1.0) -> bool:
    """True when the part answers and says it is ready; False when it does not answer in `timeout` seconds."""
    parts = urlsplit(url)
    match parts.scheme:
        case "http":
            return _http(url, timeout)
        case "grpc":
            return _grpc(parts, timeout)
        case "postgres":
            return _postgres(parts, timeout)
        case other:
            raise ValueError(f"no probe for {other}://")


def _http(url: str, timeout: float) -> bool:
    try:
        with _NO_PROXY.open(url, timeout=timeout) as answer:
            return 200 <= int(answer.status) < 300
    except (urllib.error.URLError, OSError):
        return False


def _grpc(parts: SplitResult, timeout: float) -> bool:
    request = health_pb2.HealthCheckRequest(service=parts.path.lstrip("/"))
    options = (("grpc.enable_http_proxy", 0),)
    with grpc.insecure_channel(f"{parts.hostname}:{parts.port}", options=options) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=timeout)  # type: ignore[attr-defined]
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _postgres(parts: SplitResult, timeout: float) -> bool:
    """Start a session as nobody in particular: ready servers answer 'R' (authenticate), starting ones 'E'."""
    body = b"user\0trustrelay_app\0database\0postgres\0\0"
    packet = struct.pack("!ii", len(body) + 8, _PROTOCOL_3) + body
    try:
        with socket.create_connection((parts.hostname, parts.port), timeout=timeout) as connection:
            connection.sendall(packet)
            return connection.recv(1024)[:1] == b"R"  # all of it: closing on unread bytes is a reset, and logged
    except OSError:
        return False
