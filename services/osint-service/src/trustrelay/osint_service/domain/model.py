"""What every rule of this service speaks about. Empty text means "not known", never "none"."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum


class PartyType(Enum):
    """What a party is; the value is the name the contracts use."""

    COMPANY = "COMPANY"
    PERSON = "PERSON"


class Role(Enum):
    """How a party relates to the subject; the value is the name the contracts use."""

    SUBJECT = "SUBJECT"
    DIRECTOR = "DIRECTOR"
    OWNER = "OWNER"
    BENEFICIAL_OWNER = "BENEFICIAL_OWNER"


class Outcome(Enum):
    """The typed answer of a check: silence is never CLEAR."""

    CLEAR = "CLEAR"
    HIT = "HIT"
    FAILED = "FAILED"
    NOT_ASSESSED = "NOT_ASSESSED"


class Severity(IntEnum):
    """How much a finding weighs; ordered."""

    VERIFIED = 1
    INFO = 2
    LOW = 3
    MEDIUM = 4
    HIGH = 5
    CRITICAL = 6


class HitStatus(Enum):
    """What became of a candidate match."""

    OPEN = "OPEN"
    DISMISSED = "DISMISSED"
    FALSE_POSITIVE = "FALSE_POSITIVE"
    TRUE_MATCH = "TRUE_MATCH"


@dataclass(frozen=True, slots=True)
class Party:
    """A company or person around the subject. `birth_date` is ISO 8601, possibly partial; `share` a decimal fraction 0..1 as text."""

    party_id: str
    type: PartyType
    full_name: str
    roles: frozenset[Role] = frozenset()
    birth_date: str = ""
    nationality: str = ""
    gender: str = ""
    id_number: str = ""
    share: str = ""
    source: str = ""

    @property
    def owns(self) -> bool:
        """True for owners of either kind."""
        return bool(self.roles & {Role.OWNER, Role.BENEFICIAL_OWNER})


@dataclass(frozen=True, slots=True)
class BankAccount:
    """An account the subject declared; `purpose` is company or guarantee."""

    iban: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is under review, as declared. `birth_date` and `nationality` are a person's; for a person `country` is where they live."""

    type: PartyType
    legal_name: str
    country: str
    registration_number: str = ""
    vat_number: str = ""
    lei: str = ""
    declared_parties: tuple[Party, ...] = ()
    birth_date: str = ""
    nationality: str = ""
    eori: str = ""
    bank_accounts: tuple[BankAccount, ...] = ()
    selected_services: tuple[str, ...] = ()
    website: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What one source says about the subject company. `activity_codes` are "<revision>:<digits>"."""

    source: str
    legal_name: str = ""
    registration_number: str = ""
    country: str = ""
    status: str = ""
    legal_form: str = ""
    registered_address: str = ""
    start_date: str = ""
    activity_codes: tuple[str, ...] = ()
    vat_number: str = ""
    lei: str = ""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """Where the bytes of a piece of evidence lie."""

    key: str
    version: str
    sha256: str
    size_bytes: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something collected, with provenance."""

    evidence_id: str
    source: str
    url: str
    fetched_at: datetime
    stored: StoredObject
    kind: str


@dataclass(frozen=True, slots=True)
class Check:
    """One verification. `reason` is set for FAILED and NOT_ASSESSED; `party_id` is empty for the subject itself.

    `about` tells checks of one kind apart that are not about a party: an account's purpose, a question's id.
    """

    kind: str
    outcome: Outcome
    reason: str = ""
    detail: str = ""
    party_id: str = ""
    evidence_ids: tuple[str, ...] = ()
    # An officer accepted a NOT_ASSESSED with a reason.
    overridden: bool = False
    about: str = ""

    def __post_init__(self) -> None:
        if self.outcome in (Outcome.FAILED, Outcome.NOT_ASSESSED) and not self.reason:
            raise ValueError(f"{self.kind}: {self.outcome.value} needs a reason")

    @property
    def check_id(self) -> str:
        """Deterministic: kind and what it is about; the kind alone for the subject itself."""
        about = self.about or self.party_id
        return f"{self.kind}:{about}" if about else self.kind


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement drawn from evidence. `finding_id` is deterministic, so that a retry writes the same row."""

    finding_id: str
    kind: str
    severity: Severity
    statement: str
    evidence_ids: tuple[str, ...] = field(default=())
