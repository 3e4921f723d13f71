"""Schedules on a real Temporal server: those of tenants follow what is stored, and begin runs that know why they were begun."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from temporalio.client import Client, Schedule, ScheduleActionStartWorkflow, ScheduleSpec
from temporalio.service import RPCError
from worker_monitoring import ScriptedTenant, activities

from trustrelay.common.v1.portfolio_types_pb2 import MonitoringSchedule
from trustrelay.contracts import monitoring_workflow as contract
from trustrelay.contracts.monitoring_workflow import HOUSEKEEPING_SCHEDULE, ReconciliationInput, ReconciliationResult, Trigger
from trustrelay.devstack.engines import TemporalEngine
from trustrelay.devstack.errors import StartFailed
from trustrelay.devstack.testing import running_bench, running_engine  # noqa: F401  fixtures
from trustrelay.persistence.v1 import monitoring_store_service_pb2 as store
from trustrelay.persistence.v1.monitoring_store_service_pb2_grpc import (
    MonitoringStoreServiceServicer,
    add_MonitoringStoreServiceServicer_to_server,
)
from trustrelay.servicekit import schedules, tenant_schedules
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import Registration, running
from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.entrypoints.activities.monitoring.schedule_activities import ScheduleActivities
from trustrelay.workflow_worker.entrypoints.domains.monitoring import monitoring
from trustrelay.workflow_worker.entrypoints.worker import Slots, build_worker

pytestmark = pytest.mark.integration
_BUILD = "test-build-1"
_STORE = "trustrelay.persistence.v1.MonitoringStoreService"
HOURLY = MonitoringSchedule(cron="0 * * * *")


class Stored(MonitoringStoreServiceServicer):
    """Schedules of all tenants, a page at a time."""

    def __init__(self) -> None:
        self.schedules: dict[str, MonitoringSchedule] = {}

    async def ListTenantSchedules(self, request: store.ListTenantSchedulesRequest, context: Any) -> store.ListTenantSchedulesResponse:
        names = sorted(name for name in self.schedules if name > request.page_token)
        page = names[: request.page_size]
        rest = len(names) > len(page)
        found = [store.TenantSchedule(tenant_id=name, schedule=self.schedules[name]) for name in page]
        return store.ListTenantSchedulesResponse(schedules=found, next_page_token=page[-1] if rest else "")


@pytest.fixture(scope="module")
def temporal(running_bench: Any) -> Iterator[TemporalEngine]:  # noqa: F811
    """A server of this module's own: reconciling removes the schedules of every tenant that is not stored."""
    engine = replace(running_bench.temporal(), folder=running_bench.folder / "temporal-schedules", name="temporal-schedules")
    with running_engine(engine, running_bench.folder):
        yield engine


@pytest_asyncio.fixture
async def client(temporal: TemporalEngine) -> Client:
    """A client of it."""
    return await Client.connect(temporal.address)


@asynccontextmanager
async def _worker(temporal: TemporalEngine, client: Client, stored: Stored, tenants: dict[str, ScriptedTenant]) -> AsyncIterator[None]:
    """The monitoring workflows, with scripted runs and the real reconciliation."""
    registration = Registration(add_MonitoringStoreServiceServicer_to_server, stored, _STORE)
    async with running([registration], tenantless=frozenset({_STORE})) as target, channel(target) as opened:
        stubs = services(opened, opened, opened)
        scripted = [one for one in activities(tenants) if one.__name__ != "reconcile"]
        found = [*scripted, ScheduleActivities(stubs).reconcile_schedules]
        async with _polling(temporal, client, found):
            yield


@asynccontextmanager
async def _polling(temporal: TemporalEngine, client: Client, found: list[Any]) -> AsyncIterator[None]:
    """A worker of the current version: pinned workflows need one."""
    unused = channel("127.0.0.1:1")
    domain = replace(monitoring(services(unused, unused, unused)), activities=found)
    async with build_worker(client, domain, Slots(10, 16, timedelta(0)), _BUILD):
        async with asyncio.timeout(20):
            while True:
                try:
                    await asyncio.to_thread(temporal.set_current_version, contract.DEPLOYMENT, _BUILD)
                    break
                except StartFailed:
                    await asyncio.sleep(0.1)
        yield


@pytest.fixture
def stored() -> Stored:
    return Stored()


@pytest.fixture
def tenants() -> dict[str, ScriptedTenant]:
    return {}


@pytest_asyncio.fixture
async def working(temporal: TemporalEngine, client: Client, stored: Stored, tenants: dict[str, ScriptedTenant]) -> AsyncIterator[Client]:
    """A client, with a worker at work."""
    async with _worker(temporal, client, stored, tenants):
        yield client


async def _until(look: Callable[[], Awaitable[object]], expected: object) -> None:
    async with asyncio.timeout(40):
        while True:
            if await look() == expected:
                return
            await asyncio.sleep(0.1)


async def _reconcile(client: Client) -> ReconciliationResult:
    workflow_id = f"{HOUSEKEEPING_SCHEDULE}-{uuid.uuid4()}"
    asked = ReconciliationInput(page_size=2)
    result: ReconciliationResult = await client.execute_workflow(
        contract.HOUSEKEEPING_WORKFLOW, asked, id=workflow_id, task_queue=contract.TASK_QUEUE, result_type=ReconciliationResult
    )
    return result


