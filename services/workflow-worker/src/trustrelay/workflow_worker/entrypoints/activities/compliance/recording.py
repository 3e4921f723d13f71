"""Storing what an activity found, in one idempotent call, and saying what it came to."""

from __future__ import annotations

from trustrelay.common.v1.evidence_types_pb2 import Check, CheckOutcome
from trustrelay.persistence.v1.case_store_service_pb2 import RecordInvestigationRequest
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain import outcomes
from trustrelay.workflow_worker.domain.compliance.not_assessed import checks_of
from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef
from trustrelay.workflow_worker.domain.compliance.state import Summary
from trustrelay.workflow_worker.entrypoints.activities.calling import operation_id
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import to_summary
from trustrelay.workflow_worker.entrypoints.activities.measures import count_checks

_SECONDS = 25


def recording(case: CaseRef, stage: str, part: str = "") -> RecordInvestigationRequest:
    """Empty findings of activity `stage`, under an id that every attempt shares; `part` tells several writes of one activity apart."""
    operation = f"{operation_id()}/{part}" if part else operation_id()
    return RecordInvestigationRequest(case_id=case.case_id, iteration=case.iteration, operation_id=operation, stage=stage)


async def record(services: Services, found: RecordInvestigationRequest) -> Summary:
    """Stores it; the same again changes nothing. Objects are hashed by the store, so this may take a while."""
    stored = await services.persistence.cases.RecordInvestigation(found, timeout=_SECONDS)
    count_checks((check.kind, outcome_name(check.outcome), check.reason) for check in found.checks)
    return to_summary(stored.summary)


async def record_assessed(services: Services, found: RecordInvestigationRequest) -> Assessed:
    """Stores it, and says what the checks that this activity answers for came to: the worst of them."""
    verdict = outcomes.worst((_outcome(check) for check in found.checks), checks_of(found.stage))
    return Assessed(await record(services, found), verdict.outcome, verdict.reason, len(found.evidence))


def outcome_name(outcome: CheckOutcome.ValueType) -> str:
    """Its name without prefix."""
    return CheckOutcome.Name(outcome).removeprefix("CHECK_OUTCOME_")


def _outcome(check: Check) -> outcomes.CheckOutcome:
    return outcomes.CheckOutcome(check.kind, outcome_name(check.outcome), check.reason)
