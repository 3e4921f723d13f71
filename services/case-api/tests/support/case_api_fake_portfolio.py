"""The rest of persistence-service's contract for tests of case-api alone: shipments, monitoring, batches. Real gRPC, state in memory."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from case_api_fake_suppression import KeptRules, ScreeningStore

from trustrelay.common.v1 import portfolio_types_pb2 as portfolio
from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.persistence.v1 import batch_store_service_pb2 as batches
from trustrelay.persistence.v1 import monitoring_store_service_pb2 as monitoring
from trustrelay.persistence.v1 import shipment_store_service_pb2 as store
from trustrelay.persistence.v1.batch_store_service_pb2_grpc import BatchStoreServiceServicer, add_BatchStoreServiceServicer_to_server
from trustrelay.persistence.v1.monitoring_store_service_pb2_grpc import (
    MonitoringStoreServiceServicer,
    add_MonitoringStoreServiceServicer_to_server,
)
from trustrelay.persistence.v1.screening_store_service_pb2_grpc import add_ScreeningStoreServiceServicer_to_server
from trustrelay.persistence.v1.shipment_store_service_pb2_grpc import ShipmentStoreServiceServicer, add_ShipmentStoreServiceServicer_to_server
from trustrelay.servicekit.context import CallContext
from trustrelay.servicekit.errors import Aborted, AlreadyExists, FailedPrecondition, NotFound
from trustrelay.servicekit.grpc_server import Registration

Enter = Callable[[Any], CallContext]


@dataclass
class Portfolio:
    """What is stored, open to tests. Keys begin with the tenant."""

    staged: dict[tuple[str, str], store.StageShipmentRequest] = field(default_factory=dict)
    shipments: dict[tuple[str, str], types.ShipmentFile] = field(default_factory=dict)
    answers: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    uploads: dict[str, store.CreateShipmentUploadRequest] = field(default_factory=dict)
    schedules: dict[str, portfolio.MonitoringSchedule] = field(default_factory=dict)
    monitoring_runs: dict[tuple[str, str], portfolio.MonitoringRun] = field(default_factory=dict)
    alerts: dict[tuple[str, str], portfolio.Alert] = field(default_factory=dict)
    ordered: dict[tuple[str, str], batches.OpenBatchRunRequest] = field(default_factory=dict)
    batches: dict[tuple[str, str], portfolio.BatchRun] = field(default_factory=dict)
    results: list[portfolio.BatchResult] = field(default_factory=list)
    suppression: KeptRules = field(default_factory=KeptRules)

    def shipment(self, tenant: str, shipment_id: str) -> types.ShipmentFile:
        """NOT_FOUND for what is not there or another tenant's."""
        return _found(self.shipments, (tenant, shipment_id), "SHIPMENT_NOT_FOUND")

    def move_shipment(self, tenant: str, shipment_id: str, status: str, request_id: str = "", body_sha256: str = "") -> tuple[str, int]:
        """What RecordShipmentTransition does."""
        header = self.shipment(tenant, shipment_id).header
        header.status = types.ShipmentStatus.Value(f"SHIPMENT_STATUS_{status}")
        header.state_version += 1
        if request_id:
            answer = {"status": status, "state_version": header.state_version}
            self.answers[tenant, request_id] = (body_sha256, json.dumps(answer).encode())
        return status, header.state_version

    def move_batch(self, tenant: str, run_id: str, status: str) -> tuple[str, int]:
        """What SetBatchStatus does."""
        run = _found(self.batches, (tenant, run_id), "BATCH_RUN_NOT_FOUND")
        run.status = portfolio.RunStatus.Value(f"RUN_STATUS_{status}")
        run.state_version += 1
        return status, run.state_version


def _found(kept: dict[tuple[str, str], Any], key: tuple[str, str], reason: str) -> Any:
    if key not in kept:
        raise NotFound(reason, "there is no such thing")
    return kept[key]


