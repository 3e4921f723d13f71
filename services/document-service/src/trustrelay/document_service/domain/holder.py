"""Whether a document is about the subject of the case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .document import Document
from .extract import ExtractedField
from .names import SAME, SIMILAR, company_likeness, mentions
from .numbers import digits, same_number
from .text import fold

HOLDER_FIELDS = ("legal_name", "holder", "buyer", "full_name")
MIN_NUMBER_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Subject:
    """Case facts that a document's holder is compared with; empty = not known."""

    legal_name: str
    registration_number: str = ""
    registered_address: str = ""


class HolderMatch(StrEnum):
    """How the holder relates to the subject."""

    SAME = "same"
    UNCERTAIN = "uncertain"
    OTHER = "other"
    ABSENT = "absent"


def match_holder(document: Document, fields: Sequence[ExtractedField], subject: Subject) -> HolderMatch:
    """Compare by number where the document gives one, else by name; else look for the subject anywhere.

    A right number with a strange name, or a right name with another number, is for a person to judge.
    """
    values = {field.name: field.value for field in fields}
    name = next((values[field] for field in HOLDER_FIELDS if field in values), "")
    number = values.get("registration_number", "")
    likeness = company_likeness(name, subject.legal_name) if name else None
    if number and subject.registration_number:
        return _by_number(same_number(number, subject.registration_number), likeness)
    if likeness is not None and likeness >= SAME:
        return HolderMatch.SAME
    if _mentioned(document, subject):
        return HolderMatch.SAME
    if likeness is None:
        return HolderMatch.ABSENT
    return HolderMatch.UNCERTAIN if likeness >= SIMILAR else HolderMatch.OTHER


def _by_number(same: bool, likeness: float | None) -> HolderMatch:
    if same:
        return HolderMatch.SAME if likeness is None or likeness >= SIMILAR else HolderMatch.UNCERTAIN
    return HolderMatch.UNCERTAIN if likeness is not None and likeness >= SAME else HolderMatch.OTHER


def _mentioned(document: Document, subject: Subject) -> bool:
    number = digits(subject.registration_number).lstrip("0")
    if len(number) >= MIN_NUMBER_DIGITS and any(number in digits(span.text) for span in document.passages):
        return True
    return mentions(fold(document.text), subject.legal_name)
