"""What the customer is asked for and what came of it, as the rules see it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

IDENTITY = "identity"


class RequirementStatus(Enum):
    """Where a requirement stands; the value is the name the contracts use. UNSPECIFIED = nobody has judged it."""

    UNSPECIFIED = "UNSPECIFIED"
    OPEN = "OPEN"
    SUBMITTED = "SUBMITTED"
    SATISFIED = "SATISFIED"
    BOUNCED = "BOUNCED"
    COVERED = "COVERED"
    WAIVED = "WAIVED"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class DocumentState(Enum):
    """What became of an upload; the value is the name the contracts use."""

    UNSPECIFIED = "UNSPECIFIED"
    STORED = "STORED"
    CONVERTED = "CONVERTED"
    UNREADABLE = "UNREADABLE"
    VALID = "VALID"
    INVALID = "INVALID"
    NEEDS_REVIEW = "NEEDS_REVIEW"
    SUPERSEDED = "SUPERSEDED"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A document or a verified identity asked for. Texts are in the case's language; `max_age_days` 0 = any age."""

    requirement_id: str
    title: str = ""
    why: str = ""
    how: str = ""
    mandatory: bool = True
    status: RequirementStatus = RequirementStatus.UNSPECIFIED
    media_types: tuple[str, ...] = ()
    holder_required: bool = False
    max_age_days: int = 0
    answered_by: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.title or self.requirement_id


@dataclass(frozen=True, slots=True)
class Question:
    """Something the customer answers in words; `kind` is what its value is checked as."""

    question_id: str
    kind: str
    title: str = ""
    why: str = ""
    mandatory: bool = False

    @property
    def name(self) -> str:
        """What people call it."""
        return self.title or self.question_id


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an upload was not accepted: UPPER_SNAKE code, and a sentence the customer can act on."""

    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One upload. `judged` = validation has spoken about it."""

    document_id: str
    requirement_id: str
    state: DocumentState
    iteration: int = 0
    judged: bool = False
    reasons: tuple[Reason, ...] = ()

    @property
    def source(self) -> str:
        """How statements read from it name their source, in evidence ids and parties alike."""
        return f"document:{self.document_id}"
