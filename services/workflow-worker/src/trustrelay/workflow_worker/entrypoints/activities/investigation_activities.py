"""Activities that ask registers, lists and verification services, and store what they said."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing

from temporalio import activity

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import AutomationTier, Party
from trustrelay.common.v1.evidence_types_pb2 import Finding
from trustrelay.contracts.case_workflow import Tier
from trustrelay.osint.v1.evidence_service_pb2 import AnalyzeGapsRequest, CrossReferenceRequest
from trustrelay.osint.v1.investigation_service_pb2 import InvestigateRequest
from trustrelay.osint.v1.registry_service_pb2 import CollectRegistryRequest
from trustrelay.osint.v1.risk_service_pb2 import AssessRiskRequest, AssignTierRequest
from trustrelay.osint.v1.screening_service_pb2 import ScreenBatchRequest, ScreenRequest
from trustrelay.osint.v1.verification_service_pb2 import RunChecksRequest
from trustrelay.persistence.v1.case_store_service_pb2 import RecordInvestigationRequest, SetRequirementsRequest
from trustrelay.servicekit.errors import Unavailable
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.records import CaseRef, TierAssigned
from trustrelay.workflow_worker.domain.state import Summary
from trustrelay.workflow_worker.entrypoints.activities.calling import (
    SILENCE_SECONDS,
    all_parties,
    case_file,
    heartbeating,
    on_behalf_of,
    operation_id,
    result_event,
    time_limit,
    to_summary,
    write_grant,
)

# Kinds of findings that a comparison of the sources makes, and settles.
_COMPARED = ("discrepancy_", "unverified_ownership")


class InvestigationActivities:
    """osint-service, for workflows."""

    def __init__(self, services: Services, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._services = services
        self._silence = silence_seconds
        self._osint = services.osint

    @activity.defn(name="registry_and_documents")
    async def registry_and_documents(self, case: CaseRef) -> Summary:
        """Asks the registers and keeps their official documents; on retry everything is asked again and stored once."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = CollectRegistryRequest(subject=file.subject, destination=await write_grant(self._services, case, "registry"))
            found = self._recording(case, "registry_and_documents")
            stream = self._osint.registry.CollectRegistry(request, timeout=time_limit())
            result = (await result_event(stream, silence=self._silence)).result
            found.profiles.extend(result.profiles)
            found.parties.extend(result.parties)
            found.evidence.extend(result.evidence)
            found.checks.extend(result.checks)
            found.findings.extend(result.findings)
            return await self._record(found)

    @activity.defn(name="run_osint_investigation")
    async def run_osint_investigation(self, case: CaseRef) -> Summary:
        """Looks for adverse media about the subject and its parties."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            grant = await write_grant(self._services, case, "osint")
            found = self._recording(case, "run_osint_investigation")
            request = InvestigateRequest(subject=file.subject, parties=all_parties(file), destination=grant)
            stream = self._osint.investigation.Investigate(request, timeout=time_limit())
            result = (await result_event(stream, silence=self._silence)).result
            found.evidence.extend(result.evidence)
            found.checks.extend(result.checks)
            found.findings.extend(result.findings)
            return await self._record(found)

    @activity.defn(name="run_verification_checks")
    async def run_verification_checks(self, case: CaseRef) -> Summary:
        """Verifies VAT number and LEI."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            grant = await write_grant(self._services, case, "verification")
            found = self._recording(case, "run_verification_checks")
            request = RunChecksRequest(subject=file.subject, profiles=file.profiles, destination=grant)
            stream = self._osint.verification.RunChecks(request, timeout=time_limit())
            result = (await result_event(stream, silence=self._silence)).result
            found.evidence.extend(result.evidence)
            found.checks.extend(result.checks)
            found.findings.extend(result.findings)
            found.profiles.extend(result.profiles)
            return await self._record(found)

    @activity.defn(name="screen_parties")
    async def screen_parties(self, case: CaseRef) -> Summary:
        """Screens the subject and everyone known around it by now."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            found = self._recording(case, "screen_parties")
            parties = all_parties(file)
            call = self._osint.screening.ScreenBatch(_screen_requests(parties), timeout=time_limit())
            async with aclosing(heartbeating(call, silence=self._silence)) as replies:
                async for reply in replies:
                    found.screenings.append(reply.response.record)
                    found.checks.extend(reply.response.checks)
            if len(found.screenings) != len(parties):
                raise Unavailable("RESULT_MISSING", "not every party was screened")
            return await self._record(found)

    @activity.defn(name="cross_reference_evidence")
    async def cross_reference_evidence(self, case: CaseRef) -> Summary:
        """Compares what the sources say; disagreements become findings."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = CrossReferenceRequest(subject=file.subject, profiles=file.profiles, parties=file.party_statements)
            reply = await self._osint.evidence.CrossReference(request)
            found = self._recording(case, "cross_reference_evidence")
            found.findings.extend(reply.findings)
            found.findings.extend(_settled(file.findings, {one.finding_id for one in reply.findings}, case))
            return await self._record(found)

    @activity.defn(name="analyze_document_gaps")
    async def analyze_document_gaps(self, case: CaseRef) -> Summary:
        """Tells what the customer must still give, and why."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = AnalyzeGapsRequest(requirements=file.requirements, evidence=file.evidence, subject=file.subject, findings=file.findings)
            reply = await self._osint.evidence.AnalyzeGaps(request)
            stored = await self._services.persistence.cases.SetRequirements(
                SetRequirementsRequest(case_id=case.case_id, requirements=reply.requirements)
            )
            return to_summary(stored.summary)

    @activity.defn(name="reassess_risk")
    async def reassess_risk(self, case: CaseRef) -> Summary:
        """Scores the risk on everything known."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            reply = await self._osint.risk.AssessRisk(_risk_request(file, case))
            found = self._recording(case, "reassess_risk")
            found.risk.CopyFrom(reply.assessment)
            return await self._record(found)

    @activity.defn(name="assign_automation_tier")
    async def assign_automation_tier(self, case: CaseRef) -> TierAssigned:
        """Assigns the tier under governance. No decided cases are counted yet, so no tier is earned."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            reply = await self._osint.risk.AssignTier(AssignTierRequest(risk=file.risk, hits=file.hits))
            return TierAssigned(Tier(AutomationTier.Name(reply.tier).removeprefix("AUTOMATION_TIER_")), reply.rule)

    def _recording(self, case: CaseRef, stage: str) -> RecordInvestigationRequest:
        return RecordInvestigationRequest(case_id=case.case_id, iteration=case.iteration, operation_id=operation_id(), stage=stage)

    async def _record(self, found: RecordInvestigationRequest) -> Summary:
        return to_summary((await self._services.persistence.cases.RecordInvestigation(found, timeout=25)).summary)


async def _screen_requests(parties: Iterable[Party]) -> AsyncIterator[ScreenBatchRequest]:
    for party in parties:
        yield ScreenBatchRequest(request=ScreenRequest(party=party))


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


def _settled(stored: Iterable[Finding], current: set[str], case: CaseRef) -> list[Finding]:
    """Disagreements that the sources have settled since: kept, and marked by the comparison that no longer finds them."""
    settled = []
    for finding in stored:
        if finding.kind.startswith(_COMPARED) and finding.finding_id not in current and not finding.superseded_by:
            marked = Finding()
            marked.CopyFrom(finding)
            marked.superseded_by = f"cross_reference_evidence/iteration-{case.iteration}"
            settled.append(marked)
    return settled
