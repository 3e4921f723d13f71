"""What messages may do, to whom they listen, and how they are refused, on the time-skipping server."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from worker_harness import RunningCase, Server, serving
from worker_signing import MANAGER, OFFICER, SECOND, Sender, new_signer
from worker_store import ScriptedCase, refusal

from trustrelay.contracts.case_workflow import Decision, HitResolution, Receipt, SecondDecision, Status, Tier, Update
from trustrelay.workflow_worker.domain.compliance.state import Summary

pytestmark = pytest.mark.asyncio(loop_scope="module")
CLEAR = Summary(risk_level="LOW")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module; each test has its own case."""
    async with serving() as running:
        yield running


async def in_review(server: Server, summary: Summary = CLEAR, **policy: object) -> RunningCase:
    """A case that waits for the officer's decision, with these facts."""
    return await (await server.start(ScriptedCase(summary), **policy)).to(Status.REVIEW_PENDING)


async def test_worker_open_hit_refuses_approval_until_resolved(server: Server) -> None:
    """Approval waits for every hit; a hit resolved as a false positive no longer blocks."""
    case = await in_review(server, replace(CLEAR, open_hits=("hit-1",)))
    for decision in (Decision.APPROVE, Decision.APPROVE_WITH_RESTRICTIONS):
        refused = await case.refused(Update.OFFICER_DECISION, decision=decision)
        assert (refused.reason, refused.metadata) == ("HITS_OPEN", {"count": "1"})
    await case.send(Update.RESOLVE_HIT)
    assert (await case.send(Update.OFFICER_DECISION)).status is Status.APPROVED
    stored = next(step.hit for step in case.script.transitions if step.hit)
    assert (stored.hit_id, stored.resolution, stored.actor) == ("hit-1", "FALSE_POSITIVE", "officer-one")


async def test_worker_not_assessed_check_refuses_approval_until_overridden(server: Server) -> None:
    """A mandatory check nobody could do blocks approval until an officer overrides it, which always needs a second officer."""
    case = await in_review(server, replace(CLEAR, blocking_checks=("vat_vies",)))
    refused = await case.refused(Update.OFFICER_DECISION)
    assert (refused.reason, refused.metadata) == ("CHECKS_NOT_ASSESSED", {"checks": "vat_vies"})
    await case.send(Update.OVERRIDE_CHECK)
    assert (await case.send(Update.OFFICER_DECISION)).status is Status.AWAITING_SECOND_APPROVAL


@pytest.mark.parametrize("update", [Update.OVERRIDE_CHECK, Update.RESOLVE_HIT])
async def test_worker_lifting_a_suspicion_needs_a_reason(server: Server, update: Update) -> None:
    """Neither a hit nor an unassessed check goes away without a recorded reason."""
    case = await in_review(server, replace(CLEAR, open_hits=("hit-1",), blocking_checks=("vat_vies",)))
    assert (await case.refused(update, reason="  ")).reason == "REASON_REQUIRED"


async def test_worker_rejection_needs_nothing_resolved(server: Server) -> None:
    """A case may be rejected with hits and checks open, by one officer, and its capsule is sealed too."""
    case = await in_review(server, replace(CLEAR, open_hits=("hit-1",), blocking_checks=("vat_vies",), risk_level="HIGH"))
    assert (await case.send(Update.OFFICER_DECISION, decision=Decision.REJECT)).status is Status.REJECTED
    await case.result()
    assert "assemble_trust_capsule" in case.script.calls


@pytest.mark.parametrize(
    "facts",
    [{"confirmed_pep": True}, {"confirmed_sanction": True}, {"risk_level": "HIGH"}, {"has_override": True}],
    ids=lambda facts: next(iter(facts)),
)
async def test_worker_each_trigger_asks_for_a_second_officer(server: Server, facts: dict[str, object]) -> None:
    """Each of the policy's triggers turns an approval into a wait for another officer, whose word ends the case."""
    case = await in_review(server, replace(CLEAR, **facts))
    receipt = await case.send(Update.OFFICER_DECISION, decision=Decision.APPROVE_WITH_RESTRICTIONS, restrictions=("no cash",))
    assert receipt.status is Status.AWAITING_SECOND_APPROVAL
    assert (await case.refused(Update.SECOND_DECISION, OFFICER)).reason == "SAME_OFFICER"
    assert (await case.send(Update.SECOND_DECISION, SECOND)).status is Status.APPROVED_WITH_RESTRICTIONS
    first, second = [step.decision for step in case.script.transitions if step.decision]
    assert (first.step, first.actor, first.restrictions) == (1, "officer-one", ("no cash",))
    assert (second.step, second.actor, second.second_decision) == (2, "officer-two", "CONFIRM")


