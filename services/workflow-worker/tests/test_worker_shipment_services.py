"""Shipments through the real store and the real trade rules: what the activities store, and a whole shipment to its verified capsule."""

# ruff: noqa: F811 - imported fixtures are used by name

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from shipment_harness import SECOND, RunningShipment, ShipmentServer, shipment_serving
from shipment_store import ScriptedShipment
from shipment_world import PAPERS, Papers, papers_served
from worker_world import Environment

from trustrelay.common.v1 import evidence_types_pb2 as evidence
from trustrelay.common.v1 import requirement_types_pb2 as states
from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.contracts.shipment_workflow import ShipmentInput, ShipmentStatus, ShipmentUpdate, resource
from trustrelay.devstack.commands._capsule_verification import CapsuleRefused, verify_capsule
from trustrelay.devstack.testing import fresh_database, make_database, postgres_engine, running_bench, s3_engine  # noqa: F401
from trustrelay.persistence.v1.audit_service_pb2 import ListAuditEventsRequest
from trustrelay.persistence_service.migrate import migrate
from trustrelay.servicekit import errors
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.domain.shipment.records import GivenUp, OpenArgs, ShipmentRef, Transition
from trustrelay.workflow_worker.entrypoints.activities.shipment.paper_activities import PaperActivities
from trustrelay.workflow_worker.entrypoints.activities.shipment.store_activities import StoreActivities
from trustrelay.workflow_worker.entrypoints.activities.shipment.trade_activities import TradeActivities
from trustrelay.workflow_worker.entrypoints.domains.shipment import shipment as shipment_domain

pytestmark = pytest.mark.asyncio(loop_scope="module")
INVOICE, LIST, CMR, T1 = PAPERS
PATIENCE = 60.0


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A file with a private key, and its public one."""
    file, key = tmp_path_factory.mktemp("keys") / "key.pem", generate_private_key(SECP256R1())
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def papers(make_database: Callable[[], Any], s3_engine: Any, keys: tuple[Path, bytes], tmp_path_factory: Any) -> AsyncIterator[Papers]:
    """The services, on a fresh database."""
    database = make_database()
    await migrate(database.owner_url)
    async with papers_served(database.app_url, s3_engine, keys[0], tmp_path_factory.mktemp("controls")) as served:
        yield served


async def processing(papers: Papers, *kinds: str, **changes: dict[str, str]) -> ShipmentRef:
    """A shipment in its first round, with papers of these kinds (none named = the clean four)."""
    shipment_id = await papers.staged()
    stored = StoreActivities(papers.services)
    await Environment().run(stored.open_shipment, OpenArgs(ShipmentRef(papers.tenant, shipment_id)))
    for kind in kinds or PAPERS:
        await papers.upload(shipment_id, kind, **changes.get(kind, {}))
    ref = ShipmentRef(papers.tenant, shipment_id, 1, "2026-11-22")
    await Environment().run(stored.update_shipment_status, Transition(ref, 1, ShipmentStatus.PROCESSING, 1, datetime.now(UTC)))
    return ref


async def compared(papers: Papers, ref: ShipmentRef) -> Any:
    """Every step of a round."""
    reads = PaperActivities(papers.services)
    for step in (reads.process_shipment_documents, reads.classify_shipment_documents, reads.extract_shipment_data):
        await Environment().run(step, ref)
    return await Environment().run(TradeActivities(papers.services).cross_reference_shipment, ref)


async def test_worker_shipment_clean_papers_leave_nothing_open(papers: Papers) -> None:
    """Each paper is converted, classified and read, with its objects below the round; everything is compared, goods are looked up."""
    ref = await processing(papers)
    done = await compared(papers, ref)
    assert (done.controls, done.failed, done.summary.open, done.summary.unprocessed) == ("CLEAR", 0, (), ())
    file = await papers.file(ref.shipment_id)
    assert {one.document_type for one in file.documents} == set(PAPERS)
    assert {(one.state, one.round, one.pipeline) for one in file.documents} == {(states.DOCUMENT_STATE_VALID, 1, "json/1")}
    assert all("/round-1/converted/" in one.docling_json.key and one.docling_json.version for one in file.documents)
    weight = next(one for one in file.comparisons if one.field == "gross_mass_kg")
    assert (weight.outcome, weight.values[0].span.text) == (evidence.CHECK_OUTCOME_CLEAR, "812.5")
    assert file.goods_controls.lists[0].sha256


async def test_worker_shipment_a_weight_mismatch_is_explained(papers: Papers) -> None:
    """One field disagrees: a discrepancy with papers, values and limit."""
    ref = await processing(papers, **{CMR: {"gross_mass_kg": "840"}})
    done = await compared(papers, ref)
    (found,) = (await papers.file(ref.shipment_id)).discrepancies
    assert (found.kind, found.about, found.severity) == ("field", "gross_mass_kg", evidence.SEVERITY_HIGH)
    assert "CMR 840 kg" in found.explanation
    assert (done.summary.open, done.summary.holding) == ((found.discrepancy_id,), ())


async def test_worker_shipment_a_controlled_good_holds(papers: Papers) -> None:
    """A CRITICAL hit, with act and code."""
    ref = await processing(papers, **{INVOICE: {"commodity_codes[0]": "880330"}, T1: {"commodity_codes[0]": "88033000"}})
    done = await compared(papers, ref)
    assert done.controls == "HIT/GOODS_CONTROL"
    assert done.summary.holding == done.summary.critical != ()
    hits = (await papers.file(ref.shipment_id)).goods_controls.hits
    assert {(hit.commodity_code, hit.act) for hit in hits} == {("88033000", "Regulation (EU) 2021/821")}


async def test_worker_shipment_a_paper_that_cannot_be_read_waits_for_an_officer(papers: Papers) -> None:
    """Unreadable, of no kind of a shipment's, or empty: each is a discrepancy with its reason; the others are compared."""
    ref = await processing(papers, *PAPERS, "rubbish", "bank_statement", "certificate_of_origin")
    await compared(papers, ref)
    file = await papers.file(ref.shipment_id)
    reasons = {one.reason for one in file.documents if one.state in (states.DOCUMENT_STATE_UNREADABLE, states.DOCUMENT_STATE_NEEDS_REVIEW)}
    assert reasons == {"DOCUMENT_CORRUPT", "DOCUMENT_TYPE_UNKNOWN", "NOTHING_READ"}
    assert sorted(one.kind for one in file.discrepancies) == ["document"] * 3
    assert not (await Environment().run(TradeActivities(papers.services).cross_reference_shipment, ref)).summary.unprocessed


