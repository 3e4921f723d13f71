"""Facts of a case → a question to the risk rules → a result to store."""

from __future__ import annotations

from trustrelay.common.v1.decision_types_pb2 import RiskAssessment
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_CLEAR, CHECK_OUTCOME_NOT_ASSESSED
from trustrelay.common.v1.portfolio_types_pb2 import BatchResult, FactChange
from trustrelay.osint.v1.risk_service_pb2 import AssessRiskRequest, BatchAssessRiskResult
from trustrelay.persistence.v1.batch_store_service_pb2 import RiskFacts, ScoredCase
from trustrelay.workflow_worker.domain.batch.differences import factor_changes

CHECKPOINT = "batch"
# Nobody ever looked at anything: the rules would score that as if all was well.
FACTS_MISSING = "FACTS_MISSING"


def can_be_asked(facts: RiskFacts) -> bool:
    """Whether there is anything that a score could rest on."""
    return bool(facts.checks)


def question(facts: RiskFacts, as_of_date: str) -> AssessRiskRequest:
    """The question that the case's own workflow would ask."""
    return AssessRiskRequest(
        subject=facts.subject,
        profiles=facts.profiles,
        parties=facts.parties,
        checks=facts.checks,
        findings=facts.findings,
        hits=facts.hits,
        checkpoint=CHECKPOINT,
        as_of_date=as_of_date,
    )


def scored(facts: RiskFacts, answer: BatchAssessRiskResult) -> ScoredCase:
    """The result, with the assessment that it rests on; NOT_ASSESSED with the rules' own reason where they refused."""
    if not answer.HasField("assessment"):
        return not_assessed(facts, answer.not_assessed_reason or "RESULT_MISSING")
    found = answer.assessment
    result = BatchResult(
        case_id=facts.case_id,
        outcome=CHECK_OUTCOME_CLEAR,
        before_level=facts.current.level,
        before_score=facts.current.score,
        after_level=found.level,
        after_score=found.score,
        model_version=found.model_version,
        changes=[FactChange(fact=one.factor, before=one.before, after=one.after) for one in factor_changes(_values(facts.current), _values(found))],
    )
    return ScoredCase(result=result, assessment=found)


def not_assessed(facts: RiskFacts, reason: str) -> ScoredCase:
    """Nobody scored it, and it says why."""
    result = BatchResult(
        case_id=facts.case_id,
        outcome=CHECK_OUTCOME_NOT_ASSESSED,
        reason=reason,
        before_level=facts.current.level,
        before_score=facts.current.score,
    )
    return ScoredCase(result=result)


def _values(risk: RiskAssessment) -> dict[str, float]:
    return {factor.name: factor.value for factor in risk.factors}
