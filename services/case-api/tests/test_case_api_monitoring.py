"""MonitoringService over a real channel, with schedules on a real Temporal server."""

import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

import grpc
import pytest
from case_api_harness import Api, refused, request_id, running_api
from case_api_temporal import temporal_settings
from opentelemetry import trace
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.contrib.opentelemetry import create_tracer_provider

from trustrelay.case.v1 import monitoring_service_pb2 as pb
from trustrelay.case_api.application.monitoring import EngineSchedule, RunMonitoring
from trustrelay.case_api.domain.cron import is_cron
from trustrelay.case_api.domain.roles import MONITORING_REQUIRED
from trustrelay.common.v1 import portfolio_types_pb2 as types
from trustrelay.contracts import monitoring_workflow as wf
from trustrelay.devstack.engines import SeaweedEngine, TemporalEngine
from trustrelay.devstack.testing import Bench, running_bench, s3_engine, temporal_engine
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit import temporal
from trustrelay.servicekit.context import CallContext
from trustrelay.servicekit.errors import FailedPrecondition, NotFound

__all__ = ["running_bench", "s3_engine", "temporal_engine"]
pytestmark = pytest.mark.integration
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
INVALID = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture(scope="module", autouse=True)
def tracing():
    """The SDK's plugin wants its replay-safe provider, as telemetry.setup installs it."""
    trace.set_tracer_provider(create_tracer_provider())


@pytest.fixture
def settings(temporal_engine: TemporalEngine, s3_engine: SeaweedEngine, running_bench: Bench) -> temporal.TemporalSettings:
    """One keyring for all tests: schedules of a tenant share their data key."""
    return temporal_settings(temporal_engine, s3_engine, running_bench.folder / "portfolio-keys.json")


@pytest.fixture
async def client(settings: temporal.TemporalSettings) -> Client:
    return await temporal.connect(settings)


@pytest.fixture
async def api(settings: temporal.TemporalSettings, client: Client):
    """The tenant is watched no more afterwards, so that no test meets another's schedule."""
    async with running_api(partial(temporal.connect, settings)) as running:
        yield running
        await running.monitoring.DeleteMonitoringSchedule(pb.DeleteMonitoringScheduleRequest(), metadata=await running.as_user("mara"))
    async for left in client.list_workflows('WorkflowId STARTS_WITH "monitoring/" AND ExecutionStatus = "Running"'):
        await client.get_workflow_handle(left.id, run_id=left.run_id).terminate()


@pytest.fixture
async def lonely():
    """The same without Temporal."""
    async with running_api() as running:
        yield running


def daily(**changes: object) -> types.MonitoringSchedule:
    said = {"cron": "30 4 * * MON-FRI", "policy": types.MonitoringPolicy(enabled_checks=["vat", "registry", "vat"])}
    return types.MonitoringSchedule(**{**said, **changes})  # type: ignore[arg-type]


async def put(api: Api, schedule: types.MonitoringSchedule) -> types.MonitoringSchedule:
    request = pb.PutMonitoringScheduleRequest(schedule=schedule)
    return (await api.monitoring.PutMonitoringSchedule(request, metadata=await api.as_user("mara"))).schedule


async def look(api: Api, user: str = "anton") -> pb.GetMonitoringScheduleResponse:
    return await api.monitoring.GetMonitoringSchedule(pb.GetMonitoringScheduleRequest(), metadata=await api.as_user(user))


def test_every_method_has_its_roles():
    """The table is complete: a method that is not in it could be called by nobody."""
    assert set(MONITORING_REQUIRED) == {method.name for method in pb.DESCRIPTOR.services_by_name["MonitoringService"].methods}


@pytest.mark.parametrize("cron", ["* * * * *", "0 4 * * 1-5", "*/15 0,12 1-31/2 JAN,6-8 sun", "59 23 31 12 7"])
def test_what_crontab_allows_is_a_cron_expression(cron: str):
    """Numbers, ranges, steps, lists and short names."""
    assert is_cron(cron)


