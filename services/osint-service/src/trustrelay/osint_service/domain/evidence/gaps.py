"""Which requirements evidence covers already, and why the others are still asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trustrelay.osint_service.domain.model import Evidence, Finding, Severity

# Which findings bear on which documents: part of the finding's kind → parts of a requirement's id or document types.
_BEARS_ON = (
    ("ownership", ("ubo", "owner", "shareholder")),
    ("owner", ("ubo", "owner", "shareholder")),
    ("share", ("ubo", "owner", "shareholder")),
    ("legal_name", ("article", "statute", "register_extract", "incorporation")),
    ("registered_address", ("address", "utility")),
)
_REOPENS = Severity.HIGH


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rules need of a requirement."""

    requirement_id: str
    why: str
    document_types: tuple[str, ...]
    covered_by_evidence_kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`covered_by` is the evidence that covers it, empty when it stays open."""

    requirement_id: str
    covered_by: str
    why: str


def analyze_gaps(requirements: Iterable[Asked], evidence: Sequence[Evidence], findings: Sequence[Finding]) -> tuple[Verdict, ...]:
    """One verdict per requirement, in order. A serious finding about its facts keeps a requirement open whatever evidence there is."""
    return tuple(_verdict(each, evidence, [f for f in findings if _bears_on(f, each)]) for each in requirements)


def _verdict(asked: Asked, evidence: Sequence[Evidence], findings: Sequence[Finding]) -> Verdict:
    covering = next((item for kind in asked.covered_by_evidence_kinds for item in evidence if item.kind == kind), None)
    doubted = any(finding.severity >= _REOPENS for finding in findings)
    if covering is not None and not doubted:
        return Verdict(asked.requirement_id, covering.evidence_id, f"Covered by {covering.kind} from {covering.source}")
    reasons = [asked.why, *(finding.statement for finding in findings)]
    return Verdict(asked.requirement_id, "", ". ".join(reason.rstrip(".") for reason in reasons if reason))


def _bears_on(finding: Finding, asked: Asked) -> bool:
    subjects = (asked.requirement_id, *asked.document_types)
    return any(
        part in finding.kind and any(word in subject for word in words for subject in subjects) for part, words in _BEARS_ON
    )  # fmt: skip
