"""Cases that stop as FAILED, and go on; steps whose fate nobody knows. On the time-skipping server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.exceptions import ApplicationError
from worker_harness import RunningCase, Server, serving
from worker_signing import MANAGER, OFFICER
from worker_store import ScriptedCase, refusal

from trustrelay.contracts.case_workflow import Decision, Status, Update
from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement
from trustrelay.workflow_worker.domain.compliance.state import Summary

pytestmark = pytest.mark.asyncio(loop_scope="module")
PERSIST = "persist_workflow_state"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module; each test has its own case."""
    async with serving() as running:
        yield running


def lost(hours: int = 25) -> ApplicationError:
    """An answer that did not arrive, with no time left to ask again before the activity is given up."""
    return ApplicationError("x", "UNAVAILABLE", type="DATABASE_UNAVAILABLE", next_retry_delay=timedelta(hours=hours))


STOPS = {
    "opening": (PERSIST, Status.CREATED, "TRANSITION_FORBIDDEN"),
    "investigation": ("classify_mcc", Status.PRE_INVESTIGATION, "BROKEN"),
    "graph": ("upsert_entity_baseline", Status.PRE_INVESTIGATION, "BROKEN"),
    "gaps": ("analyze_document_gaps", Status.DOCUMENT_GAP_ANALYSIS, "BROKEN"),
}


@pytest.mark.parametrize("name", STOPS)
async def test_worker_failed_case_resumes_where_it_stopped(server: Server, name: str) -> None:
    """A manager takes a failed case up in the stage where it stopped; that stage begins again, and the case goes on to its decision."""
    activity, stage, reason = STOPS[name]
    script = ScriptedCase()
    script.fail(activity, refusal(reason))
    case = await server.start(script)
    await case.until(Status.FAILED)
    assert script.audit("case_failed")[0] == {"actor": "workflow", "activity": activity, "reason": reason, "stage": stage}
    receipt = await case.send(Update.RESUME)
    assert receipt.status is stage
    assert script.audit("case_resumed")[0]["actor"] == "manager-one"
    await case.to(Status.REVIEW_PENDING)
    await case.send(Update.OFFICER_DECISION)
    assert (await case.result()).status is Status.APPROVED


async def test_worker_failure_during_a_round_loses_no_submission(server: Server) -> None:
    """Documents that could not be processed are processed after the resume, with the skip or bounce rules of that round."""
    script = ScriptedCase(verdicts=[(FailedRequirement("articles", ("MISSING",)),)])
    script.fail("process_documents", refusal("OBJECT_HASH_MISMATCH"))
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    await case.send(Update.SKIP_DOCUMENTS)
    await case.until(Status.FAILED)
    await case.send(Update.RESUME)
    await case.until(Status.REVIEW_PENDING)
    assert script.audit("validation_bounce_back") == []


async def test_worker_submission_whose_round_could_not_begin_is_not_lost(server: Server) -> None:
    """When the store refuses the round itself, the submission still waits, and the resume gives it its round."""
    script = ScriptedCase()
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    gate = script.block(PERSIST, lambda step: step.status is Status.PROCESSING_DOCUMENTS)
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await gate.reached.wait()
    script.fail(PERSIST, refusal("TRANSITION_FORBIDDEN"))
    gate.open()
    await case.until(Status.FAILED)
    await case.send(Update.RESUME)
    view = await case.until(Status.REVIEW_PENDING)
    assert view.last_processed == 1


async def test_worker_only_a_manager_resumes(server: Server) -> None:
    """An officer cannot put a failed case back to work; it can be handed on, given time, and withdrawn meanwhile."""
    script = ScriptedCase()
    script.fail("reassess_risk", refusal("BROKEN"))
    case = await server.start(script)
    await case.until(Status.FAILED)
    assert (await case.refused(Update.RESUME, OFFICER)).reason == "ROLE_REQUIRED"
    await case.send(Update.EXTEND_TIMELINE)
    await case.send(Update.REASSIGN, MANAGER)
    assert (await case.send(Update.WITHDRAW)).status is Status.WITHDRAWN
    assert (await case.result()).status is Status.WITHDRAWN


async def test_worker_failed_case_waits_without_limit_and_fails_again_on_record(server: Server) -> None:
    """A failed case neither expires nor retries by itself; a resume that meets the same failure stops it again."""
    script = ScriptedCase()
    script.fail("reassess_risk", refusal("BROKEN"), refusal("STILL_BROKEN"))
    case = await server.start(script)
    await case.until(Status.FAILED)
    await case.pass_time(days=100)
    assert (await case.view()).status is Status.FAILED
    await case.send(Update.RESUME)
    await case.eventually(lambda: len(script.audit("case_failed")) == 2)
    await case.send(Update.RESUME)
    await case.until(Status.REQUIREMENTS_REVIEW)


async def test_worker_failure_of_one_source_does_not_leave_the_others_running(server: Server) -> None:
    """When one of the sources that are asked together cannot even be noted as unanswered, the others are cancelled before the case stops."""
    script = ScriptedCase()
    slow = script.block("run_osint_investigation")
    script.fail("screen_parties", refusal("BROKEN"))
    script.fail("record_not_assessed", refusal("CASE_NOT_FOUND", "NOT_FOUND"))
    case = await server.start(script)
    await slow.reached.wait()
    await case.until(Status.FAILED)
    slow.open()
    assert script.audit("case_failed")[0]["activity"] == "record_not_assessed"


