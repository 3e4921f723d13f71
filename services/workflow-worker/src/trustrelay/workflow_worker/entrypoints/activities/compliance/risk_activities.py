"""Activities that score: risk, confidence, quality, and the tier that follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from temporalio import activity

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import AutomationTier
from trustrelay.contracts.case_workflow import Tier
from trustrelay.osint.v1.risk_service_pb2 import AssessRiskRequest, AssignTierRequest, ComputeConfidenceRequest, ScoreQualityRequest
from trustrelay.persistence.v1.case_store_service_pb2 import GetTrackRecordRequest
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef, TierAssigned
from trustrelay.workflow_worker.domain.compliance.state import Summary
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_calls import case_file
from trustrelay.workflow_worker.entrypoints.activities.compliance.recording import record, recording
from trustrelay.workflow_worker.entrypoints.activities.compliance.transitions import timestamp


class RiskActivities:
    """osint-service's versioned rules, for workflows: the same facts give the same score on every attempt."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._risk = services.osint.risk

    @activity.defn(name="reassess_risk")
    async def reassess_risk(self, case: CaseRef) -> Summary:
        """Scores the risk on everything known."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            reply = await self._risk.AssessRisk(_risk_request(file, case), timeout=time_limit())
            found = recording(case, "reassess_risk")
            found.risk.CopyFrom(reply.assessment)
            return await record(self._services, found)

    @activity.defn(name="compute_confidence_score")
    async def compute_confidence_score(self, case: CaseRef) -> Assessed:
        """How far the facts can be relied on, with its parts."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = ComputeConfidenceRequest(
                checks=file.checks, check_kinds=_asked_kinds(file), matrix=file.assessments.matrix, evidence=file.evidence
            )
            request.as_of_time.CopyFrom(timestamp(_end_of(case.as_of)))
            reply = await self._risk.ComputeConfidence(request, timeout=time_limit())
            found = recording(case, "compute_confidence_score")
            found.assessments.confidence.CopyFrom(reply.confidence)
            return Assessed(await record(self._services, found))

    @activity.defn(name="score_investigation_quality")
    async def score_investigation_quality(self, case: CaseRef) -> Assessed:
        """How good the investigation itself is; FAILED with the flag when an officer should not rely on it."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = ScoreQualityRequest(checks=file.checks, check_kinds=_asked_kinds(file), findings=file.findings, matrix=file.assessments.matrix)
            quality = (await self._risk.ScoreQuality(request, timeout=time_limit())).quality
            found = recording(case, "score_investigation_quality")
            found.assessments.quality.CopyFrom(quality)
            summary = await record(self._services, found)
        return Assessed(summary, "FAILED", quality.flag) if quality.flag else Assessed(summary)

    @activity.defn(name="assign_automation_tier")
    async def assign_automation_tier(self, case: CaseRef) -> TierAssigned:
        """The tier that the creating officer has earned, under governance. Stores nothing: the tier comes with the next transition."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            track = await self._services.persistence.cases.GetTrackRecord(GetTrackRecordRequest(case_id=case.case_id))
            request = AssignTierRequest(risk=file.risk, hits=file.hits, decided_cases=track.decided_cases, agreement=track.agreement)
            reply = await self._risk.AssignTier(request, timeout=time_limit())
        return TierAssigned(Tier(AutomationTier.Name(reply.tier).removeprefix("AUTOMATION_TIER_")), reply.rule)


def _risk_request(file: CaseFile, case: CaseRef) -> AssessRiskRequest:
    return AssessRiskRequest(
        subject=file.subject,
        profiles=file.profiles,
        parties=file.parties,
        checks=file.checks,
        findings=file.findings,
        hits=file.hits,
        checkpoint="post_osint" if case.iteration == 0 else "post_verification",
        as_of_date=case.as_of,
    )


def _asked_kinds(file: CaseFile) -> Sequence[str]:
    """Every kind of check that the template asks for."""
    return file.policy.check_kinds or file.policy.mandatory_check_kinds


def _end_of(day: str) -> datetime:
    """When the workflow's date is over: nothing that was fetched on it lies in the future."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)
