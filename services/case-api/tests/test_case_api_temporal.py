"""Messages on a real Temporal server: applied once, refused with the workflow's reason, told apart from an engine that is away."""

import asyncio
import time
import uuid
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import grpc
import pytest
from case_api_fake_persistence import Store
from case_api_harness import Api, create_request, refused, request_id, running_api
from case_api_temporal import StoreActivities, probe_worker, temporal_settings
from opentelemetry import trace
from temporalio.client import Client
from temporalio.contrib.opentelemetry import create_tracer_provider

from trustrelay.case.v1 import case_service_pb2 as pb
from trustrelay.case.v1 import portal_service_pb2 as portal_pb
from trustrelay.case.v1.case_service_pb2_grpc import CaseServiceStub
from trustrelay.common.v1 import case_types_pb2, decision_types_pb2
from trustrelay.contracts.case_workflow import workflow_id
from trustrelay.devstack.engines import SeaweedEngine, TemporalEngine
from trustrelay.devstack.testing import Bench, running_bench, running_engine, s3_engine, temporal_engine
from trustrelay.servicekit import temporal
from trustrelay.servicekit.assertions import Verifier, key_id
from trustrelay.servicekit.errors import from_rpc_error

__all__ = ["running_bench", "s3_engine", "temporal_engine"]
pytestmark = pytest.mark.integration
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


@pytest.fixture(scope="module", autouse=True)
def tracing():
    """The SDK's plugin wants its replay-safe provider, as telemetry.setup installs it."""
    trace.set_tracer_provider(create_tracer_provider())


@pytest.fixture
def settings(temporal_engine: TemporalEngine, s3_engine: SeaweedEngine, tmp_path: Path) -> temporal.TemporalSettings:
    return temporal_settings(temporal_engine, s3_engine, tmp_path / "keys.json")


@pytest.fixture
async def client(settings: temporal.TemporalSettings) -> Client:
    return await temporal.connect(settings)


@pytest.fixture
async def api(settings: temporal.TemporalSettings):
    async with running_api(partial(temporal.connect, settings)) as running:
        yield running


@pytest.fixture
async def worker(api: Api, client: Client):
    async with probe_worker(client, api.store) as activities:
        yield activities


async def new_case(api: Api) -> pb.MessageReceipt:
    return (await api.cases.CreateCase(create_request(), metadata=await api.as_user("olivia"))).receipt


def decision(receipt: pb.MessageReceipt, reason: str = "documents in order") -> pb.DecideCaseRequest:
    return pb.DecideCaseRequest(
        case_id=receipt.case_id, request_id=request_id(), etag=receipt.etag, decision=decision_types_pb2.DECISION_APPROVE, reason=reason
    )


def skip(case_id: str, reason: str = "sent by post") -> pb.SkipDocumentsRequest:
    return pb.SkipDocumentsRequest(case_id=case_id, request_id=request_id(), reason=reason)


async def test_a_case_is_opened_and_read(api: Api, worker: StoreActivities, client: Client):
    """CreateCase answers once the case is stored; GetCase reads it; operators find the workflow by its attributes."""
    receipt = await new_case(api)
    assert (receipt.status, receipt.state_version) == (case_types_pb2.CASE_STATUS_CREATED, 1)
    header = (await api.cases.GetCase(pb.GetCaseRequest(case_id=receipt.case_id), metadata=await api.as_user("olivia"))).case_file.header
    assert header.etag == receipt.etag
    found = await client.get_workflow_handle(workflow_id("acme", receipt.case_id)).describe()
    attributes = {pair.key.name: pair.value for pair in found.typed_search_attributes}
    expected = {"TenantId": "acme", "CaseStatus": "CREATED", "TemplateId": "kyb_standard", "Country": "BE", "AutomationTier": "UNSPECIFIED"}
    assert expected.items() <= attributes.items()


