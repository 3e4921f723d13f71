"""The path of a case on the time-skipping server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.exceptions import ApplicationError
from worker_harness import Server, serving
from worker_store import ScriptedCase, refusal

from trustrelay.contracts.case_workflow import Decision, RequirementModification, Status, Tier, Update
from trustrelay.workflow_worker.domain.compliance.state import Summary

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module; each test has its own case."""
    async with serving() as running:
        yield running


async def test_worker_straight_path_ends_approved(server: Server) -> None:
    """A case without trouble goes through every stage in order, each stored, and ends APPROVED with its capsule sealed."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    receipt = await case.send(Update.OFFICER_DECISION)
    assert receipt.status is Status.APPROVED
    assert (await case.result()).status is Status.APPROVED
    assert case.script.statuses == [
        Status.PRE_INVESTIGATION,
        Status.DOCUMENT_GAP_ANALYSIS,
        Status.REQUIREMENTS_REVIEW,
        Status.AWAITING_DOCUMENTS,
        Status.PROCESSING_DOCUMENTS,
        Status.INVESTIGATING,
        Status.REVIEW_PENDING,
        Status.APPROVED,
    ]
    assert [step.expected_version for step in case.script.transitions] == list(range(1, len(case.script.transitions) + 1))
    assert case.script.calls.count("assemble_trust_capsule") == 1


async def test_worker_status_is_searchable(server: Server) -> None:
    """Operators find a case by its status and tier."""
    case = await (await server.start()).to(Status.REQUIREMENTS_REVIEW)
    found = (await case.handle.describe()).typed_search_attributes
    values = {pair.key.name: pair.value for pair in found}
    assert (values["CaseStatus"], values["AutomationTier"], values["TenantId"]) == ("REQUIREMENTS_REVIEW", "FULL_REVIEW", "tenant-test")


async def test_worker_first_iteration_reuses_the_pre_investigation(server: Server) -> None:
    """Registers are asked once before the portal, and again only in later iterations; screening runs again with the parties of the documents."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    assert case.script.calls.count("registry_and_documents") == 1
    assert case.script.calls.count("screen_parties") == 2
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.REVIEW_PENDING)
    assert case.script.calls.count("registry_and_documents") == 2
    assert case.script.calls.count("run_verification_checks") == 2


async def test_worker_full_review_waits_for_the_officer(server: Server) -> None:
    """FULL_REVIEW opens for an officer alone, however long that takes, and stores what the officer changed."""
    case = await (await server.start()).to(Status.REQUIREMENTS_REVIEW)
    await case.pass_time(days=200)
    assert (await case.view()).status is Status.REQUIREMENTS_REVIEW
    change = RequirementModification("ubo_register_extract", "WAIVED", "in the register")
    await case.send(Update.REQUIREMENTS_APPROVED, modifications=(change,))
    await case.until(Status.AWAITING_DOCUMENTS, Status.EXPIRED)
    stored = [one for step in case.script.transitions for one in step.requirements]
    assert [(one.requirement_id, one.status) for one in stored] == [("ubo_register_extract", "WAIVED")]
    assert case.script.audit("requirements_gate_opened")[0]["rule"] == "officer-approval"


async def test_worker_autonomous_passes_at_once(server: Server) -> None:
    """AUTONOMOUS opens the gate without anybody, even with something open: the officers see it at the decision."""
    script = ScriptedCase(Summary(open_hits=("hit-1",)), tier=Tier.AUTONOMOUS)
    case = await server.start(script)
    await case.until(Status.AWAITING_DOCUMENTS)
    assert script.audit("requirements_gate_opened")[0]["rule"] == "tier/autonomous"


async def test_worker_assisted_releases_itself_after_fifteen_minutes(server: Server) -> None:
    """ASSISTED opens 15 minutes after the gate was reached, not before, and the audit event names the rule."""
    case = await (await server.start(ScriptedCase(tier=Tier.ASSISTED))).to(Status.REQUIREMENTS_REVIEW)
    await case.pass_time(minutes=14)
    assert (await case.view()).status is Status.REQUIREMENTS_REVIEW
    await case.pass_time(minutes=2)
    await case.until(Status.AWAITING_DOCUMENTS)
    assert case.script.audit("requirements_gate_opened")[0]["rule"] == "tier/assisted-release"


