"""The ways of a shipment, on the time-skipping server: clean, disagreeing, held, stopped, given up, rejected."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from shipment_harness import OFFICER, SECOND, Sender, ShipmentServer, shipment_serving
from shipment_store import Found, ScriptedShipment, refusal
from temporalio.client import WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError
from worker_harness import RunningCase

from trustrelay.contracts.shipment_workflow import ShipmentDecision, ShipmentStatus, ShipmentUpdate
from trustrelay.workflow_worker.application.shipment import continuing

pytestmark = pytest.mark.asyncio(loop_scope="module")
RECEIVED, PROCESSING, DISCREPANCIES, CLEARED, HELD, REJECTED = ShipmentStatus
OPEN, SUBMITTED, RESOLVE, CONFIRM, DECIDE = ShipmentUpdate
WEIGHT, CONTROL = Found("d-1"), Found("d-1", critical=True, holds=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[ShipmentServer]:
    """One server and worker for the module."""
    async with shipment_serving() as running:
        yield running


async def test_worker_shipment_clean_papers_are_cleared_by_rule(server: ShipmentServer) -> None:
    """Opened, submitted, processed in order, cleared with the rule's decision, sealed."""
    shipment = await server.processed()
    assert (await shipment.result()).status is CLEARED
    script = shipment.script
    assert script.statuses == [RECEIVED, PROCESSING, CLEARED]
    steps = [name for name in script.calls if name not in ("open_shipment", "update_shipment_status")]
    assert steps == ["process_shipment_documents", "classify_shipment_documents", "extract_shipment_data", "cross_reference_shipment",
                     "assemble_shipment_capsule"]  # fmt: skip
    cleared = script.transitions[-1]
    assert cleared.decision is not None
    assert (cleared.decision.decision, cleared.decision.actor) == (ShipmentDecision.CLEAR, "rule:all-agree/1")
    assert [event["actor"] for event in script.audit("shipment_cleared")] == ["rule:all-agree/1"]


async def test_worker_shipment_waits_for_papers_and_officers_without_limit(server: ShipmentServer) -> None:
    """Months pass, and nothing clears, expires or fails by itself."""
    shipment = await server.start(ScriptedShipment(rounds=[(WEIGHT,)]))
    await server.env.sleep(timedelta(days=200))
    await shipment.send(SUBMITTED)
    await shipment.until(DISCREPANCIES)
    await server.env.sleep(timedelta(days=200))
    assert (await shipment.view()).open_discrepancies == ("d-1",)
    await shipment.send(RESOLVE)
    assert (await shipment.result()).status is CLEARED
    decision = shipment.script.transitions[-1].decision
    assert decision is not None
    assert decision.actor == "rule:all-resolved/1"


async def test_worker_shipment_one_officer_resolves_what_is_not_critical(server: ShipmentServer) -> None:
    """Each is resolved by itself; the last one clears. Unknown, resolved and unexplained ones are refused."""
    shipment = await (await server.processed((WEIGHT, Found("d-2")))).until(DISCREPANCIES)
    assert (await shipment.refused(RESOLVE, discrepancy_id="d-9")).reason == "DISCREPANCY_NOT_OPEN"
    assert (await shipment.refused(RESOLVE, reason=" ")).reason == "FIELD_INVALID"
    assert (await shipment.refused(CONFIRM)).reason == "DISCREPANCY_NOT_EXPLAINED"
    assert (await shipment.refused(DECIDE, decision=ShipmentDecision.CLEAR)).reason == "DISCREPANCIES_OPEN"
    await shipment.send(RESOLVE)
    assert (await shipment.refused(RESOLVE)).reason == "DISCREPANCY_NOT_OPEN"
    await shipment.send(RESOLVE, discrepancy_id="d-2")
    assert (await shipment.result()).status is CLEARED


