"""Makes the committed histories that every change of workflow code is replayed against: `python services/workflow-worker/tests/make_histories.py`.

Histories are only added or replaced together with a reviewed, patched() change; a replay that fails is a case that would break in production.
`make_histories.py NAME…` records only those stories.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

sys.path.insert(0, str(FilePath(__file__).parent / "support"))

from worker_harness import RunningCase, Server, serving
from worker_store import ScriptedCase, refusal

from trustrelay.contracts.case_workflow import (
    FACTS_CHANGED,
    Decision,
    HitResolution,
    Path,
    Policy,
    SecondDecision,
    Status,
    Tier,
    Update,
    extraction_workflow_id,
)
from trustrelay.workflow_worker.application.compliance import continuing
from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement, Successor
from trustrelay.workflow_worker.domain.compliance.state import Summary

FOLDER = FilePath(__file__).parent / "histories"
_BAD = (FailedRequirement("ubo_register_extract", ("WRONG_DOCUMENT_TYPE",)),)


async def bounce_back_and_second_officer(server: Server) -> RunningCase:
    """A wrong document, a confirmed hit, a return and a confirmation; ends APPROVED."""
    script = ScriptedCase(Summary(open_hits=("hit-1",), risk_level="LOW"), verdicts=[_BAD], pep_hits=frozenset({"hit-1"}))
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.eventually(lambda: bool(script.audit("validation_bounce_back")))
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.REVIEW_PENDING)
    await case.send(Update.RESOLVE_HIT, resolution=HitResolution.TRUE_MATCH)
    await case.send(Update.OFFICER_DECISION)
    await case.send(Update.SECOND_DECISION, decision=SecondDecision.RETURN)
    await case.send(Update.OFFICER_DECISION)
    await case.send(Update.SECOND_DECISION)
    return case


async def skip_follow_up_and_reject(server: Server) -> RunningCase:
    """An ASSISTED gate that releases itself, a skip, a second iteration; ends REJECTED."""
    case = await server.start(ScriptedCase(tier=Tier.ASSISTED))
    await case.until(Status.REQUIREMENTS_REVIEW)
    await case.pass_time(minutes=16)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.send(Update.SKIP_DOCUMENTS)
    await case.until(Status.REVIEW_PENDING)
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP, follow_up_tasks=("Send the latest accounts.",))
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.REVIEW_PENDING)
    await case.send(Update.OFFICER_DECISION, decision=Decision.REJECT)
    return case


async def expiry(server: Server) -> RunningCase:
    """A customer who never answers; ends EXPIRED."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    await case.pass_time(days=61)
    return case


async def reminders_and_extension(server: Server) -> RunningCase:
    """A customer who is reminded, gets more time, is reminded again and lets the time pass; ends EXPIRED."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    await case.pass_time(days=31)
    await case.eventually(lambda: len(case.script.audit("customer_reminded")) == 1)
    await case.send(Update.EXTEND_TIMELINE, days=60)
    await case.pass_time(days=91)
    return case


async def person(server: Server) -> RunningCase:
    """KYC: identity, then documents; an officer decides; ends APPROVED."""
    script = ScriptedCase(Summary(open_requirements=("proof_of_address",), risk_level="LOW"))
    case = await (await server.start(script, path=Path.KYC)).to(Status.AWAITING_DOCUMENTS)
    await case.send(Update.IDENTITY_COMPLETED)
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.REVIEW_PENDING)
    await case.send(Update.OFFICER_DECISION)
    return case


async def customs_client(server: Server) -> RunningCase:
    """Customs: an EORI that nobody could check is overridden, the category corrected, the case handed on; ends APPROVED by two."""
    script = ScriptedCase(Summary(blocking_checks=("eori",), risk_level="LOW"), assessed={"registry_and_documents": ("CLEAR", "", 0)})
    case = await (await server.start(script, path=Path.CUSTOMS, country="NL")).to(Status.REVIEW_PENDING)
    await case.send(Update.OVERRIDE_CHECK, check_id="eori")
    await case.send(Update.MCC_UPDATE)
    await case.send(Update.REASSIGN)
    await case.send(Update.OFFICER_DECISION)
    await case.send(Update.SECOND_DECISION)
    return case


async def escalation(server: Server) -> RunningCase:
    """An escalation with its successor; ends ESCALATED."""
    script = ScriptedCase()
    script.successor = Successor("11111111-1111-5111-8111-111111111111", "kyb_standard", 1, "BE", "officer-one", "officer-two", "en", Policy())
    server.cases[script.successor.case_id] = ScriptedCase()
    case = await (await server.start(script)).to(Status.REVIEW_PENDING)
    await case.send(Update.OFFICER_DECISION, decision=Decision.ESCALATE, escalation_owner="officer-two")
    return case


async def signals(server: Server) -> RunningCase:
    """A case led by signals, among them refused ones; ends APPROVED."""
    case = await server.start()
    await case.until(Status.REQUIREMENTS_REVIEW)
    await case.handle.signal("signal_withdraw", "rubbish")
    await case.refusals()
    await case.signal(Update.REQUIREMENTS_APPROVED)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.signal(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.REVIEW_PENDING)
    await case.signal(Update.REQUIREMENTS_APPROVED)
    await case.refusals(2)
    await case.signal(Update.OFFICER_DECISION)
    return case


async def continued_run(server: Server) -> RunningCase:
    """The second run of a case that continued as new; ends WITHDRAWN."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    usual, continuing.max_events = continuing.max_events, 25
    await case.send(Update.REASSIGN, owner="officer-one")
    await case.view()
    continuing.max_events = usual
    await case.send(Update.WITHDRAW)
    return case


