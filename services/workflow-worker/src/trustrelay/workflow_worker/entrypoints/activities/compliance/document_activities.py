"""Activities that convert, judge and read what the customer uploaded."""

from __future__ import annotations

from temporalio import activity

from trustrelay.common.v1 import requirement_types_pb2 as types
from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.document.v1.conversion_service_pb2 import ConvertRequest
from trustrelay.document.v1.document_intelligence_service_pb2 import DOCUMENT_TYPE_UNKNOWN, DocumentType, ExtractRequest, ValidateRequest
from trustrelay.persistence.v1.case_store_service_pb2 import RecordDocumentRequest
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance import texts
from trustrelay.workflow_worker.domain.compliance.records import CaseRef, Validated
from trustrelay.workflow_worker.domain.compliance.state import Summary
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_calls import case_file, read_grant, write_grant
from trustrelay.workflow_worker.entrypoints.activities.compliance.document_facts import describe, failed_requirements, in_state, requirement_of
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import expected_holder, to_summary
from trustrelay.workflow_worker.entrypoints.activities.streaming import SILENCE_SECONDS, result_event

_VERDICT_STATE = {
    types.VALIDATION_VERDICT_VALID: types.DOCUMENT_STATE_VALID,
    types.VALIDATION_VERDICT_INVALID: types.DOCUMENT_STATE_INVALID,
    types.VALIDATION_VERDICT_NEEDS_REVIEW: types.DOCUMENT_STATE_NEEDS_REVIEW,
}


class DocumentActivities:
    """document-service, for workflows. What is done is stored document by document, so a retry goes on where the last attempt ended."""

    def __init__(self, services: Services, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._services = services
        self._silence = silence_seconds
        self._cases = services.persistence.cases

    @activity.defn(name="process_documents")
    async def process_documents(self, case: CaseRef) -> Summary:
        """Converts every stored upload; one that cannot be opened is stored as unreadable, with a reason for the customer."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            for document in in_state(file, types.DOCUMENT_STATE_STORED):
                await self._convert(case, file, document)
            return to_summary((await case_file(self._services, case)).summary)

    @activity.defn(name="validate_documents")
    async def validate_documents(self, case: CaseRef) -> Validated:
        """Judges every converted upload against its requirement, and says what must come again."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            for document in in_state(file, types.DOCUMENT_STATE_CONVERTED):
                await self._validate(case, file, document)
            file = await case_file(self._services, case)
        valid = tuple(document.document_id for document in in_state(file, types.DOCUMENT_STATE_VALID))
        return Validated(to_summary(file.summary), valid, failed_requirements(file))

    @activity.defn(name="extract_document_data")
    async def extract_document_data(self, case: CaseRef) -> Summary:
        """Reads typed values and parties from every valid upload that was not read yet."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            for document in in_state(file, types.DOCUMENT_STATE_VALID):
                if not document.fields:
                    await self._extract(case, document)
            return to_summary((await case_file(self._services, case)).summary)

    async def _convert(self, case: CaseRef, file: CaseFile, document: types.CaseDocument) -> None:
        grant = await write_grant(self._services, case, f"converted/{document.document_id}")
        source = await read_grant(self._services, case, document.original)
        request = ConvertRequest(source=source, destination=grant, allowed_media_types=requirement_of(file, document).media_types)
        update = types.CaseDocument(document_id=document.document_id)
        findings = []
        try:
            stream = self._services.documents.conversion.Convert(request, timeout=time_limit())
            result = (await result_event(stream, document.document_id, silence=self._silence)).result
            describe(update, result)
            findings = list(result.findings)
        except ServiceError as error:
            if error.reason not in texts.UNREADABLE_REASONS:
                raise
            reason = types.ValidationReason(code=error.reason, message=texts.unreadable(error.reason, case.language))
            update.state = types.DOCUMENT_STATE_UNREADABLE
            update.validation.CopyFrom(types.ValidationResult(verdict=types.VALIDATION_VERDICT_INVALID, reasons=[reason]))
        await self._cases.RecordDocument(RecordDocumentRequest(case_id=case.case_id, document=update, findings=findings))

    async def _validate(self, case: CaseRef, file: CaseFile, document: types.CaseDocument) -> None:
        grant = await read_grant(self._services, case, document.docling_json)
        request = ValidateRequest(
            docling_json=grant,
            requirement=requirement_of(file, document),
            subject=expected_holder(file),
            as_of_date=case.as_of,
            language=case.language,
            quality=document.quality,
        )
        reply = await self._services.documents.intelligence.Validate(request, timeout=60)
        update = types.CaseDocument(document_id=document.document_id, state=_VERDICT_STATE[reply.validation.verdict], validation=reply.validation)
        await self._cases.RecordDocument(RecordDocumentRequest(case_id=case.case_id, document=update))

    async def _extract(self, case: CaseRef, document: types.CaseDocument) -> None:
        grant = await read_grant(self._services, case, document.docling_json)
        name = f"DOCUMENT_TYPE_{document.validation.document_type.upper()}"
        kind = DocumentType.Value(name) if name in DocumentType.keys() else DOCUMENT_TYPE_UNKNOWN  # noqa: SIM118 (an enum wrapper, not a dict)
        request = ExtractRequest(docling_json=grant, document_type=kind, document_id=document.document_id)
        reply = await self._services.documents.intelligence.Extract(request, timeout=60)
        update = types.CaseDocument(document_id=document.document_id, fields=reply.fields)
        await self._cases.RecordDocument(RecordDocumentRequest(case_id=case.case_id, document=update, parties=reply.parties))