async def in_doubt(server: Server) -> RunningCase:
    """A case whose decision was stored, while its sender was told after a day that the store could not be reached."""
    script = ScriptedCase(Summary(risk_level="LOW", confirmed_pep=True))
    case = await (await server.start(script)).to(Status.REVIEW_PENDING)
    script.lose_answer(PERSIST, lost())
    sending = asyncio.create_task(case.refused(Update.OFFICER_DECISION, request_id="request-in-doubt"))
    await case.eventually(lambda: script.status is Status.AWAITING_SECOND_APPROVAL)
    await case.pass_time(hours=25)
    assert (await sending).code == "UNAVAILABLE"
    assert (await case.view()).status is Status.REVIEW_PENDING
    return case


async def test_worker_step_stored_in_doubt_is_found_by_the_same_request(server: Server) -> None:
    """Who sends the same request again after an outage gets the answer of what was stored, once."""
    case = await in_doubt(server)
    receipt = await case.send(Update.OFFICER_DECISION, request_id="request-in-doubt")
    assert (receipt.status, receipt.state_version) == (Status.AWAITING_SECOND_APPROVAL, case.script.version)
    assert len(case.script.audit("decision_recorded")) == 1
    assert (await case.send(Update.SECOND_DECISION)).status is Status.APPROVED


async def test_worker_step_stored_in_doubt_is_found_by_another_message(server: Server) -> None:
    """Another message after the outage is judged on what was stored: the decision stands, and a second one is refused."""
    case = await in_doubt(server)
    refused = await case.refused(Update.OFFICER_DECISION, decision=Decision.REJECT)
    assert refused.reason == "MESSAGE_NOT_ALLOWED"
    assert (await case.view()).status is Status.AWAITING_SECOND_APPROVAL
    assert (await case.send(Update.SECOND_DECISION)).status is Status.APPROVED


async def test_worker_step_that_was_not_stored_is_forgotten(server: Server) -> None:
    """A step that never reached the store does not come back: the next message finds the case as it was."""
    script = ScriptedCase(Summary(risk_level="LOW"))
    case = await (await server.start(script)).to(Status.REVIEW_PENDING)
    script.fail(PERSIST, lost())
    sending = asyncio.create_task(case.refused(Update.OFFICER_DECISION))
    await case.eventually(lambda: script.calls.count(PERSIST) > len(script.transitions))
    await case.pass_time(hours=25)
    assert (await sending).code == "UNAVAILABLE"
    assert (await case.send(Update.OFFICER_DECISION, decision=Decision.REJECT)).status is Status.REJECTED


async def test_worker_step_of_the_path_stored_in_doubt_is_found(server: Server) -> None:
    """The path itself finds its own step again: it stops as FAILED on top of it, and resumes from there."""
    script = ScriptedCase()
    gate = script.block("reassess_risk")
    case = await server.start(script)
    await gate.reached.wait()
    script.lose_answer(PERSIST, lost())
    gate.open()
    await case.eventually(lambda: script.status is Status.DOCUMENT_GAP_ANALYSIS)
    await case.pass_time(hours=25)
    await case.until(Status.FAILED)
    assert script.audit("case_failed")[0]["stage"] == Status.DOCUMENT_GAP_ANALYSIS
    await case.send(Update.RESUME)
    await case.until(Status.REQUIREMENTS_REVIEW)


async def test_worker_foreign_version_stops_the_case_in_sight(server: Server) -> None:
    """When something that is not the workflow's was stored, the message is refused and the case stops as FAILED with that reason."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    case.script.version += 3
    refused = await case.refused(Update.OFFICER_DECISION)
    assert (refused.reason, refused.code) == ("STATE_VERSION_CONFLICT", "ABORTED")
    view = await case.until(Status.FAILED)
    assert view.state_version == case.script.version
    assert case.script.audit("case_failed")[0]["reason"] == "STATE_VERSION_CONFLICT"
    assert (await case.send(Update.RESUME)).status is Status.REVIEW_PENDING
    assert (await case.send(Update.OFFICER_DECISION)).status is Status.APPROVED


async def test_worker_store_away_for_days_only_delays_the_failure(server: Server) -> None:
    """Even FAILED is stored once the store is back: a case that stopped is never lost sight of."""
    script = ScriptedCase()
    gate = script.block("reassess_risk")
    case = await server.start(script)
    await gate.reached.wait()
    script.fail(PERSIST, lost(), always=True)
    script.fail("reassess_risk", refusal("BROKEN"))
    gate.open()
    await case.pass_time(hours=30)
    script.recover(PERSIST)
    await case.pass_time(hours=2)
    await case.until(Status.FAILED)
    assert script.audit("case_failed")[0]["reason"] == "BROKEN"


async def test_worker_summary_in_review_is_that_of_the_stored_step(server: Server) -> None:
    """An investigation that ends late cannot bring back a hit that was resolved meanwhile."""
    script = ScriptedCase(Summary(open_hits=("hit-1",), risk_level="LOW"))
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    gate = script.block("compute_confidence_score")
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await gate.reached.wait()
    await case.send(Update.RESOLVE_HIT)
    script.summary = replace(script.summary, open_hits=())
    gate.open()
    assert (await case.until(Status.REVIEW_PENDING)).open_hits == ()
