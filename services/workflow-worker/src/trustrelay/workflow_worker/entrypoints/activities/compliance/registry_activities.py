"""Activities that ask public registers and keep what they publish."""

from __future__ import annotations

from dataclasses import replace

from temporalio import activity

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.osint.v1.registry_service_pb2 import CollectRegistryRequest, CollectRegistryResult
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_calls import case_file, write_grant
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import official_documents, to_summary
from trustrelay.workflow_worker.entrypoints.activities.compliance.recording import record, record_assessed, recording
from trustrelay.workflow_worker.entrypoints.activities.streaming import SILENCE_SECONDS, result_event


class RegistryActivities:
    """osint-service's registers, for workflows."""

    def __init__(self, services: Services, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._services = services
        self._silence = silence_seconds

    @activity.defn(name="registry_and_documents")
    async def registry_and_documents(self, case: CaseRef) -> Assessed:
        """Asks the registers and keeps what they say; on retry everything is asked again and stored once.

        `evidence` counts official documents, not the registers' raw answers: with none, `collect_registry_documents` has something to do.
        """
        with on_behalf_of(case.tenant_id):
            result = await self._collect(case, await case_file(self._services, case))
            found = recording(case, "registry_and_documents")
            found.profiles.extend(result.profiles)
            found.parties.extend(result.parties)
            found.evidence.extend(result.evidence)
            found.checks.extend(result.checks)
            found.findings.extend(result.findings)
            return replace(await record_assessed(self._services, found), evidence=len(official_documents(CaseFile(evidence=found.evidence))))

    @activity.defn(name="collect_registry_documents")
    async def collect_registry_documents(self, case: CaseRef) -> Assessed:
        """Asks once more for official documents when none is there, and keeps only what was downloaded; on retry each is stored once."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            if official_documents(file):
                return Assessed(to_summary(file.summary), reason="ALREADY_COLLECTED")
            result = await self._collect(case, file)
            official = official_documents(CaseFile(evidence=result.evidence))
            if not official:
                return Assessed(to_summary(file.summary), "NOT_ASSESSED", "NO_OFFICIAL_DOCUMENTS")
            found = recording(case, "collect_registry_documents")
            found.evidence.extend(official)
            return Assessed(await record(self._services, found), evidence=len(official))

    async def _collect(self, case: CaseRef, file: CaseFile) -> CollectRegistryResult:
        request = CollectRegistryRequest(subject=file.subject, destination=await write_grant(self._services, case, "registry"))
        stream = self._services.osint.registry.CollectRegistry(request, timeout=time_limit())
        return (await result_event(stream, silence=self._silence)).result
