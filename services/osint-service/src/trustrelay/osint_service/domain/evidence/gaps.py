"""Which requirements evidence covers already, and why the others are still asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trustrelay.osint_service.domain.model import Evidence, Finding, Severity
from trustrelay.osint_service.domain.papers import IDENTITY

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
    """What the rules need of a requirement. `countries` and `legal_forms` restrict it; empty = everyone."""

    requirement_id: str
    why: str
    document_types: tuple[str, ...]
    covered_by_evidence_kinds: tuple[str, ...]
    countries: tuple[str, ...] = ()
    legal_forms: tuple[str, ...] = ()
    # document or identity
    answered_by: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`covered_by` is the evidence that covers it, empty when it stays open."""

    requirement_id: str
    covered_by: str
    why: str
    applicable: bool = True


def analyze_gaps(
    requirements: Iterable[Asked], evidence: Sequence[Evidence], findings: Sequence[Finding], *, country: str = "", legal_forms: Iterable[str] = ()
) -> tuple[Verdict, ...]:
    """One verdict per requirement, in order. A serious finding about its facts keeps a requirement open whatever evidence there is.

    A requirement of other countries or legal forms is not applicable; while nobody knows the subject's own, it is asked.
    """
    forms = frozenset(form.strip().casefold() for form in legal_forms if form.strip())
    return tuple(
        _verdict(each, evidence, [f for f in findings if _bears_on(f, each)])
        if _applies(each, country, forms)
        else Verdict(each.requirement_id, "", each.why, applicable=False)
        for each in requirements
    )


def _applies(asked: Asked, country: str, legal_forms: frozenset[str]) -> bool:
    elsewhere = country and asked.countries and country.upper() not in {code.upper() for code in asked.countries}
    others = legal_forms and asked.legal_forms and not legal_forms & {form.strip().casefold() for form in asked.legal_forms}
    return not elsewhere and not others


def _verdict(asked: Asked, evidence: Sequence[Evidence], findings: Sequence[Finding]) -> Verdict:
    if asked.answered_by == IDENTITY:  # no register stands in for the person
        return Verdict(asked.requirement_id, "", asked.why)
    covering = next((item for kind in asked.covered_by_evidence_kinds for item in evidence if item.kind == kind), None)
    doubted = any(finding.severity >= _REOPENS for finding in findings)
    if covering is not None and not doubted:
        return Verdict(asked.requirement_id, covering.evidence_id, f"Covered by {covering.kind} from {covering.source}")
    # The reasons of an earlier analysis may be there already.
    reasons = [asked.why, *(f.statement for f in findings if f.statement.rstrip(".") not in asked.why)]
    return Verdict(asked.requirement_id, "", ". ".join(reason.rstrip(".") for reason in reasons if reason))


def _bears_on(finding: Finding, asked: Asked) -> bool:
    subjects = (asked.requirement_id, *asked.document_types)
    return any(
        part in finding.kind and any(word in subject for word in words for subject in subjects) for part, words in _BEARS_ON
    )  # fmt: skip