async def test_worker_shipment_a_controlled_good_is_held_until_two_officers_agree(server: ShipmentServer) -> None:
    """HELD; one explains, the same may not confirm; a return opens it again; two different officers release it."""
    shipment = await (await server.processed((CONTROL,))).until(HELD)
    await shipment.send(RESOLVE)
    assert (await shipment.refused(RESOLVE)).reason == "DISCREPANCY_NOT_OPEN"
    same = await shipment.refused(CONFIRM)
    assert (same.reason, same.code) == ("SAME_OFFICER", "PERMISSION_DENIED")
    await shipment.send(CONFIRM, SECOND, confirmed=False)
    assert (await shipment.view()).status is HELD
    await shipment.send(RESOLVE, SECOND)
    await shipment.send(CONFIRM, OFFICER)
    assert (await shipment.result()).status is CLEARED
    assert [event["actor"] for event in shipment.script.audit("discrepancy_confirmed")] == ["officer-one"]


async def test_worker_shipment_released_from_a_control_it_still_waits_for_the_rest(server: ShipmentServer) -> None:
    """HELD goes back to DISCREPANCIES when only lesser things are open."""
    shipment = await (await server.processed((CONTROL, Found("d-2")))).until(HELD)
    await shipment.send(RESOLVE)
    await shipment.send(CONFIRM, SECOND)
    await shipment.until(DISCREPANCIES)
    await shipment.send(RESOLVE, discrepancy_id="d-2")
    assert (await shipment.result()).status is CLEARED


async def test_worker_shipment_corrected_papers_are_another_round(server: ShipmentServer) -> None:
    """New papers after a disagreement are compared anew, and clear it."""
    shipment = await (await server.processed((WEIGHT,))).until(DISCREPANCIES)
    shipment.script.unread = 1
    receipt = await shipment.send(SUBMITTED, version=(await shipment.view()).state_version)
    assert receipt.status is DISCREPANCIES
    assert (await shipment.result()).status is CLEARED
    assert shipment.script.round == 2


async def test_worker_shipment_a_submission_during_processing_is_not_lost(server: ShipmentServer) -> None:
    """Whoever submits while papers are processed gets another round, not silence."""
    script = ScriptedShipment(rounds=[(WEIGHT,), ()])
    gate = script.block("extract_shipment_data")
    shipment = await server.start(script)
    await shipment.send(SUBMITTED)
    await gate.reached.wait()
    assert (await shipment.send(SUBMITTED)).status is PROCESSING
    gate.open()
    assert (await shipment.result()).status is CLEARED
    assert script.round == 2


async def test_worker_shipment_a_paper_that_nobody_read_is_never_left_out(server: ShipmentServer) -> None:
    """A paper that came during the comparison starts another round by itself, before anything is cleared."""
    script = ScriptedShipment(rounds=[(), (WEIGHT,)])
    gate = script.block("cross_reference_shipment")
    shipment = await server.start(script)
    await shipment.send(SUBMITTED)
    await gate.reached.wait()
    script.unread = 1
    gate.open()
    await shipment.eventually(lambda: script.round == 2)
    await shipment.until(DISCREPANCIES)
    assert CLEARED not in script.statuses


async def test_worker_shipment_a_paper_between_the_look_and_the_step_is_seen(server: ShipmentServer) -> None:
    """The store refuses to clear past it; the facts are read again, and it is processed first."""
    script = ScriptedShipment()
    shipment = await server.start(script)
    gate = script.block("cross_reference_shipment")
    await shipment.send(SUBMITTED)
    await gate.reached.wait()
    blocked = script.block("update_shipment_status")
    gate.open()
    await blocked.reached.wait()
    script.unread = 1
    blocked.open()
    assert (await shipment.result()).status is CLEARED
    assert script.round == 2
    assert [event["reason"] for event in script.audit("step_refused")] == ["TRANSITION_FORBIDDEN"]


