"""ShipmentService over a real channel, with a workflow on a real Temporal server where messages are sent."""

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

from trustrelay.case.v1 import shipment_service_pb2 as pb
from trustrelay.case_api.domain.addressees import SHIPMENT
from trustrelay.case_api.domain.roles import SHIPMENT_REQUIRED
from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.contracts.etags import etag
from trustrelay.contracts.messages import payload_sha256
from trustrelay.contracts.shipment_workflow import Envelope, ResolveDiscrepancy, workflow_id
from trustrelay.devstack.engines import SeaweedEngine, TemporalEngine
from trustrelay.devstack.testing import Bench, running_bench, s3_engine, temporal_engine
from trustrelay.servicekit import temporal

__all__ = ["running_bench", "s3_engine", "temporal_engine"]
pytestmark = pytest.mark.integration
INVALID = grpc.StatusCode.INVALID_ARGUMENT
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


def creation(**changes: object) -> pb.CreateShipmentRequest:
    said = {"reference": "PO-1", "direction": types.TRADE_DIRECTION_IMPORT, "country_of_dispatch": "CN", "country_of_destination": "be"}
    return pb.CreateShipmentRequest(**{"request_id": request_id(), **said, **changes})  # type: ignore[arg-type]


async def opened(api: Api) -> pb.ShipmentReceipt:
    return (await api.shipments.CreateShipment(creation(), metadata=await api.as_user("olivia"))).receipt


def resolution(receipt: pb.ShipmentReceipt, discrepancy: str = "d-1", seen: str = "") -> pb.ResolveDiscrepancyRequest:
    return pb.ResolveDiscrepancyRequest(
        shipment_id=receipt.shipment_id, request_id=request_id(), etag=seen, discrepancy_id=discrepancy, reason="scales differ"
    )


def test_every_method_has_its_roles():
    """The table is complete: a method that is not in it could be called by nobody."""
    assert set(SHIPMENT_REQUIRED) == {method.name for method in pb.DESCRIPTOR.services_by_name["ShipmentService"].methods}


async def test_twins_of_a_creation_open_one_shipment(api: Api, worker: PortfolioActivities, client: Client):
    """The same request eight times at once is one shipment with one answer; operators find its workflow by tenant."""
    request, metadata = creation(), await api.as_user("olivia")
    receipts = [r.receipt for r in await asyncio.gather(*(api.shipments.CreateShipment(request, metadata=metadata) for _ in range(8)))]
    assert all(receipt == receipts[0] for receipt in receipts)
    assert [one.update for one in worker.moved] == ["open_shipment"]
    assert (receipts[0].status, receipts[0].etag) == (types.SHIPMENT_STATUS_RECEIVED, etag(receipts[0].shipment_id, 1))
    found = await client.get_workflow_handle(workflow_id("acme", receipts[0].shipment_id)).describe()
    assert {pair.key.name: pair.value for pair in found.typed_search_attributes}["TenantId"] == "acme"


