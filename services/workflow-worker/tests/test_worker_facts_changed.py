"""Facts of an open case that something else changed: a dismissed hit is open again. On the time-skipping server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from worker_harness import RunningCase, Server, serving
from worker_signing import OFFICER
from worker_store import ScriptedCase, refusal

from trustrelay.contracts.case_workflow import FACTS_CHANGED, SecondDecision, Status, Tier, Update
from trustrelay.workflow_worker.domain.compliance.state import Summary

pytestmark = pytest.mark.asyncio(loop_scope="module")
READ = "read_case_summary"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module; each test has its own case."""
    async with serving() as running:
        yield running


async def reopen(case: RunningCase, hit: str = "hit-9") -> None:
    """What the refresh of suppression does: it stores the hit as open, then tells the case."""
    case.script.summary = replace(case.script.summary, open_hits=(hit,))
    await case.handle.signal(FACTS_CHANGED)


async def known(case: RunningCase) -> None:
    """The case has read its facts again."""
    await case.eventually(lambda: READ in case.script.calls)
    await case.view()


async def test_worker_a_hit_that_is_open_again_stops_the_approval(server: Server) -> None:
    """The approval is refused until the officer has judged the hit, however clear the case was before."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    await reopen(case)
    await known(case)
    assert (await case.refused(Update.OFFICER_DECISION)).reason == "HITS_OPEN"
    await case.send(Update.RESOLVE_HIT, hit_id="hit-9")
    assert (await case.send(Update.OFFICER_DECISION)).status is Status.APPROVED


async def test_worker_a_decision_under_way_is_judged_on_the_new_facts(server: Server) -> None:
    """A decision that was let in while the facts are being read waits for them, and is refused by them."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    gate = case.script.block(READ)
    await reopen(case)
    await gate.reached.wait()
    deciding = asyncio.create_task(case.refused(Update.OFFICER_DECISION))
    await case.view()
    gate.open()
    assert (await deciding).reason == "HITS_OPEN"
    assert (await case.view()).status is Status.REVIEW_PENDING


async def test_worker_the_second_officer_does_not_confirm_over_an_open_hit(server: Server) -> None:
    """What the first officer approved has changed: it can be returned, not confirmed."""
    case = await (await server.start(ScriptedCase(Summary(risk_level="HIGH")))).to(Status.REVIEW_PENDING)
    await case.send(Update.OFFICER_DECISION)
    await case.until(Status.AWAITING_SECOND_APPROVAL)
    await reopen(case)
    await known(case)
    assert (await case.refused(Update.SECOND_DECISION)).reason == "HITS_OPEN"
    assert (await case.send(Update.SECOND_DECISION, decision=SecondDecision.RETURN)).status is Status.REVIEW_PENDING


async def test_worker_a_gate_that_opens_itself_stays_shut(server: Server) -> None:
    """An ASSISTED gate does not release itself over a hit that is open again."""
    case = await server.start(ScriptedCase(tier=Tier.ASSISTED))
    await case.until(Status.REQUIREMENTS_REVIEW)
    await reopen(case)
    await known(case)
    await case.pass_time(minutes=60)
    assert (await case.view()).status is Status.REQUIREMENTS_REVIEW
    await case.send(Update.RESOLVE_HIT, hit_id="hit-9")
    await case.until(Status.AWAITING_DOCUMENTS)


async def test_worker_the_signal_says_nothing_itself(server: Server) -> None:
    """Whoever sends it makes the case look, and nothing more; a store that refuses to tell does not end the case."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    case.script.fail(READ, refusal("CASE_NOT_FOUND", "NOT_FOUND"))
    for number in (1, 2):
        await case.handle.signal(FACTS_CHANGED)
        await case.eventually(lambda number=number: case.script.calls.count(READ) == number)  # type: ignore[misc]
    version = (await case.view()).state_version
    assert (await case.send(Update.OFFICER_DECISION, OFFICER, version=version)).status is Status.APPROVED
    assert (await case.result()).status is Status.APPROVED
