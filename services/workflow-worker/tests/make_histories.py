"""Makes the committed histories that every change of workflow code is replayed against: `python services/workflow-worker/tests/make_histories.py`.

Histories are only added or replaced together with a reviewed, patched() change; a replay that fails is a case that would break in production.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "support"))

from worker_harness import RunningCase, Server, serving
from worker_store import ScriptedCase, refusal

from trustrelay.contracts.case_workflow import Decision, HitResolution, SecondDecision, Status, Tier, Update
from trustrelay.workflow_worker.domain.records import FailedRequirement
from trustrelay.workflow_worker.domain.state import Summary

FOLDER = Path(__file__).parent / "histories"
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
    """A source given up with NOT_ASSESSED, then a service given up for good; ends FAILED."""
    script = ScriptedCase()
    script.fail("run_osint_investigation", refusal("SOURCE_DOWN"))
    script.fail("cross_reference_evidence", refusal("BROKEN"))
    return await server.start(script)


STORIES: tuple[Callable[[Server], Awaitable[RunningCase]], ...] = (
    bounce_back_and_second_officer,
    skip_follow_up_and_reject,
    expiry,
    withdraw_during_investigation,
    given_up_service,
)


def _without_traces_of_this_machine(told: Any) -> Any:
    """Process names and stack traces say nothing to a replay."""
    if isinstance(told, dict):
        return {key: "" if key in ("identity", "stackTrace") else _without_traces_of_this_machine(value) for key, value in told.items()}
    if isinstance(told, list):
        return [_without_traces_of_this_machine(value) for value in told]
    return told


async def main() -> None:
    """Tells every story to a fresh server and keeps what Temporal remembers of it."""
    for story in STORIES:
        async with serving() as server:
            case = await story(server)
            await case.result()
            history = await case.handle.fetch_history()
        text = json.dumps(_without_traces_of_this_machine(json.loads(history.to_json())), indent=1, sort_keys=True)
        (FOLDER / f"{story.__name__}.json").write_text(text + "\n")


if __name__ == "__main__":
    asyncio.run(main())