async def test_the_same_request_id_with_another_body_is_refused(api: Api, worker: PortfolioActivities):
    """For creations and for messages."""
    metadata, request = await api.as_user("olivia"), creation()
    receipt = (await api.shipments.CreateShipment(request, metadata=metadata)).receipt
    request.reference = "PO-2"
    async with refused(grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"):
        await api.shipments.CreateShipment(request, metadata=metadata)
    message = resolution(receipt)
    await api.shipments.ResolveDiscrepancy(message, metadata=metadata)
    message.reason = "another reason"
    async with refused(grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"):
        await api.shipments.ResolveDiscrepancy(message, metadata=metadata)


async def test_a_message_is_signed_for_what_it_says(api: Api, worker: PortfolioActivities):
    """The digest in the envelope is the one that the worker computes from shipment and message."""
    receipt = await opened(api)
    await api.shipments.ResolveDiscrepancy(resolution(receipt), metadata=await api.as_user("olivia"))
    said = ResolveDiscrepancy(Envelope("", "", ""), "d-1", "scales differ")
    assert worker.moved[-1].envelope.body_sha256 == payload_sha256(receipt.shipment_id, said)


async def test_an_officer_hands_papers_in(api: Api, worker: PortfolioActivities):
    """Upload, completion, submission; the paper carries the officer's name, and the page shows it."""
    receipt, metadata = await opened(api), await api.as_user("olivia")
    upload = pb.CreateShipmentUploadRequest(shipment_id=receipt.shipment_id, request_id=request_id(), file_name="cmr.pdf", size_bytes=10)
    upload_id = (await api.shipments.CreateShipmentUpload(upload, metadata=metadata)).upload_id
    complete = pb.CompleteShipmentUploadRequest(shipment_id=receipt.shipment_id, upload_id=upload_id)
    assert (await api.shipments.CompleteShipmentUpload(complete, metadata=metadata)).document.uploaded_by == "officer:olivia"
    submit = pb.SubmitShipmentDocumentsRequest(shipment_id=receipt.shipment_id, request_id=request_id(), etag=receipt.etag)
    answers = await asyncio.gather(*(api.shipments.SubmitShipmentDocuments(submit, metadata=metadata) for _ in range(3)))
    assert {(a.receipt.status, a.receipt.state_version) for a in answers} == {(types.SHIPMENT_STATUS_PROCESSING, 2)}
    page = (await api.shipments.GetShipment(pb.GetShipmentRequest(shipment_id=receipt.shipment_id), metadata=metadata)).shipment
    assert page.header.etag == answers[0].receipt.etag
    assert [one.file_name for one in page.documents] == ["cmr.pdf"]


async def test_a_refusal_is_audited_in_the_shipments_own_chain(api: Api, worker: PortfolioActivities):
    """A validator's word, a handler's, and a stale etag: each reaches the caller and the log, and the log is the shipment's page's."""
    receipt, metadata = await opened(api), await api.as_user("olivia")
    async with refused(PRECONDITION, "DISCREPANCY_NOT_OPEN"):
        await api.shipments.ResolveDiscrepancy(resolution(receipt, "closed"), metadata=metadata)
    confirm = pb.ConfirmResolutionRequest(
        shipment_id=receipt.shipment_id, request_id=request_id(), discrepancy_id="d", confirmed=True, reason="me again"
    )
    async with refused(grpc.StatusCode.PERMISSION_DENIED, "SAME_OFFICER"):
        await api.shipments.ConfirmResolution(confirm, metadata=metadata)
    async with refused(grpc.StatusCode.ABORTED, "ETAG_MISMATCH"):
        await api.shipments.ResolveDiscrepancy(resolution(receipt, seen="0" * 16), metadata=metadata)
    request = pb.ListShipmentAuditEventsRequest(shipment_id=receipt.shipment_id)
    events = (await api.shipments.ListShipmentAuditEvents(request, metadata=await api.as_user("anton"))).events
    assert [event.type for event in events] == ["message_refused"] * 3
    assert {chain for chain, _, _ in api.store.events} == {SHIPMENT.chain(receipt.shipment_id).resource}


async def test_after_the_end_every_message_is_refused(api: Api, worker: PortfolioActivities):
    """SHIPMENT_CLOSED, from the read model or from Temporal; the ending message itself is answered again."""
    receipt, metadata = await opened(api), await api.as_user("olivia")
    decide = pb.DecideShipmentRequest(
        shipment_id=receipt.shipment_id, request_id=request_id(), etag=receipt.etag, decision=types.SHIPMENT_DECISION_REJECT, reason="forged"
    )
    answer = (await api.shipments.DecideShipment(decide, metadata=metadata)).receipt
    assert answer.status == types.SHIPMENT_STATUS_REJECTED
    assert (await api.shipments.DecideShipment(decide, metadata=metadata)).receipt == answer
    async with refused(PRECONDITION, "SHIPMENT_CLOSED"):
        await api.shipments.ResolveDiscrepancy(resolution(receipt), metadata=metadata)
    api.store.portfolio.shipment("acme", receipt.shipment_id).header.status = types.SHIPMENT_STATUS_DISCREPANCIES
    async with refused(PRECONDITION, "SHIPMENT_CLOSED"):
        await api.shipments.ResolveDiscrepancy(resolution(receipt), metadata=metadata)


async def test_a_capsule_comes_with_the_evidence_that_it_names(api: Api, worker: PortfolioActivities):
    """Not before it is sealed, and in the order in which it names it."""
    receipt, metadata = await opened(api), await api.as_user("anton")
    request = pb.GetShipmentCapsuleRequest(shipment_id=receipt.shipment_id)
    async with refused(PRECONDITION, "CAPSULE_NOT_READY"):
        await api.shipments.GetShipmentCapsule(request, metadata=metadata)
    file = api.store.portfolio.shipment("acme", receipt.shipment_id)
    file.capsule.CopyFrom(ObjectRef(key="capsule.json"))
    file.documents.add(original=ObjectRef(key="cmr.pdf"), markdown=ObjectRef(key="cmr.md"))
    found = await api.shipments.GetShipmentCapsule(request, metadata=metadata)
    assert (found.grant.object.key, [one.object.key for one in found.evidence]) == ("capsule.json", ["cmr.md", "cmr.pdf"])


async def test_another_tenants_shipment_is_not_there(api: Api, worker: PortfolioActivities):
    """Neither to read nor to change, and text that is no id is no shipment."""
    receipt, metadata = await opened(api), await api.as_user("omar")
    for shipment_id in (receipt.shipment_id, str(uuid.uuid4()), "not-an-id"):
        async with refused(grpc.StatusCode.NOT_FOUND, "SHIPMENT_NOT_FOUND"):
            await api.shipments.GetShipment(pb.GetShipmentRequest(shipment_id=shipment_id), metadata=metadata)
        async with refused(grpc.StatusCode.NOT_FOUND, "SHIPMENT_NOT_FOUND"):
            await api.shipments.ListShipmentAuditEvents(pb.ListShipmentAuditEventsRequest(shipment_id=shipment_id), metadata=metadata)
    async with refused(grpc.StatusCode.NOT_FOUND, "SHIPMENT_NOT_FOUND"):
        await api.shipments.ResolveDiscrepancy(resolution(receipt), metadata=metadata)
    assert not (await api.shipments.ListShipments(pb.ListShipmentsRequest(), metadata=metadata)).shipments


async def test_every_mistake_of_a_request_is_told_at_once(api: Api):
    """And nothing is stored for it."""
    metadata = await api.as_user("olivia")
    async with refused(INVALID, "FIELD_INVALID") as error:
        wrong = creation(request_id="x", reference=" ", direction=9, country_of_dispatch="China")
        await api.shipments.CreateShipment(wrong, metadata=metadata)
    assert [v.field for v in error().violations] == ["request_id", "reference", "direction", "country_of_dispatch"]
    async with refused(INVALID, "FIELD_INVALID") as error:
        await api.shipments.DecideShipment(pb.DecideShipmentRequest(shipment_id=str(uuid.uuid4()), request_id=request_id()), metadata=metadata)
    assert [v.field for v in error().violations] == ["etag", "decision", "reason"]
    async with refused(grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND"):
        await api.shipments.CreateShipment(creation(client_case_id="nobody"), metadata=metadata)
    assert not api.store.portfolio.staged


async def test_an_auditor_reads_and_changes_nothing(api: Api):
    """Every method that writes is refused to auditors before anything is looked up."""
    metadata = await api.as_user("anton")
    assert not (await api.shipments.ListShipments(pb.ListShipmentsRequest(), metadata=metadata)).shipments
    for method in (name for name, roles in SHIPMENT_REQUIRED.items() if "auditor" not in roles):
        request = getattr(pb, f"{method}Request")()
        async with refused(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED"):
            await getattr(api.shipments, method)(request, metadata=metadata)
