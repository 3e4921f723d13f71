"""Whether activity codes and merchant category go together. Deterministic; rule nace-mcc@1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from trustrelay.osint_service.domain.classification.codes import ActivityCode, Classification
from trustrelay.osint_service.domain.classification.nace_mcc import RANGES
from trustrelay.osint_service.domain.model import Outcome

DIVERGES = "DIVERGES"
NOT_CLASSIFIED, NO_CODES, UNMAPPED = "MCC_NOT_CLASSIFIED", "NACE_CODES_MISSING", "NACE_DIVISION_NOT_MAPPED"
# The divisions of NACE Rev. 1.1 (2003) are others, and the table does not speak of them.
_REVISIONS = frozenset({"2008", "2025"})


def reconcile(classification: Classification) -> Classification:
    """CLEAR when one division admits the category, HIT when every mapped one speaks against it, NOT_ASSESSED with the reason otherwise."""
    outcome, reason = _judge(classification)
    return replace(classification, reconciliation=outcome, reconciliation_reason=reason)


def _judge(classification: Classification) -> tuple[Outcome, str]:
    if classification.outcome is not Outcome.CLEAR or not classification.mcc.isdigit():
        return Outcome.NOT_ASSESSED, NOT_CLASSIFIED
    divisions = divisions_of(classification.codes)
    if not divisions:
        return Outcome.NOT_ASSESSED, NO_CODES
    mapped = [RANGES[division] for division in divisions if division in RANGES]
    if not mapped:
        return Outcome.NOT_ASSESSED, UNMAPPED
    mcc = int(classification.mcc)
    if any(first <= mcc <= last for ranges in mapped for first, last in ranges):
        return Outcome.CLEAR, ""
    return Outcome.HIT, DIVERGES


def divisions_of(codes: Iterable[ActivityCode]) -> frozenset[str]:
    """First two digits of every code of a revision that the table speaks of."""
    return frozenset(code.code[:2] for code in codes if code.revision in _REVISIONS and len(code.code) >= 2)
