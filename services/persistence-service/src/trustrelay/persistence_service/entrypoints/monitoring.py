"""MonitoringStoreService."""

from dataclasses import dataclass
from typing import Any

from trustrelay.persistence.v1 import monitoring_store_service_pb2 as pb
from trustrelay.persistence.v1.monitoring_store_service_pb2_grpc import MonitoringStoreServiceServicer
from trustrelay.persistence_service.application import checks, paging
from trustrelay.persistence_service.application.monitoring import alerts, observations, reviews, runs, schedules
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.entrypoints.trace import current_trace_id
from trustrelay.servicekit.context import current


@dataclass(frozen=True)
class MonitoringStoreServicer(MonitoringStoreServiceServicer):
    """Every method: parse, one use case, build the reply."""

    store: Store
    clock: Clock

    async def GetSchedule(self, request: pb.GetScheduleRequest, context: Any) -> pb.GetScheduleResponse:
        return pb.GetScheduleResponse(schedule=await schedules.get_schedule(self.store, current().tenant_id))

    async def PutSchedule(self, request: pb.PutScheduleRequest, context: Any) -> pb.PutScheduleResponse:
        caller = current()
        stored = await schedules.put_schedule(self.store, self.clock, caller.tenant_id, caller.actor, request.schedule, current_trace_id())
        return pb.PutScheduleResponse(schedule=stored)

    async def DeleteSchedule(self, request: pb.DeleteScheduleRequest, context: Any) -> pb.DeleteScheduleResponse:
        caller = current()
        await schedules.delete_schedule(self.store, self.clock, caller.tenant_id, caller.actor, current_trace_id())
        return pb.DeleteScheduleResponse()

    async def ListTenantSchedules(self, request: pb.ListTenantSchedulesRequest, context: Any) -> pb.ListTenantSchedulesResponse:
        found, token = await schedules.list_tenant_schedules(self.store, size=request.page_size, token=request.page_token)
        shown = [pb.TenantSchedule(tenant_id=one.tenant_id, schedule=schedules.shown(one)) for one in found]
        return pb.ListTenantSchedulesResponse(schedules=shown, next_page_token=token)

    async def OpenMonitoringRun(self, request: pb.OpenMonitoringRunRequest, context: Any) -> pb.OpenMonitoringRunResponse:
        run = await runs.open_run(self.store, self.clock, current().tenant_id, request.run_id, request.trigger, request.policy)
        return pb.OpenMonitoringRunResponse(run=run)

    async def ListWatchedCases(self, request: pb.ListWatchedCasesRequest, context: Any) -> pb.ListWatchedCasesResponse:
        tenant = current().tenant_id
        found, more = await runs.watched_cases(self.store, self.clock, tenant, request.run_id, size=request.page_size, after=request.after_case_id)
        return pb.ListWatchedCasesResponse(
            cases=[pb.WatchedCase(case_id=one.case_id, path=one.path, country=one.country) for one in found], more=more
        )

    async def GetBaseline(self, request: pb.GetBaselineRequest, context: Any) -> pb.GetBaselineResponse:
        found = await observations.baseline(self.store, current().tenant_id, request.run_id, request.case_id)
        known = found.known
        return pb.GetBaselineResponse(
            subject=known.subject, parties=known.parties, profiles=known.profiles, hits=known.hits, last=found.last,
            party_statements=known.party_statements,
        )  # fmt: skip

    async def RecordObservations(self, request: pb.RecordObservationsRequest, context: Any) -> pb.RecordObservationsResponse:
        caller = current()
        found = await observations.record_observations(self.store, self.clock, caller.tenant_id, caller.actor, request, current_trace_id())
        return pb.RecordObservationsResponse(alerts=found)

    async def CloseMonitoringRun(self, request: pb.CloseMonitoringRunRequest, context: Any) -> pb.CloseMonitoringRunResponse:
        run = await runs.close_run(self.store, self.clock, current().tenant_id, request.run_id, request.status, request.reason)
        return pb.CloseMonitoringRunResponse(run=run)

    async def GetMonitoringRun(self, request: pb.GetMonitoringRunRequest, context: Any) -> pb.GetMonitoringRunResponse:
        view = await runs.get_run(self.store, current().tenant_id, request.run_id)
        unassessed = [
            pb.NotAssessedObservation(case_id=one.case_id, check_kind=one.check_kind, reason=one.reason) for one in view.not_assessed
        ]  # fmt: skip
        return pb.GetMonitoringRunResponse(run=view.run, not_assessed=unassessed)

    async def ListMonitoringRuns(self, request: pb.ListMonitoringRunsRequest, context: Any) -> pb.ListMonitoringRunsResponse:
        size = checks.page_size(request.page_size, default=50, largest=200)
        found = await runs.list_runs(self.store, current().tenant_id, size=size + 1, before=paging.place(request.page_token))
        shown = found[:size]
        token = paging.token(shown[-1].start_time, shown[-1].run_id) if len(found) > size else ""
        return pb.ListMonitoringRunsResponse(runs=shown, next_page_token=token)

    async def ListAlerts(self, request: pb.ListAlertsRequest, context: Any) -> pb.ListAlertsResponse:
        found, more = await alerts.list_alerts(
            self.store, current().tenant_id, size=request.page_size, before=paging.place(request.page_token), status=request.status,
            case_id=request.case_id,
        )  # fmt: skip
        return pb.ListAlertsResponse(alerts=found, next_page_token=paging.token(found[-1].create_time, found[-1].alert_id) if more else "")

    async def ResolveAlert(self, request: pb.ResolveAlertRequest, context: Any) -> pb.ResolveAlertResponse:
        caller = current()
        alert = await alerts.resolve_alert(
            self.store, self.clock, caller.tenant_id, caller.actor, request.alert_id, request.reason, current_trace_id()
        )
        return pb.ResolveAlertResponse(alert=alert)

    async def StageReviewCase(self, request: pb.StageReviewCaseRequest, context: Any) -> pb.StageReviewCaseResponse:
        caller = current()
        case = await reviews.stage_review(self.store, self.clock, caller.tenant_id, caller.actor, request.alert_id, current_trace_id())
        return pb.StageReviewCaseResponse(
            case_id=case.case_id, template_id=case.template_id, template_version=case.template_version, policy=case.policy,
            country=case.subject.country, created_by=case.created_by, owner=case.owner, language=case.language, opened=case.opened,
        )  # fmt: skip