async def test_the_actor_is_signed_for(api: Api, worker: StoreActivities):
    """The assertion binds officer, case, action, version, request and body."""
    receipt = await new_case(api)
    request = decision(receipt)
    await api.cases.DecideCase(request, metadata=await api.as_user("olivia"))
    envelope = worker.applied[-1].envelope
    verifier = Verifier({key_id(api.signer.public_key_pem): api.signer.public_key_pem})
    said = verifier.verify(envelope.assertion, now=datetime.now(UTC))
    assert (said.actor, said.roles, said.tenant_id, said.case_id) == ("olivia", ("officer",), "acme", receipt.case_id)
    assert (said.action, said.version, said.request_id, said.body_sha256) == ("officer_decision", 1, request.request_id, envelope.body_sha256)


async def test_twins_of_a_creation_open_one_case(api: Api, worker: StoreActivities):
    """The same request sent eight times at once is one case with one answer."""
    request, metadata = create_request(), await api.as_user("olivia")
    receipts = [r.receipt for r in await asyncio.gather(*(api.cases.CreateCase(request, metadata=metadata) for _ in range(8)))]
    assert all(receipt == receipts[0] for receipt in receipts)
    assert [one.update for one in worker.applied] == ["open"]
    assert len(api.store.files) == 1


async def test_twins_of_a_message_are_applied_once(api: Api, worker: StoreActivities):
    """Eight equal decisions at once: one is applied, and all get its answer, also those that find the case changed by it."""
    request, metadata = decision(await new_case(api)), await api.as_user("olivia")
    receipts = [r.receipt for r in await asyncio.gather(*(api.cases.DecideCase(request, metadata=metadata) for _ in range(8)))]
    assert all(receipt == receipts[0] for receipt in receipts)
    assert [one.update for one in worker.applied] == ["open", "officer_decision"]
    assert not api.store.events


