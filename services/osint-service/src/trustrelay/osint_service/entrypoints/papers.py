"""Requirements, questions and documents: contract messages → domain values."""

from __future__ import annotations

from trustrelay.common.v1 import requirement_types_pb2 as types
from trustrelay.osint_service.domain.evidence.gaps import Asked
from trustrelay.osint_service.domain.papers import Document, DocumentState, Question, Reason, Requirement, RequirementStatus


def asked(message: types.Requirement) -> Asked:
    """What the gap analysis needs of it."""
    return Asked(
        message.requirement_id, message.why, tuple(message.document_types), tuple(message.covered_by_evidence_kinds),
        tuple(message.countries), tuple(message.legal_forms), message.answered_by,
    )  # fmt: skip


def requirement(message: types.Requirement) -> Requirement:
    """The requirement with its status."""
    return Requirement(
        requirement_id=message.requirement_id, title=message.title, why=message.why, how=message.how, mandatory=message.mandatory,
        status=RequirementStatus[types.RequirementStatus.Name(message.status).removeprefix("REQUIREMENT_STATUS_")],
        media_types=tuple(message.media_types), holder_required=message.holder_required, max_age_days=message.max_age_days,
        answered_by=message.answered_by,
    )  # fmt: skip


def question(message: types.Question) -> Question:
    """The question."""
    return Question(message.question_id, message.kind, message.title, message.why, message.mandatory)


def document(message: types.CaseDocument) -> Document:
    """The upload and what validation said about it; what could not be read was judged by conversion."""
    state = DocumentState[types.DocumentState.Name(message.state).removeprefix("DOCUMENT_STATE_")]
    return Document(
        document_id=message.document_id, requirement_id=message.requirement_id, state=state, iteration=message.iteration,
        judged=message.HasField("validation"), reasons=tuple(Reason(each.code, each.message) for each in message.validation.reasons),
    )  # fmt: skip
