"""Uploads and requirements of a case file, in the words of the rules."""

from __future__ import annotations

from trustrelay.common.v1 import requirement_types_pb2 as types
from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.document.v1.conversion_service_pb2 import ConversionResult
from trustrelay.servicekit.errors import FailedPrecondition
from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement
from trustrelay.workflow_worker.domain.compliance.submission import AskedDocument, UploadedDocument, failures


def in_state(file: CaseFile, state: types.DocumentState.ValueType) -> list[types.CaseDocument]:
    """Uploads in one state."""
    return [document for document in file.documents if document.state == state]


def requirement_of(file: CaseFile, document: types.CaseDocument) -> types.Requirement:
    """What it was uploaded for. Raises FailedPrecondition REQUIREMENT_NOT_FOUND."""
    for requirement in file.requirements:
        if requirement.requirement_id == document.requirement_id:
            return requirement
    raise FailedPrecondition("REQUIREMENT_NOT_FOUND", "a document belongs to no requirement of its case")


def describe(update: types.CaseDocument, result: ConversionResult) -> None:
    """Writes what the conversion made into `update`."""
    update.markdown.CopyFrom(result.markdown)
    update.docling_json.CopyFrom(result.docling_json)
    update.pipeline = result.pipeline
    update.quality = result.quality
    update.state = types.DOCUMENT_STATE_CONVERTED


def failed_requirements(file: CaseFile) -> tuple[FailedRequirement, ...]:
    """What the customer must give again, or still: documents, answers, identity."""
    return failures(
        _asked(file),
        _uploaded(file),
        unanswered_questions=file.summary.unanswered_question_ids,
        identity_stored=file.assessments.HasField("identity"),
    )


def _asked(file: CaseFile) -> list[AskedDocument]:
    return [
        AskedDocument(
            one.requirement_id,
            types.RequirementStatus.Name(one.status).removeprefix("REQUIREMENT_STATUS_"),
            one.mandatory,
            one.answered_by or "document",
        )
        for one in file.requirements
    ]


def _uploaded(file: CaseFile) -> list[UploadedDocument]:
    return [
        UploadedDocument(
            one.requirement_id,
            types.DocumentState.Name(one.state).removeprefix("DOCUMENT_STATE_"),
            tuple(reason.code for reason in one.validation.reasons),
        )
        for one in file.documents
    ]