async def test_worker_shipment_a_paper_that_hides_something_is_compared_and_waits_for_an_officer(papers: Papers) -> None:
    """What its conversion found stays with the paper: its values count, and nothing clears before somebody has looked."""
    ref = await processing(papers, **{CMR: {"hidden_text": "gross mass is what the invoice says"}})
    done = await compared(papers, ref)
    file = await papers.file(ref.shipment_id)
    assert {(one.state, one.reason) for one in file.documents if one.document_type == CMR} == {(states.DOCUMENT_STATE_VALID, "HIDDEN_TEXT")}
    assert [(one.kind, one.severity) for one in file.discrepancies] == [("document", evidence.SEVERITY_HIGH)]
    assert done.summary.open == (file.discrepancies[0].discrepancy_id,)


async def test_worker_shipment_a_retry_goes_on_where_it_ended_and_stores_once(papers: Papers) -> None:
    """What is converted is not converted again; the same comparison twice is one."""
    ref = await processing(papers)
    papers.documents.broken = errors.Unavailable("WORKER_CRASHED", "again")
    with pytest.raises(ServiceError, match="WORKER_CRASHED"):
        await compared(papers, ref)
    papers.documents.broken = None
    before = len(papers.documents.converted)
    await compared(papers, ref)
    assert len(papers.documents.converted) == before
    with papers.calling():
        request = ListAuditEventsRequest(resource=resource(ref.shipment_id))
        events = (await papers.services.persistence.audit.ListAuditEvents(request)).events
    assert [event.type for event in events].count("shipment_compared") == 1


async def test_worker_shipment_what_was_given_up_is_told_beside_what_was_found(papers: Papers) -> None:
    """Nothing found before goes away; the gap is CRITICAL, names activity and reason, and is stored once."""
    ref = await processing(papers, **{CMR: {"gross_mass_kg": "840"}})
    await compared(papers, ref)
    given_up = GivenUp(ref, "cross_reference_shipment", "UPSTREAM_UNAVAILABLE")
    activities = TradeActivities(papers.services)
    first = await Environment().run(activities.record_shipment_not_assessed, given_up)
    assert first == await Environment().run(activities.record_shipment_not_assessed, given_up)
    file = await papers.file(ref.shipment_id)
    assert [(one.kind, one.about, one.status) for one in file.discrepancies] == [
        ("field", "gross_mass_kg", types.DISCREPANCY_STATUS_OPEN), ("not_assessed", "cross_reference_shipment", types.DISCREPANCY_STATUS_OPEN),
    ]  # fmt: skip
    assert (first.critical, file.goods_controls.outcome) == (first.open[1:], evidence.CHECK_OUTCOME_NOT_ASSESSED)
    assert "UPSTREAM_UNAVAILABLE" in file.discrepancies[1].explanation


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(papers: Papers) -> AsyncIterator[ShipmentServer]:
    """A worker of domain `shipment`, wired as production wires it."""
    async with shipment_serving(domain=shipment_domain(papers.services)) as running:
        yield running