@pytest.mark.parametrize(
    "cron",
    ["", "@daily", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "5-1 * * * *", "*/0 * * * *", "* * * FEX *"],
)
def test_what_would_never_run_is_refused_before_it_is_stored(cron: str):
    """Too few fields, values out of bounds, ranges that go backwards, unknown names."""
    assert not is_cron(cron)


async def test_a_schedule_is_stored_and_in_force(api: Api, client: Client):
    """At once, with its next times; a second one of the tenant's refresh goes with it."""
    stored = await put(api, daily())
    assert (stored.updated_by, list(stored.policy.enabled_checks)) == ("mara", ["registry", "vat"])
    seen = await look(api)
    assert (seen.in_force, seen.schedule) == (True, stored)
    times = [time.ToDatetime(UTC) for time in seen.next_run_times]
    assert times == sorted(times)
    assert {(time.hour, time.minute) for time in times} == {(4, 30)}
    for schedule_id in (wf.schedule_id("acme"), wf.suppression_schedule_id("acme")):
        assert not (await client.get_schedule_handle(schedule_id).describe()).schedule.state.paused


async def test_pausing_and_deleting_reach_the_engine(api: Api, client: Client):
    """A paused one has no next times; a deleted one is gone, and deleting again is no error."""
    stored, metadata = await put(api, daily()), await api.as_user("mara")
    paused = (await api.monitoring.PauseMonitoringSchedule(pb.PauseMonitoringScheduleRequest(etag=stored.etag), metadata=metadata)).schedule
    assert paused.paused
    seen = await look(api)
    assert (seen.in_force, len(seen.next_run_times)) == (True, 0)
    async with refused(grpc.StatusCode.ABORTED, "ETAG_MISMATCH"):
        await api.monitoring.ResumeMonitoringSchedule(pb.ResumeMonitoringScheduleRequest(etag=stored.etag), metadata=metadata)
    resumed = (await api.monitoring.ResumeMonitoringSchedule(pb.ResumeMonitoringScheduleRequest(), metadata=metadata)).schedule
    assert not resumed.paused
    assert (await look(api)).next_run_times
    await api.monitoring.DeleteMonitoringSchedule(pb.DeleteMonitoringScheduleRequest(), metadata=metadata)
    assert not [one.id async for one in await client.list_schedules() if one.id == wf.schedule_id("acme")]
    async with refused(grpc.StatusCode.NOT_FOUND, "MONITORING_SCHEDULE_NOT_FOUND"):
        await look(api)


async def test_an_absent_engine_loses_no_word(lonely: Api):
    """The schedule is stored and said not to be in force; a run now is refused as UNAVAILABLE, and nothing is queued."""
    stored = await put(lonely, daily())
    seen = await look(lonely)
    assert (seen.schedule, seen.in_force) == (stored, False)
    metadata = await lonely.as_user("mara")
    async with refused(grpc.StatusCode.UNAVAILABLE, "WORKFLOW_ENGINE_UNAVAILABLE"):
        await lonely.monitoring.TriggerMonitoring(pb.TriggerMonitoringRequest(request_id=request_id()), metadata=metadata, timeout=3)
    await lonely.monitoring.DeleteMonitoringSchedule(pb.DeleteMonitoringScheduleRequest(), metadata=metadata)
    async with refused(grpc.StatusCode.NOT_FOUND, "MONITORING_SCHEDULE_NOT_FOUND"):
        await look(lonely)


async def test_a_run_now_is_one_run_however_often_it_is_asked_for(api: Api, client: Client):
    """Its id is the one that the worker stores it under; while another runs, none is begun."""
    await put(api, daily())
    metadata, request = await api.as_user("mara"), pb.TriggerMonitoringRequest(request_id=request_id())
    run_id = (await api.monitoring.TriggerMonitoring(request, metadata=metadata)).run_id
    assert (await api.monitoring.TriggerMonitoring(request, metadata=metadata)).run_id == run_id
    started = f"{wf.workflow_id('acme')}/manual/{request.request_id}"
    assert run_id == wf.run_id_of(started)
    assert (await client.get_workflow_handle(started).describe()).status == WorkflowExecutionStatus.RUNNING
    api.store.portfolio.monitoring_runs["acme", run_id] = types.MonitoringRun(run_id=run_id, status=types.RUN_STATUS_RUNNING)
    assert (await api.monitoring.TriggerMonitoring(request, metadata=metadata)).run_id == run_id
    async with refused(PRECONDITION, "MONITORING_RUNNING"):
        await api.monitoring.TriggerMonitoring(pb.TriggerMonitoringRequest(request_id=request_id()), metadata=metadata)


