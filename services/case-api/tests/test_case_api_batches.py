"""BatchService over a real channel, with a workflow on a real Temporal server."""

import asyncio
import uuid
from functools import partial

import grpc
import pytest
from case_api_harness import Api, refused, request_id, running_api
from case_api_temporal import PortfolioActivities, portfolio_workers, temporal_settings
from opentelemetry import trace
from temporalio.client import Client
from temporalio.contrib.opentelemetry import create_tracer_provider

from trustrelay.case.v1 import batch_service_pb2 as pb
from trustrelay.case_api.domain.roles import BATCH_REQUIRED
from trustrelay.common.v1 import portfolio_types_pb2 as types
from trustrelay.common.v1.decision_types_pb2 import RISK_LEVEL_HIGH, RISK_LEVEL_LOW
from trustrelay.contracts.batch_workflow import workflow_id
from trustrelay.contracts.etags import etag
from trustrelay.devstack.engines import SeaweedEngine, TemporalEngine
from trustrelay.devstack.testing import Bench, running_bench, s3_engine, temporal_engine
from trustrelay.servicekit import temporal

__all__ = ["running_bench", "s3_engine", "temporal_engine"]
pytestmark = pytest.mark.integration
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


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
async def api(settings: temporal.TemporalSettings):
    async with running_api(partial(temporal.connect, settings)) as running:
        yield running


@pytest.fixture
async def worker(api: Api, client: Client):
    async with portfolio_workers(client, api.store) as activities:
        yield activities


async def begun(api: Api) -> types.BatchRun:
    return (await api.batches.StartBatch(pb.StartBatchRequest(request_id=request_id()), metadata=await api.as_user("mara"))).run


def pausing(run: types.BatchRun) -> pb.PauseBatchRequest:
    return pb.PauseBatchRequest(run_id=run.run_id, request_id=request_id(), etag=run.etag, reason="month end")


def cancelling(run: types.BatchRun) -> pb.CancelBatchRequest:
    return pb.CancelBatchRequest(run_id=run.run_id, request_id=request_id(), etag=run.etag, reason="wrong filter")


def test_every_method_has_its_roles():
    """The table is complete: a method that is not in it could be called by nobody."""
    assert set(BATCH_REQUIRED) == {method.name for method in pb.DESCRIPTOR.services_by_name["BatchService"].methods}


