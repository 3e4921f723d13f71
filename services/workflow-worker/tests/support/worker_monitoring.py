"""A tenant with watched cases, as a script, and monitoring runs over it on the time-skipping server."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from trustrelay.contracts import monitoring_workflow as contract
from trustrelay.contracts.case_workflow import Policy
from trustrelay.contracts.monitoring_workflow import MonitoringInput, MonitoringResult, ReconciliationInput, ReconciliationResult
from trustrelay.workflow_worker.application.monitoring.monitoring_run import ContinuousMonitoringWorkflow
from trustrelay.workflow_worker.application.monitoring.reconciliation import ScheduleReconciliationWorkflow
from trustrelay.workflow_worker.domain.lists import ListsRefreshed, RefreshLists
from trustrelay.workflow_worker.domain.monitoring.records import (
    AlertRaised,
    CaseChecked,
    CaseUnchecked,
    CheckCase,
    CloseRun,
    FetchCases,
    OpenRun,
    ReviewCase,
    RunOpened,
    StageReview,
    WatchedCases,
)
from trustrelay.workflow_worker.entrypoints.domains import Domain
from trustrelay.workflow_worker.entrypoints.worker import Slots, build_worker

MEDIUM, HIGH, CRITICAL = 4, 5, 6
KEYS = ("CaseStatus", "AutomationTier", "TenantId", "TemplateId", "Country")
PATIENCE_SECONDS = 60


def refused(reason: str, code: str = "FAILED_PRECONDITION") -> ApplicationError:
    """What an activity makes of a service that says no for good."""
    return ApplicationError(reason, code, type=reason, non_retryable=True)


def unavailable(reason: str = "SOURCE_DOWN") -> ApplicationError:
    """What it makes of one that is away."""
    return ApplicationError(reason, "UNAVAILABLE", type=reason)


@dataclass
class ScriptedTenant:
    """What the store holds of one tenant's monitoring, and what goes wrong."""

    cases: tuple[str, ...] = ()
    review_from: int = 0
    checks: tuple[str, ...] = ("registry", "screening")
    alerts: dict[str, tuple[AlertRaised, ...]] = field(default_factory=dict)
    # By activity name, or `name:case_id`: raised at every call.
    failures: dict[str, ApplicationError] = field(default_factory=dict)
    # A case here is looked at until the event is set.
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    page_size: int = 0
    # Reviews that run already, by alert.
    running_reviews: frozenset[str] = frozenset()
    checked: list[str] = field(default_factory=list)
    unchecked: dict[str, str] = field(default_factory=dict)
    reviews: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)
    status: str = ""
    reason: str = ""
    at_once: int = 0
    most_at_once: int = 0

    def note(self, name: str, about: str = "") -> None:
        """Remembers a call; raises what the script says of it."""
        self.calls.append(name)
        failure = self.failures.get(f"{name}:{about}") or self.failures.get(name)
        if failure is not None:
            raise failure

    def as_stored(self) -> RunOpened:
        """The run as the store answers it."""
        done = len(self.checked) + len(self.unchecked)
        opened = sum(len(found) for found in self.alerts.values())
        return RunOpened(self.status, self.checks, self.review_from, done, len(self.unchecked), opened)


