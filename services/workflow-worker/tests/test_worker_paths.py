"""The paths of companies, persons and customs clients: what runs in which order, on the time-skipping server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from worker_harness import RunningCase, Server, serving
from worker_signing import CUSTOMER
from worker_store import ScriptedCase, refusal

from trustrelay.contracts.case_workflow import Decision, Path, ResolvedRequirements, Status, Update
from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement, TaskChange
from trustrelay.workflow_worker.domain.compliance.state import Summary

pytestmark = pytest.mark.asyncio(loop_scope="module")
PARALLEL = {"run_osint_investigation", "scrape_company_website", "run_verification_checks", "screen_parties"}
STORE = {"persist_workflow_state", "open_case", "persist_audit_event"}
IDENTITY_MISSING = (FailedRequirement("identity", ("IDENTITY_MISSING",)),)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """One server and worker for the module; each test has its own case."""
    async with serving() as running:
        yield running


def work(case: RunningCase, since: int = 0) -> list[str]:
    """What ran beside storing and the background conversion, in order; what runs at the same time is sorted."""
    calls = [call for call in case.script.calls[since:] if call not in STORE and call != "extract_documents_markdown"]
    return _sorted_runs(calls)


def _sorted_runs(calls: list[str]) -> list[str]:
    ordered: list[str] = []
    together: list[str] = []
    for call in calls:
        if call in PARALLEL | {"validate_eori", "verify_iban"}:
            together.append(call)
            continue
        ordered += [*sorted(together), call]
        together = []
    return ordered + sorted(together)


BEFORE = ["fetch_company_details", "registry_and_documents"]
AFTER = ["reassess_risk", "upsert_entity_baseline", "populate_goaml_entities", "cross_reference_evidence", "reconcile_nace_vs_mcc"]
GATE = ["analyze_document_gaps", "score_investigation_quality", "compute_confidence_score", "assign_automation_tier"]
ROUND = ["process_documents", "validate_documents", "extract_document_data"]
WEIGHED = ["cross_reference_evidence", "reconcile_nace_vs_mcc", "reassess_risk", "score_investigation_quality", "compute_confidence_score"]


async def test_worker_company_is_investigated_before_the_portal(server: Server) -> None:
    """Registers, all sources at once, category, Peppol for Belgium, risk, graph, then what is left to ask: all before the customer is asked."""
    case = await (await server.start()).to(Status.REQUIREMENTS_REVIEW)
    assert work(case) == [*BEFORE, *sorted(PARALLEL), "classify_mcc", "run_peppol_verification", *AFTER, *GATE]


async def test_worker_first_round_reuses_what_is_known(server: Server) -> None:
    """After the portal the first iteration screens the parties of the documents and weighs the whole; it asks no register again."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    since = len(case.script.calls)
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.REVIEW_PENDING)
    assert work(case, since) == [*ROUND, "fetch_case_answers", "screen_parties", "refresh_synthesis_after_documents", *WEIGHED]


