"""Escalation and its successor, owners, and second officers by decision. On the time-skipping server."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.exceptions import ApplicationError
from worker_harness import TENANT, RunningCase, Server, serving
from worker_signing import MANAGER, OFFICER, SECOND
from worker_store import ScriptedCase, refusal

from trustrelay.contracts.case_workflow import CaseInput, Decision, Policy, SecondDecision, Status, Update
from trustrelay.workflow_worker.domain.compliance.records import Successor
from trustrelay.workflow_worker.domain.compliance.state import Summary

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module; each test has its own case."""
    async with serving() as running:
        yield running


async def in_review(server: Server, script: ScriptedCase | None = None, **policy: object) -> RunningCase:
    """A case that waits for the officer's decision."""
    return await (await server.start(script, **policy)).to(Status.REVIEW_PENDING)


def staged(server: Server, script: ScriptedCase, owner: str = "officer-three") -> RunningCase:
    """The successor that the store will stage, as a case of its own."""
    case_id = str(uuid.uuid4())
    script.successor = Successor(case_id, "kyb_standard", 1, "BE", "officer-one", owner, "nl", Policy(max_iterations=2))
    server.cases[case_id] = ScriptedCase()
    return RunningCase(server, CaseInput(case_id, TENANT, "kyb_standard", 1, "BE", "officer-one"), server.cases[case_id])


async def test_worker_escalated_case_goes_on_as_another(server: Server) -> None:
    """ESCALATE ends the case, sealed, with its new owner stored; the successor opens itself with that owner, policy and language, and runs."""
    case = await in_review(server)
    successor = staged(server, case.script)
    receipt = await case.send(Update.OFFICER_DECISION, decision=Decision.ESCALATE, escalation_owner="officer-three")
    assert receipt.status is Status.ESCALATED
    assert (await case.result()).status is Status.ESCALATED
    assert "assemble_trust_capsule" in case.script.calls
    assert [step.owner for step in case.script.transitions if step.status is Status.ESCALATED] == ["officer-three"]
    view = await successor.until(Status.REQUIREMENTS_REVIEW)
    assert view.owner == "officer-three"
    assert (successor.script.opened[0].actor, successor.script.opened[0].case.language) == ("officer-one", "nl")
    found = {pair.key.name: pair.value for pair in (await successor.handle.describe()).typed_search_attributes}
    assert (found["TenantId"], found["TemplateId"], found["Country"]) == (TENANT, "kyb_standard", "BE")
    await successor.send(Update.REQUIREMENTS_APPROVED)
    await successor.until(Status.AWAITING_DOCUMENTS)


async def test_worker_escalation_names_its_owner(server: Server) -> None:
    """Nobody can escalate to nobody."""
    case = await in_review(server)
    refused = await case.refused(Update.OFFICER_DECISION, decision=Decision.ESCALATE, escalation_owner=" ")
    assert (refused.reason, refused.code) == ("OWNER_REQUIRED", "INVALID_ARGUMENT")


async def test_worker_escalation_needs_nothing_resolved(server: Server) -> None:
    """A case is escalated with hits and checks open: that is what escalation is for."""
    case = await in_review(server, ScriptedCase(Summary(open_hits=("hit-1",), blocking_checks=("vat_vies",))))
    staged(server, case.script)
    await case.send(Update.OFFICER_DECISION, decision=Decision.ESCALATE, escalation_owner="officer-three")
    assert (await case.result()).status is Status.ESCALATED


async def test_worker_successor_waits_for_an_outage_and_survives_a_refusal(server: Server) -> None:
    """An outage delays the successor; a refusal for good is on record, and the escalation stands and is sealed all the same."""
    case = await in_review(server)
    case.script.fail("stage_successor", ApplicationError("x", "UNAVAILABLE", type="DOWN"), refusal("CASE_NOT_ESCALATED"))
    await case.send(Update.OFFICER_DECISION, decision=Decision.ESCALATE, escalation_owner="officer-three")
    assert (await case.result()).status is Status.ESCALATED
    assert case.script.audit("successor_refused") == [{"actor": "workflow", "reason": "CASE_NOT_ESCALATED"}]
    assert "assemble_trust_capsule" in case.script.calls