async def test_worker_policy_without_triggers_needs_one_officer(server: Server) -> None:
    """A template that names no trigger lets one officer approve a high risk."""
    case = await in_review(server, replace(CLEAR, risk_level="HIGH"), second_officer_triggers=())
    assert (await case.send(Update.OFFICER_DECISION)).status is Status.APPROVED


async def test_worker_second_officer_returns_the_case_to_review(server: Server) -> None:
    """RETURN opens the review again: the first decision is void, and a new one is judged anew."""
    case = await in_review(server, replace(CLEAR, confirmed_pep=True))
    await case.send(Update.OFFICER_DECISION)
    assert (await case.send(Update.SECOND_DECISION, decision=SecondDecision.RETURN)).status is Status.REVIEW_PENDING
    assert (await case.refused(Update.SECOND_DECISION)).reason == "MESSAGE_NOT_ALLOWED"
    assert (await case.send(Update.OFFICER_DECISION, SECOND)).status is Status.AWAITING_SECOND_APPROVAL
    assert (await case.refused(Update.SECOND_DECISION, SECOND)).reason == "SAME_OFFICER"
    assert (await case.send(Update.SECOND_DECISION, OFFICER)).status is Status.APPROVED


async def test_worker_basis_of_the_first_decision_cannot_move_under_the_second(server: Server) -> None:
    """While the second officer looks, hits and checks stay as they are."""
    case = await in_review(server, replace(CLEAR, confirmed_pep=True))
    await case.send(Update.OFFICER_DECISION)
    for update in (Update.RESOLVE_HIT, Update.OVERRIDE_CHECK):
        assert (await case.refused(update)).reason == "MESSAGE_NOT_ALLOWED"


async def test_worker_decision_is_judged_on_the_facts_when_it_is_stored(server: Server) -> None:
    """A match confirmed just before an approval is stored makes that approval need a second officer: four eyes cannot be outrun."""
    script = ScriptedCase(CLEAR, pep_hits=frozenset({"hit-1"}))
    case = await (await server.start(script)).to(Status.REVIEW_PENDING)
    gate = script.block("persist_workflow_state", lambda step: step.hit is not None)
    resolving = asyncio.create_task(case.send(Update.RESOLVE_HIT, resolution=HitResolution.TRUE_MATCH))
    await gate.reached.wait()
    deciding = asyncio.create_task(case.send(Update.OFFICER_DECISION, SECOND))
    for _ in range(20):  # the decision is accepted by now, and queues behind the resolution
        await case.view()
    gate.open()
    await resolving
    assert (await deciding).status is Status.AWAITING_SECOND_APPROVAL


async def test_worker_two_decisions_at_once_exactly_one_passes(server: Server) -> None:
    """Two officers who decide at the same moment: one decision is stored, the other is refused."""
    case = await in_review(server)
    messages = [
        case.send(Update.OFFICER_DECISION, decision=Decision.APPROVE),
        case.send(Update.OFFICER_DECISION, SECOND, decision=Decision.REJECT),
    ]
    answers = await asyncio.gather(*messages, return_exceptions=True)
    assert sum(isinstance(answer, Receipt) for answer in answers) == 1
    refused = next(answer for answer in answers if not isinstance(answer, Receipt))
    assert isinstance(refused, WorkflowUpdateFailedError)
    assert isinstance(refused.cause, ApplicationError)
    assert refused.cause.type in ("DECISION_IN_PROGRESS", "CASE_CLOSED")
    await case.result()
    assert len([step for step in case.script.transitions if step.decision]) == 1


