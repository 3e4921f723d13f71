"""Every activity a case names: its limit, its retry class and what it returns. The workers register an implementation for each.

Classes and limits: activity.py.
"""

from __future__ import annotations

from trustrelay.workflow_worker.application.activity import Activity
from trustrelay.workflow_worker.application.activity import outside_activity as _x
from trustrelay.workflow_worker.application.activity import persistence_activity as _p
from trustrelay.workflow_worker.application.activity import service_activity as _s
from trustrelay.workflow_worker.domain.compliance.records import (
    AssertionVerdict,
    Assessed,
    AuditEvents,
    CapsuleStored,
    CaseRef,
    Classified,
    ClassifyMcc,
    GeneratedTasks,
    NotAssessed,
    OpenCaseArgs,
    OpenedCase,
    Stored,
    Successor,
    TierAssigned,
    Transition,
    Validated,
    VerifyAssertion,
)
from trustrelay.workflow_worker.domain.compliance.state import Summary

# The case itself.
OPEN_CASE = _p("open_case", OpenCaseArgs, OpenedCase)
PERSIST = _p("persist_workflow_state", Transition, Stored)
PERSIST_AUDIT = _p("persist_audit_event", AuditEvents, int)
RECORD_NOT_ASSESSED = _p("record_not_assessed", NotAssessed, Summary)
READ_CASE_SUMMARY = _p("read_case_summary", CaseRef, Summary)
VERIFY_ASSERTION = _s("verify_actor_assertion", VerifyAssertion, AssertionVerdict, 10)
STAGE_SUCCESSOR = _p("stage_successor", CaseRef, Successor)

# What registers, lists and verification services say.
REGISTRY_AND_DOCUMENTS = _x("registry_and_documents", CaseRef, Assessed, 15 * 60)
COLLECT_REGISTRY_DOCUMENTS = _x("collect_registry_documents", CaseRef, Assessed, 5 * 60)
EXTRACT_DOCUMENTS_MARKDOWN = _s("extract_documents_markdown", CaseRef, Assessed, 30 * 60, best_effort=True, streams=True)
RUN_OSINT_INVESTIGATION = _x("run_osint_investigation", CaseRef, Assessed, 30 * 60)
SCRAPE_COMPANY_WEBSITE = _x("scrape_company_website", CaseRef, Assessed, 2 * 60)
RUN_VERIFICATION_CHECKS = _x("run_verification_checks", CaseRef, Assessed, 3 * 60)
RUN_PEPPOL_VERIFICATION = _x("run_peppol_verification", CaseRef, Assessed, 5 * 60, streams=False)
VALIDATE_EORI = _x("validate_eori", CaseRef, Assessed, 2 * 60, streams=False)
VERIFY_IBAN = _x("verify_iban", CaseRef, Assessed, 2 * 60, streams=False)
SCREEN_PARTIES = _s("screen_parties", CaseRef, Assessed, 3 * 60, best_effort=True, streams=True)
RUN_KYC_SCREENING = _s("run_kyc_screening", CaseRef, Assessed, 10 * 60, best_effort=True, streams=True)

# What the customer gives.
FETCH_CASE_ANSWERS = _p("fetch_case_answers", CaseRef, Assessed, 10, best_effort=True)
FETCH_COMPANY_DETAILS = _p("fetch_company_details", CaseRef, Assessed, 10, best_effort=True)
VERIFY_IDENTITY = _s("verify_identity", CaseRef, Assessed, 2 * 60)
VALIDATE_FIELDS = _s("validate_fields", CaseRef, Assessed, 60)
BUILD_TRADE_PROFILE = _s("build_trade_profile", CaseRef, Assessed, 30)
PROCESS_DOCUMENTS = _s("process_documents", CaseRef, Summary, 5 * 60, streams=True)
VALIDATE_DOCUMENTS = _s("validate_documents", CaseRef, Validated, 3 * 60)
EXTRACT_DOCUMENT_DATA = _s("extract_document_data", CaseRef, Summary, 3 * 60)

# What is made of it.
CLASSIFY_MCC = _s("classify_mcc", ClassifyMcc, Classified, 2 * 60)
RECONCILE_NACE_VS_MCC = _s("reconcile_nace_vs_mcc", CaseRef, Classified, 10)
CROSS_REFERENCE_EVIDENCE = _s("cross_reference_evidence", CaseRef, Summary, 60)
ANALYZE_DOCUMENT_GAPS = _s("analyze_document_gaps", CaseRef, Summary, 30)
REFRESH_SYNTHESIS = _s("refresh_synthesis_after_documents", CaseRef, Assessed, 3 * 60, best_effort=True)
REASSESS_RISK = _s("reassess_risk", CaseRef, Summary, 30)
SCORE_INVESTIGATION_QUALITY = _s("score_investigation_quality", CaseRef, Assessed, 30, best_effort=True)
COMPUTE_CONFIDENCE_SCORE = _s("compute_confidence_score", CaseRef, Assessed, 30, best_effort=True)
ASSIGN_AUTOMATION_TIER = _s("assign_automation_tier", CaseRef, TierAssigned, 30, best_effort=True)
GENERATE_FOLLOW_UP_TASKS = _s("generate_follow_up_tasks", CaseRef, GeneratedTasks, 2 * 60)

# What outlives the case.
UPSERT_ENTITY_BASELINE = _p("upsert_entity_baseline", CaseRef, Assessed, 15)
POPULATE_GOAML_ENTITIES = _p("populate_goaml_entities", CaseRef, Assessed, 15, best_effort=True)
POPULATE_KNOWLEDGE_GRAPH = _s("populate_knowledge_graph", CaseRef, Assessed, 3 * 60, best_effort=True)
CONSOLIDATE_INVESTIGATION_MEMORY = _s("consolidate_investigation_memory", CaseRef, Assessed, 60, best_effort=True)
ASSEMBLE_TRUST_CAPSULE = _s("assemble_trust_capsule", CaseRef, CapsuleStored, 5 * 60)

CASE_ACTIVITIES: tuple[Activity[object, object], ...] = tuple(  # in the order a case meets them
    value for value in globals().values() if isinstance(value, Activity)
)
