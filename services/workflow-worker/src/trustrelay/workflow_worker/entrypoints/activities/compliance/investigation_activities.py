"""Activities that ask lists, media, the web and verification services, and store what they said."""

from __future__ import annotations

from temporalio import activity

from trustrelay.osint.v1.investigation_service_pb2 import ScrapeWebsiteRequest
from trustrelay.osint.v1.verification_service_pb2 import RunChecksRequest
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_calls import case_file, write_grant
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import all_parties
from trustrelay.workflow_worker.entrypoints.activities.compliance.inquiries import screen, search_media
from trustrelay.workflow_worker.entrypoints.activities.compliance.recording import record_assessed, recording
from trustrelay.workflow_worker.entrypoints.activities.streaming import SILENCE_SECONDS, result_event


class InvestigationActivities:
    """osint-service, for workflows. On retry everything is asked again, and stored once."""

    def __init__(self, services: Services, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._services = services
        self._silence = silence_seconds
        self._osint = services.osint

    @activity.defn(name="run_osint_investigation")
    async def run_osint_investigation(self, case: CaseRef) -> Assessed:
        """Looks for adverse media about the subject and its parties, and keeps the synthesis."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            grant = await write_grant(self._services, case, "osint")
            found = recording(case, "run_osint_investigation")
            await search_media(self._osint, file, grant, found, self._silence)
            return await record_assessed(self._services, found)

    @activity.defn(name="scrape_company_website")
    async def scrape_company_website(self, case: CaseRef) -> Assessed:
        """Keeps the company's public pages as evidence."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = ScrapeWebsiteRequest(subject=file.subject, destination=await write_grant(self._services, case, "website"))
            stream = self._osint.investigation.ScrapeWebsite(request, timeout=time_limit())
            result = (await result_event(stream, silence=self._silence)).result
            found = recording(case, "scrape_company_website")
            found.evidence.extend(result.evidence)
            found.checks.extend(result.checks)
            found.findings.extend(result.findings)
            return await record_assessed(self._services, found)

    @activity.defn(name="run_verification_checks")
    async def run_verification_checks(self, case: CaseRef) -> Assessed:
        """Verifies VAT number and LEI."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            grant = await write_grant(self._services, case, "verification")
            request = RunChecksRequest(subject=file.subject, profiles=file.profiles, destination=grant)
            stream = self._osint.verification.RunChecks(request, timeout=time_limit())
            result = (await result_event(stream, silence=self._silence)).result
            found = recording(case, "run_verification_checks")
            found.evidence.extend(result.evidence)
            found.checks.extend(result.checks)
            found.findings.extend(result.findings)
            found.profiles.extend(result.profiles)
            return await record_assessed(self._services, found)

    @activity.defn(name="screen_parties")
    async def screen_parties(self, case: CaseRef) -> Assessed:
        """Screens the subject and everyone known around it by now."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            found = recording(case, "screen_parties")
            await screen(self._osint, all_parties(file), found, self._silence)
            return await record_assessed(self._services, found)
