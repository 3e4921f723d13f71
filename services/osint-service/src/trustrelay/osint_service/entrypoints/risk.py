"""RiskService."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from trustrelay.common.v1 import assessment_types_pb2 as assessment_types
from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.common.v1 import decision_types_pb2 as decision_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.osint.v1 import risk_service_pb2 as messages
from trustrelay.osint.v1 import risk_service_pb2_grpc as stubs
from trustrelay.osint_service.domain.risk.assess import assess, model_version
from trustrelay.osint_service.domain.risk.countries import FIRST_DAY
from trustrelay.osint_service.domain.risk.model import Assessment, Factor, Facts, JudgedHit, Level
from trustrelay.osint_service.domain.risk.tier import assign_tier
from trustrelay.osint_service.domain.scoring import confidence, quality
from trustrelay.osint_service.entrypoints import protos
from trustrelay.servicekit.errors import FieldViolation, InvalidArgument

_UNKNOWN = decision_types.RISK_LEVEL_UNSPECIFIED
LARGEST_BATCH = 1000
# Cases scored without a pause: a few milliseconds.
_SLICE = 20


class RiskServicer(stubs.RiskServiceServicer):
    """Translates and delegates to pure rules."""

    async def AssessRisk(self, request: messages.AssessRiskRequest, context: Any) -> messages.AssessRiskResponse:
        """INVALID_ARGUMENT: AS_OF_DATE_INVALID, AS_OF_DATE_UNSUPPORTED (before the first country list)."""
        return messages.AssessRiskResponse(assessment=_assessed(request))

    async def BatchAssessRisk(self, request: messages.BatchAssessRiskRequest, context: Any) -> messages.BatchAssessRiskResponse:
        """INVALID_ARGUMENT: BATCH_TOO_LARGE. Other calls are served between slices: a batch holds nobody up for longer than one."""
        if len(request.requests) > LARGEST_BATCH:
            violation = FieldViolation("requests", f"must be at most {LARGEST_BATCH}")
            raise InvalidArgument("BATCH_TOO_LARGE", "score them in several calls", violations=(violation,))
        results: list[messages.BatchAssessRiskResult] = []
        for each in request.requests:
            if results and len(results) % _SLICE == 0:
                await asyncio.sleep(0)
            results.append(_result(each))
        return messages.BatchAssessRiskResponse(results=results)

    async def AssignTier(self, request: messages.AssignTierRequest, context: Any) -> messages.AssignTierResponse:
        """INVALID_ARGUMENT: AGREEMENT_OUT_OF_RANGE."""
        if not 0 <= request.agreement <= 1 or request.decided_cases < 0:
            raise InvalidArgument("AGREEMENT_OUT_OF_RANGE", "agreement lies between 0 and 1, decided cases at or above 0")
        level = _floor(request.risk.level)
        factors = [Factor(each.group, each.name, each.value, each.weight, _floor(each.floor)) for each in request.risk.factors]
        verdict = assign_tier(level, factors, [_hit(each) for each in request.hits], request.decided_cases, request.agreement)
        return messages.AssignTierResponse(tier=case_types.AutomationTier.Value(f"AUTOMATION_TIER_{verdict.tier.name}"), rule=verdict.rule)

    async def ComputeConfidence(self, request: messages.ComputeConfidenceRequest, context: Any) -> messages.ComputeConfidenceResponse:
        """INVALID_ARGUMENT: AS_OF_TIME_MISSING."""
        if not request.HasField("as_of_time"):
            violation = FieldViolation("as_of_time", "is not set")
            raise InvalidArgument("AS_OF_TIME_MISSING", "the age of evidence is judged at a time", violations=(violation,))
        found = confidence.compute(
            [protos.check(each) for each in request.checks],
            request.check_kinds,
            [protos.row(each) for each in request.matrix],
            [_aged(each) for each in request.evidence],
            request.as_of_time.ToDatetime(),
        )
        score = assessment_types.ConfidenceScore(
            score=found.score, coverage=found.coverage, agreement=found.agreement, reliability=found.reliability, freshness=found.freshness,
            rule_version=confidence.RULE_VERSION,
        )  # fmt: skip
        return messages.ComputeConfidenceResponse(confidence=score)

    async def ScoreQuality(self, request: messages.ScoreQualityRequest, context: Any) -> messages.ScoreQualityResponse:
        """Judges the investigation, not the subject."""
        checks, matrix = [protos.check(each) for each in request.checks], [protos.row(each) for each in request.matrix]
        found = quality.score(checks, request.check_kinds, protos.live_findings(request.findings), matrix)
        score = assessment_types.QualityScore(
            score=found.score, completeness=found.completeness, consistency=found.consistency, citation=found.citation, flag=found.flag,
            rule_version=quality.RULE_VERSION,
        )  # fmt: skip
        return messages.ScoreQualityResponse(quality=score)


def _assessed(request: messages.AssessRiskRequest) -> decision_types.RiskAssessment:
    """Raises InvalidArgument for facts that the rules cannot judge."""
    facts = Facts(
        subject=protos.subject(request.subject),
        profiles=tuple(protos.profile(each) for each in request.profiles),
        parties=protos.parties(request.parties),
        checks=tuple(protos.check(each) for each in request.checks),
        findings=protos.live_findings(request.findings),
        hits=tuple(_hit(each) for each in request.hits),
        as_of=_as_of(request.as_of_date),
    )
    return _assessment(assess(facts), request.checkpoint, model_version(facts.subject.type))


def _result(request: messages.AssessRiskRequest) -> messages.BatchAssessRiskResult:
    """What AssessRisk would refuse, or could not read, is this case's reason and nobody else's."""
    try:
        return messages.BatchAssessRiskResult(assessment=_assessed(request))
    except InvalidArgument as refused:
        return messages.BatchAssessRiskResult(not_assessed_reason=refused.reason)
    except (ValueError, KeyError):
        # A number of an enum that this version does not know.
        return messages.BatchAssessRiskResult(not_assessed_reason="FACTS_UNREADABLE")


def _aged(message: evidence_types.Evidence) -> confidence.Aged:
    return confidence.Aged(message.source, message.fetch_time.ToDatetime() if message.HasField("fetch_time") else None)


def _floor(value: decision_types.RiskLevel.ValueType) -> Level | None:
    return Level(value) if value != _UNKNOWN else None


def _hit(message: evidence_types.Hit) -> JudgedHit:
    return JudgedHit(message.party_id, tuple(message.topics), protos.hit_status(message.status))


def _as_of(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        violation = FieldViolation("as_of_date", "not an ISO 8601 date")
        raise InvalidArgument("AS_OF_DATE_INVALID", "risk is assessed as of a day", violations=(violation,)) from error
    if day < FIRST_DAY:
        raise InvalidArgument("AS_OF_DATE_UNSUPPORTED", "no country lists are known for that day", metadata={"first_day": FIRST_DAY.isoformat()})
    return day


def _assessment(result: Assessment, checkpoint: str, version: str) -> decision_types.RiskAssessment:
    return decision_types.RiskAssessment(
        level=_level(result.level), score=result.score, factors=[_factor(each) for each in result.factors], model_version=version,
        checkpoint=checkpoint, recommendation=decision_types.Decision.Value(f"DECISION_{result.recommendation.value}"),
    )  # fmt: skip


def _factor(factor: Factor) -> decision_types.RiskFactor:
    return decision_types.RiskFactor(
        group=factor.group, name=factor.name, value=factor.value, weight=factor.weight,
        floor=_level(factor.floor) if factor.floor is not None else _UNKNOWN, evidence_ids=factor.evidence_ids,
    )  # fmt: skip


def _level(level: Level) -> decision_types.RiskLevel.ValueType:
    return decision_types.RiskLevel.Value(f"RISK_LEVEL_{level.name}")
