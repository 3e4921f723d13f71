"""Activities about natural persons: who they are, what they answered, which lists and media name them."""

from __future__ import annotations

from temporalio import activity

from trustrelay.osint.v1.verification_service_pb2 import ValidateFieldsRequest, VerifyIdentityRequest
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_calls import case_file, write_grant
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import all_parties, answers_of, to_summary
from trustrelay.workflow_worker.entrypoints.activities.compliance.inquiries import screen, search_media
from trustrelay.workflow_worker.entrypoints.activities.compliance.partial import Part, ask_all
from trustrelay.workflow_worker.entrypoints.activities.compliance.recording import record_assessed, recording
from trustrelay.workflow_worker.entrypoints.activities.streaming import SILENCE_SECONDS


class PeopleActivities:
    """osint-service's rules and lists, for KYC."""

    def __init__(self, services: Services, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._services = services
        self._silence = silence_seconds
        self._osint = services.osint

    @activity.defn(name="verify_identity")
    async def verify_identity(self, case: CaseRef) -> Assessed:
        """Compares what the identity provider vouched for, if one did, with what was declared; on retry the same check is stored again."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = VerifyIdentityRequest(subject=file.subject)
            if file.assessments.HasField("identity"):
                request.identity.CopyFrom(file.assessments.identity)
            reply = await self._osint.verification.VerifyIdentity(request, timeout=time_limit())
            found = recording(case, "verify_identity")
            found.checks.extend(reply.checks)
            found.findings.extend(reply.findings)
            return await record_assessed(self._services, found)

    @activity.defn(name="validate_fields")
    async def validate_fields(self, case: CaseRef) -> Assessed:
        """Checks each answer by the digits and formats of its kind, also where there is none; on retry the same checks are stored again."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            if not file.questions:
                return Assessed(to_summary(file.summary), "NOT_ASSESSED", "NO_QUESTIONS")
            request = ValidateFieldsRequest(questions=file.questions, answers=answers_of(file))
            reply = await self._osint.verification.ValidateFields(request, timeout=time_limit())
            found = recording(case, "validate_fields")
            found.checks.extend(reply.checks)
            return await record_assessed(self._services, found)

    @activity.defn(name="run_kyc_screening")
    async def run_kyc_screening(self, case: CaseRef) -> Assessed:
        """Screens the person on lists and in the media, side by side; the answer of one is kept when the other fails for good.

        On retry both are asked again, and stored once.
        """
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            grant = await write_grant(self._services, case, "osint")
            found = recording(case, "run_kyc_screening")
            lists = Part(("sanctions_screening", "pep_screening"), lambda piece: screen(self._osint, all_parties(file), piece, self._silence))
            media = Part(("adverse_media",), lambda piece: search_media(self._osint, file, grant, piece, self._silence))
            await ask_all(found, file, [lists, media])
            return await record_assessed(self._services, found)
