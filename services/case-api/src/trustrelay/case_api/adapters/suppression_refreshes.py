"""Refreshes of suppression and the cases that they concern, over the engine's connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from trustrelay.case_api.adapters.workflow_engine import TemporalEngine, engine_failed
from trustrelay.common.v1.portfolio_types_pb2 import MonitoringSchedule
from trustrelay.contracts import case_workflow
from trustrelay.contracts.monitoring_workflow import run_id_of
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit import schedules, tenant_schedules
from trustrelay.servicekit.telemetry import get_logger


class TemporalRefreshes:
    """The port `Refreshes`."""

    def __init__(self, engine: TemporalEngine) -> None:
        self._engine = engine

    async def answers(self) -> None:
        """It is connected, and answered just now."""
        async with self._asked():
            return

    async def refresh(self, request_id: str) -> str:
        """Beside the tenant's schedule, paused or not."""
        wanted = tenant_schedules.suppression(_tenant(), MonitoringSchedule())
        async with self._asked() as client:
            return run_id_of(await schedules.trigger(client, wanted, request_id, wanted.argument))

    async def facts_changed(self, cases: Sequence[str]) -> None:
        """The store refuses what these facts forbid, told or not; so a case that has ended meanwhile is left alone."""
        async with self._asked() as client:
            for case_id in cases:
                try:
                    await client.get_workflow_handle(case_workflow.workflow_id(_tenant(), case_id)).signal(case_workflow.FACTS_CHANGED)
                except RPCError as error:
                    if error.status != RPCStatusCode.NOT_FOUND:
                        raise
                    get_logger().info("case.not_told", case_id=case_id, reason="NO_WORKFLOW")

    @asynccontextmanager
    async def _asked(self) -> AsyncIterator[Client]:
        try:
            async with self._engine.reachable() as client:
                yield client
        except RPCError as error:
            raise engine_failed(error) from error


def _tenant() -> str:
    return call_context.current().tenant_id