async def begun(papers: Papers, server: ShipmentServer, **changes: dict[str, str]) -> RunningShipment:
    """A shipment with the clean papers, submitted."""
    running = RunningShipment(server, ShipmentInput(await papers.staged(), papers.tenant, "officer-one"), ScriptedShipment())
    await server.open(running)
    for kind in PAPERS:
        await papers.upload(running.input.shipment_id, kind, **changes.get(kind, {}))
    await running.send(ShipmentUpdate.DOCUMENTS_SUBMITTED)
    return running


async def until(papers: Papers, running: RunningShipment, status: types.ShipmentStatus.ValueType) -> types.ShipmentFile:
    """The file once it is in that status."""
    deadline = time.monotonic() + PATIENCE
    while (file := await papers.file(running.input.shipment_id)).header.status != status:
        assert time.monotonic() < deadline, file.header
        await asyncio.sleep(0.05)
    return file


async def test_worker_shipment_a_clean_shipment_ends_in_a_capsule_that_verifies(
    papers: Papers, server: ShipmentServer, keys: tuple[Path, bytes]
) -> None:
    """From upload to clearance by rule; the capsule verifies under the pinned key alone, and not with a changed byte."""
    running = await begun(papers, server)
    assert (await running.result()).status is ShipmentStatus.CLEARED
    capsule = await papers.capsule(running.input.shipment_id)
    verified = verify_capsule(capsule, [keys[1]])
    predicate = verified.statement["predicate"]
    assert (predicate["status"], predicate["shipment"]["id"], predicate["decisions"][0]["actor"]) == (
        "CLEARED", running.input.shipment_id, "rule:all-agree/1",
    )  # fmt: skip
    assert len(verified.subjects) == 3 * len(PAPERS)
    with pytest.raises(CapsuleRefused):
        verify_capsule(capsule.replace(b"0", b"1", 1), [keys[1]])


async def test_worker_shipment_corrected_papers_replace_the_old_ones(papers: Papers, server: ShipmentServer) -> None:
    """A weight mismatch, then a corrected consignment note: the old one is superseded, its discrepancy too, and the shipment clears."""
    running = await begun(papers, server, **{CMR: {"gross_mass_kg": "840"}})
    await until(papers, running, types.SHIPMENT_STATUS_DISCREPANCIES)
    await papers.upload(running.input.shipment_id, CMR)
    await running.send(ShipmentUpdate.DOCUMENTS_SUBMITTED)
    file = await until(papers, running, types.SHIPMENT_STATUS_CLEARED)
    assert [one.state for one in file.documents if one.document_type == CMR] == [states.DOCUMENT_STATE_SUPERSEDED, states.DOCUMENT_STATE_VALID]
    assert [one.status for one in file.discrepancies] == [types.DISCREPANCY_STATUS_SUPERSEDED]


async def test_worker_shipment_a_controlled_good_moves_when_two_officers_say_why(papers: Papers, server: ShipmentServer) -> None:
    """Held; explained by one, confirmed by another; every word is in the store and in the capsule."""
    running = await begun(papers, server, **{INVOICE: {"commodity_codes[0]": "88033000"}, T1: {"commodity_codes[0]": "88033000"}})
    file = await until(papers, running, types.SHIPMENT_STATUS_HELD)
    (control,) = file.discrepancies
    await running.send(ShipmentUpdate.RESOLVE_DISCREPANCY, discrepancy_id=control.discrepancy_id, reason="licence BE-2026-7 was shown")
    await running.send(ShipmentUpdate.CONFIRM_RESOLUTION, SECOND, discrepancy_id=control.discrepancy_id)
    file = await until(papers, running, types.SHIPMENT_STATUS_CLEARED)
    assert (file.discrepancies[0].explained_by, file.discrepancies[0].confirmed_by) == ("officer-one", "officer-two")
    assert file.decisions[0].actor == "rule:all-resolved/1"
