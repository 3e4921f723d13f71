"""Schedules, runs and alerts in the read model, over MonitoringStoreService."""

from __future__ import annotations

from collections.abc import Sequence

import grpc

from trustrelay.case_api.adapters.persistence._reached import reached
from trustrelay.common.v1.portfolio_types_pb2 import Alert, AlertStatus, MonitoringRun, MonitoringSchedule
from trustrelay.persistence.v1 import monitoring_store_service_pb2 as store
from trustrelay.persistence.v1.monitoring_store_service_pb2_grpc import MonitoringStoreServiceStub


class PersistenceMonitoring:
    """The port `Monitoring`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = MonitoringStoreServiceStub(channel)

    async def schedule(self) -> MonitoringSchedule:
        """GetSchedule."""
        with reached():
            return (await self._stub.GetSchedule(store.GetScheduleRequest())).schedule

    async def put_schedule(self, schedule: MonitoringSchedule) -> MonitoringSchedule:
        """PutSchedule."""
        with reached():
            return (await self._stub.PutSchedule(store.PutScheduleRequest(schedule=schedule))).schedule

    async def delete_schedule(self) -> None:
        """DeleteSchedule."""
        with reached():
            await self._stub.DeleteSchedule(store.DeleteScheduleRequest())

    async def run(self, run_id: str) -> tuple[MonitoringRun, Sequence[store.NotAssessedObservation]]:
        """GetMonitoringRun."""
        with reached():
            reply = await self._stub.GetMonitoringRun(store.GetMonitoringRunRequest(run_id=run_id))
        return reply.run, reply.not_assessed

    async def runs(self, page_size: int, page_token: str) -> tuple[Sequence[MonitoringRun], str]:
        """ListMonitoringRuns."""
        with reached():
            reply = await self._stub.ListMonitoringRuns(store.ListMonitoringRunsRequest(page_size=page_size, page_token=page_token))
        return reply.runs, reply.next_page_token

    async def alerts(self, page_size: int, page_token: str, status: AlertStatus.ValueType, case_id: str) -> tuple[Sequence[Alert], str]:
        """ListAlerts."""
        request = store.ListAlertsRequest(page_size=page_size, page_token=page_token, status=status, case_id=case_id)
        with reached():
            reply = await self._stub.ListAlerts(request)
        return reply.alerts, reply.next_page_token

    async def resolve_alert(self, alert_id: str, reason: str) -> Alert:
        """ResolveAlert."""
        with reached():
            return (await self._stub.ResolveAlert(store.ResolveAlertRequest(alert_id=alert_id, reason=reason))).alert