async def test_worker_assisted_waits_for_the_last_blocker(server: Server) -> None:
    """A blocker keeps an ASSISTED gate shut past its 15 minutes; the gate opens when the last one clears."""
    script = ScriptedCase(Summary(open_hits=("hit-1",), blocking_checks=("vat_vies",)), tier=Tier.ASSISTED)
    case = await (await server.start(script)).to(Status.REQUIREMENTS_REVIEW)
    await case.pass_time(minutes=60)
    await case.send(Update.RESOLVE_HIT)
    await case.pass_time(minutes=60)
    assert (await case.view()).status is Status.REQUIREMENTS_REVIEW
    await case.send(Update.OVERRIDE_CHECK)
    await case.until(Status.AWAITING_DOCUMENTS)


async def test_worker_assisted_does_not_release_early_when_the_blocker_clears(server: Server) -> None:
    """Clearing the last blocker before the 15 minutes are over does not shorten them."""
    script = ScriptedCase(Summary(open_hits=("hit-1",)), tier=Tier.ASSISTED)
    case = await (await server.start(script)).to(Status.REQUIREMENTS_REVIEW)
    await case.pass_time(minutes=5)
    await case.send(Update.RESOLVE_HIT)
    await case.pass_time(minutes=5)
    assert (await case.view()).status is Status.REQUIREMENTS_REVIEW
    await case.pass_time(minutes=6)
    await case.until(Status.AWAITING_DOCUMENTS)


@pytest.mark.parametrize("tier", [Tier.AUTONOMOUS, Tier.ASSISTED, Tier.FULL_REVIEW])
async def test_worker_manager_forces_a_tier_before_the_gate(server: Server, tier: Tier) -> None:
    """A tier that a manager forced while the case was investigated stands above the rules' tier."""
    script = ScriptedCase(tier=Tier.FULL_REVIEW if tier is not Tier.FULL_REVIEW else Tier.AUTONOMOUS)
    gate = script.block("registry_and_documents")
    case = await server.start(script)
    await gate.reached.wait()
    await case.send(Update.SET_TIER, tier=tier)
    gate.open()
    expected = Status.AWAITING_DOCUMENTS if tier is Tier.AUTONOMOUS else Status.REQUIREMENTS_REVIEW
    await case.until(expected)
    if tier is Tier.ASSISTED:
        await case.pass_time(minutes=16)
        await case.until(Status.AWAITING_DOCUMENTS)
    last = script.transitions[-1]
    assert (last.tier, last.tier_set_by) == (tier, "manager:manager-one")


@pytest.mark.parametrize("tier", [Tier.AUTONOMOUS, Tier.ASSISTED, Tier.FULL_REVIEW])
async def test_worker_manager_forces_a_tier_at_the_gate(server: Server, tier: Tier) -> None:
    """A tier forced at the gate counts at once: AUTONOMOUS opens it, ASSISTED after what is left of its time, FULL_REVIEW never."""
    script = ScriptedCase(tier=Tier.ASSISTED if tier is Tier.FULL_REVIEW else Tier.FULL_REVIEW)
    case = await (await server.start(script)).to(Status.REQUIREMENTS_REVIEW)
    await case.pass_time(minutes=10)
    await case.send(Update.SET_TIER, tier=tier)
    if tier is not Tier.AUTONOMOUS:
        await case.pass_time(minutes=10)
    expected = Status.REQUIREMENTS_REVIEW if tier is Tier.FULL_REVIEW else Status.AWAITING_DOCUMENTS
    await case.until(expected)
    assert script.audit("tier_forced")[0]["actor"] == "manager-one"


async def test_worker_tier_rules_that_fail_mean_full_review(server: Server) -> None:
    """When no tier can be assigned an officer must look."""
    script = ScriptedCase(tier=Tier.AUTONOMOUS)
    script.fail("assign_automation_tier", refusal("RISK_MISSING"))
    case = await (await server.start(script)).to(Status.REQUIREMENTS_REVIEW)
    await case.pass_time(hours=2)
    view = await case.view()
    assert (view.status, view.tier) == (Status.REQUIREMENTS_REVIEW, Tier.FULL_REVIEW)
    assert script.audit("tier_assigned")[0]["actor"] == "rule:tier/not-assessed/RISK_MISSING"


