"""How good the investigation itself is: complete, consistent, cited. Product policy quality@1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trustrelay.osint_service.domain.evidence.crossref import Row
from trustrelay.osint_service.domain.model import Check, Finding, Severity
from trustrelay.osint_service.domain.scoring.coverage import coverage

RULE_VERSION = "quality@1"
# Below these an officer is told not to rely on it; the first that applies is the flag.
_INCOMPLETE_BELOW, _INCONSISTENT_BELOW, _UNCITED_BELOW = 0.6, 0.5, 0.5
INCOMPLETE, INCONSISTENT, UNCITED = "INVESTIGATION_INCOMPLETE", "SOURCES_INCONSISTENT", "FINDINGS_UNCITED"
# What a disagreement weighs against one fact that agrees.
_WEIGHT = {Severity.MEDIUM: 2.0, Severity.HIGH: 3.0, Severity.CRITICAL: 4.0}
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Quality:
    """All 0..1; `score` is the mean of the others. `flag` is empty or UPPER_SNAKE."""

    score: float
    completeness: float
    consistency: float
    citation: float
    flag: str


def score(checks: Sequence[Check], kinds: Iterable[str], findings: Sequence[Finding], matrix: Sequence[Row]) -> Quality:
    """`findings` are those that nothing has superseded. Nothing compared is not consistent; no finding leaves none uncited."""
    parts = (coverage(checks, kinds), _consistency(matrix), _citation(findings))
    complete, consistent, cited = (round(part, _DIGITS) for part in parts)
    return Quality(round((complete + consistent + cited) / len(parts), _DIGITS), complete, consistent, cited, _flag(complete, consistent, cited))


def _consistency(matrix: Sequence[Row]) -> float:
    """Share of the weight that lies on facts the sources agree about."""
    weights = [1.0 if row.agrees else _WEIGHT.get(row.severity or Severity.LOW, 1.0) for row in matrix]
    agreeing = sum(1.0 for row in matrix if row.agrees)
    return agreeing / sum(weights) if weights else 0.0


def _citation(findings: Sequence[Finding]) -> float:
    return sum(bool(finding.evidence_ids) for finding in findings) / len(findings) if findings else 1.0


def _flag(completeness: float, consistency: float, citation: float) -> str:
    if completeness < _INCOMPLETE_BELOW:
        return INCOMPLETE
    if consistency < _INCONSISTENT_BELOW:
        return INCONSISTENT
    return UNCITED if citation < _UNCITED_BELOW else ""