async def test_the_same_request_id_with_another_body_is_refused(api: Api, worker: StoreActivities):
    """For creations and for messages; what was applied stays."""
    metadata = await api.as_user("olivia")
    creation = create_request()
    receipt = (await api.cases.CreateCase(creation, metadata=metadata)).receipt
    creation.language = "fr"
    async with refused(grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"):
        await api.cases.CreateCase(creation, metadata=metadata)
    request = skip(receipt.case_id)
    await api.cases.SkipDocuments(request, metadata=metadata)
    request.reason = "no reason"
    async with refused(grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"):
        await api.cases.SkipDocuments(request, metadata=metadata)
    assert [one.update for one in worker.applied] == ["open", "skip_documents"]


async def test_a_refusal_keeps_the_workflows_reason_and_is_audited(api: Api, worker: StoreActivities):
    """Code, reason and metadata of a validator's refusal reach the caller; the log says who tried what."""
    receipt = await new_case(api)
    request = decision(receipt, reason="hits are open")
    async with refused(PRECONDITION, "HITS_OPEN") as error:
        await api.cases.DecideCase(request, metadata=await api.as_user("olivia"))
    assert error().metadata == {"message": "officer_decision", "hits": "1"}
    ((case_id, actor, entry),) = api.store.events
    assert (case_id, actor, entry.type) == (receipt.case_id, "olivia", "message_refused")
    for fact in ("HITS_OPEN", "officer_decision", request.request_id):
        assert fact in entry.data_json


async def test_a_message_in_the_wrong_state_names_state_and_message(api: Api, worker: StoreActivities):
    """MESSAGE_NOT_ALLOWED says what was refused where."""
    receipt = await new_case(api)
    async with refused(PRECONDITION, "MESSAGE_NOT_ALLOWED") as error:
        await api.cases.SkipDocuments(skip(receipt.case_id, "too late"), metadata=await api.as_user("olivia"))
    assert error().metadata == {"status": "CREATED", "message": "skip_documents"}


async def test_the_same_officer_is_refused_by_the_handler(api: Api, worker: StoreActivities):
    """A refusal after acceptance (a constraint of the database) is a refusal all the same."""
    receipt = await new_case(api)
    confirm = decision_types_pb2.SECOND_DECISION_CONFIRM
    request = pb.ConfirmDecisionRequest(case_id=receipt.case_id, request_id=request_id(), decision=confirm, reason="x")
    async with refused(grpc.StatusCode.PERMISSION_DENIED, "SAME_OFFICER"):
        await api.cases.ConfirmDecision(request, metadata=await api.as_user("olivia"))


async def test_a_fault_is_no_refusal(api: Api, worker: StoreActivities):
    """An error without a Refusal is INTERNAL and not audited as the officer's."""
    receipt = await new_case(api)
    request = pb.OverrideCheckRequest(case_id=receipt.case_id, request_id=request_id(), check_id="c", reason="x")
    async with refused(grpc.StatusCode.INTERNAL, "WORKFLOW_FAULT"):
        await api.cases.OverrideCheck(request, metadata=await api.as_user("olivia"))
    assert not api.store.events


async def test_after_the_end_every_message_is_refused(api: Api, worker: StoreActivities, client: Client):
    """Also when the read model has not heard of the end yet: then Temporal says so. The ending message itself is still answered."""
    receipt, metadata = await new_case(api), await api.as_user("olivia")
    withdrawal = pb.WithdrawCaseRequest(case_id=receipt.case_id, request_id=request_id(), reason="asked for")
    answer = (await api.cases.WithdrawCase(withdrawal, metadata=metadata)).receipt
    await client.get_workflow_handle(workflow_id("acme", receipt.case_id)).result()
    assert (await api.cases.WithdrawCase(withdrawal, metadata=metadata)).receipt == answer
    async with refused(PRECONDITION, "CASE_CLOSED"):
        await api.cases.SkipDocuments(skip(receipt.case_id), metadata=metadata)
    api.store.file("acme", receipt.case_id).header.status = case_types_pb2.CASE_STATUS_REVIEW_PENDING
    async with refused(PRECONDITION, "CASE_CLOSED"):
        await api.cases.SkipDocuments(skip(receipt.case_id), metadata=metadata)
    assert [entry.type for _, _, entry in api.store.events] == ["message_refused"] * 2


async def test_a_creation_is_answered_after_the_case_has_ended(api: Api, worker: StoreActivities, client: Client):
    """A closed workflow is never started again, and a retry still gets the first answer, from the store or else from Temporal."""
    request, metadata = create_request(), await api.as_user("olivia")
    first = (await api.cases.CreateCase(request, metadata=metadata)).receipt
    await api.cases.WithdrawCase(pb.WithdrawCaseRequest(case_id=first.case_id, request_id=request_id(), reason="x"), metadata=metadata)
    await client.get_workflow_handle(workflow_id("acme", first.case_id)).result()
    assert (await api.cases.CreateCase(request, metadata=metadata)).receipt == first
    run = (await client.get_workflow_handle(workflow_id("acme", first.case_id)).describe()).run_id
    del api.store.files["acme", first.case_id]
    assert (await api.cases.CreateCase(request, metadata=metadata)).receipt == first
    assert (await client.get_workflow_handle(workflow_id("acme", first.case_id)).describe()).run_id == run


async def test_a_workflow_that_ended_without_a_case_is_told(settings: temporal.TemporalSettings, client: Client):
    """Its id is never started again: CASE_CLOSED; unless a twin of the request opened the case meanwhile, then its answer."""
    store, request = Store(), create_request()
    case_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"acme/{request.request_id}"))

    async def connect_while_a_twin_opens_it() -> Client:
        store.open("acme", case_id, store.staged["acme", request.request_id], "olivia")
        return await temporal.connect(settings)

    async with running_api(partial(temporal.connect, settings), store) as api, grpc.aio.insecure_channel(api.target) as plain:
        metadata = await api.as_user("olivia")
        with pytest.raises(grpc.aio.AioRpcError):  # no worker: started, never opened
            await CaseServiceStub(plain).CreateCase(request, metadata=metadata, timeout=2)
        await client.get_workflow_handle(workflow_id("acme", case_id)).terminate()
        async with refused(PRECONDITION, "CASE_CLOSED"):
            await api.cases.CreateCase(request, metadata=metadata)
    async with running_api(connect_while_a_twin_opens_it, store) as api:
        receipt = (await api.cases.CreateCase(request, metadata=await api.as_user("olivia"))).receipt
        assert (receipt.case_id, receipt.state_version) == (case_id, 1)


