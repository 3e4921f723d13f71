"""What is wrong with a submission, over documents, requirements and answers as stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement

_NOT_ASKED = frozenset({"COVERED", "WAIVED", "NOT_APPLICABLE"})
_REFUSED = frozenset({"UNREADABLE", "INVALID"})
IDENTITY = "identity"


@dataclass(frozen=True)
class AskedDocument:
    """One requirement: its status is the name of common.v1.RequirementStatus without prefix; `answered_by` document or identity."""

    requirement_id: str
    status: str
    mandatory: bool
    answered_by: str = "document"


@dataclass(frozen=True)
class UploadedDocument:
    """One upload: its state is the name of common.v1.DocumentState without prefix; `codes` say why it was refused."""

    requirement_id: str
    state: str
    codes: tuple[str, ...] = ()


def failures(
    asked: Iterable[AskedDocument],
    uploaded: Iterable[UploadedDocument],
    *,
    unanswered_questions: Iterable[str] = (),
    identity_stored: bool = False,
) -> tuple[FailedRequirement, ...]:
    """What the customer must give again, or still: refused uploads of any requirement, and what is mandatory and not there.

    Codes beside those of the documents: MISSING (no upload), IDENTITY_MISSING (asked, and no provider has vouched), ANSWER_MISSING (the id is a
    question's). Superseded uploads do not count; of several uploads for one requirement one that was not refused suffices.
    """
    documents = _by_requirement(uploaded)
    failed = []
    for requirement in asked:
        if requirement.status in _NOT_ASKED:
            continue
        if requirement.answered_by == IDENTITY:
            codes = _identity_codes(requirement, identity_stored)
        else:
            codes = _document_codes(requirement, documents.get(requirement.requirement_id, []))
        if codes:
            failed.append(FailedRequirement(requirement.requirement_id, codes))
    return (*failed, *(FailedRequirement(question, ("ANSWER_MISSING",)) for question in unanswered_questions))


def _by_requirement(uploaded: Iterable[UploadedDocument]) -> dict[str, list[UploadedDocument]]:
    found: dict[str, list[UploadedDocument]] = {}
    for document in uploaded:
        if document.state != "SUPERSEDED":
            found.setdefault(document.requirement_id, []).append(document)
    return found


def _identity_codes(requirement: AskedDocument, stored: bool) -> tuple[str, ...]:
    return ("IDENTITY_MISSING",) if requirement.mandatory and not stored else ()


def _document_codes(requirement: AskedDocument, documents: list[UploadedDocument]) -> tuple[str, ...]:
    """Why its documents do not satisfy it; none when they do, or when it may stay away."""
    if not documents:
        return ("MISSING",) if requirement.mandatory else ()
    refused = all(document.state in _REFUSED for document in documents)
    return documents[-1].codes or ("REFUSED",) if refused else ()
