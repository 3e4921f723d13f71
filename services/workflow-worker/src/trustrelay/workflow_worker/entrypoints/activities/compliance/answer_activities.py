"""Activities that tell where what the case knows from people comes from; bodies stay in the store."""

from __future__ import annotations

from temporalio import activity

from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_calls import case_file
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import to_summary

_OFFICER = "officer"


class AnswerActivities:
    """What customers and officers said, for workflows. Both only read, so a retry reads again."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn(name="fetch_case_answers")
    async def fetch_case_answers(self, case: CaseRef) -> Assessed:
        """Whether the answers are the portal's (PORTAL), those given at creation (CREATION), or not there (NOT_ASSESSED NO_ANSWERS)."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
        summary = to_summary(file.summary)
        if any(file.answers.values()):
            return Assessed(summary, reason="PORTAL")
        if any(file.creation_answers.values()):
            return Assessed(summary, reason="CREATION")
        return Assessed(summary, "NOT_ASSESSED", "NO_ANSWERS")

    @activity.defn(name="fetch_company_details")
    async def fetch_company_details(self, case: CaseRef) -> Assessed:
        """Whether an officer corrected the company's details (OFFICER_CORRECTED) or not (NONE_CORRECTED)."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
        corrected = any(profile.source == _OFFICER for profile in file.profiles)
        return Assessed(to_summary(file.summary), reason="OFFICER_CORRECTED" if corrected else "NONE_CORRECTED")