async def test_worker_second_decision_while_one_is_being_stored_is_refused(server: Server) -> None:
    """A decision that is being stored keeps every other one out."""
    case = await in_review(server, replace(CLEAR, confirmed_pep=True))
    gate = case.script.block("persist_workflow_state", lambda step: step.decision is not None)
    first = asyncio.create_task(case.send(Update.OFFICER_DECISION))
    await gate.reached.wait()
    assert (await case.refused(Update.OFFICER_DECISION, SECOND)).reason == "DECISION_IN_PROGRESS"
    gate.open()
    assert (await first).status is Status.AWAITING_SECOND_APPROVAL


async def test_worker_stale_version_is_refused(server: Server) -> None:
    """Who decides on what has changed since is told to look again, with both versions."""
    case = await in_review(server, replace(CLEAR, open_hits=("hit-1",)))
    seen = (await case.view()).state_version
    await case.send(Update.RESOLVE_HIT, version=seen)
    refused = await case.refused(Update.OFFICER_DECISION, version=seen)
    assert (refused.reason, refused.code) == ("ETAG_MISMATCH", "ABORTED")
    assert refused.metadata == {"seen": str(seen), "current": str(seen + 1)}
    assert (await case.send(Update.OFFICER_DECISION, version=seen + 1)).status is Status.APPROVED


async def test_worker_two_messages_on_the_same_version_exactly_one_passes(server: Server) -> None:
    """Of two messages that saw the same version one is stored; the other is judged again at its turn and refused."""
    case = await in_review(server, replace(CLEAR, open_hits=("hit-1", "hit-2")))
    seen = (await case.view()).state_version
    sending = [case.send(Update.RESOLVE_HIT, hit_id=hit, version=seen) for hit in ("hit-1", "hit-2")]
    answers = await asyncio.gather(*sending, return_exceptions=True)
    assert sum(isinstance(answer, Receipt) for answer in answers) == 1


async def test_worker_repeated_request_gets_its_first_answer(server: Server) -> None:
    """The same request_id and body is answered as the first time, even when the state has moved on, and nothing is stored twice."""
    case = await (await server.start()).to(Status.REQUIREMENTS_REVIEW)
    request = str(uuid.uuid4())
    first = await case.send(Update.REQUIREMENTS_APPROVED, request_id=request)
    await case.until(Status.AWAITING_DOCUMENTS)
    assert await case.send(Update.REQUIREMENTS_APPROVED, request_id=request) == first
    assert len(case.script.audit("requirements_approved")) == 1
    refused = await case.refused(Update.REQUIREMENTS_APPROVED, request_id=request, reason="another")
    assert (refused.reason, refused.code) == ("REQUEST_ID_REUSED", "ALREADY_EXISTS")


