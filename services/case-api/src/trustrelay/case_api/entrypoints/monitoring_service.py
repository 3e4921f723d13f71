"""MonitoringService: parse, call one use case, build the reply."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.case.v1 import monitoring_service_pb2 as pb
from trustrelay.case.v1.monitoring_service_pb2_grpc import MonitoringServiceServicer
from trustrelay.case_api.application.monitoring import KeepSchedule, Monitoring, RunMonitoring
from trustrelay.case_api.entrypoints import case_requests, monitoring_requests
from trustrelay.servicekit.handlers import ServicerContext

_PAGE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class MonitoringApplication:
    """Everything that can be asked about monitoring."""

    keep: KeepSchedule
    runs: RunMonitoring
    monitoring: Monitoring


class MonitoringServicer(MonitoringServiceServicer):
    """See monitoring_service.proto; every method may raise ServiceError."""

    def __init__(self, app: MonitoringApplication) -> None:
        self._app = app

    async def GetMonitoringSchedule(self, request: pb.GetMonitoringScheduleRequest, context: ServicerContext) -> pb.GetMonitoringScheduleResponse:
        """What is stored, and what the engine makes of it."""
        stored, engine = await self._app.keep.look()
        reply = pb.GetMonitoringScheduleResponse(schedule=stored, in_force=engine.in_force)
        for time in engine.next_times:
            reply.next_run_times.add().FromDatetime(time)
        return reply

    async def PutMonitoringSchedule(self, request: pb.PutMonitoringScheduleRequest, context: ServicerContext) -> pb.PutMonitoringScheduleResponse:
        """Creates or replaces it."""
        return pb.PutMonitoringScheduleResponse(schedule=await self._app.keep.put(monitoring_requests.schedule(request)))

    async def DeleteMonitoringSchedule(
        self, request: pb.DeleteMonitoringScheduleRequest, context: ServicerContext
    ) -> pb.DeleteMonitoringScheduleResponse:
        """Ends the watch."""
        await self._app.keep.delete()
        return pb.DeleteMonitoringScheduleResponse()

    async def PauseMonitoringSchedule(
        self, request: pb.PauseMonitoringScheduleRequest, context: ServicerContext
    ) -> pb.PauseMonitoringScheduleResponse:
        """No run by itself until resumed."""
        return pb.PauseMonitoringScheduleResponse(schedule=await self._app.keep.set_paused(True, request.etag))

    async def ResumeMonitoringSchedule(
        self, request: pb.ResumeMonitoringScheduleRequest, context: ServicerContext
    ) -> pb.ResumeMonitoringScheduleResponse:
        """Goes on."""
        return pb.ResumeMonitoringScheduleResponse(schedule=await self._app.keep.set_paused(False, request.etag))

    async def TriggerMonitoring(self, request: pb.TriggerMonitoringRequest, context: ServicerContext) -> pb.TriggerMonitoringResponse:
        """A run now."""
        return pb.TriggerMonitoringResponse(run_id=await self._app.runs.trigger(monitoring_requests.trigger(request)))

    async def BackfillMonitoring(self, request: pb.BackfillMonitoringRequest, context: ServicerContext) -> pb.BackfillMonitoringResponse:
        """Runs that were missed."""
        await self._app.runs.backfill(*monitoring_requests.backfill(request))
        return pb.BackfillMonitoringResponse()

    async def GetMonitoringRun(self, request: pb.GetMonitoringRunRequest, context: ServicerContext) -> pb.GetMonitoringRunResponse:
        """A run with what it could not assess."""
        run, missing = await self._app.monitoring.run(monitoring_requests.run_id(request.run_id))
        checks = [pb.NotAssessedCheck(case_id=one.case_id, check_kind=one.check_kind, reason=one.reason) for one in missing]
        return pb.GetMonitoringRunResponse(run=run, not_assessed=checks)

    async def ListMonitoringRuns(self, request: pb.ListMonitoringRunsRequest, context: ServicerContext) -> pb.ListMonitoringRunsResponse:
        """A page of runs."""
        size = case_requests.page_size(request.page_size, limit=_PAGE_LIMIT)
        runs, token = await self._app.monitoring.runs(size, request.page_token)
        return pb.ListMonitoringRunsResponse(runs=runs, next_page_token=token)

    async def ListAlerts(self, request: pb.ListAlertsRequest, context: ServicerContext) -> pb.ListAlertsResponse:
        """A page of alerts."""
        size = case_requests.page_size(request.page_size, limit=_PAGE_LIMIT)
        case_id = monitoring_requests.case_filter(request.case_id)
        alerts, token = await self._app.monitoring.alerts(size, request.page_token, request.status, case_id)
        return pb.ListAlertsResponse(alerts=alerts, next_page_token=token)

    async def ResolveAlert(self, request: pb.ResolveAlertRequest, context: ServicerContext) -> pb.ResolveAlertResponse:
        """An officer has dealt with it."""
        return pb.ResolveAlertResponse(alert=await self._app.monitoring.resolve_alert(*monitoring_requests.resolution(request)))
