"""One way to run a gRPC server: reflection, health, error model, tenant, deadlines, drain."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from trustrelay.servicekit._health_monitor import HealthMonitor
from trustrelay.servicekit._peers import PeerInterceptor
from trustrelay.servicekit._server_interceptors import standard_interceptors
from trustrelay.servicekit.health import Check
from trustrelay.servicekit.settings import ServiceSettings
from trustrelay.servicekit.telemetry import get_logger
from trustrelay.servicekit.tls import files_of

_NO_CHECKS: Mapping[str, Check] = MappingProxyType({})
_HEALTH_SERVICE = "grpc.health.v1.Health"


@dataclass(frozen=True)
class Registration:
    """A servicer, the generated ``add_*_to_server`` function for it, and its full proto service name."""

    add: Callable[[Any, grpc.aio.Server], None]
    servicer: object
    service: str


class GrpcServer:
    """A server with everything our services promise; ``start`` binds, ``stop`` drains.

    With certificates in ``settings`` it speaks mutual TLS only and serves only the callers named there; kubelets, which speak
    none, ask on ``settings.health_port``. Raises FailedPrecondition / TLS_FILES_UNUSABLE.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        registrations: Sequence[Registration],
        *,
        service_name: str,
        health: Mapping[str, Check] = _NO_CHECKS,
        interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
        tenantless: frozenset[str] = frozenset(),
        health_every_seconds: float = 2.0,
    ) -> None:
        self._settings = settings
        self._service_name = service_name
        services = [registration.service for registration in registrations]
        self._monitor = HealthMonitor(services, health, health_every_seconds)
        self._tls = files_of(settings)
        peers = [] if self._tls is None else [PeerInterceptor(settings.allowed_clients)]
        self._server = grpc.aio.server(interceptors=[*peers, *standard_interceptors(tenantless), *interceptors], options=_options(settings))
        for registration in registrations:
            registration.add(registration.servicer, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._monitor.servicer, self._server)
        reflection.enable_server_reflection([*services, _HEALTH_SERVICE, reflection.SERVICE_NAME], self._server)
        self._probed = _health_server(self._monitor, settings)
        self.health_port: int | None = None  #: where kubelets ask, once started; None when they ask on the one port
        self._polling: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Bind, learn the dependencies' state, serve; the port. Raises RuntimeError when the port is taken."""
        host = self._settings.host
        address = f"{host}:{self._settings.port}"
        port = self._server.add_insecure_port(address) if self._tls is None else self._server.add_secure_port(address, self._tls.server_credentials())
        await self._monitor.refresh()
        await self._server.start()
        if self._probed is not None:
            self.health_port = self._probed.add_insecure_port(f"{host}:{self._settings.health_port}")
            await self._probed.start()
        self._polling = asyncio.create_task(self._monitor.run(), name="health-monitor")
        get_logger().info("serving", service=self._service_name, host=host, port=port, tls=self._tls is not None)
        return port

    async def stop(self) -> None:
        """NOT_SERVING first, then refuse new calls, then let those in flight finish within the drain time."""
        await self._monitor.stop()
        if self._polling is not None:
            self._polling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._polling
        get_logger().info("draining", service=self._service_name, seconds=self._settings.drain_seconds)
        await self._server.stop(self._settings.drain_seconds)
        if self._probed is not None:  # last: until here it says NOT_SERVING
            await self._probed.stop(None)
        get_logger().info("stopped", service=self._service_name)


async def serve(
    settings: ServiceSettings,
    registrations: Sequence[Registration],
    *,
    service_name: str,
    health: Mapping[str, Check] = _NO_CHECKS,
    interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
    tenantless: frozenset[str] = frozenset(),
) -> None:
    """Serve until SIGTERM or SIGINT, then drain and return.

    ``health``: dependency name → check, polled every 2 s. ``tenantless``: services that resolve the tenant by
    themselves (from a token). ``interceptors`` run inside the error mapping; they may raise ServiceError.
    """
    server = GrpcServer(
        settings, registrations, service_name=service_name, health=health, interceptors=interceptors,
        tenantless=tenantless,
    )  # fmt: skip
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopping.set)
    try:
        await server.start()
        _keep_what_is_loaded()
        await stopping.wait()
    finally:
        await server.stop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(signum)


def _keep_what_is_loaded() -> None:
    """Modules, descriptors and wiring live as long as the process: no full collection looks at them again while a caller waits."""
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def running(
    registrations: Sequence[Registration],
    *,
    service_name: str = "test",
    health: Mapping[str, Check] = _NO_CHECKS,
    interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
    tenantless: frozenset[str] = frozenset(),
    drain_seconds: float = 1.0,
    health_every_seconds: float = 2.0,
) -> AsyncIterator[str]:
    """A real server on a free loopback port, for contract tests; yields ``127.0.0.1:PORT``."""
    server = GrpcServer(
        ServiceSettings(port=0, drain_seconds=drain_seconds), registrations, service_name=service_name,
        health=health, interceptors=interceptors, tenantless=tenantless,
        health_every_seconds=health_every_seconds,
    )  # fmt: skip
    port = await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop()


def _health_server(monitor: HealthMonitor, settings: ServiceSettings) -> grpc.aio.Server | None:
    """The health service alone, in plain text, where settings want it."""
    if settings.health_port is None:
        return None
    server = grpc.aio.server(options=_options(settings))
    health_pb2_grpc.add_HealthServicer_to_server(monitor.servicer, server)
    return server


def _options(settings: ServiceSettings) -> Sequence[tuple[str, int]]:
    """Channel options: reconnects spread load over pods; a busy port is an error, not a shared port."""
    return (
        ("grpc.max_connection_age_ms", int(settings.max_connection_age_seconds * 1000)),
        # Long server streams outlive the connection's age; they get time to end by themselves.
        ("grpc.max_connection_age_grace_ms", 3_600_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
        ("grpc.so_reuseport", 0),
    )
