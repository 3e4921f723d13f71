"""Asking for health, as code and as a command. Light: a probe that runs the command starts a process each time."""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

if TYPE_CHECKING:
    from trustrelay.servicekit.tls import TlsFiles

Check = Callable[[], Awaitable[bool]]
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
#: Health service that says only that the process answers: for liveness probes, as no restart mends a dependency.
ALIVE = "alive"
_ASK_TIMEOUT_SECONDS = 5.0


async def ask(target: str, service: str = "", tls: "TlsFiles | None" = None) -> bool:
    """True when ``target`` (host:port) reports SERVING for ``service``; False for any other answer or none.

    Asks as ``grpc_client.channel`` calls: with ``tls``, else with this process's certificate where it has one.
    """
    from trustrelay.servicekit.grpc_client import bare_channel  # on use: the command below does without all it brings

    async with bare_channel(target, tls) as channel:
        return await _is_serving(channel, service)


async def ask_plainly(target: str, service: str = "") -> bool:
    """As ``ask``, always in plain text, as kubelets do: for a health port."""
    async with grpc.aio.insecure_channel(target, options=(("grpc.enable_http_proxy", 0),)) as channel:
        return await _is_serving(channel, service)


async def _is_serving(channel: grpc.aio.Channel, service: str) -> bool:
    with contextlib.suppress(grpc.aio.AioRpcError):
        reply = await health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined]
            health_pb2.HealthCheckRequest(service=service), timeout=_ASK_TIMEOUT_SECONDS
        )
        return bool(reply.status == SERVING)
    return False


def main(arguments: Sequence[str]) -> int:
    """``HOST:PORT [SERVICE]``, in plain text: 0 when SERVING, 1 when not, 2 for wrong usage. An empty SERVICE is the whole process."""
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write("usage: python -m trustrelay.servicekit.health HOST:PORT [SERVICE]\n")
        return 2
    serving = asyncio.run(ask_plainly(*arguments))
    sys.stdout.write("SERVING\n" if serving else "NOT_SERVING\n")
    return 0 if serving else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