async def test_worker_shipment_an_officer_stops_it_and_two_release_it(server: ShipmentServer) -> None:
    """HOLD before papers came: back to RECEIVED once two officers agree; HOLD during processing counts when the round ends."""
    script = ScriptedShipment()
    shipment = await server.start(script)
    assert (await shipment.send(DECIDE, decision=ShipmentDecision.HOLD)).status is HELD
    (stop,) = (await shipment.view()).open_discrepancies
    await shipment.send(RESOLVE, discrepancy_id=stop)
    await shipment.send(CONFIRM, SECOND, discrepancy_id=stop)
    await shipment.until(RECEIVED)
    gate = script.block("classify_shipment_documents")
    await shipment.send(SUBMITTED)
    await gate.reached.wait()
    assert (await shipment.send(DECIDE, decision=ShipmentDecision.HOLD)).status is PROCESSING
    gate.open()
    await shipment.until(HELD)


@pytest.mark.parametrize("name", ["process_shipment_documents", "classify_shipment_documents", "extract_shipment_data", "cross_reference_shipment"])
async def test_worker_shipment_a_service_that_is_given_up_is_a_discrepancy(server: ShipmentServer, name: str) -> None:
    """Never lost, never clear: DISCREPANCIES with what nobody looked at and why; another submission tries again."""
    script = ScriptedShipment()
    script.fail(name, refusal("BROKEN"))
    shipment = await server.start(script)
    await shipment.send(SUBMITTED)
    await shipment.until(DISCREPANCIES)
    assert [(one.activity, one.reason, one.shipment.round) for one in script.given_up] == [(name, "BROKEN", 1)]
    assert (await shipment.view()).outcomes[name] == "NOT_ASSESSED/BROKEN"
    await shipment.send(SUBMITTED)
    assert (await shipment.result()).status is CLEARED


async def test_worker_shipment_retries_are_exhausted_before_a_service_is_given_up(server: ShipmentServer) -> None:
    """An outage is retried for six times the limit, then told with the last attempt's reason."""
    script = ScriptedShipment()
    script.fail("cross_reference_shipment", *(ApplicationError("down", type="UPSTREAM_UNAVAILABLE") for _ in range(50)))
    shipment = await server.start(script)
    await shipment.send(SUBMITTED)
    await server.env.sleep(timedelta(minutes=10))
    await shipment.until(DISCREPANCIES)
    assert [one.reason for one in script.given_up] == ["UPSTREAM_UNAVAILABLE"]
    assert script.calls.count("cross_reference_shipment") > 3


async def test_worker_shipment_an_outage_of_the_store_loses_nothing(server: ShipmentServer) -> None:
    """A step whose answer was lost is asked for again and stored once."""
    script = ScriptedShipment(rounds=[(WEIGHT,)])
    shipment = await (await server.start(script)).until(RECEIVED)
    script.lose_answer("update_shipment_status", ApplicationError("gone", type="DATABASE_UNAVAILABLE"))
    await shipment.send(SUBMITTED)
    await shipment.until(DISCREPANCIES)
    script.fail("update_shipment_status", *(ApplicationError("gone", type="DATABASE_UNAVAILABLE") for _ in range(2)))
    await shipment.send(RESOLVE)
    assert (await shipment.result()).status is CLEARED
    versions = [step.expected_version for step in script.transitions]
    assert versions == list(range(1, len(versions) + 1))


async def test_worker_shipment_without_papers_nothing_is_processed(server: ShipmentServer) -> None:
    """DOCUMENTS_MISSING, asked of the store at that moment."""
    script = ScriptedShipment(documents=0, unread=0)
    shipment = await server.start(script)
    assert (await shipment.refused(SUBMITTED)).reason == "DOCUMENTS_MISSING"
    script.documents = script.unread = 1
    await shipment.send(SUBMITTED)
    assert (await shipment.result()).status is CLEARED


async def test_worker_shipment_the_same_request_gets_its_first_answer(server: ShipmentServer) -> None:
    """A retry changes nothing, also after other messages; another body under its id is refused."""
    shipment = await (await server.processed((WEIGHT, Found("d-2")))).until(DISCREPANCIES)
    request = str(uuid.uuid4())
    first = await shipment.send(RESOLVE, request_id=request)
    again = await shipment.send(RESOLVE, request_id=request)
    assert first == again
    other = await shipment.refused(RESOLVE, request_id=request, reason="something else")
    assert (other.reason, other.code) == ("REQUEST_ID_REUSED", "ALREADY_EXISTS")
    assert len(shipment.script.audit("discrepancy_explained")) == 1