async def test_worker_later_rounds_ask_everyone_again(server: Server) -> None:
    """From the second iteration on, the investigation runs again on all evidence, and waits for the conversions first."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    since = len(case.script.calls)
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.until(Status.REVIEW_PENDING)
    again = [*BEFORE, *sorted(PARALLEL), "classify_mcc", "run_peppol_verification"]
    expected = ["generate_follow_up_tasks", *ROUND, "fetch_case_answers", *again, "refresh_synthesis_after_documents", *WEIGHED]
    assert work(case, since) == expected


async def test_worker_peppol_is_for_belgium(server: Server) -> None:
    """A company of another country is not looked up there, and nothing claims that it was."""
    case = await (await server.start(country="NL")).to(Status.REQUIREMENTS_REVIEW)
    assert "run_peppol_verification" not in case.script.calls
    assert "run_peppol_verification" not in (await case.view()).outcomes


async def test_worker_person_is_asked_before_anything_is_investigated(server: Server) -> None:
    """A natural person goes from opening to the requirements at once; identity, answers and lists come after the portal."""
    case = await (await server.start(path=Path.KYC)).to(Status.REVIEW_PENDING)
    assert Status.PRE_INVESTIGATION not in case.script.statuses
    before = ["analyze_document_gaps", "assign_automation_tier"]
    asked = ["fetch_case_answers", "verify_identity", "validate_fields", "run_kyc_screening", "refresh_synthesis_after_documents"]
    weighed = ["cross_reference_evidence", "reassess_risk", "score_investigation_quality", "compute_confidence_score"]
    assert work(case) == [*before, *ROUND, *asked, *weighed]
    await case.send(Update.OFFICER_DECISION)
    await case.result()
    assert "populate_knowledge_graph" not in case.script.calls
    assert "consolidate_investigation_memory" in case.script.calls


async def test_worker_customs_client_is_a_company_with_more(server: Server) -> None:
    """EORI and accounts are asked with the other sources, the trade profile follows; accounts named in the portal are asked after it."""
    case = await (await server.start(path=Path.CUSTOMS)).to(Status.REQUIREMENTS_REVIEW)
    sources = sorted({*PARALLEL, "validate_eori", "verify_iban"})
    assert work(case) == [*BEFORE, *sources, "classify_mcc", "run_peppol_verification", "build_trade_profile", *AFTER, *GATE]
    since = len(case.script.calls)
    await case.to(Status.REVIEW_PENDING)
    assert "build_trade_profile" in work(case, since)
    assert "verify_iban" in work(case, since)


async def test_worker_registry_without_documents_is_asked_for_them(server: Server) -> None:
    """The fallback runs when the registers stored no document, and only with documents is a conversion begun."""
    script = ScriptedCase(assessed={"registry_and_documents": ("CLEAR", "", 0), "collect_registry_documents": ("CLEAR", "", 0)})
    await (await server.start(script)).to(Status.REQUIREMENTS_REVIEW)
    assert script.calls.count("collect_registry_documents") == 1
    assert "extract_documents_markdown" not in script.calls


async def test_worker_outcomes_are_shown_and_stored(server: Server) -> None:
    """What each step came to is in get_status and in the projection: CLEAR, or the outcome with its reason; given up is NOT_ASSESSED."""
    script = ScriptedCase(assessed={"screen_parties": ("HIT", "PEP", 1), "scrape_company_website": ("NOT_ASSESSED", "NO_WEBSITE", 0)})
    script.fail("run_osint_investigation", refusal("SOURCE_DOWN"))
    case = await (await server.start(script)).to(Status.REQUIREMENTS_REVIEW)
    expected = {
        "screen_parties": "HIT/PEP",
        "scrape_company_website": "NOT_ASSESSED/NO_WEBSITE",
        "run_osint_investigation": "NOT_ASSESSED/SOURCE_DOWN",
        "run_verification_checks": "CLEAR",
    }
    outcomes = (await case.view()).outcomes
    assert {name: outcomes[name] for name in expected} == expected
    projection = script.transitions[-1].projection
    assert {name: projection[f"outcome.{name}"] for name in expected} == expected
    assert projection["mcc"] == "7372"


async def test_worker_resolved_requirements_can_be_asked(server: Server) -> None:
    """get_resolved_requirements tells what is asked and what is still open."""
    summary = Summary(requirement_statuses={"identity": "OPEN"}, unanswered_questions=("iban",))
    case = await (await server.start(ScriptedCase(summary))).to(Status.REQUIREMENTS_REVIEW)
    told = await case.handle.query("get_resolved_requirements", result_type=ResolvedRequirements)
    assert told == ResolvedRequirements({"identity": "OPEN"}, ("iban",))


async def test_worker_fields_are_checked_where_the_template_asks(server: Server) -> None:
    """A company template with field checks has its answers validated."""
    case = await (await server.start(check_kinds=("field",))).to(Status.REVIEW_PENDING)
    assert case.script.calls.count("validate_fields") == 1


async def test_worker_synthesis_is_left_alone_without_documents(server: Server) -> None:
    """A skip without a valid or refused document refreshes nothing."""
    script = ScriptedCase(verdicts=[(FailedRequirement("articles", ("MISSING",)),)])
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    await case.send(Update.SKIP_DOCUMENTS)
    await case.until(Status.REVIEW_PENDING)
    assert "refresh_synthesis_after_documents" not in script.calls


async def test_worker_suggested_tasks_go_with_the_way_back(server: Server) -> None:
    """Back to the customer, suggested tasks are stored with the transition; a requirement they name gets no second, general task."""
    failed = (FailedRequirement("articles", ("TOO_OLD",)), FailedRequirement("ubo", ("MISSING",)))
    script = ScriptedCase(verdicts=[failed], suggested=(TaskChange("t1", "reupload_document", "The articles are of 1998.", "articles"),))
    case = await (await server.start(script)).to(Status.AWAITING_DOCUMENTS)
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.eventually(lambda: bool(script.audit("validation_bounce_back")))
    bounced = next(step for step in script.transitions if any(record.type == "validation_bounce_back" for record in step.audit))
    assert bounced.status is Status.AWAITING_DOCUMENTS
    assert [(task.requirement_id, task.text[:12]) for task in bounced.tasks] == [("articles", "The articles"), ("ubo", "This documen")]


async def test_worker_identity_ends_the_wait_when_nothing_else_is_asked(server: Server) -> None:
    """A person who proved who they are, and owes nothing more, is not waited for any longer."""
    case = await (await server.start(path=Path.KYC)).to(Status.AWAITING_DOCUMENTS)
    assert (await case.refused(Update.IDENTITY_COMPLETED, session_id=" ")).reason == "SESSION_REQUIRED"
    await case.send(Update.IDENTITY_COMPLETED)
    assert (await case.until(Status.REVIEW_PENDING)).identity_session == "session-1"


@pytest.mark.parametrize("owed", [{"open_requirements": ("proof_of_address",)}, {"unanswered_questions": ("iban",)}], ids=["document", "answer"])
async def test_worker_identity_costs_no_bounce_while_more_is_asked(server: Server, owed: dict[str, tuple[str, ...]]) -> None:
    """Who identifies themselves first goes on uploading and answering in peace; the submission ends the wait."""
    script = ScriptedCase(replace(Summary(risk_level="LOW"), **owed))
    case = await (await server.start(script, path=Path.KYC)).to(Status.AWAITING_DOCUMENTS)
    await case.send(Update.IDENTITY_COMPLETED, CUSTOMER)
    await case.pass_time(days=2)
    assert (await case.view()).status is Status.AWAITING_DOCUMENTS
    await case.send(Update.DOCUMENTS_SUBMITTED)
    assert (await case.until(Status.REVIEW_PENDING)).bounces == 0


async def test_worker_identity_that_was_missing_ends_the_wait_after_a_bounce(server: Server) -> None:
    """A bounce-back that asked for the identity alone is answered by the identity alone."""
    case = await (await server.start(ScriptedCase(verdicts=[IDENTITY_MISSING]), path=Path.KYC)).to(Status.AWAITING_DOCUMENTS)
    await case.send(Update.DOCUMENTS_SUBMITTED)
    await case.eventually(lambda: bool(case.script.audit("validation_bounce_back")))
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.send(Update.IDENTITY_COMPLETED)
    await case.until(Status.REVIEW_PENDING)


async def test_worker_company_may_show_an_identity_that_nobody_asked(server: Server) -> None:
    """Where no identity is asked, one that comes is noted and ends no wait."""
    case = await (await server.start()).to(Status.AWAITING_DOCUMENTS)
    await case.send(Update.IDENTITY_COMPLETED)
    await case.pass_time(days=1)
    view = await case.view()
    assert (view.status, view.identity_session) == (Status.AWAITING_DOCUMENTS, "session-1")


async def test_worker_category_of_an_officer_stands(server: Server) -> None:
    """An officer's category is stored, compared and weighed before it is answered, and comes first in every later classification."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    assert (await case.refused(Update.MCC_UPDATE, mcc="42x5")).reason == "MCC_INVALID"
    since = len(case.script.calls)
    await case.send(Update.MCC_UPDATE)
    assert work(case, since) == ["classify_mcc", "reconcile_nace_vs_mcc", "reassess_risk"]
    assert (await case.view()).mcc == "4215"
    assert case.script.audit("mcc_reclassified")[0]["before"] == "7372"
    await case.send(Update.OFFICER_DECISION, decision=Decision.FOLLOW_UP)
    await case.until(Status.AWAITING_DOCUMENTS)
    await case.send(Update.SKIP_DOCUMENTS)
    await case.until(Status.REVIEW_PENDING)
    assert [asked.officer_mcc for asked in case.script.classified] == ["", "4215", "4215"]


async def test_worker_category_that_cannot_be_weighed_is_stored_and_blocks_approval(server: Server) -> None:
    """The officer's word is stored whatever fails after it; nobody approves on the old risk."""
    case = await (await server.start()).to(Status.REVIEW_PENDING)
    case.script.fail("classify_mcc", refusal("CLASSIFIER_BROKEN"))
    case.script.fail("reassess_risk", refusal("RISK_BROKEN"))
    await case.send(Update.MCC_UPDATE)
    view = await case.view()
    assert (view.mcc, view.outcomes["classify_mcc"]) == ("4215", "NOT_ASSESSED/CLASSIFIER_BROKEN")
    assert (await case.refused(Update.OFFICER_DECISION)).reason == "RISK_NOT_REASSESSED"


async def test_worker_withdrawal_during_a_stage_cancels_all_of_it(server: Server) -> None:
    """Sources that are asked together are all cancelled by a withdrawal."""
    script = ScriptedCase()
    gates = [script.block(name) for name in sorted(PARALLEL)]
    case = await server.start(script)
    await asyncio.gather(*(gate.reached.wait() for gate in gates))
    await case.send(Update.WITHDRAW)
    assert (await case.result()).status is Status.WITHDRAWN
    for gate in gates:
        gate.open()