async def test_worker_given_up_best_effort_is_recorded_and_the_case_goes_on(server: Server) -> None:
    """A source that cannot be reached is stored as NOT_ASSESSED with the reason of its last attempt; the case is not held up."""
    script = ScriptedCase()
    script.fail("run_osint_investigation", ApplicationError("x", "UNAVAILABLE", type="SOURCE_DOWN"), always=True)
    script.fail("run_verification_checks", refusal("COUNTRY_UNSUPPORTED", "INVALID_ARGUMENT"))
    case = await server.start(script)
    await case.pass_time(hours=2)
    await case.until(Status.REQUIREMENTS_REVIEW)
    given_up = {one.activity: one.reason for one in script.not_assessed}
    assert given_up == {"run_osint_investigation": "SOURCE_DOWN", "run_verification_checks": "COUNTRY_UNSUPPORTED"}


@pytest.mark.parametrize("name", ["reassess_risk", "cross_reference_evidence", "analyze_document_gaps"])
async def test_worker_given_up_service_fails_the_case_on_record(server: Server, name: str) -> None:
    """An activity without best effort that is given up stops the case as FAILED, with the activity and its reason in the audit log."""
    script = ScriptedCase()
    script.fail(name, ApplicationError("x", "UNAVAILABLE", type="SERVICE_DOWN"), always=True)
    case = await server.start(script)
    await case.pass_time(minutes=7)
    stage = (await case.until(Status.FAILED)) and script.statuses[-2]
    assert script.audit("case_failed") == [{"actor": "workflow", "activity": name, "reason": "SERVICE_DOWN", "stage": stage}]
    assert "assemble_trust_capsule" not in script.calls


async def test_worker_step_refused_by_the_store_fails_the_case_on_record(server: Server) -> None:
    """When the store refuses a step of the path itself, the case stops as FAILED with the store's reason."""
    script = ScriptedCase()
    script.fail("persist_workflow_state", refusal("TRANSITION_FORBIDDEN"))
    case = await server.start(script)
    await case.until(Status.FAILED)
    assert script.audit("case_failed")[0]["reason"] == "TRANSITION_FORBIDDEN"


async def test_worker_long_outage_of_the_store_only_delays(server: Server) -> None:
    """A store that is away for a while holds a case up; nothing is lost when it comes back."""
    script = ScriptedCase()
    script.fail("persist_workflow_state", ApplicationError("x", "UNAVAILABLE", type="DATABASE_UNAVAILABLE"), always=True)
    case = await server.start(script)
    await case.pass_time(minutes=10)
    script.recover("persist_workflow_state")
    await case.pass_time(minutes=1)
    await case.until(Status.REQUIREMENTS_REVIEW)


async def test_worker_capsule_is_sealed_after_any_outage(server: Server) -> None:
    """A decision stands while the capsule cannot be stored, and is sealed as soon as it can."""
    script = ScriptedCase()
    script.fail("assemble_trust_capsule", ApplicationError("x", "UNAVAILABLE", type="OBJECT_STORE_UNAVAILABLE"), always=True)
    case = await (await server.start(script)).to(Status.REVIEW_PENDING)
    await case.send(Update.OFFICER_DECISION)
    await case.pass_time(minutes=70)
    script.recover("assemble_trust_capsule")
    await case.pass_time(minutes=70)
    assert (await case.result()).status is Status.APPROVED
    assert script.audit("case_failed") == []


async def test_worker_cancellation_by_temporal_is_refused(server: Server) -> None:
    """A cancel request to Temporal carries no assertion, so the case goes on, and the audit log says that it was asked."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    await case.handle.cancel()
    await case.eventually(lambda: bool(case.script.audit("message_refused")))
    assert case.script.audit("message_refused")[0]["reason"] == "ASSERTION_MISSING"
    assert (await case.view()).state_version == case.script.version
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.REVIEW_PENDING)
    await case.send(Update.OFFICER_DECISION)
    assert (await case.result()).status is Status.APPROVED