async def withdraw_during_investigation(server: Server) -> RunningCase:
    """A withdrawal while registers are asked; ends WITHDRAWN."""
    script = ScriptedCase()
    gate = script.block("registry_and_documents")
    case = await server.start(script)
    await gate.reached.wait()
    await case.send(Update.WITHDRAW)
    gate.open()
    return case


async def given_up_service(server: Server) -> RunningCase:
    """A source given up with NOT_ASSESSED, then a service given up for good; resumed, and ends WITHDRAWN."""
    script = ScriptedCase()
    script.fail("run_osint_investigation", refusal("SOURCE_DOWN"))
    script.fail("cross_reference_evidence", refusal("BROKEN"))
    case = await server.start(script)
    await case.until(Status.FAILED)
    await case.send(Update.RESUME)
    await case.until(Status.REQUIREMENTS_REVIEW)
    await case.send(Update.WITHDRAW)
    return case


async def hit_open_again(server: Server) -> RunningCase:
    """A dismissed hit is open again while the second officer is waited for: returned, resolved, and approved by two."""
    script = ScriptedCase(Summary(risk_level="HIGH"))
    case = await (await server.start(script)).to(Status.REVIEW_PENDING)
    await case.send(Update.OFFICER_DECISION)
    script.summary = replace(script.summary, open_hits=("hit-9",))
    await case.handle.signal(FACTS_CHANGED)
    await case.eventually(lambda: "read_case_summary" in script.calls)
    await case.send(Update.SECOND_DECISION, decision=SecondDecision.RETURN)
    await case.send(Update.RESOLVE_HIT, hit_id="hit-9")
    await case.send(Update.OFFICER_DECISION)
    await case.send(Update.SECOND_DECISION)
    return case


async def document_extraction(server: Server) -> RunningCase:
    """The background conversion beside a case: its history is the child's."""
    case = await (await server.start()).to(Status.REQUIREMENTS_REVIEW)
    return RunningCase(case.server, case.input, case.script, extraction_workflow_id(case.input.tenant_id, case.input.case_id, 0))


STORIES: tuple[Callable[[Server], Awaitable[RunningCase]], ...] = (
    bounce_back_and_second_officer,
    skip_follow_up_and_reject,
    expiry,
    reminders_and_extension,
    person,
    customs_client,
    escalation,
    signals,
    continued_run,
    document_extraction,
    withdraw_during_investigation,
    given_up_service,
    hit_open_again,
)


def without_traces_of_this_machine(told: Any) -> Any:
    """Process names and stack traces say nothing to a replay."""
    if isinstance(told, dict):
        return {key: "" if key in ("identity", "stackTrace") else without_traces_of_this_machine(value) for key, value in told.items()}
    if isinstance(told, list):
        return [without_traces_of_this_machine(value) for value in told]
    return told


async def main() -> None:
    """Tells every story to a fresh server and keeps what Temporal remembers of it."""
    wanted = set(sys.argv[1:])
    for story in STORIES:
        if wanted and story.__name__ not in wanted:
            continue
        async with serving() as server:
            case = await story(server)
            await case.handle.result()
            history = await case.handle.fetch_history()
        text = json.dumps(without_traces_of_this_machine(json.loads(history.to_json())), indent=1, sort_keys=True)
        (FOLDER / f"{story.__name__}.json").write_text(text + "\n")


if __name__ == "__main__":
    asyncio.run(main())