async def _known(client: Client) -> set[str]:
    return {name async for name in schedules.ids(client, contract.MONITORING_SCHEDULES, contract.SUPPRESSION_SCHEDULES)}


async def test_worker_schedules_follow_the_stored_ones(working: Client, stored: Stored) -> None:
    """Tenants come, change and go, and so do their two schedules; nobody else's is touched."""
    foreign = ScheduleActionStartWorkflow("Elsewhere", id="elsewhere", task_queue="elsewhere")
    await working.create_schedule("somebody-else", Schedule(action=foreign, spec=ScheduleSpec()))
    stored.schedules = {f"tenant-{n}": HOURLY for n in range(3)}
    assert await _reconcile(working) == ReconciliationResult(created=6)
    ids = {name for tenant in stored.schedules for name in tenant_schedules.ids_of_tenant(tenant)}
    await _until(lambda: _known(working), ids)
    assert await _reconcile(working) == ReconciliationResult()
    del stored.schedules["tenant-1"]
    stored.schedules["tenant-2"] = MonitoringSchedule(interval=Duration(seconds=7200), paused=True)
    stored.schedules["tenant-3"] = HOURLY
    assert await _reconcile(working) == ReconciliationResult(created=2, updated=2, removed=2)
    standing = await schedules.describe(working, contract.schedule_id("tenant-2"))
    assert standing is not None
    assert standing.paused
    assert await schedules.describe(working, contract.suppression_schedule_id("tenant-1")) is None
    assert await schedules.describe(working, "somebody-else") is not None
    stored.schedules = {}
    await _until(lambda: _known(working), ids - set(tenant_schedules.ids_of_tenant("tenant-1")) | set(tenant_schedules.ids_of_tenant("tenant-3")))
    assert (await _reconcile(working)).removed == 6


async def test_worker_schedule_that_temporal_refuses_stops_no_other(working: Client, stored: Stored) -> None:
    """One tenant's mistake is told, and the other tenants' schedules are made."""
    stored.schedules = {"tenant-bad": MonitoringSchedule(cron="not a cron"), "tenant-good": HOURLY}
    assert await _reconcile(working) == ReconciliationResult(created=2, failed=2)
    stored.schedules = {}
    await _until(lambda: _known(working), set(tenant_schedules.ids_of_tenant("tenant-good")))
    assert (await _reconcile(working)).removed == 2


async def test_worker_starting_makes_sure_of_the_housekeeping(client: Client, stored: Stored) -> None:
    """However often workers start, there is one schedule of it, and it begins the reconciliation."""
    async with running([Registration(add_MonitoringStoreServiceServicer_to_server, stored, _STORE)], tenantless=frozenset({_STORE})) as target:
        domain = monitoring(services(channel(target), channel(target), channel(target)))
    assert domain.at_start is not None
    await domain.at_start(client)
    await domain.at_start(client)
    assert await schedules.bring_in_line(client, tenant_schedules.housekeeping()) is schedules.Outcome.SAME
    await schedules.remove(client, HOUSEKEEPING_SCHEDULE)


async def test_worker_runs_know_why_they_were_begun(working: Client, tenants: dict[str, ScriptedTenant]) -> None:
    """On time, asked for now, or made up for later: the read model tells the three apart."""
    tenant_id = f"tenant-{uuid.uuid4().hex[:8]}"
    script = tenants[tenant_id] = ScriptedTenant(("case-1",))
    wanted = replace(tenant_schedules.monitoring(tenant_id, HOURLY), paused=True)
    await schedules.bring_in_line(working, wanted)

    async def begun() -> list[str]:
        return script.triggers

    await working.get_schedule_handle(wanted.schedule_id).trigger()
    await _until(begun, ["schedule"])
    argument = replace(wanted.argument, trigger=Trigger.MANUAL)
    manual = await schedules.trigger(working, wanted, "request-1", argument)
    await working.get_workflow_handle(manual).result()
    await _until(begun, ["schedule", "manual"])
    end = datetime.now(UTC) - timedelta(hours=24)
    await schedules.backfill(working, wanted.schedule_id, end - timedelta(hours=2), end)
    await _until(begun, ["schedule", "manual", "backfill", "backfill"])
    await schedules.remove(working, wanted.schedule_id)


async def test_worker_reconciliation_waits_for_a_store_that_is_away(temporal: TemporalEngine, client: Client) -> None:
    """It is tried again, and nothing is removed meanwhile because nothing is known."""
    wanted = tenant_schedules.monitoring("tenant-kept", HOURLY)
    await schedules.bring_in_line(client, wanted)
    await _until(lambda: _known(client), {wanted.schedule_id})
    dead = channel("127.0.0.1:1")
    with_dead_store = ScheduleActivities(services(dead, dead, dead)).reconcile_schedules
    async with _polling(temporal, client, [*activities({})[:-1], with_dead_store]):
        handle = await client.start_workflow(
            contract.HOUSEKEEPING_WORKFLOW, ReconciliationInput(), id="housekeeping-waits", task_queue=contract.TASK_QUEUE
        )

        async def retried() -> bool:
            pending = (await handle.describe()).raw_description.pending_activities
            return any(one.attempt > 1 for one in pending)

        await _until(retried, True)
        assert await schedules.describe(client, wanted.schedule_id) is not None
        await handle.terminate()
    assert await schedules.remove(client, wanted.schedule_id)
    with pytest.raises(RPCError):
        await client.get_schedule_handle(wanted.schedule_id).describe()
