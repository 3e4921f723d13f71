"""Messages that come as signals: the same judgement, the same handlers, and a trace of every refusal. On the time-skipping server."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from worker_harness import RunningCase, Server, serving
from worker_signing import CUSTOMER, OFFICER, SECOND, Sender, new_signer
from worker_store import ScriptedCase, refusal

from trustrelay.contracts.case_workflow import EXTRACTION_FINISHED, SIGNALS, Decision, Status, Update
from trustrelay.workflow_worker.domain.compliance.state import Summary

pytestmark = pytest.mark.asyncio(loop_scope="module")
CLEAR = Summary(risk_level="LOW")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module; each test has its own case."""
    async with serving() as running:
        yield running


async def in_review(server: Server, summary: Summary = CLEAR, **policy: Any) -> RunningCase:
    """A case that waits for the officer's decision, with these facts."""
    return await (await server.start(ScriptedCase(summary), **policy)).to(Status.REVIEW_PENDING)


async def test_worker_case_can_be_led_by_signals_alone(server: Server) -> None:
    """Every step from the gate to the second officer works fire-and-forget, as it does by update."""
    script = ScriptedCase(replace(CLEAR, open_hits=("hit-1",), blocking_checks=("vat_vies",)))
    case = await server.start(script)
    await case.until(Status.REQUIREMENTS_REVIEW)
    await case.signal(Update.REQUIREMENTS_APPROVED)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.signal(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.REVIEW_PENDING)
    await case.signal(Update.RESOLVE_HIT)
    await case.signal(Update.OVERRIDE_CHECK)
    await case.eventually(lambda: script.summary.has_override and not script.summary.open_hits)
    await case.signal(Update.OFFICER_DECISION)
    await case.until(Status.AWAITING_SECOND_APPROVAL)
    await case.signal(Update.SECOND_DECISION)
    assert (await case.result()).status is Status.APPROVED
    assert script.audit("message_refused") == []
    assert len(script.verified) == 6


FORGED = {
    "foreign key": (Sender(signer=new_signer()), "ASSERTION_INVALID"),
    "no assertion": (Sender(envelope={"assertion": ""}), "ASSERTION_INVALID"),
    "expired": (Sender(lifetime=timedelta(seconds=-1)), "ASSERTION_EXPIRED"),
    "other tenant": (Sender(claims={"tenant_id": "tenant-other"}), "ASSERTION_INVALID"),
    "other case": (Sender(claims={"case_id": "case-other"}), "ASSERTION_INVALID"),
    "other action": (Sender(claims={"action": "withdraw"}), "ASSERTION_INVALID"),
    "other body": (Sender(envelope={"body_sha256": "1" * 64}), "ASSERTION_INVALID"),
    "wrong role": (Sender(roles=("customer",)), "ROLE_REQUIRED"),
}


@pytest.mark.parametrize("name", FORGED)
async def test_worker_forged_signal_changes_nothing_and_is_on_record(server: Server, name: str) -> None:
    """Whoever reaches Temporal without case-api's word for exactly this message only leaves a trace; nobody's version goes stale by it."""
    case = await in_review(server)
    version, (sender, reason) = case.script.version, FORGED[name]
    await case.signal(Update.OFFICER_DECISION, sender)
    (refused,) = await case.refusals()
    assert (refused["message"], refused["reason"]) == (Update.OFFICER_DECISION, reason)
    assert (await case.view()).state_version == case.script.version == version
    assert (await case.send(Update.OFFICER_DECISION, version=version)).status is Status.APPROVED


async def test_worker_payload_changed_after_signing_is_refused_by_signal_too(server: Server) -> None:
    """A live assertion of an officer for a rejection does not carry an approval."""
    case = await in_review(server)
    signed = await case.message(Update.OFFICER_DECISION, decision=Decision.REJECT)
    await case.handle.signal("signal_officer_decision", replace(signed, decision=Decision.APPROVE))
    assert (await case.refusals())[0]["reason"] == "ASSERTION_INVALID"


async def test_worker_refused_signal_says_why(server: Server) -> None:
    """State, version, facts, sense, ownership and four eyes refuse a signal with the reason that an update gets, and its sender and request."""
    case = await in_review(server, replace(CLEAR, open_hits=("hit-1",), confirmed_pep=True))
    request = str(uuid.uuid4())
    await case.signal(Update.REQUIREMENTS_APPROVED, request_id=request)
    await case.signal(Update.OFFICER_DECISION)
    await case.signal(Update.OFFICER_DECISION, version=1, decision=Decision.REJECT)
    await case.signal(Update.RESOLVE_HIT, reason=" ")
    await case.signal(Update.REASSIGN, SECOND)
    refused = await case.refusals(5)
    assert refused[0] == {"actor": "officer-one", "message": "requirements_approved", "reason": "MESSAGE_NOT_ALLOWED", "request_id": request}
    assert sorted(one["reason"] for one in refused) == ["ETAG_MISMATCH", "HITS_OPEN", "MESSAGE_NOT_ALLOWED", "NOT_CASE_OWNER", "REASON_REQUIRED"]
    await case.send(Update.RESOLVE_HIT)
    await case.send(Update.OFFICER_DECISION)
    await case.signal(Update.SECOND_DECISION, OFFICER)
    assert (await case.refusals(6))[-1]["reason"] == "SAME_OFFICER"