async def test_a_customer_submits(api: Api, worker: StoreActivities):
    """Submissions are numbered; twins are one; refusals are told in the portal's words."""
    receipt = await new_case(api)
    link = await api.cases.CreatePortalLink(pb.CreatePortalLinkRequest(case_id=receipt.case_id), metadata=await api.as_user("olivia"))
    metadata = (("x-portal-token", link.token),)
    request = portal_pb.SubmitDocumentsRequest(request_id=request_id())
    answers = await asyncio.gather(*(api.portal.SubmitDocuments(request, metadata=metadata) for _ in range(3)))
    assert {(a.submission_number, a.status) for a in answers} == {(1, case_types_pb2.CASE_STATUS_PROCESSING_DOCUMENTS)}
    again = await api.portal.SubmitDocuments(portal_pb.SubmitDocumentsRequest(request_id=request_id()), metadata=metadata)
    assert again.submission_number == 2
    async with refused(PRECONDITION, "PORTAL_CLOSED"):
        await api.portal.SubmitDocuments(portal_pb.SubmitDocumentsRequest(request_id=request_id(), submission_number=99), metadata=metadata)


async def test_without_a_worker_the_caller_is_told_in_time(api: Api):
    """The answer comes before the caller's own deadline: typed, and with when to try again."""
    metadata = await api.as_user("olivia")
    async with grpc.aio.insecure_channel(api.target) as plain:  # without retries of its own
        began = time.monotonic()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await CaseServiceStub(plain).CreateCase(create_request(), metadata=metadata, timeout=3)
        assert time.monotonic() - began < 3
    error = from_rpc_error(caught.value)
    assert (error.code, error.reason) == (UNAVAILABLE, "WORKFLOW_ENGINE_UNAVAILABLE")
    assert error.retry_after is not None


async def test_a_killed_engine_loses_and_doubles_nothing(running_bench: Bench, s3_engine: SeaweedEngine, tmp_path: Path):
    """SIGKILL: writes answer UNAVAILABLE within seconds, reads go on; after the restart the same request is applied once, by the same process."""
    engine = running_bench.temporal()
    settings = temporal_settings(engine, s3_engine, tmp_path / "keys.json")
    with running_engine(engine, running_bench.folder) as server:
        async with running_api(partial(temporal.connect, settings)) as api:
            async with probe_worker(await temporal.connect(settings), api.store):
                receipt = await new_case(api)
            await asyncio.to_thread(server.kill)
            request, metadata = decision(receipt), await api.as_user("olivia")
            began = time.monotonic()
            async with refused(UNAVAILABLE, "WORKFLOW_ENGINE_UNAVAILABLE"):
                await api.cases.DecideCase(request, metadata=metadata)
            assert time.monotonic() - began < 5
            assert (await api.cases.GetCase(pb.GetCaseRequest(case_id=receipt.case_id), metadata=metadata)).case_file.header.state_version == 1
            await asyncio.to_thread(partial(server.start, timeout=60))
            async with probe_worker(await temporal.connect(settings), api.store) as activities:
                answer = (await api.cases.DecideCase(request, metadata=metadata)).receipt
                assert (await api.cases.DecideCase(request, metadata=metadata)).receipt == answer
                assert [one.update for one in activities.applied] == ["officer_decision"]