async def test_worker_twins_at_the_same_moment_are_stored_once(server: Server) -> None:
    """A client that sends the same request twice at once gets the same answer twice."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    gate = case.script.block("persist_workflow_state", lambda step: step.answer is not None)
    request = str(uuid.uuid4())
    twins = [asyncio.create_task(case.send(Update.DOCUMENTS_SUBMITTED, request_id=request)) for _ in range(2)]
    await gate.reached.wait()
    for _ in range(20):
        await case.view()
    gate.open()
    one, other = await asyncio.gather(*twins)
    assert one == other
    assert len(case.script.audit("documents_submitted")) == 1


async def test_worker_twin_openings_open_once(server: Server) -> None:
    """Two openings at once make one case, and do not turn its version back."""
    case = await server.start(open_it=False)
    gate = case.script.block("open_case")
    twins = [asyncio.create_task(case.send(Update.OPEN)) for _ in range(2)]
    await gate.reached.wait()
    for _ in range(20):
        await case.view()
    gate.open()
    receipts = await asyncio.gather(*twins)
    assert {receipt.state_version for receipt in receipts} == {1}
    assert len(case.script.opened) == 1
    await case.until(Status.REQUIREMENTS_REVIEW)


async def test_worker_opening_that_the_store_refuses_says_why(server: Server) -> None:
    """A case that was never staged is not opened; once it is staged, the next opening succeeds."""
    script = ScriptedCase()
    script.fail("open_case", refusal("CASE_NOT_FOUND", "NOT_FOUND"))
    case = await server.start(script, open_it=False)
    refused = await case.refused(Update.OPEN)
    assert (refused.reason, refused.code) == ("CASE_NOT_FOUND", "NOT_FOUND")
    assert (await case.send(Update.OPEN)).state_version == 1


async def test_worker_case_that_is_not_opened_takes_no_other_message(server: Server) -> None:
    """Before the case is stored nothing else can be said about it."""
    case = await server.start(open_it=False)
    for update in (Update.WITHDRAW, Update.SET_TIER):
        assert (await case.refused(update)).reason == "MESSAGE_NOT_ALLOWED"


TAMPERED = {
    "foreign key": (Sender(signer=new_signer()), "ASSERTION_INVALID"),
    "no assertion": (Sender(envelope={"assertion": ""}), "ASSERTION_INVALID"),
    "garbage": (Sender(envelope={"assertion": "a.b.c"}), "ASSERTION_INVALID"),
    "expired": (Sender(lifetime=timedelta(seconds=-1)), "ASSERTION_EXPIRED"),
    "other tenant": (Sender(claims={"tenant_id": "tenant-other"}), "ASSERTION_INVALID"),
    "other case": (Sender(claims={"case_id": "case-other"}), "ASSERTION_INVALID"),
    "other action": (Sender(claims={"action": "withdraw"}), "ASSERTION_INVALID"),
    "other version": (Sender(claims={"version": 7}), "ASSERTION_INVALID"),
    "other request": (Sender(claims={"request_id": "another"}), "ASSERTION_INVALID"),
    "other body": (Sender(claims={"body_sha256": "0" * 64}), "ASSERTION_INVALID"),
    "request swapped": (Sender(envelope={"request_id": str(uuid.uuid4())}), "ASSERTION_INVALID"),
    "body swapped": (Sender(envelope={"body_sha256": "1" * 64}), "ASSERTION_INVALID"),
    "version swapped": (Sender(envelope={"expected_version": 1}), "ASSERTION_INVALID"),
    "no role": (Sender(roles=()), "ROLE_REQUIRED"),
    "customer": (Sender(roles=("customer", "service")), "ROLE_REQUIRED"),
}


@pytest.mark.parametrize("sender", TAMPERED.values(), ids=TAMPERED.keys())
async def test_worker_message_without_its_own_assertion_is_refused(server: Server, sender: tuple[Sender, str]) -> None:
    """Whoever reaches Temporal without case-api's word for exactly this message decides nothing."""
    case = await in_review(server)
    stored = len(case.script.transitions)
    refused = await case.refused(Update.OFFICER_DECISION, sender[0])
    assert (refused.reason, refused.code) == (sender[1], "PERMISSION_DENIED")
    assert len(case.script.transitions) == stored


async def test_worker_only_a_manager_forces_a_tier(server: Server) -> None:
    """An officer cannot raise the automation of a case, and a tier must be named."""
    case = await (await server.start()).to(Status.REQUIREMENTS_REVIEW)
    assert (await case.refused(Update.SET_TIER, OFFICER)).reason == "ROLE_REQUIRED"
    assert (await case.refused(Update.SET_TIER, MANAGER, tier=Tier.UNSPECIFIED)).reason == "TIER_REQUIRED"


