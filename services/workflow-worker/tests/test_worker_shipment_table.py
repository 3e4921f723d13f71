"""Every cell of a shipment's state × message table, on running workflows; and a worker that goes away at each activity."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from shipment_harness import SECOND, RunningShipment, ShipmentServer, shipment_serving
from shipment_store import Found, ScriptedShipment
from temporalio.service import RPCError, RPCStatusCode
from worker_store import Gate

from trustrelay.contracts.shipment_workflow import TERMINAL, ShipmentDecision, ShipmentStatus, ShipmentUpdate
from trustrelay.workflow_worker.application.shipment.catalogue import SHIPMENT_ACTIVITIES
from trustrelay.workflow_worker.domain.shipment.message_table import as_markdown, decision_refusal_of, refusal_of
from trustrelay.workflow_worker.domain.shipment.papers import Paper, kind_refused, replaced
from trustrelay.workflow_worker.domain.shipment.state import ShipmentState, Summary, due_status

pytestmark = pytest.mark.asyncio(loop_scope="module")
RECEIVED, PROCESSING, DISCREPANCIES, CLEARED, HELD, REJECTED = ShipmentStatus
OPEN, SUBMITTED, RESOLVE, CONFIRM, DECIDE = ShipmentUpdate
CLEAR, HOLD, REJECT = ShipmentDecision
# Explained by one officer, so that every message finds what it is about.
EXPLAINED = Found("d-2", critical=True)
CELLS = [(status, update, None) for status in ShipmentStatus for update in ShipmentUpdate if update is not DECIDE]
CELLS += [(status, DECIDE, decision) for status in ShipmentStatus for decision in ShipmentDecision]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[ShipmentServer]:
    """One server and worker for the module."""
    async with shipment_serving() as running:
        yield running


async def bring(server: ShipmentServer, status: ShipmentStatus) -> tuple[RunningShipment, Gate]:
    """A shipment in `status`; the gate lets it go on."""
    holding = Found("d-1", critical=False) if status is not HELD else Found("d-3", critical=True, holds=True)
    script = ScriptedShipment(rounds=[] if status is CLEARED else [(Found("d-1"), EXPLAINED, holding)])
    shipment = await server.start(script)
    gate = Gate()
    if status is PROCESSING:
        gate = script.block("extract_shipment_data")
    if status in TERMINAL:
        gate = script.block("assemble_shipment_capsule")
    if status is REJECTED:
        await shipment.send(DECIDE)
    elif status is not RECEIVED:
        await shipment.send(SUBMITTED)
    await shipment.until(status)
    if status in (DISCREPANCIES, HELD):
        await shipment.send(RESOLVE, discrepancy_id="d-2")
    return shipment, gate


@pytest.mark.parametrize(("status", "update", "decision"), CELLS, ids=str)
async def test_worker_shipment_cell(
    server: ShipmentServer, status: ShipmentStatus, update: ShipmentUpdate, decision: ShipmentDecision | None
) -> None:
    """What the table allows is accepted and stored; what it refuses is refused with its reason, and changes nothing."""
    shipment, gate = await bring(server, status)
    wanted = refusal_of(status, update) or (decision_refusal_of(status, decision) if decision else None)
    options = {"decision": decision} if decision else {"discrepancy_id": "d-2"} if update is CONFIRM else {}
    before = len(shipment.script.transitions)
    if wanted is None and decision is not CLEAR:
        await shipment.send(update, SECOND, **options)
        assert update is OPEN or len(shipment.script.transitions) > before
    else:
        refused = await shipment.refused(update, SECOND, **options)
        assert refused.reason == (wanted.reason if wanted else "DISCREPANCIES_OPEN")
        assert len(shipment.script.transitions) == before
    gate.open()


async def test_worker_shipment_table_is_what_the_page_shows() -> None:
    """docs/shipments.md holds the table as the code has it."""
    page = Path(__file__).parents[3] / "docs" / "shipments.md"
    assert as_markdown() in page.read_text()


async def test_worker_shipment_a_message_to_what_is_over_finds_nobody(server: ShipmentServer) -> None:
    """Once sealed, Temporal itself answers that it is not there."""
    shipment = await server.processed()
    await shipment.result()
    with pytest.raises(RPCError) as gone:
        await shipment.send(DECIDE)
    assert gone.value.status is RPCStatusCode.NOT_FOUND


async def test_worker_shipment_nothing_is_taken_before_it_is_opened(server: ShipmentServer) -> None:
    """A workflow that somebody started without opening takes no other message."""
    shipment = await server.start(open_it=False)
    for update in (SUBMITTED, DECIDE):
        assert (await shipment.refused(update)).reason == "MESSAGE_NOT_ALLOWED"
    assert (await shipment.send(OPEN)).state_version == 1


async def test_worker_shipment_goes_on_when_the_worker_goes_away() -> None:
    """The worker goes each time another activity runs; the shipment ends as if nothing had happened: each step stored once, in order."""
    async with shipment_serving(max_cached_workflows=0) as server:
        server.task_timeout = timedelta(seconds=1)
        script = ScriptedShipment(rounds=[(Found("d-1"), Found("d-2", critical=True, holds=True))])
        gates = {entry.name: script.block(entry.name) for entry in SHIPMENT_ACTIVITIES if entry.name not in BESIDE}
        telling = asyncio.create_task(_tell(server, script))
        while not telling.done() or gates:
            for name in [name for name, gate in gates.items() if gate.reached.is_set()]:
                await server.crash()
                gates.pop(name).open()
            await asyncio.sleep(0.02)
        shipment = await telling
        assert (await shipment.result()).status is CLEARED
    versions = [step.expected_version for step in script.transitions]
    assert versions == list(range(1, len(versions) + 1))
    assert [len(script.audit(kind)) for kind in ("discrepancy_explained", "discrepancy_confirmed", "shipment_cleared")] == [2, 1, 1]


BESIDE = {"record_shipment_not_assessed", "persist_shipment_audit_event"}


async def _tell(server: ShipmentServer, script: ScriptedShipment) -> RunningShipment:
    shipment = await server.start(script)
    await shipment.send(SUBMITTED)
    await shipment.until(HELD)
    await shipment.send(RESOLVE)
    await shipment.send(RESOLVE, discrepancy_id="d-2")
    await shipment.send(CONFIRM, SECOND, discrepancy_id="d-2")
    return shipment


@pytest.mark.parametrize(("round_", "summary", "due"), [
    (0, Summary(unprocessed=("a",)), RECEIVED), (0, Summary(holding=("h",), open=("h",)), HELD), (1, Summary(), CLEARED),
    (1, Summary(open=("d",)), DISCREPANCIES), (1, Summary(unprocessed=("a",)), DISCREPANCIES), (1, Summary(open=("d", "h"), holding=("h",)), HELD),
])  # fmt: skip
async def test_worker_shipment_due_status(round_: int, summary: Summary, due: ShipmentStatus) -> None:
    """What is open decides, what holds before all; nothing is cleared before a round, or past an unread paper."""
    assert due_status(ShipmentState(round=round_, summary=summary)) is due


async def test_worker_shipment_papers_are_replaced_by_later_rounds_only() -> None:
    """The same kind in a later round takes the place of the earlier one; what nobody could open stays."""
    papers = [
        Paper("old", "invoice", "VALID", 1), Paper("vague", "cmr", "NEEDS_REVIEW", 1), Paper("lost", "", "UNREADABLE", 1),
        Paper("other", "packing_list", "VALID", 1), Paper("new", "invoice", "CONVERTED", 0), Paper("cmr", "cmr", "VALID", 2),
        Paper("gone", "invoice", "SUPERSEDED", 1), Paper("twin", "invoice", "CONVERTED", 0),
    ]  # fmt: skip
    assert replaced(papers, 2) == ["old", "vague"]
    assert replaced(papers[:4], 1) == []
    assert (kind_refused("invoice", 0.9), kind_refused("poem", 0.9), kind_refused("cmr", 0.3)) == (
        "", "DOCUMENT_TYPE_UNKNOWN", "DOCUMENT_TYPE_UNCERTAIN",
    )  # fmt: skip
