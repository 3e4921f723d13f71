"""The background conversion of official documents."""

from __future__ import annotations

import hashlib

from temporalio import activity

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.evidence_types_pb2 import SEVERITY_INFO, Evidence, Finding
from trustrelay.document.v1.conversion_service_pb2 import ConversionResult, ConvertRequest
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance import texts
from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_calls import case_file, read_grant, write_grant
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import official_documents, to_summary
from trustrelay.workflow_worker.entrypoints.activities.compliance.recording import record, recording
from trustrelay.workflow_worker.entrypoints.activities.streaming import SILENCE_SECONDS, result_event

_STAGE = "extract_documents_markdown"


class ExtractionActivities:
    """document-service on what registers published."""

    def __init__(self, services: Services, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._services = services
        self._silence = silence_seconds

    @activity.defn(name=_STAGE)
    async def extract_documents_markdown(self, case: CaseRef) -> Assessed:
        """Converts every official document that was not converted yet, each stored as soon as it is done.

        A retry goes on where the last attempt ended. A document that cannot be opened is a finding, not a failure; the result is then NOT_ASSESSED.
        """
        with on_behalf_of(case.tenant_id):
            documents = official_documents(await case_file(self._services, case))
            settled = [str(one) for one in activity.info().heartbeat_details]
            for evidence in documents:
                if not evidence.HasField("markdown") and evidence.evidence_id not in settled:
                    await self._settle(case, evidence, settled)
            return _assessed(await case_file(self._services, case))

    async def _settle(self, case: CaseRef, evidence: Evidence, settled: list[str]) -> None:
        """Stores what became of one document, then says so to the next attempt."""
        found = recording(case, _STAGE, evidence.evidence_id)
        try:
            result = await self._convert(case, evidence, settled)
        except ServiceError as error:
            if error.reason not in texts.UNREADABLE_REASONS:
                raise
            found.findings.append(_unreadable(evidence, error.reason))
        else:
            found.evidence.append(_with_conversion(evidence, result))
            found.findings.extend(result.findings)
        await record(self._services, found)
        settled.append(evidence.evidence_id)
        activity.heartbeat(*settled)

    async def _convert(self, case: CaseRef, evidence: Evidence, settled: list[str]) -> ConversionResult:
        # An id may hold characters that a key may not.
        folder = f"converted/{evidence.source}-{hashlib.sha256(evidence.evidence_id.encode()).hexdigest()[:16]}"
        source = await read_grant(self._services, case, evidence.object)
        request = ConvertRequest(source=source, destination=await write_grant(self._services, case, folder))
        stream = self._services.documents.conversion.Convert(request, timeout=time_limit())
        return (await result_event(stream, *settled, silence=self._silence)).result


def _with_conversion(evidence: Evidence, result: ConversionResult) -> Evidence:
    """The same evidence; what it is and where it came from stay as they were."""
    converted = Evidence()
    converted.CopyFrom(evidence)
    converted.markdown.CopyFrom(result.markdown)
    converted.docling_json.CopyFrom(result.docling_json)
    return converted


def _unreadable(evidence: Evidence, reason: str) -> Finding:
    return Finding(
        finding_id=f"not_assessed/{_STAGE}/{evidence.evidence_id}",
        kind="not_assessed",
        severity=SEVERITY_INFO,
        statement=f"An official document from {evidence.source} could not be opened: {reason}",
        evidence_ids=[evidence.evidence_id],
    )


def _assessed(file: CaseFile) -> Assessed:
    """How many documents are converted by now; one that could not be opened makes it NOT_ASSESSED."""
    documents = official_documents(file)
    converted = sum(1 for one in documents if one.HasField("markdown"))
    summary = to_summary(file.summary)
    if converted < len(documents):
        return Assessed(summary, "NOT_ASSESSED", "DOCUMENT_UNREADABLE", converted)
    return Assessed(summary, reason="" if documents else "NO_OFFICIAL_DOCUMENTS", evidence=converted)
