"""Activities that conclude from evidence, and those that tell the stores beyond the case, against scripted servers over a real gRPC channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from worker_servers import serving_services
from worker_world import CASE, Environment, World, a_world

from trustrelay.common.v1.evidence_types_pb2 import SEVERITY_INFO, Finding
from trustrelay.contracts.case_workflow import Tier
from trustrelay.osint.v1 import evidence_service_pb2 as evidence
from trustrelay.osint.v1 import risk_service_pb2 as risk
from trustrelay.osint.v1.classification_service_pb2 import ClassifyMccRequest, ReconcileNaceRequest
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.persistence.v1 import graph_service_pb2 as graph
from trustrelay.servicekit import errors
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import ClassifyMcc, TaskChange, TierAssigned
from trustrelay.workflow_worker.entrypoints.activities.compliance.classification_activities import ClassificationActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.evidence_activities import EvidenceActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.graph_activities import GraphActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.risk_activities import RiskActivities


@pytest.fixture
def world() -> World:
    """A case with two stored uploads, and servers that answer."""
    return a_world()


@pytest_asyncio.fixture
async def services(world: World) -> AsyncIterator[Services]:
    """Stubs that reach the scripted servers."""
    async with serving_services(world) as stubs:
        yield stubs


def recorded(world: World) -> list[Any]:
    """What was stored, in order."""
    return world.requests(store.RecordInvestigationRequest)


async def test_worker_category_that_nobody_can_say_is_not_assessed(world: World, services: Services) -> None:
    """Without a classifier the classification is stored as NOT_ASSESSED, with its reason; on retry the same."""
    environment = Environment()
    for _ in range(2):
        made = await environment.run(ClassificationActivities(services).classify_mcc, ClassifyMcc(CASE))
        assert (made.mcc, made.outcome, made.reason) == ("", "NOT_ASSESSED", "CLASSIFIER_NOT_AVAILABLE")
    first, again = recorded(world)
    assert first == again
    assert first.assessments.mcc.reason == "CLASSIFIER_NOT_AVAILABLE"


async def test_worker_officers_category_stays_until_an_officer_replaces_it(world: World, services: Services) -> None:
    """What an officer said holds in every later classification by the machine."""
    activities = ClassificationActivities(services)
    made = await Environment().run(activities.classify_mcc, ClassifyMcc(CASE, "5812"))
    assert (made.mcc, made.outcome) == ("5812", "CLEAR")
    world.file.assessments.mcc.CopyFrom(recorded(world)[0].assessments.mcc)
    await Environment().run(activities.classify_mcc, ClassifyMcc(CASE))
    await Environment().run(activities.classify_mcc, ClassifyMcc(CASE, "5813"))
    world.file.assessments.mcc.set_by = "rule:mcc/1"
    await Environment().run(activities.classify_mcc, ClassifyMcc(CASE))
    assert [request.officer_mcc for request in world.requests(ClassifyMccRequest)] == ["5812", "5812", "5813", ""]


async def test_worker_category_that_does_not_exist_is_refused(world: World, services: Services) -> None:
    """An officer's code that is in no standard is refused with the service's reason, and nothing is stored."""
    world.answers[ClassifyMccRequest] = errors.InvalidArgument("MCC_UNKNOWN", "words")
    with pytest.raises(ServiceError, match="MCC_UNKNOWN"):
        await Environment().run(ClassificationActivities(services).classify_mcc, ClassifyMcc(CASE, "0000"))
    assert recorded(world) == []


async def test_worker_activity_codes_are_reconciled_with_the_category(world: World, services: Services) -> None:
    """The comparison is stored with the category, and its outcome comes back; without a category nobody compares."""
    activities = ClassificationActivities(services)
    unknown = await Environment().run(activities.reconcile_nace_vs_mcc, CASE)
    assert (unknown.outcome, unknown.reason) == ("NOT_ASSESSED", "NOT_CLASSIFIED")
    assert (world.requests(ReconcileNaceRequest), recorded(world)) == ([], [])
    world.file.assessments.mcc.mcc = "5812"
    compared = await Environment().run(activities.reconcile_nace_vs_mcc, CASE)
    assert (compared.mcc, compared.outcome, compared.reason) == ("5812", "HIT", "DIVERGES")
    assert recorded(world)[0].assessments.mcc.reconciliation_reason == "DIVERGES"


async def test_worker_comparison_keeps_its_matrix(world: World, services: Services) -> None:
    """The corroboration matrix is stored beside the disagreements; one that the sources settled is kept and marked."""
    world.file.findings.add(finding_id="old", kind="discrepancy_status")
    await Environment().run(EvidenceActivities(services).cross_reference_evidence, CASE)
    (request,) = recorded(world)
    assert [row.fact for row in request.assessments.matrix] == ["legal_name"]
    marks = {finding.finding_id: finding.superseded_by for finding in request.findings}
    assert marks == {"address": "", "old": "cross_reference_evidence/iteration-1"}


async def test_worker_gaps_know_the_legal_form(world: World, services: Services) -> None:
    """Requirements of some legal forms only are resolved with what the registers say; the facts that follow come back."""
    world.file.profiles.add(source="kbo", legal_form="srl")
    world.file.summary.requirement_statuses["articles"] = "OPEN"
    summary = await Environment().run(EvidenceActivities(services).analyze_document_gaps, CASE)
    assert world.requests(evidence.AnalyzeGapsRequest)[0].profiles[0].legal_form == "srl"
    assert len(world.requests(store.SetRequirementsRequest)[0].requirements) == 2
    assert summary.requirement_statuses == {"articles": "OPEN"}


async def test_worker_documents_are_worked_into_the_synthesis(world: World, services: Services) -> None:
    """The stored synthesis goes in, the refreshed one and its findings are stored; when that fails the original stands."""
    world.file.assessments.synthesis_markdown = "# What was found"
    activities = EvidenceActivities(services)
    refreshed = await Environment().run(activities.refresh_synthesis_after_documents, CASE)
    assert refreshed.outcome == "CLEAR"
    (request,) = recorded(world)
    assert request.assessments.synthesis_markdown == "# What was found\n## Document Verification (Post-Portal)"
    assert [finding.kind for finding in request.findings] == ["document_verified_articles"]
    world.answers[evidence.RefreshSynthesisRequest] = errors.Internal("UNEXPECTED", "words")
    with pytest.raises(ServiceError, match="UNEXPECTED"):
        await Environment().run(activities.refresh_synthesis_after_documents, CASE)
    assert len(recorded(world)) == 1


async def test_worker_tasks_come_back_and_are_not_stored(world: World, services: Services) -> None:
    """Tasks are in the customer's language and travel with the next transition; a retry asks again and stores nothing."""
    world.file.summary.unanswered_question_ids.append("iban")
    for _ in range(2):
        made = await Environment().run(EvidenceActivities(services).generate_follow_up_tasks, CASE)
        assert made.tasks == (
            TaskChange("task/articles", "upload_document", "Stuur het (nl).", "articles"),
            # A slot of its own: the store keeps one open task per kind and requirement, and an officer's follow-up has no requirement.
            TaskChange("answer/iban", "follow_up", "Antwoord.", "answer/iban"),
        )
    assert list(world.requests(evidence.SuggestTasksRequest)[0].unanswered_question_ids) == ["iban"]
    assert recorded(world) == []