async def test_worker_case_without_an_escalated_predecessor_does_not_open_itself(server: Server) -> None:
    """Who starts a workflow that claims a predecessor is refused by the database, and the workflow ends without a case."""
    case = CaseInput(str(uuid.uuid4()), TENANT, "kyb_standard", 1, "BE", "officer-one", predecessor_case_id="another")
    script = server.cases[case.case_id] = ScriptedCase()
    script.fail("open_case", refusal("TRANSITION_FORBIDDEN"))
    running = RunningCase(server, case, script)
    await server.begin(case)
    with pytest.raises(Exception, match="Workflow execution failed"):
        await running.result()
    assert script.version == 0


@pytest.mark.parametrize("decision", [Decision.REJECT, Decision.ESCALATE, Decision.APPROVE])
async def test_worker_policy_names_decisions_that_need_two(server: Server, decision: Decision) -> None:
    """A decision that the template names needs a second officer whatever the facts are; returned, it is void."""
    case = await in_review(server, second_officer_decisions=(str(decision),))
    staged(server, case.script)
    decided = {"decision": decision, "escalation_owner": "officer-three"}
    assert (await case.send(Update.OFFICER_DECISION, **decided)).status is Status.AWAITING_SECOND_APPROVAL
    assert (await case.view()).owner == "officer-one"
    assert (await case.refused(Update.SECOND_DECISION, OFFICER)).reason == "SAME_OFFICER"
    await case.send(Update.SECOND_DECISION, decision=SecondDecision.RETURN)
    await case.send(Update.OFFICER_DECISION, **decided)
    await case.send(Update.SECOND_DECISION)
    ended = {Decision.REJECT: Status.REJECTED, Decision.ESCALATE: Status.ESCALATED, Decision.APPROVE: Status.APPROVED}
    assert (await case.result()).status is ended[decision]
    if decision is Decision.ESCALATE:
        assert case.script.transitions[-1].owner == "officer-three"


async def test_worker_asking_again_never_needs_two(server: Server) -> None:
    """FOLLOW_UP ends nothing, so one officer suffices whatever the template names."""
    case = await in_review(server, second_officer_decisions=("FOLLOW_UP",))
    assert (await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)).status is Status.FOLLOW_UP


async def test_worker_owner_or_manager_hands_the_case_on(server: Server) -> None:
    """The officer who owns the case, or a manager, reassigns it; the former owner has no say any more, and nobody is no owner."""
    case = await (await server.start()).to(Status.REQUIREMENTS_REVIEW)
    assert (await case.refused(Update.REASSIGN, owner="")).reason == "OWNER_REQUIRED"
    refused = await case.refused(Update.REASSIGN, SECOND)
    assert (refused.reason, refused.code) == ("NOT_CASE_OWNER", "PERMISSION_DENIED")
    await case.send(Update.REASSIGN, OFFICER, owner="officer-two")
    assert (await case.refused(Update.REASSIGN, OFFICER, owner="officer-one")).reason == "NOT_CASE_OWNER"
    await case.send(Update.REASSIGN, MANAGER, owner="officer-four")
    assert (await case.view()).owner == "officer-four"
    assert [step.owner for step in case.script.transitions if step.owner] == ["officer-two", "officer-four"]


async def test_worker_aftercare_that_was_not_done_is_on_record(server: Server) -> None:
    """What the graph or the memory did not take is told in the audit log, and keeps no case open."""
    script = ScriptedCase(assessed={"populate_knowledge_graph": ("NOT_ASSESSED", "GRAPH_NOT_CONFIGURED", 0)})
    script.fail("consolidate_investigation_memory", refusal("MEMORY_BROKEN"))
    case = await in_review(server, script)
    await case.send(Update.OFFICER_DECISION)
    assert (await case.result()).status is Status.APPROVED
    missed = [(one["activity"], one["reason"]) for one in script.audit("aftercare_not_assessed")]
    assert missed == [("populate_knowledge_graph", "GRAPH_NOT_CONFIGURED"), ("consolidate_investigation_memory", "MEMORY_BROKEN")]
    order = [call for call in script.calls if call in ("assemble_trust_capsule", *(name for name, _ in missed))]
    assert order == ["assemble_trust_capsule", "populate_knowledge_graph", "consolidate_investigation_memory"]
