"""Answers in words, checked by what they are: check digits by python-stdnum, countries by rigour, dates by the calendar."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from rigour.territories import get_territory
from stdnum import get_cc_module, iban, lei
from stdnum.be import ssn as be_ssn
from stdnum.eu import vat as eu_vat
from stdnum.nl import bsn as nl_bsn

from trustrelay.osint_service.domain.model import Check, Outcome
from trustrelay.osint_service.domain.papers import Question
from trustrelay.osint_service.domain.verification import eori

KIND = "field"
NOT_ANSWERED, KIND_UNSUPPORTED, VAT_COUNTRY_UNSUPPORTED = "NOT_ANSWERED", "FIELD_KIND_UNSUPPORTED", "VAT_COUNTRY_UNSUPPORTED"
_ALPHA_2 = 2
# fromisoformat also reads weeks and dates without dashes.
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_GREECE, _UNION = "EL", "EU"
# Codes that ISO 3166-1 reserves without giving them to a country.
_NOT_ASSIGNED = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "IC", "TA", "UN", "ZZ"})


def validate_fields(questions: Iterable[Question], answers: Mapping[str, str]) -> tuple[Check, ...]:
    """One check per answer to a question of the template, and per mandatory question without one. Answers to no question are nobody's."""
    checks = []
    for question in questions:
        answer = answers.get(question.question_id, "").strip()
        if answer or question.mandatory:
            outcome, reason, detail = _judge(question.kind, answer)
            checks.append(Check(KIND, outcome, reason, detail, about=question.question_id))
    return tuple(checks)


def _judge(kind: str, answer: str) -> tuple[Outcome, str, str]:
    if not answer:
        return Outcome.NOT_ASSESSED, NOT_ANSWERED, "The question is not answered"
    if kind == "text":
        return Outcome.CLEAR, "", "Answered; free text has no check digits"
    if kind not in _VALID:
        return Outcome.NOT_ASSESSED, KIND_UNSUPPORTED, "No rule knows this kind of field"
    match _VALID[kind](answer):
        case None:
            return Outcome.NOT_ASSESSED, VAT_COUNTRY_UNSUPPORTED, "No rule knows the VAT numbers of this country"
        case True:
            return Outcome.CLEAR, "", "Form and check digits are right"
        case False:
            return Outcome.FAILED, f"{kind.upper()}_INVALID", "Form or check digits are wrong"


def full_date(text: str) -> date | None:
    """YYYY-MM-DD of the calendar, or None."""
    try:
        return date.fromisoformat(text.strip()) if _ISO_DAY.fullmatch(text.strip()) else None
    except ValueError:
        return None


def known_country(code: str) -> bool:
    """ISO 3166-1 alpha-2 of a country or territory of today; Kosovo's XK, which everybody uses, too."""
    if len(code) != _ALPHA_2 or not (code.isascii() and code.isalpha()) or code.upper() in _NOT_ASSIGNED:
        return False
    territory = get_territory(code)
    return territory is not None and territory.code.upper() == code.upper() and not territory.is_historical


def _vat(number: str) -> bool | None:
    """None for a country whose numbers nobody here knows; a number without a prefix is wrong."""
    compact = eori.compact(number)
    prefix = compact[:2]
    if not (prefix.isascii() and prefix.isalpha()):
        return False
    if prefix == _GREECE or prefix.lower() in eu_vat.MEMBER_STATES:
        return bool(eu_vat.is_valid(compact))
    module = None if prefix == _UNION else get_cc_module(prefix.lower(), "vat")
    # Some modules take the prefix, some do not.
    return None if module is None else bool(module.is_valid(compact) or module.is_valid(compact[2:]))


_VALID: Mapping[str, Callable[[str], bool | None]] = {
    "be_nrn": be_ssn.is_valid,
    "nl_bsn": nl_bsn.is_valid,
    "iban": iban.is_valid,
    "vat": _vat,
    "eori": lambda number: eori.well_formed(eori.compact(number)),
    "lei": lei.is_valid,
    "date": lambda text: full_date(text) is not None,
    "country": known_country,
}
