"""Rounds with the customer, and iterations with the officer, on the time-skipping server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from worker_harness import RunningCase, Server, serving
from worker_store import ScriptedCase, refusal

from trustrelay.contracts.case_workflow import Decision, Status, Update
from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement

pytestmark = pytest.mark.asyncio(loop_scope="module")
BAD = (FailedRequirement("ubo_register_extract", ("WRONG_DOCUMENT_TYPE",)),)
MISSING = (FailedRequirement("articles", ("MISSING",)),)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module; each test has its own case."""
    async with serving() as running:
        yield running


async def processed(case: RunningCase, rounds: int) -> None:
    """Waits until the customer's rounds are processed and the case waits for someone again."""
    await case.eventually(lambda: case.script.calls.count("validate_documents") >= rounds)
    await case.until(Status.AWAITING_DOCUMENTS, Status.REVIEW_PENDING)


async def test_worker_case_expires_after_sixty_days(server: Server) -> None:
    """A customer who sends nothing for 60 days lets the case expire, on record and without a capsule."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    await case.pass_time(days=59)
    assert (await case.view()).status is Status.AWAITING_DOCUMENTS
    await case.pass_time(days=1, minutes=1)
    assert (await case.result()).status is Status.EXPIRED
    assert case.script.audit("case_expired") == [{"actor": "workflow"}]
    assert "assemble_trust_capsule" not in case.script.calls


async def test_worker_days_of_the_template_count(server: Server) -> None:
    """The template's own number of days decides, and is stored at opening."""
    case = await (await server.start(max_timeline_days=10)).to(Status.AWAITING_DOCUMENTS)
    opened = case.script.opened[0]
    assert (opened.expire_at - await server.env.get_current_time()).days in (9, 10)
    await case.pass_time(days=10, minutes=1)
    assert (await case.result()).status is Status.EXPIRED


async def test_worker_officers_are_waited_for_without_limit(server: Server) -> None:
    """A case in review never expires: 200 days later an officer still decides."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    await case.pass_time(days=200)
    assert (await case.view()).status is Status.REVIEW_PENDING
    assert (await case.send(Update.OFFICER_DECISION)).status is Status.APPROVED


async def test_worker_follow_up_without_time_left_is_refused(server: Server) -> None:
    """Asking the customer again makes no sense when the customer's time is over."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    await case.pass_time(days=61)
    refused = await case.refused(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
    assert (refused.reason, refused.code) == ("NO_TIME_LEFT", "FAILED_PRECONDITION")


async def test_worker_bounce_back_asks_again_without_an_officer(server: Server) -> None:
    """A wrong or missing document goes back to the customer with a task per requirement, and a better one is taken."""
    script = ScriptedCase(verdicts=[BAD + MISSING])
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await processed(case, 1)
    assert (await case.view()).bounces == 1
    bounce = script.audit("validation_bounce_back")[0]
    assert bounce["requirement.ubo_register_extract"] == "WRONG_DOCUMENT_TYPE"
    tasks = {task.requirement_id: task.text for step in script.transitions for task in step.tasks}
    assert tasks["articles"] == "This document is still missing. Please upload it."
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.REVIEW_PENDING)
    assert (await case.view()).iteration == 1


async def test_worker_bounce_limit_sends_the_case_to_review(server: Server) -> None:
    """After the template's bounces the officer sees the failures instead of the customer."""
    script = ScriptedCase(verdicts=[BAD, BAD, BAD])
    case = await (await server.start(script, max_bounces=2)).to(Status.AWAITING_DOCUMENTS)
    for number in range(1, 4):
        await case.send(Update.DOCUMENTS_SUBMITTED)
        await processed(case, number)
    assert (await case.view()).status is Status.REVIEW_PENDING
    assert len(script.audit("validation_bounce_back")) == 2


async def test_worker_bounces_are_counted_per_iteration(server: Server) -> None:
    """A follow-up gives the customer fresh bounces."""
    script = ScriptedCase(verdicts=[BAD, BAD])
    case = await (await server.start(script, max_bounces=1)).to(Status.AWAITING_DOCUMENTS)
    for number in (1, 2):
        await case.send(Update.DOCUMENTS_SUBMITTED)
        await processed(case, number)
    await case.until(Status.REVIEW_PENDING)
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP, follow_up_tasks=("Send the latest accounts.",))
    view = await case.until(Status.AWAITING_DOCUMENTS)
    assert (view.iteration, view.bounces) == (2, 0)
    tasks = [task for step in script.transitions for task in step.tasks if task.kind == "follow_up"]
    assert [task.text for task in tasks] == ["Send the latest accounts."]