async def test_missed_runs_are_made_up_for(api: Api, client: Client):
    """Backfill begins the runs that should have been, and brings the engine in line first."""
    await put(api, daily(cron="0 * * * *"))
    await client.get_schedule_handle(wf.schedule_id("acme")).delete()
    end = datetime.now(UTC).replace(minute=30, second=0, microsecond=0) - timedelta(hours=1)
    request = pb.BackfillMonitoringRequest()
    request.start_time.FromDatetime(end - timedelta(hours=1))
    request.end_time.FromDatetime(end)
    await api.monitoring.BackfillMonitoring(request, metadata=await api.as_user("mara"))
    for _ in range(100):
        info = (await client.get_schedule_handle(wf.schedule_id("acme")).describe()).info
        if info.num_actions:
            break
    assert info.num_actions == 1


@pytest.mark.parametrize(
    ("schedule", "wrong"),
    [
        (types.MonitoringSchedule(), ["schedule", "schedule.policy.enabled_checks"]),
        (daily(cron="@daily"), ["schedule.cron"]),
        (daily(policy=types.MonitoringPolicy(enabled_checks=["moon"], paths=["customs"], review_from=99)),  # type: ignore[arg-type]
         ["schedule.policy.enabled_checks", "schedule.policy.paths", "schedule.policy.review_from"]),
    ],
)  # fmt: skip
async def test_every_mistake_of_a_schedule_is_told_at_once(lonely: Api, schedule: types.MonitoringSchedule, wrong: list[str]):
    """And nothing is stored."""
    async with refused(INVALID, "FIELD_INVALID") as error:
        await put(lonely, schedule)
    assert [v.field for v in error().violations] == wrong
    assert not lonely.store.portfolio.schedules


async def test_spans_of_time_have_bounds(lonely: Api):
    """An interval under a minute, negative jitter, a catch-up of years; and a cron beside an interval."""
    schedule = daily()
    schedule.interval.FromSeconds(59)
    schedule.jitter.FromSeconds(-1)
    schedule.catchup_window.FromTimedelta(timedelta(days=800))
    async with refused(INVALID, "FIELD_INVALID") as error:
        await put(lonely, schedule)
    assert [v.field for v in error().violations] == ["schedule", "schedule.interval", "schedule.jitter", "schedule.catchup_window"]


async def test_backfill_has_bounds(lonely: Api):
    """Both times, in order, at most 31 days, and not ahead."""
    metadata, now = await lonely.as_user("mara"), datetime.now(UTC)
    for start, end in ((now, now), (now - timedelta(days=40), now - timedelta(days=1)), (now, now + timedelta(days=1))):
        request = pb.BackfillMonitoringRequest()
        request.start_time.FromDatetime(start)
        request.end_time.FromDatetime(end)
        async with refused(INVALID, "FIELD_INVALID"):
            await lonely.monitoring.BackfillMonitoring(request, metadata=metadata)
    async with refused(INVALID, "FIELD_INVALID"):
        await lonely.monitoring.BackfillMonitoring(pb.BackfillMonitoringRequest(), metadata=metadata)


