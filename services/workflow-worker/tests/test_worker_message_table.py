"""Every cell of the state × message table, on running workflows."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.service import RPCError, RPCStatusCode
from worker_harness import RunningCase, Server, serving
from worker_signing import Sender
from worker_store import Gate, ScriptedCase, refusal

from trustrelay.contracts.case_workflow import TERMINAL, Decision, Policy, Status, Update
from trustrelay.workflow_worker.domain.compliance.message_table import TABLE, as_markdown, refusal_of
from trustrelay.workflow_worker.domain.compliance.records import Successor
from trustrelay.workflow_worker.domain.compliance.state import Summary

pytestmark = pytest.mark.asyncio(loop_scope="module")
_DOCUMENT = Path(__file__).parents[3] / "docs" / "message-table.md"
_FACTS = Summary(confirmed_pep=True, risk_level="LOW")
_STORING = "persist_workflow_state"
# Statuses that are passed in a moment, and what is held up to look at them.
_HELD = {
    Status.CREATED: (_STORING, Status.PRE_INVESTIGATION),
    Status.PRE_INVESTIGATION: ("registry_and_documents", None),
    Status.DOCUMENT_GAP_ANALYSIS: ("analyze_document_gaps", None),
    Status.PROCESSING_DOCUMENTS: ("process_documents", None),
    Status.INVESTIGATING: ("cross_reference_evidence", None),
    Status.FOLLOW_UP: (_STORING, Status.AWAITING_DOCUMENTS),
    Status.APPROVED: ("assemble_trust_capsule", None),
    Status.APPROVED_WITH_RESTRICTIONS: ("assemble_trust_capsule", None),
    Status.REJECTED: ("assemble_trust_capsule", None),
    Status.ESCALATED: ("assemble_trust_capsule", None),
}
_ENDED = (Status.WITHDRAWN, Status.EXPIRED)
_CELLS = [(status, update) for status in Status for update in Update]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module."""
    async with serving() as running:
        yield running


@pytest.fixture(scope="module")
def waiting() -> dict[Status, tuple[RunningCase, Gate]]:
    """A case per status, for the cells that change nothing."""
    return {}


def _hold(script: ScriptedCase, status: Status) -> Gate:
    if status not in _HELD:
        return Gate()
    name, target = _HELD[status]
    return script.block(name, lambda argument: target is None or argument.status is target)


async def bring(server: Server, status: Status) -> tuple[RunningCase, Gate]:
    """A case in `status`; the gate lets it go on."""
    script = ScriptedCase(_FACTS)
    script.successor = Successor(str(uuid.uuid4()), "kyb_standard", 1, "BE", "officer-one", "officer-two", "en", Policy())
    server.cases[script.successor.case_id] = ScriptedCase()
    early = status in (Status.CREATED, Status.PRE_INVESTIGATION, Status.DOCUMENT_GAP_ANALYSIS)
    gate = _hold(script, status) if early else Gate()
    case = await server.start(script)
    if not early:
        gate = await _onwards(case, status)
    if status in _HELD:
        await gate.reached.wait()
    await case.until(status)
    return case, gate


async def _onwards(case: RunningCase, status: Status) -> Gate:
    if status in (Status.REQUIREMENTS_REVIEW, Status.AWAITING_DOCUMENTS):
        await case.to(status)
        return Gate()
    if status is Status.FAILED:
        await case.to(Status.AWAITING_DOCUMENTS)
        case.script.fail("process_documents", refusal("OBJECT_HASH_MISMATCH"))
        await case.send(Update.DOCUMENTS_SUBMITTED)
        return Gate()
    await case.to(Status.AWAITING_DOCUMENTS)
    gate = _hold(case.script, status) if status in (Status.PROCESSING_DOCUMENTS, Status.INVESTIGATING) else Gate()
    await case.send(Update.DOCUMENTS_SUBMITTED)
    if status in (Status.PROCESSING_DOCUMENTS, Status.INVESTIGATING):
        return gate
    await case.until(Status.REVIEW_PENDING)
    gate = _hold(case.script, status)
    decision = {
        Status.AWAITING_SECOND_APPROVAL: Decision.APPROVE,
        Status.APPROVED: Decision.APPROVE,
        Status.APPROVED_WITH_RESTRICTIONS: Decision.APPROVE_WITH_RESTRICTIONS,
        Status.REJECTED: Decision.REJECT,
        Status.ESCALATED: Decision.ESCALATE,
        Status.FOLLOW_UP: Decision.FOLLOW_UP,
    }.get(status)
    if decision:
        await case.send(Update.OFFICER_DECISION, decision=decision, escalation_owner="officer-two")
    if status in (Status.APPROVED, Status.APPROVED_WITH_RESTRICTIONS):
        await case.send(Update.SECOND_DECISION)
    return gate