async def test_worker_scores_are_kept(world: World, services: Services) -> None:
    """Risk, confidence and quality are asked with the template's checks and stored; on retry the same."""
    world.file.policy.check_kinds.extend(["registry_status", "eori"])
    activities = RiskActivities(services)
    for name in ("reassess_risk", "compute_confidence_score", "score_investigation_quality"):
        environment = Environment()
        for _ in range(2):
            await environment.run(getattr(activities, name), CASE)
    first = recorded(world)[::2]
    assert first == recorded(world)[1::2]
    assert [request.stage for request in first] == ["reassess_risk", "compute_confidence_score", "score_investigation_quality"]
    assert (first[1].assessments.confidence.score, first[2].assessments.quality.score) == (0.5, 0.9)
    asked = world.requests(risk.ComputeConfidenceRequest)[0]
    assert list(asked.check_kinds) == ["registry_status", "eori"]
    # Nothing that was fetched on the case's date is from the future.
    assert asked.as_of_time.ToDatetime(UTC) == datetime(2026, 11, 23, tzinfo=UTC)


async def test_worker_kinds_of_checks_default_to_the_mandatory_ones(world: World, services: Services) -> None:
    """A case opened before templates named all their checks is scored on the mandatory ones."""
    world.file.policy.mandatory_check_kinds.append("registry_status")
    await Environment().run(RiskActivities(services).score_investigation_quality, CASE)
    assert list(world.requests(risk.ScoreQualityRequest)[0].check_kinds) == ["registry_status"]


async def test_worker_investigation_of_poor_quality_is_flagged(world: World, services: Services) -> None:
    """Why an officer should not rely on it is the outcome of scoring it."""
    reply = risk.ScoreQualityResponse()
    reply.quality.flag = "COVERAGE_LOW"
    world.answers[risk.ScoreQualityRequest] = reply
    scored = await Environment().run(RiskActivities(services).score_investigation_quality, CASE)
    assert (scored.outcome, scored.reason) == ("FAILED", "COVERAGE_LOW")