def _id(tenant: str, request_id: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{tenant}/{request_id}"))


class Shipments(ShipmentStoreServiceServicer):
    def __init__(self, kept: Portfolio, enter: Enter) -> None:
        self.kept, self.enter = kept, enter

    async def StageShipment(self, request: store.StageShipmentRequest, context: Any) -> store.StageShipmentResponse:
        tenant = self.enter(context).tenant_id
        if request.client_case_id:
            raise NotFound("CASE_NOT_FOUND", "the client has no case here")
        earlier = self.kept.staged.setdefault((tenant, request.request_id), request)
        if earlier.body_sha256 != request.body_sha256:
            raise AlreadyExists("REQUEST_ID_REUSED", "the request id was used with another body")
        shipment_id = _id(tenant, request.request_id)
        return store.StageShipmentResponse(shipment_id=shipment_id, opened=(tenant, shipment_id) in self.kept.shipments)

    async def GetShipment(self, request: store.GetShipmentRequest, context: Any) -> store.GetShipmentResponse:
        return store.GetShipmentResponse(shipment=self.kept.shipment(self.enter(context).tenant_id, request.shipment_id))

    async def ListShipments(self, request: store.ListShipmentsRequest, context: Any) -> store.ListShipmentsResponse:
        tenant = self.enter(context).tenant_id
        headers = [one.header for (owner, _), one in self.kept.shipments.items() if owner == tenant]
        return store.ListShipmentsResponse(shipments=[h for h in headers if request.status in (0, h.status)])

    async def FindShipmentAnswer(self, request: store.FindShipmentAnswerRequest, context: Any) -> store.FindShipmentAnswerResponse:
        found = self.kept.answers.get((self.enter(context).tenant_id, request.request_id))
        if found is None:
            raise NotFound("ANSWER_NOT_FOUND", "no answer is stored")
        if found[0] != request.body_sha256:
            raise AlreadyExists("REQUEST_ID_REUSED", "the request id was used with another body")
        return store.FindShipmentAnswerResponse(answer=found[1])

    async def CreateShipmentUpload(self, request: store.CreateShipmentUploadRequest, context: Any) -> store.CreateShipmentUploadResponse:
        self.kept.shipment(self.enter(context).tenant_id, request.shipment_id)
        upload_id = hashlib.sha256(request.request_id.encode()).hexdigest()[:20]
        self.kept.uploads[upload_id] = request
        return store.CreateShipmentUploadResponse(upload_id=upload_id, grant=WriteGrant(url="http://store.invalid"))

    async def CompleteShipmentUpload(self, request: store.CompleteShipmentUploadRequest, context: Any) -> store.CompleteShipmentUploadResponse:
        file = self.kept.shipment(self.enter(context).tenant_id, request.shipment_id)
        upload = self.kept.uploads.get(request.upload_id)
        if upload is None:
            raise NotFound("UPLOAD_NOT_FOUND", "there is no such upload")
        original = ObjectRef(key=f"paper/{request.upload_id}")
        document = types.ShipmentDocument(document_id=f"d-{request.upload_id}", file_name=upload.file_name, original=original)
        document.uploaded_by = upload.uploaded_by
        file.documents.append(document)
        return store.CompleteShipmentUploadResponse(document=document)

    async def GrantShipmentRead(self, request: store.GrantShipmentReadRequest, context: Any) -> store.GrantShipmentReadResponse:
        self.enter(context)
        assert request.public
        return store.GrantShipmentReadResponse(grants=[ReadGrant(object=o, url=f"http://store.invalid/{o.key}") for o in request.objects])


class Monitoring(MonitoringStoreServiceServicer):
    def __init__(self, kept: Portfolio, enter: Enter) -> None:
        self.kept, self.enter = kept, enter

    async def GetSchedule(self, request: monitoring.GetScheduleRequest, context: Any) -> monitoring.GetScheduleResponse:
        tenant = self.enter(context).tenant_id
        if tenant not in self.kept.schedules:
            raise NotFound("MONITORING_SCHEDULE_NOT_FOUND", "there is none")
        return monitoring.GetScheduleResponse(schedule=self.kept.schedules[tenant])

    async def PutSchedule(self, request: monitoring.PutScheduleRequest, context: Any) -> monitoring.PutScheduleResponse:
        caller, schedule = self.enter(context), request.schedule
        stored = self.kept.schedules.get(caller.tenant_id)
        if schedule.etag and (stored is None or stored.etag != schedule.etag):
            raise Aborted("ETAG_MISMATCH", "it has changed")
        schedule.etag, schedule.updated_by = uuid.uuid4().hex, caller.actor
        self.kept.schedules[caller.tenant_id] = schedule
        return monitoring.PutScheduleResponse(schedule=schedule)

    async def DeleteSchedule(self, request: monitoring.DeleteScheduleRequest, context: Any) -> monitoring.DeleteScheduleResponse:
        self.kept.schedules.pop(self.enter(context).tenant_id, None)
        return monitoring.DeleteScheduleResponse()

    async def GetMonitoringRun(self, request: monitoring.GetMonitoringRunRequest, context: Any) -> monitoring.GetMonitoringRunResponse:
        run = _found(self.kept.monitoring_runs, (self.enter(context).tenant_id, request.run_id), "MONITORING_RUN_NOT_FOUND")
        missing = monitoring.NotAssessedObservation(case_id="c", check_kind="registry", reason="SOURCE_UNREACHABLE")
        return monitoring.GetMonitoringRunResponse(run=run, not_assessed=[missing])

    async def ListMonitoringRuns(self, request: monitoring.ListMonitoringRunsRequest, context: Any) -> monitoring.ListMonitoringRunsResponse:
        tenant = self.enter(context).tenant_id
        newest = [run for (owner, _), run in reversed(self.kept.monitoring_runs.items()) if owner == tenant]
        return monitoring.ListMonitoringRunsResponse(runs=newest[: request.page_size or 50])

    async def ListAlerts(self, request: monitoring.ListAlertsRequest, context: Any) -> monitoring.ListAlertsResponse:
        tenant = self.enter(context).tenant_id
        alerts = [one for (owner, _), one in self.kept.alerts.items() if owner == tenant]
        chosen = [a for a in alerts if request.status in (0, a.status) and request.case_id in ("", a.case_id)]
        return monitoring.ListAlertsResponse(alerts=chosen)

    async def ResolveAlert(self, request: monitoring.ResolveAlertRequest, context: Any) -> monitoring.ResolveAlertResponse:
        caller = self.enter(context)
        alert = _found(self.kept.alerts, (caller.tenant_id, request.alert_id), "ALERT_NOT_FOUND")
        if alert.status == portfolio.ALERT_STATUS_RESOLVED and alert.resolved_by != caller.actor:
            raise FailedPrecondition("ALERT_RESOLVED", "by somebody else")
        alert.status, alert.resolved_by, alert.reason = portfolio.ALERT_STATUS_RESOLVED, caller.actor, request.reason
        return monitoring.ResolveAlertResponse(alert=alert)


class Batches(BatchStoreServiceServicer):
    def __init__(self, kept: Portfolio, enter: Enter) -> None:
        self.kept, self.enter = kept, enter

    async def OpenBatchRun(self, request: batches.OpenBatchRunRequest, context: Any) -> batches.OpenBatchRunResponse:
        caller = self.enter(context)
        earlier = self.kept.ordered.setdefault((caller.tenant_id, request.request_id), request)
        if earlier.body_sha256 != request.body_sha256:
            raise AlreadyExists("REQUEST_ID_REUSED", "the request id was used with another body")
        run_id = _id(caller.tenant_id, request.request_id)
        made = portfolio.BatchRun(
            run_id=run_id, status=portfolio.RUN_STATUS_RUNNING, filter=request.filter, dry_run=request.dry_run, created_by=caller.actor,
            as_of_date=request.as_of_date or "2026-11-22", max_cases_per_second=request.max_cases_per_second, state_version=1,
        )  # fmt: skip
        return batches.OpenBatchRunResponse(run=self.kept.batches.setdefault((caller.tenant_id, run_id), made))

    async def GetBatchRun(self, request: batches.GetBatchRunRequest, context: Any) -> batches.GetBatchRunResponse:
        return batches.GetBatchRunResponse(run=_found(self.kept.batches, (self.enter(context).tenant_id, request.run_id), "BATCH_RUN_NOT_FOUND"))

    async def ListBatchRuns(self, request: batches.ListBatchRunsRequest, context: Any) -> batches.ListBatchRunsResponse:
        tenant = self.enter(context).tenant_id
        return batches.ListBatchRunsResponse(runs=[run for (owner, _), run in self.kept.batches.items() if owner == tenant])

    async def ListBatchResults(self, request: batches.ListBatchResultsRequest, context: Any) -> batches.ListBatchResultsResponse:
        _found(self.kept.batches, (self.enter(context).tenant_id, request.run_id), "BATCH_RUN_NOT_FOUND")
        start = int(request.page_token or 0)
        end = start + (request.page_size or 200)
        chosen = [one for one in self.kept.results if not request.changed_only or one.before_level != one.after_level]
        return batches.ListBatchResultsResponse(results=chosen[start:end], next_page_token=str(end) if end < len(chosen) else "")


def registrations(kept: Portfolio, enter: Enter) -> list[Registration]:
    """The three stores."""
    prefix = "trustrelay.persistence.v1."
    return [
        Registration(add_ShipmentStoreServiceServicer_to_server, Shipments(kept, enter), f"{prefix}ShipmentStoreService"),
        Registration(add_MonitoringStoreServiceServicer_to_server, Monitoring(kept, enter), f"{prefix}MonitoringStoreService"),
        Registration(add_BatchStoreServiceServicer_to_server, Batches(kept, enter), f"{prefix}BatchStoreService"),
        Registration(add_ScreeningStoreServiceServicer_to_server, ScreeningStore(kept.suppression, enter), f"{prefix}ScreeningStoreService"),
    ]