async def test_twins_of_an_order_begin_one_run(api: Api, worker: PortfolioActivities, client: Client):
    """Filters that mean the same are the same order; another filter under the same request id is refused."""
    metadata = await api.as_user("mara")
    request = pb.StartBatchRequest(request_id=request_id(), filter=types.BatchFilter(countries=["NL", "BE"]), dry_run=True, max_cases_per_second=9)
    same = pb.StartBatchRequest()
    same.CopyFrom(request)
    same.filter.countries[:] = ["be", "nl"]
    runs = [r.run for r in await asyncio.gather(*(api.batches.StartBatch(one, metadata=metadata) for one in (request, same) * 3))]
    assert {run.run_id for run in runs} == {runs[0].run_id}
    assert (runs[0].dry_run, list(runs[0].filter.countries), runs[0].etag) == (True, ["BE", "NL"], etag(runs[0].run_id, 1))
    assert (await client.get_workflow_handle(workflow_id("acme", runs[0].run_id)).describe()).run_id
    same.dry_run = False
    async with refused(grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"):
        await api.batches.StartBatch(same, metadata=metadata)


async def test_a_repeated_message_is_one_message_however_late_it_comes(api: Api, worker: PortfolioActivities):
    """The version it was made for has passed, by its own effect; only a new message with that version is too late."""
    run, metadata = await begun(api), await api.as_user("mara")
    request = pausing(run)
    answers = [r.run for r in await asyncio.gather(*(api.batches.PauseBatch(request, metadata=metadata) for _ in range(4)))]
    answers.append((await api.batches.PauseBatch(request, metadata=metadata)).run)
    assert {(one.status, one.state_version) for one in answers} == {(types.RUN_STATUS_PAUSED, 2)}
    assert [one.update for one in worker.moved] == ["pause_batch"]
    async with refused(grpc.StatusCode.ABORTED, "ETAG_MISMATCH"):
        await api.batches.PauseBatch(pausing(run), metadata=metadata)
    run.etag = "0" * 16
    async with refused(grpc.StatusCode.ABORTED, "ETAG_MISMATCH"):
        await api.batches.PauseBatch(pausing(run), metadata=metadata)
    assert [(chain, entry.type) for chain, _, entry in api.store.events] == [(f"batch-run/{run.run_id}", "message_refused")] * 2


async def test_after_the_end_messages_are_refused_and_repeated_ones_answered(api: Api, worker: PortfolioActivities, client: Client):
    """BATCH_ENDED for a new one; the cancellation and the order themselves get their answers again."""
    metadata = await api.as_user("mara")
    order = pb.StartBatchRequest(request_id=request_id())
    run = (await api.batches.StartBatch(order, metadata=metadata)).run
    cancel = cancelling(run)
    assert (await api.batches.CancelBatch(cancel, metadata=metadata)).run.status == types.RUN_STATUS_CANCELLED
    await client.get_workflow_handle(workflow_id("acme", run.run_id)).result()
    assert (await api.batches.CancelBatch(cancel, metadata=metadata)).run.status == types.RUN_STATUS_CANCELLED
    assert (await api.batches.StartBatch(order, metadata=metadata)).run.run_id == run.run_id
    async with refused(PRECONDITION, "BATCH_ENDED"):
        await api.batches.PauseBatch(pausing(run), metadata=metadata)


async def test_the_report_is_read_page_by_page(api: Api, worker: PortfolioActivities):
    """By auditors too; only what differs, if that is asked for."""
    run, metadata = await begun(api), await api.as_user("anton")
    same = types.BatchResult(case_id="a", before_level=RISK_LEVEL_LOW, after_level=RISK_LEVEL_LOW)
    api.store.portfolio.results = [same, types.BatchResult(case_id="b", before_level=RISK_LEVEL_LOW, after_level=RISK_LEVEL_HIGH)]
    first = await api.batches.ListBatchResults(pb.ListBatchResultsRequest(run_id=run.run_id, page_size=1), metadata=metadata)
    assert ([one.case_id for one in first.results], first.next_page_token) == (["a"], "1")
    changed = await api.batches.ListBatchResults(pb.ListBatchResultsRequest(run_id=run.run_id, changed_only=True), metadata=metadata)
    assert [one.case_id for one in changed.results] == ["b"]
    assert [one.run_id for one in (await api.batches.ListBatches(pb.ListBatchesRequest(), metadata=metadata)).runs] == [run.run_id]


async def test_every_mistake_of_an_order_is_told_at_once(api: Api):
    """And no run is made."""
    wrong = pb.StartBatchRequest(
        request_id="x", filter=types.BatchFilter(countries=["Belgium"], risk_levels=[7], template_ids=[" "]), as_of_date="2026-02-30",
        max_cases_per_second=float("nan"),
    )  # fmt: skip
    async with refused(grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as error:
        await api.batches.StartBatch(wrong, metadata=await api.as_user("mara"))
    assert [v.field for v in error().violations] == [
        "request_id", "filter.template_ids[0]", "filter.countries[0]", "filter.risk_levels[0]", "as_of_date", "max_cases_per_second",
    ]  # fmt: skip
    assert not api.store.portfolio.ordered


async def test_only_managers_begin_and_steer(api: Api):
    """Officers may not even read a run; another tenant's is not there, nor is what is no id."""
    metadata = await api.as_user("olivia")
    for method in BATCH_REQUIRED:
        request = getattr(pb, f"{method}Request")()
        async with refused(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED"):
            await getattr(api.batches, method)(request, metadata=metadata)
    for run_id in (str(uuid.uuid4()), "not-an-id"):
        async with refused(grpc.StatusCode.NOT_FOUND, "BATCH_RUN_NOT_FOUND"):
            await api.batches.GetBatch(pb.GetBatchRequest(run_id=run_id), metadata=await api.as_user("mara"))
