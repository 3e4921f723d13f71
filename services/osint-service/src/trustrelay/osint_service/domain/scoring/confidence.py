"""Confidence = coverage × agreement × reliability × freshness, with its parts. Weights are product policy confidence@1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from trustrelay.osint_service.domain.evidence.crossref import Row
from trustrelay.osint_service.domain.model import Check
from trustrelay.osint_service.domain.scoring.coverage import coverage

RULE_VERSION = "confidence@1"
# How far a source is to be believed about the facts it is asked for; authentic registers most, the press least.
RELIABILITY = {
    "kbo": 0.95, "nbb": 0.95, "vies": 0.95, "gleif": 0.9, "gdelt": 0.5, "declared": 0.3,
}  # fmt: skip
_UNKNOWN_SOURCE = 0.5
_FRESH_DAYS, _STALE_DAYS = 30.0, 365.0
_DAY_SECONDS = 86_400.0
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Aged:
    """What is asked of a piece of evidence: who said it, and when it was fetched; None = nobody knows."""

    source: str
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class Confidence:
    """All 0..1; `score` is the product of the others."""

    score: float
    coverage: float
    agreement: float
    reliability: float
    freshness: float


def compute(checks: Sequence[Check], kinds: Iterable[str], matrix: Sequence[Row], evidence: Sequence[Aged], as_of: datetime) -> Confidence:
    """`kinds` are the kinds of checks the case asks for. What is missing (no evidence, no matrix) is no reason for confidence: its part is 0."""
    parts = tuple(round(part, _DIGITS) for part in (coverage(checks, kinds), _agreement(matrix), _reliability(evidence), _freshness(evidence, as_of)))
    covered, agreeing, reliable, fresh = parts
    return Confidence(round(covered * agreeing * reliable * fresh, _DIGITS), covered, agreeing, reliable, fresh)


def _agreement(matrix: Sequence[Row]) -> float:
    """Share of the rows that agree."""
    return sum(row.agrees for row in matrix) / len(matrix) if matrix else 0.0


def _reliability(evidence: Iterable[Aged]) -> float:
    """Mean over sources, each once: a hundred articles weigh no more than one register."""
    sources = {item.source for item in evidence}
    return sum(RELIABILITY.get(source, _UNKNOWN_SOURCE) for source in sources) / len(sources) if sources else 0.0


def _freshness(evidence: Sequence[Aged], as_of: datetime) -> float:
    return sum(_fresh(item, as_of) for item in evidence) / len(evidence) if evidence else 0.0


def _fresh(item: Aged, as_of: datetime) -> float:
    """1 for a month, then falling in a straight line to 0 after a year."""
    if item.fetched_at is None:
        return 0.0
    days = (as_of - item.fetched_at).total_seconds() / _DAY_SECONDS
    return max(0.0, min(1.0, (_STALE_DAYS - days) / (_STALE_DAYS - _FRESH_DAYS)))
