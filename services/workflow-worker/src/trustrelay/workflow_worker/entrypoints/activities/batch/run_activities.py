"""Activities of a run itself: what is stored of it, its pages, its status, and what was refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from temporalio import activity

from trustrelay.common.v1 import portfolio_types_pb2 as portfolio
from trustrelay.contracts.batch_workflow import RunStatus, resource
from trustrelay.persistence.v1.audit_service_pb2 import AppendAuditEventsRequest
from trustrelay.persistence.v1.batch_store_service_pb2 import GetBatchRunRequest, PlanBatchPagesRequest, SetBatchStatusRequest
from trustrelay.persistence.v1.case_store_service_pb2 import AuditEntry
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.batch.records import Page, PagePlan, PlanPages, RefusedMessage, RunRef, StatusChange, StoredRun
from trustrelay.workflow_worker.entrypoints.activities.batch.page_activities import PageActivities
from trustrelay.workflow_worker.entrypoints.activities.calling import ACTOR, on_behalf_of, time_limit


class RunActivities:
    """Each is one call; the same again changes nothing."""

    def __init__(self, services: Services) -> None:
        self._batches = services.persistence.batches
        self._audit = services.persistence.audit

    @activity.defn(name="load_batch_run")
    async def load_batch_run(self, run: RunRef) -> StoredRun:
        """What is stored of the run."""
        with on_behalf_of(run.tenant_id):
            return _stored((await self._batches.GetBatchRun(GetBatchRunRequest(run_id=run.run_id), timeout=time_limit())).run)

    @activity.defn(name="plan_batch_pages")
    async def plan_batch_pages(self, asked: PlanPages) -> PagePlan:
        """The next pages; the same on every attempt, as a run's cases never change."""
        request = PlanBatchPagesRequest(
            run_id=asked.run.run_id, after_case_id=asked.after_case_id, page_size=asked.page_size, page_limit=asked.page_limit
        )
        with on_behalf_of(asked.run.tenant_id):
            reply = await self._batches.PlanBatchPages(request, timeout=time_limit())
        return PagePlan(tuple(Page(page.after_case_id, page.last_case_id, page.cases) for page in reply.pages), reply.more)

    @activity.defn(name="set_batch_status")
    async def set_batch_status(self, change: StatusChange) -> StoredRun:
        """Compare-and-set, audited under the id that every attempt shares."""
        request = SetBatchStatusRequest(
            run_id=change.run.run_id,
            expected_version=change.expected_version,
            status=portfolio.RunStatus.Value(f"RUN_STATUS_{change.status}"),
            actor=change.actor,
            reason=change.reason,
            event_id=change.event_id,
        )
        with on_behalf_of(change.run.tenant_id):
            return _stored((await self._batches.SetBatchStatus(request, timeout=time_limit())).run)

    @activity.defn(name="record_batch_refusal")
    async def record_batch_refusal(self, refused: RefusedMessage) -> int:
        """Audit event `message_refused`; how many were new."""
        entry = AuditEntry(
            event_id=refused.event_id,
            type="message_refused",
            actor=ACTOR,
            data_json=json.dumps({"message": refused.message, "reason": refused.reason}, sort_keys=True),
        )
        entry.event_time.FromDatetime(refused.at)
        request = AppendAuditEventsRequest(resource=resource(refused.run.run_id), entries=[entry])
        with on_behalf_of(refused.run.tenant_id):
            return (await self._audit.AppendAuditEvents(request, timeout=time_limit())).appended


def batch_activities(services: Services) -> Sequence[Callable[..., Any]]:
    """Every activity of the catalogue."""
    run, pages = RunActivities(services), PageActivities(services)
    return [run.load_batch_run, run.plan_batch_pages, run.set_batch_status, run.record_batch_refusal, pages.score_batch_page]


def _stored(run: portfolio.BatchRun) -> StoredRun:
    status = RunStatus(portfolio.RunStatus.Name(run.status).removeprefix("RUN_STATUS_"))
    return StoredRun(status, run.state_version, run.as_of_date, run.max_cases_per_second)