async def test_worker_signal_refused_by_the_store_is_on_record(server: Server) -> None:
    """A constraint of the database speaks to a signal through the audit log."""
    case = await in_review(server)
    case.script.fail("persist_workflow_state", refusal("FOUR_EYES_VIOLATED"))
    await case.signal(Update.OFFICER_DECISION)
    assert (await case.refusals())[0]["reason"] == "FOUR_EYES_VIOLATED"
    assert (await case.send(Update.OFFICER_DECISION)).status is Status.APPROVED


UNREADABLE: dict[str, tuple[Any, ...]] = {
    "text": ("approve",),
    "number": (7,),
    "nothing": (),
    "null": (None,),
    "list": ([1, 2],),
    "two": ({}, {}),
    "no envelope": ({"decision": "APPROVE"},),
    "envelope of another form": ({"envelope": "me", "decision": "APPROVE"},),
    "unknown decision": ({"envelope": {"request_id": "r", "body_sha256": "b", "assertion": "a"}, "decision": "BURN"},),
    "number for text": ({"envelope": {"request_id": 1, "body_sha256": "b", "assertion": "a"}},),
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_worker_unreadable_signal_neither_ends_nor_blocks_the_case(server: Server, name: str) -> None:
    """Rubbish is refused on record, and the case goes on."""
    case = await in_review(server)
    await case.handle.signal("signal_officer_decision", args=UNREADABLE[name])
    assert (await case.refusals())[0]["reason"] == "MESSAGE_UNREADABLE"
    assert (await case.send(Update.OFFICER_DECISION)).status is Status.APPROVED


@pytest.mark.parametrize(("name", "kept"), [("signal_open", "signal_open"), ("approve", "approve"), ("Odalric was here", "unknown")])
async def test_worker_signal_of_no_known_name_is_on_record(server: Server, name: str, kept: str) -> None:
    """A signal that nobody knows is refused; what strangers write reaches the audit log only in the form of a name."""
    case = await in_review(server)
    await case.handle.signal(name, "Odalric")
    (refused,) = await case.refusals()
    assert (refused["message"], refused["reason"]) == (kept, "MESSAGE_UNKNOWN")


async def test_worker_same_request_twice_has_one_effect(server: Server) -> None:
    """A signal repeated, and repeated as an update, is one decision; with another body it is refused."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    request = str(uuid.uuid4())
    for _ in range(2):
        await case.signal(Update.DOCUMENTS_SUBMITTED, CUSTOMER, request_id=request)
    await case.until(Status.REVIEW_PENDING)
    assert (await case.send(Update.DOCUMENTS_SUBMITTED, CUSTOMER, request_id=request)).submission_number == 1
    assert len(case.script.audit("documents_submitted")) == 1
    await case.signal(Update.DOCUMENTS_SUBMITTED, CUSTOMER, request_id=request, submission_number=9)
    assert (await case.refusals())[0]["reason"] == "REQUEST_ID_REUSED"


async def test_worker_signal_whose_sender_cannot_be_verified_is_refused(server: Server) -> None:
    """When the verification itself cannot be done the message counts as refused, never as good."""
    case = await in_review(server)
    case.script.fail("verify_actor_assertion", refusal("NO_KEYS"))
    await case.signal(Update.WITHDRAW)
    assert (await case.refusals())[0]["reason"] == "NO_KEYS"
    assert (await case.view()).status is Status.REVIEW_PENDING


async def test_worker_signal_to_a_case_that_is_not_opened_does_nothing(server: Server) -> None:
    """Before the case is stored there is neither a decision nor an audit log."""
    case = await server.start(open_it=False)
    await case.signal(Update.WITHDRAW)
    await case.eventually(lambda: bool(case.script.verified))
    await case.send(Update.OPEN)
    await case.until(Status.REQUIREMENTS_REVIEW)
    assert case.script.notes == {}


async def test_worker_signal_while_the_capsule_is_sealed_is_refused_as_closed(server: Server) -> None:
    """A decided case takes nothing any more, and says so on record as long as its workflow lives."""
    case = await in_review(server)
    gate = case.script.block("assemble_trust_capsule")
    await case.send(Update.OFFICER_DECISION)
    await gate.reached.wait()
    await case.signal(Update.WITHDRAW)
    assert (await case.refusals())[0]["reason"] == "CASE_CLOSED"
    gate.open()
    assert (await case.result()).status is Status.APPROVED


async def test_worker_refusals_are_numbered_once_each(server: Server) -> None:
    """Each refusal has an id of its own, the same on every retry: none is doubled, none replaces another."""
    case = await in_review(server)
    case.script.lose_answer("persist_audit_event", refusal("X", "UNAVAILABLE"))
    for _ in range(3):
        await case.handle.signal("nobody_knows_me")
    await case.refusals(3)
    # In any order: three signals are handled at once, and one of the three is stored by its retry.
    assert sorted(case.script.notes) == [f"{case.input.case_id}/note/{number}" for number in (1, 2, 3)]


async def test_worker_end_of_an_extraction_is_no_message(server: Server) -> None:
    """`extraction_finished` needs no assertion, as it decides nothing: it leaves neither refusal nor change."""
    case = await in_review(server)
    before = await case.view()
    await case.handle.signal(EXTRACTION_FINISHED)
    assert replace(await case.view(), extraction_pending=False) == replace(before, extraction_pending=False)
    assert case.script.notes == {}


async def test_worker_every_update_but_open_has_a_signal() -> None:
    """What can be said by update can be said by signal; opening cannot, as its answer is the point."""
    assert set(Update) - {Update.OPEN} == SIGNALS