def activities(tenants: dict[str, ScriptedTenant]) -> list[Callable[..., Any]]:  # noqa: C901 - one small function per activity
    """Implementations of monitoring's catalogue on scripts, by tenant."""

    @activity.defn(name="open_monitoring_run")
    async def open_run(asked: OpenRun) -> RunOpened:
        tenant = tenants[asked.run.tenant_id]
        tenant.note("open_monitoring_run")
        tenant.triggers.append(asked.trigger)
        tenant.status = tenant.status or "RUNNING"
        return tenant.as_stored()

    @activity.defn(name="refresh_lists")
    async def refresh_lists(asked: RefreshLists) -> ListsRefreshed:
        tenants[asked.tenant_id].note("refresh_lists")
        return ListsRefreshed("CLEAR")

    @activity.defn(name="fetch_active_customs_cases")
    async def fetch(asked: FetchCases) -> WatchedCases:
        tenant = tenants[asked.run.tenant_id]
        tenant.note("fetch_active_customs_cases", asked.after_case_id)
        size = tenant.page_size or asked.page_size
        left = [case for case in tenant.cases if case > asked.after_case_id and case not in tenant.checked and case not in tenant.unchecked]
        return WatchedCases(tuple(left[:size]), len(left) > size)

    @activity.defn(name="run_monitoring_checks")
    async def check(case: CheckCase) -> CaseChecked:
        tenant = tenants[case.run.tenant_id]
        tenant.at_once += 1
        tenant.most_at_once = max(tenant.most_at_once, tenant.at_once)
        try:
            tenant.note("run_monitoring_checks", case.case_id)
            if (held := tenant.held.get(case.case_id)) is not None:
                while not held.is_set():
                    activity.heartbeat()
                    await asyncio.sleep(0.02)
            tenant.checked.append(case.case_id)
            return CaseChecked(0, tenant.alerts.get(case.case_id, ()))
        finally:
            tenant.at_once -= 1

    @activity.defn(name="record_monitoring_not_assessed")
    async def unchecked(given_up: CaseUnchecked) -> CaseChecked:
        tenant = tenants[given_up.case.run.tenant_id]
        tenant.note("record_monitoring_not_assessed", given_up.case.case_id)
        tenant.unchecked[given_up.case.case_id] = given_up.reason
        return CaseChecked(len(given_up.case.enabled_checks))

    @activity.defn(name="stage_review_case")
    async def stage(asked: StageReview) -> ReviewCase:
        tenant = tenants[asked.tenant_id]
        tenant.note("stage_review_case", asked.alert_id)
        tenant.reviews.append(asked.alert_id)
        opened = asked.alert_id in tenant.running_reviews
        return ReviewCase(f"review-of-{asked.alert_id}", "kyb_standard", 1, "BE", "officer-one", "officer-two", "nl", Policy(), opened)

    @activity.defn(name="update_monitoring_last_run")
    async def close(ended: CloseRun) -> RunOpened:
        tenant = tenants[ended.run.tenant_id]
        tenant.note("update_monitoring_last_run")
        tenant.status, tenant.reason = ended.status, ended.reason
        return tenant.as_stored()

    @activity.defn(name="reconcile_schedules")
    async def reconcile(asked: ReconciliationInput) -> ReconciliationResult:
        return ReconciliationResult(created=asked.page_size)

    return [open_run, refresh_lists, fetch, check, unchecked, stage, close, reconcile]


@dataclass
class MonitoringServer:
    """A time-skipping server with a monitoring worker."""

    env: WorkflowEnvironment
    client: Client
    tenants: dict[str, ScriptedTenant]

    async def start(self, script: ScriptedTenant, **asked: Any) -> WorkflowHandle[Any, MonitoringResult]:
        """Begins a run over the script."""
        tenant_id = f"tenant-{uuid.uuid4().hex[:8]}"
        self.tenants[tenant_id] = script
        handle: WorkflowHandle[Any, MonitoringResult] = await self.client.start_workflow(
            ContinuousMonitoringWorkflow.run,
            MonitoringInput(tenant_id, **asked),
            id=contract.workflow_id(tenant_id),
            task_queue=contract.TASK_QUEUE,
        )
        return handle

    async def run(self, script: ScriptedTenant, **asked: Any) -> MonitoringResult:
        """A whole run."""
        handle = await self.start(script, **asked)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await handle.result()

    async def eventually(self, condition: Callable[[], bool]) -> None:
        """Waits for a fact of a script."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if condition():
                    return
                await asyncio.sleep(0.01)


@asynccontextmanager
async def serving_monitoring() -> AsyncIterator[MonitoringServer]:
    """The server, and a worker built as production builds it, with scripted activities."""
    path = shutil.which("temporal-test-server", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    async with await WorkflowEnvironment.start_time_skipping(test_server_existing_path=path) as env:
        types = dict.fromkeys(KEYS, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD)
        request = AddSearchAttributesRequest(search_attributes=types, namespace=env.client.namespace)
        await env.client.operator_service.add_search_attributes(request)
        tenants: dict[str, ScriptedTenant] = {}
        workflows = [ContinuousMonitoringWorkflow, ScheduleReconciliationWorkflow]
        domain = Domain(contract.TASK_QUEUE, contract.DEPLOYMENT, workflows, activities(tenants))
        async with build_worker(env.client, domain, Slots(20, 50, timedelta(0)), ""):
            yield MonitoringServer(env, env.client, tenants)
