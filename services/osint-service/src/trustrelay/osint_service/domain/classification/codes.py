"""Activity codes and the merchant category (ISO 18245)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import iso18245

from trustrelay.osint_service.domain.model import Outcome, Profile

OFFICER, PRE_ENRICHMENT, OSINT = "officer", "pre_enrichment", "osint"
MCC_REVISION = "mcc"
RULE = "rule:classify-mcc@1"
NO_CLASSIFIER = "CLASSIFIER_NOT_AVAILABLE"
_MCC = re.compile(r"[0-9]{4}")
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class ActivityCode:
    """`revision` is the NACE revision's year or "mcc"; `code` has digits only; `origin` says who said it."""

    revision: str
    code: str
    origin: str


@dataclass(frozen=True, slots=True)
class Classification:
    """`mcc` is four digits when `outcome` is CLEAR, else empty. `reconciliation` None = not asked yet."""

    mcc: str
    outcome: Outcome
    reason: str
    set_by: str
    codes: tuple[ActivityCode, ...]
    reconciliation: Outcome | None = None
    reconciliation_reason: str = ""


class UnknownMcc(ValueError):
    """What an officer gave is no merchant category."""


def classify(officer_mcc: str, pre_enrichment: Iterable[ActivityCode], profiles: Iterable[Profile]) -> Classification:
    """An officer's code is the classification; without one nobody can say yet. Raises UnknownMcc for one that no table has."""
    code = officer_mcc.strip()
    if code and not _known(code):
        raise UnknownMcc
    officer = [ActivityCode(MCC_REVISION, code, OFFICER)] if code else []
    enriched = [replace(each, origin=PRE_ENRICHMENT) for each in pre_enrichment]
    codes = merged((*officer, *enriched, *_of_registers(profiles)))
    if code:
        return Classification(code, Outcome.CLEAR, "", OFFICER, codes)
    return Classification("", Outcome.NOT_ASSESSED, NO_CLASSIFIER, RULE, codes)


def _known(code: str) -> bool:
    if _MCC.fullmatch(code) is None:
        return False
    try:
        iso18245.get_mcc(code)
    except iso18245.MCCNotFound:
        return False
    return True


def merged(codes: Iterable[ActivityCode]) -> tuple[ActivityCode, ...]:
    """Each (revision, digits) once, by whoever comes first; what has no digits is no code."""
    found: dict[tuple[str, str], ActivityCode] = {}
    for each in codes:
        revision, digits = each.revision.strip().lower(), "".join(_DIGITS.findall(each.code))
        if digits:
            found.setdefault((revision, digits), ActivityCode(revision, digits, each.origin))
    return tuple(found.values())


def _of_registers(profiles: Iterable[Profile]) -> Iterable[ActivityCode]:
    for profile in profiles:
        for text in profile.activity_codes:
            revision, _, code = text.partition(":")
            yield ActivityCode(revision, code, OSINT)
