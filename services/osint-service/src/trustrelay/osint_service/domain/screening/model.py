"""Values of screening: list entries, queries, explained hits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from trustrelay.osint_service.domain.model import HitStatus, PartyType

SANCTION, PEP = "sanction", "role.pep"


class Agreement(Enum):
    """How one fact of the query relates to the list entry's."""

    AGREES = "AGREES"
    CONTRADICTS = "CONTRADICTS"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class ListedName:
    """One spelling on a list. `weak` is the list's own mark; `family` are the words the list marks as family name."""

    text: str
    weak: bool = False
    family: str = ""


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A birth date as a list gives it: an exact day, or a span of years (both included)."""

    first_year: int
    last_year: int
    exact: date | None = None

    @classmethod
    def on(cls, day: date) -> BirthDate:
        """A full date."""
        return cls(day.year, day.year, day)

    def __str__(self) -> str:
        if self.exact is not None:
            return self.exact.isoformat()
        return str(self.first_year) if self.first_year == self.last_year else f"{self.first_year}/{self.last_year}"


@dataclass(frozen=True, slots=True)
class IdNumber:
    """An identity or register number; `country` is ISO alpha-2 of the issuer, empty when the list does not say."""

    number: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class ListedEntity:
    """One entry of a list with only the facts that screening needs. `type` None = neither person nor organisation (a vessel)."""

    dataset: str
    entity_id: str
    caption: str
    type: PartyType | None
    topics: tuple[str, ...]
    names: tuple[ListedName, ...]
    birth_dates: tuple[BirthDate, ...] = ()
    # ISO alpha-2: nationalities of a person, countries of an organisation.
    countries: tuple[str, ...] = ()
    genders: tuple[str, ...] = ()
    id_numbers: tuple[IdNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class Feature:
    """One part of a score. The score is the mean of the features of positive weight, plus the sum of weight × score of the others."""

    name: str
    query_value: str
    list_value: str
    score: float
    weight: float


@dataclass(frozen=True, slots=True)
class Discriminator:
    """A fact beside the name that tells two parties apart."""

    kind: str
    query_value: str
    list_value: str
    agreement: Agreement
    strong: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate at or above the threshold, with everything that led to it."""

    hit_id: str
    party_id: str
    dataset: str
    entity_id: str
    caption: str
    topics: tuple[str, ...]
    score: float
    features: tuple[Feature, ...] = ()
    discriminators: tuple[Discriminator, ...] = ()
    status: HitStatus = HitStatus.OPEN
    status_reason: str = ""


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """One list snapshot; `unavailable_reason` is empty when it is loaded. `sha256` covers the loaded files."""

    dataset: str
    topic: str
    sha256: str = ""
    loaded_at: datetime | None = None
    entity_count: int = 0
    unavailable_reason: str = ""
