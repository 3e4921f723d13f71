"""A document judged against the requirement that it was uploaded for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .classify import Classification, classify
from .classify_rules import MIN_SCORE
from .document import Document
from .document_types import DocumentType
from .extract import ExtractedField, extract_fields
from .holder import HolderMatch, Subject, match_holder
from .messages import field_name, language_of, message, type_names
from .quality import ILLEGIBLE_BELOW, REVIEW_BELOW
from .suspicion import instruction_like

# A type that is this sure is not argued with.
SURE = 0.5
# Clocks and time zones differ by a day.
FUTURE_TOLERANCE_DAYS = 1


class Verdict(StrEnum):
    """What follows for the customer."""

    VALID = "VALID"
    INVALID = "INVALID"
    NEEDS_REVIEW = "NEEDS_REVIEW"


class ReasonCode(StrEnum):
    """Why a document is not simply valid; closed, each with a message per language."""

    WRONG_DOCUMENT_TYPE = "WRONG_DOCUMENT_TYPE"
    TYPE_UNCERTAIN = "TYPE_UNCERTAIN"
    WRONG_HOLDER = "WRONG_HOLDER"
    HOLDER_NOT_FOUND = "HOLDER_NOT_FOUND"
    HOLDER_UNCERTAIN = "HOLDER_UNCERTAIN"
    TOO_OLD = "TOO_OLD"
    EXPIRED = "EXPIRED"
    DATE_NOT_FOUND = "DATE_NOT_FOUND"
    DATE_IN_FUTURE = "DATE_IN_FUTURE"
    ILLEGIBLE = "ILLEGIBLE"
    LOW_QUALITY = "LOW_QUALITY"
    INCOMPLETE = "INCOMPLETE"
    SUSPICIOUS_CONTENT = "SUSPICIOUS_CONTENT"


# The customer can mend these; everything else is for an officer.
REFUSING = frozenset(
    {
        ReasonCode.WRONG_DOCUMENT_TYPE, ReasonCode.WRONG_HOLDER, ReasonCode.HOLDER_NOT_FOUND, ReasonCode.TOO_OLD, ReasonCode.EXPIRED,
        ReasonCode.ILLEGIBLE, ReasonCode.INCOMPLETE,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Requirement:
    """What was asked for. Empty `accepted` takes any type; 0 days takes any age."""

    requirement_id: str
    accepted: tuple[DocumentType, ...] = ()
    holder_required: bool = False
    max_age_days: int = 0
    required_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code with the sentence for the customer."""

    code: ReasonCode
    message: str


@dataclass(frozen=True, slots=True)
class Validation:
    """The verdict, what the document was found to be, and why."""

    verdict: Verdict
    type: DocumentType
    confidence: float
    reasons: tuple[Reason, ...]


def validate(document: Document, requirement: Requirement, subject: Subject, as_of: date, language: str, quality: float) -> Validation:
    """Judge by rules alone; the same inputs always give the same verdict. Raises nothing."""
    found = classify(document)
    spoken = language_of(language)
    reasons = tuple(_reasons(document, found, requirement, subject, as_of, spoken, quality))
    return Validation(_verdict(reasons), found.type, found.confidence, reasons)


def _verdict(reasons: Sequence[Reason]) -> Verdict:
    if any(reason.code in REFUSING for reason in reasons):
        return Verdict.INVALID
    return Verdict.NEEDS_REVIEW if reasons else Verdict.VALID


def _reasons(
    document: Document,
    found: Classification,
    requirement: Requirement,
    subject: Subject,
    as_of: date,
    language: str,
    quality: float,
) -> Iterator[Reason]:
    if quality < ILLEGIBLE_BELOW:
        yield Reason(ReasonCode.ILLEGIBLE, message("ILLEGIBLE", language))
        return  # nothing else that was read can be relied on
    type_reason = _type(found, requirement, language)
    if type_reason is not None:
        yield type_reason
        if type_reason.code is ReasonCode.WRONG_DOCUMENT_TYPE:
            return  # what else is wrong with a wrong document helps nobody
    kind = _read_as(found, requirement)
    fields = extract_fields(document, kind)
    if requirement.holder_required:
        yield from _holder(document, fields, subject, language)
    yield from _dates(fields, requirement, as_of, language)
    yield from _complete(fields, requirement, language)
    if instruction_like(document.text):
        yield Reason(ReasonCode.SUSPICIOUS_CONTENT, message("SUSPICIOUS_CONTENT", language))
    if quality < REVIEW_BELOW:
        yield Reason(ReasonCode.LOW_QUALITY, message("LOW_QUALITY", language))


