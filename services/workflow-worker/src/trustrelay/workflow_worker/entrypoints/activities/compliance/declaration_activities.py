"""Activities that verify what a company declared: EORI, accounts, Peppol and withholding obligations, intended trade."""

from __future__ import annotations

from temporalio import activity

from trustrelay.osint.v1 import verification_service_pb2 as verification
from trustrelay.osint.v1.evidence_service_pb2 import BuildTradeProfileRequest
from trustrelay.persistence.v1.case_store_service_pb2 import RecordInvestigationRequest
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_calls import case_file
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import to_summary
from trustrelay.workflow_worker.entrypoints.activities.compliance.partial import Part, ask_all
from trustrelay.workflow_worker.entrypoints.activities.compliance.recording import record, record_assessed, recording

# Inhoudingsplicht, and Peppol as the invoicing duty of companies, are asked of Belgian companies alone.
_PEPPOL_COUNTRY = "BE"


class DeclarationActivities:
    """osint-service's verifications of declared facts, for workflows. On retry everything is asked again, and stored once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._verification = services.osint.verification

    @activity.defn(name="run_peppol_verification")
    async def run_peppol_verification(self, case: CaseRef) -> Assessed:
        """Peppol and both withholding obligations of a Belgian company; the answer of one is kept when the other fails for good.

        For other countries nobody is asked and no check is stored: the question does not arise.
        """
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            if file.subject.country != _PEPPOL_COUNTRY:
                return Assessed(to_summary(file.summary), "NOT_ASSESSED", "NOT_APPLICABLE_COUNTRY")
            subject = file.subject

            async def peppol(found: RecordInvestigationRequest) -> None:
                request = verification.VerifyPeppolRequest(subject=subject)
                found.checks.extend((await self._verification.VerifyPeppol(request, timeout=time_limit())).checks)

            async def withholding(found: RecordInvestigationRequest) -> None:
                request = verification.VerifyWithholdingRequest(subject=subject)
                found.checks.extend((await self._verification.VerifyWithholding(request, timeout=time_limit())).checks)

            found = recording(case, "run_peppol_verification")
            parts = [Part(("peppol_participant",), peppol), Part(("withholding_social", "withholding_fiscal"), withholding)]
            await ask_all(found, file, parts)
            return await record_assessed(self._services, found)

    @activity.defn(name="validate_eori")
    async def validate_eori(self, case: CaseRef) -> Assessed:
        """Whether the EORI number is one, and known."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = verification.VerifyEoriRequest(subject=file.subject)
            found = recording(case, "validate_eori")
            found.checks.extend((await self._verification.VerifyEori(request, timeout=time_limit())).checks)
            return await record_assessed(self._services, found)

    @activity.defn(name="verify_iban")
    async def verify_iban(self, case: CaseRef) -> Assessed:
        """Form and payee of every declared account; without one both checks are NOT_ASSESSED."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = verification.VerifyPayeeRequest(subject=file.subject)
            found = recording(case, "verify_iban")
            found.checks.extend((await self._verification.VerifyPayee(request, timeout=time_limit())).checks)
            return await record_assessed(self._services, found)

    @activity.defn(name="build_trade_profile")
    async def build_trade_profile(self, case: CaseRef) -> Assessed:
        """What the selected customs services need; FAILED NEEDS_MISSING when some of it is not there."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = BuildTradeProfileRequest(subject=file.subject, profiles=file.profiles)
            reply = await self._services.osint.evidence.BuildTradeProfile(request, timeout=time_limit())
            found = recording(case, "build_trade_profile")
            found.findings.extend(reply.findings)
            found.assessments.trade_profile.CopyFrom(reply.profile)
            summary = await record(self._services, found)
        if not reply.profile.services:
            return Assessed(summary, "NOT_ASSESSED", "NO_SERVICES_SELECTED")
        return Assessed(summary, "FAILED", "NEEDS_MISSING") if reply.profile.missing else Assessed(summary)
