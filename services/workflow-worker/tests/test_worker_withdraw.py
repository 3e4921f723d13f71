"""A case can be withdrawn, and asked to be cancelled, in every state, on the time-skipping server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from worker_harness import RunningCase, Server, serving
from worker_store import ScriptedCase

from trustrelay.contracts.case_workflow import Decision, Status, Update
from trustrelay.workflow_worker.domain.compliance.state import Summary

pytestmark = pytest.mark.asyncio(loop_scope="module")
CLEAR = Summary(risk_level="LOW")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module; each test has its own case."""
    async with serving() as running:
        yield running


async def in_review(server: Server, summary: Summary = CLEAR) -> RunningCase:
    """A case that waits for the officer's decision, with these facts."""
    return await (await server.start(ScriptedCase(summary))).to(Status.REVIEW_PENDING)


BUSY = {
    Status.CREATED: ("persist_workflow_state", False),
    Status.PRE_INVESTIGATION: ("registry_and_documents", True),
    Status.DOCUMENT_GAP_ANALYSIS: ("analyze_document_gaps", True),
    Status.PROCESSING_DOCUMENTS: ("process_documents", True),
    Status.INVESTIGATING: ("cross_reference_evidence", True),
}


@pytest.mark.parametrize("status", BUSY)
async def test_worker_withdraw_while_an_activity_runs(server: Server, status: Status) -> None:
    """A case can be withdrawn while something runs for it: that is cancelled, and nothing is stored after the withdrawal."""
    name, cancelled = BUSY[status]
    script = ScriptedCase()
    gate = None
    if status not in (Status.PROCESSING_DOCUMENTS, Status.INVESTIGATING):
        gate = script.block(name)
    case = await server.start(script)
    if gate is None:
        await case.to(Status.AWAITING_DOCUMENTS)
        gate = script.block(name)
        await case.send(Update.DOCUMENTS_SUBMITTED)
    await gate.reached.wait()
    assert (await case.view()).status is status
    withdrawing = asyncio.create_task(case.send(Update.WITHDRAW))
    if not cancelled:
        gate.open()
    assert (await withdrawing).status is Status.WITHDRAWN
    assert (await case.result()).status is Status.WITHDRAWN
    gate.open()
    assert script.statuses[-1] is Status.WITHDRAWN
    assert script.audit("case_failed") == []
    assert "assemble_trust_capsule" not in script.calls


@pytest.mark.parametrize("status", [Status.REQUIREMENTS_REVIEW, Status.AWAITING_DOCUMENTS, Status.REVIEW_PENDING])
async def test_worker_withdraw_while_people_are_waited_for(server: Server, status: Status) -> None:
    """A case can be withdrawn while it waits for an officer or the customer."""
    case = await (await server.start()).to(status)
    assert (await case.send(Update.WITHDRAW)).status is Status.WITHDRAWN
    assert (await case.result()).status is Status.WITHDRAWN


async def test_worker_withdraw_before_the_second_officer(server: Server) -> None:
    """A first decision does not keep a case from being withdrawn."""
    case = await in_review(server, replace(CLEAR, confirmed_pep=True))
    await case.send(Update.OFFICER_DECISION)
    assert (await case.send(Update.WITHDRAW)).status is Status.WITHDRAWN
    assert (await case.result()).status is Status.WITHDRAWN


async def test_worker_withdraw_during_follow_up(server: Server) -> None:
    """A case is withdrawn between the officer's FOLLOW_UP and the portal's opening."""
    case = await in_review(server)
    gate = case.script.block("persist_workflow_state", lambda step: step.status is Status.AWAITING_DOCUMENTS)
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
    await gate.reached.wait()
    assert (await case.view()).status is Status.FOLLOW_UP
    withdrawing = asyncio.create_task(case.send(Update.WITHDRAW))
    gate.open()
    assert (await withdrawing).status is Status.WITHDRAWN
    assert (await case.result()).status is Status.WITHDRAWN


async def test_worker_withdraw_overtakes_the_path_that_waits_to_store(server: Server) -> None:
    """A stage that wanted to begin while the withdrawal was being stored does not begin any more."""
    script = ScriptedCase()
    assessing = script.block("reassess_risk")
    storing = script.block("persist_workflow_state", lambda step: step.status is Status.WITHDRAWN)
    case = await server.start(script)
    await assessing.reached.wait()
    withdrawing = asyncio.create_task(case.send(Update.WITHDRAW))
    await storing.reached.wait()
    assessing.open()
    for _ in range(20):  # the path has its result by now, and queues behind the withdrawal
        await case.view()
    storing.open()
    assert (await withdrawing).status is Status.WITHDRAWN
    assert (await case.result()).status is Status.WITHDRAWN
    assert script.statuses == [Status.PRE_INVESTIGATION, Status.WITHDRAWN]


async def test_worker_withdraw_while_the_tier_is_assigned(server: Server) -> None:
    """A cancelled tier assignment is not taken for one that failed: the case ends withdrawn, not at the gate."""
    script = ScriptedCase()
    gate = script.block("assign_automation_tier")
    case = await server.start(script)
    await gate.reached.wait()
    await case.send(Update.WITHDRAW)
    assert (await case.result()).status is Status.WITHDRAWN
    gate.open()
    assert Status.REQUIREMENTS_REVIEW not in script.statuses