async def test_alerts_and_runs_are_read_and_resolved(lonely: Api):
    """By officers of the tenant; auditors read only, and what is no id is no alert."""
    alert_id, run_id, kept = str(uuid.uuid4()), str(uuid.uuid4()), lonely.store.portfolio
    kept.alerts["acme", alert_id] = types.Alert(alert_id=alert_id, case_id="c", kind="REGISTRY_CHANGED", status=types.ALERT_STATUS_OPEN)
    kept.monitoring_runs["acme", run_id] = types.MonitoringRun(run_id=run_id, status=types.RUN_STATUS_COMPLETED)
    olivia, anton, omar = [await lonely.as_user(user) for user in ("olivia", "anton", "omar")]
    assert [a.alert_id for a in (await lonely.monitoring.ListAlerts(pb.ListAlertsRequest(), metadata=anton)).alerts] == [alert_id]
    assert not (await lonely.monitoring.ListAlerts(pb.ListAlertsRequest(), metadata=omar)).alerts
    found = await lonely.monitoring.GetMonitoringRun(pb.GetMonitoringRunRequest(run_id=run_id), metadata=olivia)
    assert [(one.check_kind, one.reason) for one in found.not_assessed] == [("registry", "SOURCE_UNREACHABLE")]
    assert len((await lonely.monitoring.ListMonitoringRuns(pb.ListMonitoringRunsRequest(), metadata=anton)).runs) == 1
    request = pb.ResolveAlertRequest(alert_id=alert_id, reason="called them")
    async with refused(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED"):
        await lonely.monitoring.ResolveAlert(request, metadata=anton)
    assert (await lonely.monitoring.ResolveAlert(request, metadata=olivia)).alert.resolved_by == "olivia"
    for alert in (str(uuid.uuid4()), "not-an-id"):
        async with refused(grpc.StatusCode.NOT_FOUND, "ALERT_NOT_FOUND"):
            await lonely.monitoring.ResolveAlert(pb.ResolveAlertRequest(alert_id=alert, reason="x"), metadata=olivia)


class Moment:
    """Store and engine at one moment of a race: what each says, scripted; `begun` is what was triggered."""

    def __init__(self, newest: types.MonitoringRun, engine: list[str], stored: types.MonitoringRun | None) -> None:
        self.newest, self.engine, self.stored, self.begun = newest, engine, stored, list[str]()

    async def schedule(self) -> types.MonitoringSchedule:
        return daily()

    async def run(self, run_id: str) -> tuple[types.MonitoringRun, list[object]]:
        if self.stored is None or self.stored.run_id != run_id:
            raise NotFound("MONITORING_RUN_NOT_FOUND", "not yet")
        return self.stored, []

    async def runs(self, page_size: int, page_token: str) -> tuple[list[types.MonitoringRun], str]:
        return [self.newest], ""

    async def look(self, stored: types.MonitoringSchedule) -> EngineSchedule:
        return EngineSchedule(in_force=True, run_ids=self.engine)

    def manual_run_id(self, request_id: str) -> str:
        return "own"

    async def trigger(self, stored: types.MonitoringSchedule, request_id: str) -> None:
        self.begun.append(request_id)


def a_run(run_id: str, status: types.RunStatus.ValueType) -> types.MonitoringRun:
    return types.MonitoringRun(run_id=run_id, status=status)


@pytest.mark.parametrize(
    ("moment", "begins"),
    [
        (Moment(a_run("own", types.RUN_STATUS_RUNNING), [], None), True),
        (Moment(a_run("old", types.RUN_STATUS_COMPLETED), ["old"], a_run("old", types.RUN_STATUS_COMPLETED)), True),
        (Moment(a_run("old", types.RUN_STATUS_COMPLETED), ["about to begin"], None), False),
        (Moment(a_run("other", types.RUN_STATUS_RUNNING), [], None), False),
    ],
    ids=["its own twin has begun", "only a workflow's tail is left", "the schedule's is about to begin", "another is under way"],
)
async def test_what_counts_as_another_run(moment: Moment, begins: bool):
    """Neither this very run, begun a moment ago, nor the tail of one that is stored as over; but one that the engine is about to begin."""
    with call_context.use(CallContext("acme", "mara", frozenset({"manager"}))):
        use_case = RunMonitoring(moment, moment)
        if begins:
            assert await use_case.trigger("r") == "own"
        else:
            with pytest.raises(FailedPrecondition, match="MONITORING_RUNNING"):
                await use_case.trigger("r")
    assert bool(moment.begun) == begins