def _type(found: Classification, requirement: Requirement, language: str) -> Reason | None:
    if not requirement.accepted or found.type in requirement.accepted:
        return None
    wanted = type_names(requirement.accepted, language)
    best_accepted = max(found.scores.get(kind, 0.0) for kind in requirement.accepted)
    # Something speaks for the wanted type, and nothing clearly for another: let a person look.
    if best_accepted >= MIN_SCORE and found.confidence < SURE:
        return Reason(ReasonCode.TYPE_UNCERTAIN, message("TYPE_UNCERTAIN", language, wanted=wanted))
    looks_like = type_names((found.type,), language)
    return Reason(ReasonCode.WRONG_DOCUMENT_TYPE, message("WRONG_DOCUMENT_TYPE", language, found=looks_like, wanted=wanted))


def _read_as(found: Classification, requirement: Requirement) -> DocumentType:
    """The type whose fields are read: what was found, or the likeliest of those that were wanted."""
    if not requirement.accepted or found.type in requirement.accepted:
        return found.type
    return max(requirement.accepted, key=lambda kind: found.scores.get(kind, 0.0))


def _holder(document: Document, fields: Sequence[ExtractedField], subject: Subject, language: str) -> Iterator[Reason]:
    codes = {
        HolderMatch.OTHER: ReasonCode.WRONG_HOLDER,
        HolderMatch.ABSENT: ReasonCode.HOLDER_NOT_FOUND,
        HolderMatch.UNCERTAIN: ReasonCode.HOLDER_UNCERTAIN,
    }
    code = codes.get(match_holder(document, fields, subject))
    if code is not None:
        yield Reason(code, message(code, language))


def _dates(fields: Sequence[ExtractedField], requirement: Requirement, as_of: date, language: str) -> Iterator[Reason]:
    values = {field.name: field.value for field in fields}
    expiry = values.get("expiry_date")
    if expiry and date.fromisoformat(expiry) < as_of:
        yield Reason(ReasonCode.EXPIRED, message("EXPIRED", language, date=_written(expiry)))
    if not requirement.max_age_days:
        return
    issued = values.get("issue_date")
    if issued is None:
        yield Reason(ReasonCode.DATE_NOT_FOUND, message("DATE_NOT_FOUND", language))
        return
    age = (as_of - date.fromisoformat(issued)).days
    if age > requirement.max_age_days:
        text = message("TOO_OLD", language, date=_written(issued), days=str(requirement.max_age_days))
        yield Reason(ReasonCode.TOO_OLD, text)
    elif age < -FUTURE_TOLERANCE_DAYS:
        yield Reason(ReasonCode.DATE_IN_FUTURE, message("DATE_IN_FUTURE", language, date=_written(issued)))


def _written(iso: str) -> str:
    return date.fromisoformat(iso).strftime("%d/%m/%Y")


def _complete(fields: Sequence[ExtractedField], requirement: Requirement, language: str) -> Iterator[Reason]:
    present = {field.name.split("[")[0] for field in fields}
    missing = [name for name in requirement.required_fields if not _aliases(name) & present]
    if missing:
        listed = ", ".join(field_name(name, language) for name in missing)
        yield Reason(ReasonCode.INCOMPLETE, message("INCOMPLETE", language, missing=listed))


def _aliases(name: str) -> set[str]:
    """Types name the same thing differently: a bill's holder is a register's legal name."""
    groups = (
        {"legal_name", "holder", "company_name", "name"},
        {"address", "registered_address", "registered_seat", "seat"},
        {"issue_date", "date"},
    )
    return next((group for group in groups if name in group), {name})