async def test_worker_submission_number_below_zero_is_refused(server: Server) -> None:
    """Submissions are numbered from 1."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    assert (await case.refused(Update.DOCUMENTS_SUBMITTED, submission_number=-1)).reason == "SUBMISSION_NUMBER_INVALID"


async def test_worker_refused_message_leaves_no_history(server: Server) -> None:
    """What is refused at the door is not in the history, so a flood of refusals cannot fill it."""
    case = await in_review(server)
    before = (await case.handle.describe()).history_length
    await case.refused(Update.OFFICER_DECISION, Sender(roles=()))
    names = [event.WhichOneof("attributes") async for event in case.handle.fetch_history_events()]
    accepted = [name for name in names if name == "workflow_execution_update_accepted_event_attributes"]
    assert len(accepted) == 3
    assert (await case.handle.describe()).history_length <= before + 3


async def test_worker_decision_refused_by_the_store_releases_its_claim(server: Server) -> None:
    """When the database's four-eyes constraint says no, the sender gets that reason, and a good decision still passes."""
    case = await in_review(server)
    case.script.fail("persist_workflow_state", refusal("FOUR_EYES_VIOLATED"))
    refused = await case.refused(Update.OFFICER_DECISION)
    assert (refused.reason, refused.code) == ("FOUR_EYES_VIOLATED", "FAILED_PRECONDITION")
    view = await case.view()
    assert view.status is Status.REVIEW_PENDING
    assert (await case.send(Update.OFFICER_DECISION, decision=Decision.REJECT)).status is Status.REJECTED


async def test_worker_tier_that_is_not_stored_does_not_count(server: Server) -> None:
    """A forced tier counts once it is stored, not before: a refusal by the store leaves the gate as it was."""
    case = await (await server.start()).to(Status.REQUIREMENTS_REVIEW)
    case.script.fail("persist_workflow_state", refusal("TRANSITION_FORBIDDEN"))
    assert (await case.refused(Update.SET_TIER, tier=Tier.AUTONOMOUS)).reason == "TRANSITION_FORBIDDEN"
    view = await case.view()
    assert (view.status, view.tier) == (Status.REQUIREMENTS_REVIEW, Tier.FULL_REVIEW)


async def test_worker_store_away_for_a_day_answers_unavailable(server: Server) -> None:
    """A message that could not be stored for a day is answered with a reason to try again, and the case goes on."""
    case = await in_review(server)
    case.script.fail(
        "persist_workflow_state", ApplicationError("x", "UNAVAILABLE", type="DATABASE_UNAVAILABLE", next_retry_delay=timedelta(hours=25))
    )
    sending = asyncio.create_task(case.refused(Update.OFFICER_DECISION))
    await case.eventually(lambda: case.script.calls.count("persist_workflow_state") > len(case.script.transitions))
    await case.pass_time(hours=25)
    refused = await sending
    assert (refused.reason, refused.code) == ("DATABASE_UNAVAILABLE", "UNAVAILABLE")
    assert (await case.send(Update.OFFICER_DECISION)).status is Status.APPROVED


async def test_worker_payload_that_was_not_signed_is_refused(server: Server) -> None:
    """Whoever reaches Temporal with a live assertion of an officer cannot turn their rejection into an approval."""
    case = await in_review(server, CLEAR)
    signed = await case.message(Update.OFFICER_DECISION, decision=Decision.REJECT)
    forged = replace(signed, decision=Decision.APPROVE)
    assert (await case.refusal_of(case.deliver(Update.OFFICER_DECISION, forged))).reason == "ASSERTION_INVALID"
    assert (await case.deliver(Update.OFFICER_DECISION, signed)).status is Status.REJECTED


async def test_worker_hit_judged_in_review_assesses_the_risk_again_before_anyone_decides(server: Server) -> None:
    """A confirmed PEP raises the risk that the second officer sees; the answer to the officer comes after it."""
    case = await in_review(server, replace(CLEAR, open_hits=("hit-1",)))
    before = case.script.calls.count("reassess_risk")
    await case.send(Update.RESOLVE_HIT)
    assert case.script.calls.count("reassess_risk") == before + 1


async def test_worker_approval_waits_when_the_risk_could_not_be_assessed_again(server: Server) -> None:
    """An old risk approves nothing: a follow-up investigates again, and then the approval passes."""
    case = await in_review(server, replace(CLEAR, open_hits=("hit-1",)))
    case.script.fail("reassess_risk", refusal("RULES_BROKEN"))
    await case.send(Update.RESOLVE_HIT)
    assert (await case.refused(Update.OFFICER_DECISION)).reason == "RISK_NOT_REASSESSED"
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP, follow_up_tasks=("once more",))
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.send(Update.SKIP_DOCUMENTS)
    await case.until(Status.REVIEW_PENDING)
    assert (await case.send(Update.OFFICER_DECISION)).status is Status.APPROVED
