"""What the customer must do next: one task per requirement or question that is open, with why and what would satisfy it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from trustrelay.osint_service.domain.evidence.task_texts import Texts, texts
from trustrelay.osint_service.domain.papers import IDENTITY, Document, DocumentState, Question, Requirement, RequirementStatus

# The portal shows these kinds to the customer; an upload answers the first.
UPLOAD, FOLLOW_UP = "reupload_document", "follow_up"
_OPEN = frozenset({RequirementStatus.UNSPECIFIED, RequirementStatus.OPEN, RequirementStatus.BOUNCED})
_REFUSED = frozenset({DocumentState.INVALID, DocumentState.UNREADABLE, DocumentState.NEEDS_REVIEW})
_FORMATS = {
    "application/pdf": "PDF",
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word (docx)",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel (xlsx)",
}


@dataclass(frozen=True, slots=True)
class Suggested:
    """`task_id` is deterministic, so that a task asked twice is one task."""

    task_id: str
    kind: str
    text: str
    requirement_id: str = ""


def suggest_tasks(
    requirements: Iterable[Requirement], questions: Iterable[Question], unanswered: Iterable[str], documents: Sequence[Document], language: str
) -> tuple[Suggested, ...]:
    """Requirements first, then questions, each in the template's order. `language` en, nl or fr; another is answered in English."""
    words, missing = texts(language), frozenset(unanswered)
    open_requirements = (each for each in requirements if each.status in _OPEN)
    asked = (each for each in questions if each.question_id in missing)
    return (*(_requirement(each, documents, words) for each in open_requirements), *(_question(each, words) for each in asked))


def _requirement(each: Requirement, documents: Sequence[Document], words: Texts) -> Suggested:
    if each.answered_by == IDENTITY:
        ask, kind, task_id = words.verify.format(name=each.name), FOLLOW_UP, f"identity/{each.requirement_id}"
    else:
        ask, kind, task_id = _upload(each, documents, words), UPLOAD, f"reupload/{each.requirement_id}"
    return Suggested(task_id, kind, _text(words, ask, each.why, each.how or _how(each, words), mandatory=each.mandatory), each.requirement_id)


def _upload(each: Requirement, documents: Sequence[Document], words: Texts) -> str:
    refused = [d for d in documents if d.requirement_id == each.requirement_id and d.state in _REFUSED]
    if each.status is not RequirementStatus.BOUNCED or not refused:
        return words.upload.format(name=each.name)
    latest = max(refused, key=lambda document: document.iteration)
    reasons = "; ".join(reason.message or reason.code for reason in latest.reasons)
    return words.upload_again.format(name=each.name, reasons=reasons) if reasons else words.upload.format(name=each.name)


def _question(each: Question, words: Texts) -> Suggested:
    how = words.kinds.get(each.kind, words.kinds["text"])
    ask = words.answer.format(name=each.name)
    return Suggested(f"answer/{each.question_id}", FOLLOW_UP, _text(words, ask, each.why, how, mandatory=each.mandatory))


def _how(each: Requirement, words: Texts) -> str:
    return words.identity if each.answered_by == IDENTITY else "; ".join(_document_facts(each, words))


def _document_facts(each: Requirement, words: Texts) -> Iterator[str]:
    if each.media_types:
        yield words.in_formats.format(formats=", ".join(_FORMATS.get(media, media) for media in each.media_types))
    if each.max_age_days:
        yield words.not_older.format(days=each.max_age_days)
    if each.holder_required:
        yield words.holder


def _text(words: Texts, ask: str, why: str, how: str, *, mandatory: bool) -> str:
    parts = [ask, "" if mandatory else words.optional, words.why.format(why=why) if why else "", words.how.format(how=how) if how else ""]
    return " ".join(part.strip() if part.rstrip().endswith((".", "!", "?")) else f"{part.strip()}." for part in parts if part)
