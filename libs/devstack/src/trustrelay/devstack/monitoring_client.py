"""MonitoringService as managers and officers call it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from trustrelay.case.v1 import monitoring_service_pb2 as pb
from trustrelay.case.v1.monitoring_service_pb2_grpc import MonitoringServiceStub
from trustrelay.common.v1.portfolio_types_pb2 import ALERT_STATUS_UNSPECIFIED, Alert, AlertStatus, MonitoringRun, MonitoringSchedule
from trustrelay.devstack.calling import Connection, bearer, new_request_id

_PAGE = 200


class MonitoringClient(Connection):
    """MonitoringService as one dev user."""

    def __init__(self, target: str, token: str) -> None:
        super().__init__(target, bearer(token))
        self._stub = MonitoringServiceStub(self._channel)

    async def schedule(self) -> pb.GetMonitoringScheduleResponse:
        """The tenant's schedule, whether it is in force, and the next runs."""
        return await self._call(self._stub.GetMonitoringSchedule, pb.GetMonitoringScheduleRequest())

    async def put_schedule(self, schedule: MonitoringSchedule) -> MonitoringSchedule:
        """Creates or replaces it."""
        return (await self._call(self._stub.PutMonitoringSchedule, pb.PutMonitoringScheduleRequest(schedule=schedule))).schedule

    async def pause(self, etag: str = "") -> MonitoringSchedule:
        """No run by itself until resumed."""
        return (await self._call(self._stub.PauseMonitoringSchedule, pb.PauseMonitoringScheduleRequest(etag=etag))).schedule

    async def resume(self, etag: str = "") -> MonitoringSchedule:
        """Runs go on."""
        return (await self._call(self._stub.ResumeMonitoringSchedule, pb.ResumeMonitoringScheduleRequest(etag=etag))).schedule

    async def delete_schedule(self) -> None:
        """The tenant is watched no more."""
        await self._call(self._stub.DeleteMonitoringSchedule, pb.DeleteMonitoringScheduleRequest())

    async def trigger(self, request_id: str = "") -> str:
        """A run now; its id."""
        request = pb.TriggerMonitoringRequest(request_id=request_id or new_request_id())
        return (await self._call(self._stub.TriggerMonitoring, request)).run_id

    async def backfill(self, start: datetime, end: datetime) -> None:
        """The runs that should have been between two aware times."""
        request = pb.BackfillMonitoringRequest()
        request.start_time.FromDatetime(start)
        request.end_time.FromDatetime(end)
        await self._call(self._stub.BackfillMonitoring, request)

    async def run(self, run_id: str) -> pb.GetMonitoringRunResponse:
        """A run with what it could not assess. NotFound / MONITORING_RUN_NOT_FOUND, also until a worker has begun it."""
        return await self._call(self._stub.GetMonitoringRun, pb.GetMonitoringRunRequest(run_id=run_id))

    async def runs(self) -> Sequence[MonitoringRun]:
        """The newest ones."""
        return (await self._call(self._stub.ListMonitoringRuns, pb.ListMonitoringRunsRequest())).runs

    async def alerts(self, status: AlertStatus.ValueType = ALERT_STATUS_UNSPECIFIED, case_id: str = "") -> list[Alert]:
        """All of that status, of one case or of all, newest first."""
        found: list[Alert] = []
        token = ""
        while True:
            request = pb.ListAlertsRequest(page_size=_PAGE, page_token=token, status=status, case_id=case_id)
            page = await self._call(self._stub.ListAlerts, request)
            found.extend(page.alerts)
            token = page.next_page_token
            if not token:
                return found

    async def resolve_alert(self, alert_id: str, reason: str) -> Alert:
        """An officer has dealt with it."""
        return (await self._call(self._stub.ResolveAlert, pb.ResolveAlertRequest(alert_id=alert_id, reason=reason))).alert
