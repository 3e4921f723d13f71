"""Health as dependencies have it: polled checks → ``grpc.health.v1``."""

import asyncio
from collections.abc import Mapping, Sequence

from grpc_health.v1.health import aio as grpc_health_aio

from trustrelay.servicekit.health import ALIVE, NOT_SERVING, SERVING, Check
from trustrelay.servicekit.telemetry import get_logger

_CHECK_TIMEOUT_SECONDS = 2.0
#: What is missing usually comes in a moment: whoever waits for us should not wait for our next look at it.
_WHILE_FAILING_SECONDS = 0.3


class HealthMonitor:
    """Polls dependency checks and publishes the result for the whole process and each of its services."""

    def __init__(self, services: Sequence[str], checks: Mapping[str, Check], every_seconds: float = 2.0) -> None:
        self.servicer = grpc_health_aio.HealthServicer()
        self._names = ("", *services)
        self._checks = dict(checks)
        self._every = every_seconds
        self._failing: frozenset[str] | None = None

    async def refresh(self) -> bool:
        """Run every check once, publish the outcome, log a change; True when all passed."""
        results = await asyncio.gather(*(self._passes(name, check) for name, check in self._checks.items()))
        failing = frozenset(name for name, ok in zip(self._checks, results, strict=True) if not ok)
        for name in self._names:
            await self.servicer.set(name, NOT_SERVING if failing else SERVING)
        await self.servicer.set(ALIVE, SERVING)
        if failing != self._failing and (failing or self._failing):
            get_logger().warning("health.changed", failing=sorted(failing), serving=not failing)
        self._failing = failing
        return not failing

    async def run(self) -> None:
        """Refresh for ever; the server cancels it."""
        while True:
            await asyncio.sleep(min(self._every, _WHILE_FAILING_SECONDS) if self._failing else self._every)
            await self.refresh()

    async def stop(self) -> None:
        """Say NOT_SERVING from now on, whatever the checks find."""
        await self.servicer.enter_graceful_shutdown()

    async def _passes(self, name: str, check: Check) -> bool:
        try:
            return await asyncio.wait_for(check(), _CHECK_TIMEOUT_SECONDS)
        except Exception as error:  # noqa: BLE001 - a dependency fails in its own ways; each means "not healthy"
            if self._failing is None or name not in self._failing:
                get_logger().warning("health.check_failed", check=name, error_type=type(error).__name__)
            return False
