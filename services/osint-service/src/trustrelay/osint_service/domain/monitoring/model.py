"""Values of monitoring. A fact is one text under one name; a list is one text in a stable order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trustrelay.osint_service.domain.model import Outcome, Severity
from trustrelay.osint_service.domain.screening.model import DatasetVersion

#: Between the members of a list. Names hold commas, not this.
SEPARATOR = "; "

REGISTRY, VAT, EORI, SCREENING = "registry", "vat", "eori", "screening"
KINDS = (REGISTRY, VAT, EORI, SCREENING)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one kind of check saw. NOT_ASSESSED may still carry facts, of sources that did answer: they are compared, and never become a state."""

    check_kind: str
    outcome: Outcome
    reason: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    datasets: tuple[DatasetVersion, ...] = ()

    def __post_init__(self) -> None:
        if self.outcome in (Outcome.FAILED, Outcome.NOT_ASSESSED) and not self.reason:
            raise ValueError(f"{self.check_kind}: {self.outcome.value} needs a reason")


@dataclass(frozen=True, slots=True)
class FactChange:
    """One fact before and after, as an officer reads it."""

    fact: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """A difference that matters."""

    kind: str
    severity: Severity
    check_kind: str
    facts: tuple[FactChange, ...]


@dataclass(frozen=True, slots=True)
class KnownHit:
    """A hit that somebody, or a rule, has seen already: no news, whatever became of it."""

    party_id: str
    dataset: str
    entity_id: str


def listed(members: Mapping[str, str] | tuple[str, ...]) -> str:
    """One text for a list, the same whatever order its members came in."""
    return SEPARATOR.join(sorted(set(members)))


def members(text: str) -> frozenset[str]:
    """What `listed` was made of."""
    return frozenset(text.split(SEPARATOR)) - {""}
