"""The background conversion of official documents, beside its case. On the time-skipping server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.exceptions import ApplicationError
from worker_harness import RunningCase, Server, serving
from worker_store import ScriptedCase, refusal

from trustrelay.contracts.case_workflow import Decision, Status, Update, extraction_workflow_id

pytestmark = pytest.mark.asyncio(loop_scope="module")
EXTRACT = "extract_documents_markdown"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module; each test has its own case."""
    async with serving() as running:
        yield running


async def outcome_of(case: RunningCase, iteration: int) -> str:
    """What the child of an iteration came to."""
    child = extraction_workflow_id(case.input.tenant_id, case.input.case_id, iteration)
    result: str = await case.server.client.get_workflow_handle(child, result_type=str).result()
    return result


async def second_round(case: RunningCase) -> None:
    """Into the investigation of the second iteration."""
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.send(Update.SKIP_DOCUMENTS)


async def test_worker_extraction_holds_nobody_up_before_the_portal(server: Server) -> None:
    """A case reaches its review while documents of the registers are still being converted, and says so."""
    script = ScriptedCase()
    gate = script.block(EXTRACT)
    case = await (await server.start(script)).to(Status.REVIEW_PENDING)
    assert (await case.view()).extraction_pending
    gate.open()
    assert await outcome_of(case, 0) == "CLEAR"
    await case.pass_time(seconds=1)
    assert not (await case.view()).extraction_pending


async def test_worker_later_rounds_wait_for_the_conversions(server: Server) -> None:
    """From the second iteration on the sources are compared once the documents are read."""
    script = ScriptedCase()
    case = await (await server.start(script)).to(Status.REVIEW_PENDING)
    compared = script.calls.count("cross_reference_evidence")
    gate = script.block(EXTRACT)
    await second_round(case)
    await gate.reached.wait()
    await case.eventually(lambda: script.calls.count("run_peppol_verification") == 2)
    await case.view()
    assert script.calls.count("cross_reference_evidence") == compared
    gate.open()
    await case.until(Status.REVIEW_PENDING)
    assert script.calls.count("cross_reference_evidence") == compared + 1
    assert EXTRACT not in (await case.view()).outcomes


async def test_worker_wait_for_conversions_is_bounded(server: Server) -> None:
    """After half an hour the case goes on without them, and NOT_ASSESSED says so."""
    script = ScriptedCase()
    case = await (await server.start(script)).to(Status.REVIEW_PENDING)
    script.fail(EXTRACT, ApplicationError("x", "UNAVAILABLE", type="CONVERTER_BUSY", next_retry_delay=timedelta(hours=2)))
    await second_round(case)
    await case.eventually(lambda: script.calls.count("run_peppol_verification") == 2)
    await case.pass_time(minutes=29)
    assert (await case.view()).status is Status.INVESTIGATING
    await case.pass_time(minutes=2)
    view = await case.until(Status.REVIEW_PENDING)
    assert view.outcomes[EXTRACT] == "NOT_ASSESSED/EXTRACTION_PENDING"


async def test_worker_conversion_that_is_given_up_is_stored_and_ends_the_wait(server: Server) -> None:
    """A conversion that is refused for good leaves NOT_ASSESSED with the case, and the case waits for nothing."""
    script = ScriptedCase()
    script.fail(EXTRACT, refusal("CONVERTER_BROKEN"))
    case = await (await server.start(script)).to(Status.REVIEW_PENDING)
    assert await outcome_of(case, 0) == "NOT_ASSESSED/CONVERTER_BROKEN"
    assert [(one.activity, one.reason) for one in script.not_assessed] == [(EXTRACT, "CONVERTER_BROKEN")]


async def test_worker_conversion_outlives_its_case(server: Server) -> None:
    """A case that was decided meanwhile disturbs the conversion as little as the conversion disturbed it."""
    script = ScriptedCase()
    gate = script.block(EXTRACT)
    case = await (await server.start(script)).to(Status.REVIEW_PENDING)
    await gate.reached.wait()
    await case.send(Update.OFFICER_DECISION)
    assert (await case.result()).status is Status.APPROVED
    script.fail(EXTRACT, refusal("CASE_CLOSED"))
    script.fail("record_not_assessed", refusal("CASE_CLOSED"))
    gate.open()
    assert await outcome_of(case, 0) == "NOT_ASSESSED/CASE_CLOSED"


async def test_worker_stage_done_again_does_not_convert_twice_at_once(server: Server) -> None:
    """A resumed stage finds the conversion that still runs, and begins no second one beside it."""
    script = ScriptedCase()
    gate = script.block(EXTRACT)
    script.fail("reassess_risk", refusal("BROKEN"))
    case = await server.start(script)
    await case.until(Status.FAILED)
    await case.send(Update.RESUME)
    await case.until(Status.REQUIREMENTS_REVIEW)
    assert script.calls.count(EXTRACT) == 1
    gate.open()
    assert await outcome_of(case, 0) == "CLEAR"