@pytest.mark.parametrize("first", [(), BAD])
async def test_worker_submission_during_processing_gets_another_round(server: Server, first: tuple[FailedRequirement, ...]) -> None:
    """A customer who submits while documents are processed is not lost: all of it is judged together before anything else happens."""
    script = ScriptedCase(verdicts=[first])
    gate = script.block("process_documents")
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await gate.reached.wait()
    receipt = await case.send(Update.DOCUMENTS_SUBMITTED)
    assert receipt.submission_number == 2
    gate.open()
    await case.until(Status.REVIEW_PENDING)
    view = await case.view()
    assert (view.last_submitted, view.last_processed, view.bounces) == (2, 2, 0)
    assert script.calls.count("validate_documents") == 2


async def test_worker_submission_in_the_last_moment_of_processing_is_not_lost(server: Server) -> None:
    """A submission acknowledged just before INVESTIGATING would have been stored gets its round first."""
    script = ScriptedCase()
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    reading = script.block("extract_document_data")
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await reading.reached.wait()
    storing = script.block("persist_workflow_state", lambda step: step.audit[0].type == "documents_submitted")
    second = asyncio.create_task(case.send(Update.DOCUMENTS_SUBMITTED))
    await storing.reached.wait()
    reading.open()
    for _ in range(20):  # the path has its result by now, and queues behind the submission
        await case.view()
    storing.open()
    await second
    await case.until(Status.REVIEW_PENDING)
    assert (await case.view()).last_processed == 2


async def test_worker_two_submissions_at_once_get_two_numbers(server: Server) -> None:
    """Submissions that are sent together are numbered apart."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    receipts = await asyncio.gather(case.send(Update.DOCUMENTS_SUBMITTED), case.send(Update.DOCUMENTS_SUBMITTED))
    assert sorted(receipt.submission_number for receipt in receipts) == [1, 2]
    await case.until(Status.REVIEW_PENDING)
    assert (await case.view()).last_processed == 2


async def test_worker_submission_that_races_the_expiry_wins(server: Server) -> None:
    """A submission that is being stored when the 60 days end is processed: an acknowledged submission never expires."""
    script = ScriptedCase()
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    gate = script.block("persist_workflow_state", lambda step: step.audit[0].type == "documents_submitted")
    await case.pass_time(days=59, hours=23, minutes=59)
    sending = asyncio.create_task(case.send(Update.DOCUMENTS_SUBMITTED))
    await gate.reached.wait()
    gate.open()
    await case.pass_time(minutes=5)
    await sending
    await case.until(Status.REVIEW_PENDING)
    assert Status.EXPIRED not in script.statuses


async def test_worker_skip_is_consumed_by_its_iteration(server: Server) -> None:
    """A skip ends one wait; after a FOLLOW_UP the customer is waited for again. What was uploaded is processed all the same."""
    script = ScriptedCase(verdicts=[MISSING])
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    await case.send(Update.SKIP_DOCUMENTS)
    await case.until(Status.REVIEW_PENDING)
    assert script.calls.count("process_documents") == 1
    assert script.audit("validation_bounce_back") == []
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.pass_time(days=5)
    assert (await case.view()).status is Status.AWAITING_DOCUMENTS


async def test_worker_skip_and_submission_together_leave_no_skip_behind(server: Server) -> None:
    """A skip that arrives together with a submission holds for this iteration only, too."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    await asyncio.gather(case.send(Update.DOCUMENTS_SUBMITTED), case.send(Update.SKIP_DOCUMENTS), return_exceptions=True)
    await case.until(Status.REVIEW_PENDING)
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.pass_time(days=5)
    assert (await case.view()).status is Status.AWAITING_DOCUMENTS


async def test_worker_iterations_are_bounded(server: Server) -> None:
    """A case loops through five iterations; a sixth is refused, and the officer must decide."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    for number in range(2, 6):
        await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
        await case.until(Status.AWAITING_DOCUMENTS)
        await case.send(Update.DOCUMENTS_SUBMITTED)
        assert (await case.until(Status.REVIEW_PENDING)).iteration == number
    refused = await case.refused(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
    assert (refused.reason, refused.metadata) == ("ITERATIONS_EXHAUSTED", {"limit": "5"})
    assert (await case.send(Update.OFFICER_DECISION, decision=Decision.REJECT)).status is Status.REJECTED


async def test_worker_given_up_conversion_fails_the_case(server: Server) -> None:
    """Documents that cannot be processed at all stop the case as FAILED: silence would look like a pass."""
    script = ScriptedCase()
    script.fail("process_documents", refusal("OBJECT_HASH_MISMATCH"))
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.FAILED)
    assert script.audit("case_failed")[0]["activity"] == "process_documents"