async def test_worker_shipment_twins_of_a_message_are_stored_once(server: ShipmentServer) -> None:
    """Two deliveries of one request at once, and two officers on one discrepancy: one word is stored."""
    shipment = await (await server.processed((WEIGHT, Found("d-2")))).until(DISCREPANCIES)
    message = await shipment.message(RESOLVE, request_id=str(uuid.uuid4()))
    first, second = await asyncio.gather(*(shipment.handle.execute_update(RESOLVE, message, id=str(n)) for n in range(2)))
    assert first == second
    answers = await asyncio.gather(
        shipment.send(RESOLVE, discrepancy_id="d-2"), RunningCase.refusal_of(shipment.send(RESOLVE, SECOND, discrepancy_id="d-2")),
        return_exceptions=True,
    )  # fmt: skip
    assert len(shipment.script.audit("discrepancy_explained")) == 2, answers


@pytest.mark.parametrize(("sender", "options", "reason"), [
    (Sender(roles=("customer",)), {}, "ROLE_REQUIRED"),
    (Sender(claims={"tenant_id": "other"}), {}, "ASSERTION_INVALID"),
    (Sender(claims={"case_id": "other"}), {}, "ASSERTION_INVALID"),
    (Sender(claims={"action": "open_shipment"}), {}, "ASSERTION_INVALID"),
    (Sender(claims={"body_sha256": "c" * 64}), {}, "ASSERTION_INVALID"),
    (OFFICER, {"version": 77}, "ETAG_MISMATCH"),
])  # fmt: skip
async def test_worker_shipment_nobody_decides_without_proof(server: ShipmentServer, sender: Sender, options: dict[str, int], reason: str) -> None:
    """Role, tenant, shipment, action, body and version are all in the signed word."""
    shipment = await server.start()
    assert (await shipment.refused(DECIDE, sender, **options)).reason == reason
    assert not shipment.script.transitions


async def test_worker_shipment_a_cancellation_ends_nothing(server: ShipmentServer) -> None:
    """Asking Temporal to cancel carries no assertion: it is noted and refused."""
    shipment = await server.start()
    await shipment.handle.cancel()
    await shipment.eventually(lambda: bool(shipment.script.audit("message_refused")))
    assert (await shipment.handle.describe()).status is WorkflowExecutionStatus.RUNNING
    assert (await shipment.send(DECIDE)).status is REJECTED


async def test_worker_shipment_a_long_history_goes_on_as_a_new_run(server: ShipmentServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """State and answers go along: an earlier request gets its first answer from the next run."""
    shipment = await (await server.processed((CONTROL,))).until(HELD)
    first_run = (await shipment.handle.describe()).run_id
    monkeypatch.setattr(continuing, "max_events", 20)
    request = str(uuid.uuid4())
    first = await shipment.send(RESOLVE, request_id=request)
    await shipment.another_run(first_run)
    monkeypatch.undo()
    assert await shipment.send(RESOLVE, request_id=request) == first
    await shipment.send(CONFIRM, SECOND)
    assert (await shipment.result()).status is CLEARED


# Last: this server no longer skips time once an activity outlived its workflow.
@pytest.mark.parametrize("during", ["", "process_shipment_documents", "cross_reference_shipment"])
async def test_worker_shipment_a_rejection_ends_it_at_once(server: ShipmentServer, during: str) -> None:
    """Also in the middle of processing, which is cancelled; then the end is sealed."""
    script = ScriptedShipment()
    shipment = await server.start(script)
    gate = script.block(during)
    if during:
        await shipment.send(SUBMITTED)
        await gate.reached.wait()
    assert (await shipment.send(DECIDE)).status is REJECTED
    gate.open()
    assert (await shipment.result()).status is REJECTED
    assert script.calls[-1] == "assemble_shipment_capsule"
    assert "record_shipment_not_assessed" not in script.calls
