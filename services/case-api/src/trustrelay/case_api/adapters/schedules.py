"""Temporal's schedules of a tenant, over the engine's connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from temporalio.client import Client
from temporalio.service import RPCError

from trustrelay.case_api.adapters.workflow_engine import TemporalEngine, engine_failed
from trustrelay.case_api.application.monitoring import EngineSchedule
from trustrelay.common.v1.portfolio_types_pb2 import MonitoringSchedule
from trustrelay.contracts import monitoring_workflow as wf
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit import schedules, tenant_schedules


class TemporalSchedules:
    """The port `Schedules`."""

    def __init__(self, engine: TemporalEngine) -> None:
        self._engine = engine

    async def bring_in_line(self, stored: MonitoringSchedule) -> None:
        """Both schedules that follow from it."""
        async with self._asked() as client:
            for wanted in tenant_schedules.of_tenant(_tenant(), stored):
                await schedules.bring_in_line(client, wanted)

    async def remove(self) -> None:
        """Both."""
        async with self._asked() as client:
            for schedule_id in tenant_schedules.ids_of_tenant(_tenant()):
                await schedules.remove(client, schedule_id)

    async def look(self, stored: MonitoringSchedule) -> EngineSchedule:
        """What Temporal has of monitoring's."""
        wanted = tenant_schedules.monitoring(_tenant(), stored)
        async with self._asked() as client:
            standing = await schedules.describe(client, wanted.schedule_id)
        if standing is None:
            return EngineSchedule(in_force=False)
        next_times = () if standing.paused else standing.next_times
        return EngineSchedule(standing.is_in_force(wanted), next_times, [wf.run_id_of(one) for one in standing.running])

    def manual_run_id(self, request_id: str) -> str:
        """As the worker computes it from the workflow's id."""
        return wf.run_id_of(f"{wf.workflow_id(_tenant())}/manual/{request_id}")

    async def trigger(self, stored: MonitoringSchedule, request_id: str) -> None:
        """One run beside the schedule, paused or not."""
        wanted = tenant_schedules.monitoring(_tenant(), stored)
        async with self._asked() as client:
            await schedules.trigger(client, wanted, request_id, replace(wanted.argument, trigger=wf.Trigger.MANUAL))

    async def backfill(self, start: datetime, end: datetime) -> None:
        """One after another."""
        async with self._asked() as client:
            await schedules.backfill(client, wf.schedule_id(_tenant()), start, end)

    @asynccontextmanager
    async def _asked(self) -> AsyncIterator[Client]:
        async with self._engine.reachable() as client:
            try:
                yield client
            except RPCError as error:
                raise engine_failed(error) from error


def _tenant() -> str:
    return call_context.current().tenant_id