@pytest.mark.parametrize("request_type", [risk.AssessRiskRequest, risk.ComputeConfidenceRequest])
async def test_worker_score_that_nobody_made_is_an_error(world: World, services: Services, request_type: type) -> None:
    """Rules that refuse leave the stored score alone."""
    world.answers[request_type] = errors.InvalidArgument("AS_OF_DATE_INVALID", "words")
    name = {risk.AssessRiskRequest: "reassess_risk", risk.ComputeConfidenceRequest: "compute_confidence_score"}[request_type]
    with pytest.raises(ServiceError, match="AS_OF_DATE_INVALID"):
        await Environment().run(getattr(RiskActivities(services), name), CASE)
    assert recorded(world) == []


async def test_worker_tier_is_earned_by_the_track_record(world: World, services: Services) -> None:
    """The officer's record, as the store counts it, is what the tier is assigned by; without it no tier is made up."""
    activities = RiskActivities(services)
    assert await Environment().run(activities.assign_automation_tier, CASE) == TierAssigned(Tier.ASSISTED, "governance/earned")
    (asked,) = world.requests(risk.AssignTierRequest)
    assert (asked.decided_cases, asked.agreement) == (24, 0.875)
    world.answers[store.GetTrackRecordRequest] = errors.NotFound("CASE_NOT_FOUND", "words")
    with pytest.raises(ServiceError, match="CASE_NOT_FOUND"):
        await Environment().run(activities.assign_automation_tier, CASE)


BEFORE = [
    ("upsert_entity_baseline", graph.UpsertBaselineRequest, graph.UpsertBaselineResponse),
    ("populate_goaml_entities", graph.PopulateGoamlEntitiesRequest, graph.PopulateGoamlEntitiesResponse),
]
AFTER = [
    ("populate_knowledge_graph", graph.PopulateGraphRequest, graph.PopulateGraphResponse),
    ("consolidate_investigation_memory", graph.ConsolidateMemoryRequest, graph.ConsolidateMemoryResponse),
]
NOT_THERE = graph.GraphOutcome(outcome="CHECK_OUTCOME_NOT_ASSESSED", reason="GRAPH_NOT_CONFIGURED")


@pytest.mark.parametrize(("name", "request_type", "response"), BEFORE + AFTER, ids=[name for name, _, _ in BEFORE + AFTER])
async def test_worker_store_beyond_the_case_is_told(world: World, services: Services, name: str, request_type: type, response: Any) -> None:
    """What the store took is done, and leaves no finding."""
    told = await Environment().run(getattr(GraphActivities(services), name), CASE)
    assert (told.outcome, told.reason, told.summary.document_count) == ("CLEAR", "", 2)
    assert [request.case_id for request in world.requests(request_type)] == ["case-1"]
    assert recorded(world) == []


@pytest.mark.parametrize(("name", "request_type", "response"), BEFORE, ids=[name for name, _, _ in BEFORE])
async def test_worker_store_that_is_not_there_is_a_finding_once(
    world: World, services: Services, name: str, request_type: type, response: Any
) -> None:
    """Before the decision the officer sees that the store was not told, once, as information; told later, the finding is settled and kept."""
    world.answers[request_type] = response(outcome=NOT_THERE)
    activity = getattr(GraphActivities(services), name)
    for _ in range(2):
        told = await Environment().run(activity, CASE)
        assert (told.outcome, told.reason) == ("NOT_ASSESSED", "GRAPH_NOT_CONFIGURED")
    assert len(recorded(world)) == 1
    finding = Finding()
    finding.CopyFrom(world.file.findings[0])
    assert (finding.finding_id, finding.kind, finding.severity) == (f"not_assessed/{name}", f"not_assessed_{name}", SEVERITY_INFO)
    del world.answers[request_type]
    assert (await Environment().run(activity, CASE)).outcome == "CLEAR"
    finding.superseded_by = name
    assert list(world.file.findings) == [finding]


@pytest.mark.parametrize(("name", "request_type", "response"), AFTER, ids=[name for name, _, _ in AFTER])
async def test_worker_closed_case_takes_no_more_findings(world: World, services: Services, name: str, request_type: type, response: Any) -> None:
    """After the decision nothing is added to the case: what was not stored is only said."""
    world.answers[request_type] = response(outcome=NOT_THERE)
    told = await Environment().run(getattr(GraphActivities(services), name), CASE)
    assert (told.outcome, told.reason) == ("NOT_ASSESSED", "GRAPH_NOT_CONFIGURED")
    assert recorded(world) == []


async def test_worker_store_that_says_nothing_was_not_told(world: World, services: Services) -> None:
    """An answer without an outcome is no success."""
    world.answers[graph.PopulateGraphRequest] = graph.PopulateGraphResponse()
    told = await Environment().run(GraphActivities(services).populate_knowledge_graph, CASE)
    assert (told.outcome, told.reason) == ("NOT_ASSESSED", "OUTCOME_MISSING")