@pytest.mark.parametrize(("status", "update"), [cell for cell in _CELLS if cell[0] not in _ENDED and refusal_of(*cell)])
async def test_worker_table_refuses(server: Server, waiting: dict[Status, tuple[RunningCase, Gate]], status: Status, update: Update) -> None:
    """A message that the table does not allow in a state is refused with the table's reason."""
    if status not in waiting:
        waiting[status] = await bring(server, status)
    case, _ = waiting[status]
    refused = await case.refused(update)
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "CASE_CLOSED" if status in TERMINAL else "MESSAGE_NOT_ALLOWED")
    assert refused.metadata["status"] == status


@pytest.mark.parametrize(("status", "update"), [cell for cell in _CELLS if not refusal_of(*cell)])
async def test_worker_table_allows(server: Server, status: Status, update: Update) -> None:
    """A message that the table allows in a state is accepted there and answered."""
    case, gate = await bring(server, status)
    sending = asyncio.create_task(case.send(update))
    if _HELD.get(status, ("",))[0] == _STORING:
        await case.view()
        gate.open()
    receipt = await sending
    assert receipt.state_version >= 1
    gate.open()


@pytest.mark.parametrize("status", _ENDED)
async def test_worker_table_ended_cases_take_nothing(status: Status) -> None:
    """A case that ended without a capsule has no workflow any more: Temporal itself refuses every message, as not found."""
    async with serving() as server:
        case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
        if status is Status.WITHDRAWN:
            await case.send(Update.WITHDRAW)
        else:
            await case.pass_time(days=61)
        assert (await case.result()).status is status
        for update in Update:
            with pytest.raises(RPCError) as caught:
                await case.send(update)
            assert caught.value.status is RPCStatusCode.NOT_FOUND


_ROLES = ("customer", "manager", "nobody", "officer", "service")
_SENDABLE = [(update, role) for update in Update for role in _ROLES if role not in TABLE[update].roles]


@pytest.mark.parametrize(("update", "role"), _SENDABLE)
async def test_worker_table_refuses_roles(server: Server, waiting: dict[Status, tuple[RunningCase, Gate]], update: Update, role: str) -> None:
    """A message from somebody without one of its roles is refused for that alone, in a state that takes it as in one that does not."""
    if Status.REVIEW_PENDING not in waiting:
        waiting[Status.REVIEW_PENDING] = await bring(server, Status.REVIEW_PENDING)
    case, _ = waiting[Status.REVIEW_PENDING]
    refused = await case.refused(update, Sender(roles=(role,)))
    assert (refused.code, refused.reason) == ("PERMISSION_DENIED", "ROLE_REQUIRED")


async def test_worker_table_has_a_rule_for_every_message() -> None:
    """No message is without a rule, and terminal states take none."""
    assert set(TABLE) == set(Update)
    for status in TERMINAL:
        for update in Update:
            refused = refusal_of(status, update)
            assert refused is not None
            assert refused.reason == "CASE_CLOSED"


async def test_worker_table_document_is_current() -> None:
    """docs/message-table.md is what the code says; scripts/print_message_table.py writes it."""
    assert _DOCUMENT.read_text() == as_markdown()
