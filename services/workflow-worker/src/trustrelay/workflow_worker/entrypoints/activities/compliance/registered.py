"""Every activity of a case, made from the services: the implementations of application/catalogue.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.entrypoints.activities.compliance.answer_activities import AnswerActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_activities import CaseActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.classification_activities import ClassificationActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.declaration_activities import DeclarationActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.document_activities import DocumentActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.evidence_activities import EvidenceActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.extraction_activities import ExtractionActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.graph_activities import GraphActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.investigation_activities import InvestigationActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.message_activities import MessageActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.people_activities import PeopleActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.registry_activities import RegistryActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.risk_activities import RiskActivities

Activities = list[Callable[..., Any]]


def case_activities(services: Services) -> Activities:
    """All of them; each name once."""
    return [*_of_the_case(services), *_of_investigations(services), *_of_people_and_documents(services), *_of_conclusions(services)]


def _of_the_case(services: Services) -> Activities:
    case, messages = CaseActivities(services), MessageActivities(services)
    return [
        case.open_case,
        case.persist_workflow_state,
        case.record_not_assessed,
        case.read_case_summary,
        case.stage_successor,
        case.assemble_trust_capsule,
        messages.verify_actor_assertion,
        messages.persist_audit_event,
    ]


def _of_investigations(services: Services) -> Activities:
    registry, investigation, declared = RegistryActivities(services), InvestigationActivities(services), DeclarationActivities(services)
    return [
        registry.registry_and_documents,
        registry.collect_registry_documents,
        investigation.run_osint_investigation,
        investigation.scrape_company_website,
        investigation.run_verification_checks,
        investigation.screen_parties,
        declared.run_peppol_verification,
        declared.validate_eori,
        declared.verify_iban,
        declared.build_trade_profile,
    ]


def _of_people_and_documents(services: Services) -> Activities:
    people, answers = PeopleActivities(services), AnswerActivities(services)
    documents, extraction = DocumentActivities(services), ExtractionActivities(services)
    return [
        people.verify_identity,
        people.validate_fields,
        people.run_kyc_screening,
        answers.fetch_case_answers,
        answers.fetch_company_details,
        documents.process_documents,
        documents.validate_documents,
        documents.extract_document_data,
        extraction.extract_documents_markdown,
    ]


def _of_conclusions(services: Services) -> Activities:
    classification, evidence = ClassificationActivities(services), EvidenceActivities(services)
    risk, graph = RiskActivities(services), GraphActivities(services)
    return [
        classification.classify_mcc,
        classification.reconcile_nace_vs_mcc,
        evidence.cross_reference_evidence,
        evidence.analyze_document_gaps,
        evidence.refresh_synthesis_after_documents,
        evidence.generate_follow_up_tasks,
        risk.reassess_risk,
        risk.compute_confidence_score,
        risk.score_investigation_quality,
        risk.assign_automation_tier,
        graph.upsert_entity_baseline,
        graph.populate_knowledge_graph,
        graph.populate_goaml_entities,
        graph.consolidate_investigation_memory,
    ]
