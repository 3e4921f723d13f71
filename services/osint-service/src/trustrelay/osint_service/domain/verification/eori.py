"""EORI numbers: format of Reg. (EU) 952/2013's implementing rules, and the national number inside where its structure is known."""

from __future__ import annotations

import re
from collections.abc import Callable

from stdnum.be import vat as be_enterprise
from stdnum.fr import siret as fr_siret
from stdnum.it import iva as it_iva
from stdnum.nl import bsn as nl_bsn

from trustrelay.osint_service.domain.model import Check, Outcome

KIND = "eori"
INVALID, NOT_DECLARED, NOT_CONFIGURED = "EORI_INVALID", "EORI_NOT_DECLARED", "EORI_SERVICE_NOT_CONFIGURED"
_FORMAT = re.compile(r"[A-Z]{2}[A-Z0-9]{1,15}")
_UNION = "AT BE BG CY CZ DE DK EE EL ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI"
_BRITISH = "GB"
_ISSUERS = frozenset((*_UNION.split(), _BRITISH))
# Operators without a national number get other forms, which are left to the service: only these forms carry check digits.
_NATIONAL: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "BE": (re.compile(r"[01]\d{9}"), be_enterprise.is_valid),
    "FR": (re.compile(r"\d{14}"), fr_siret.is_valid),
    "IT": (re.compile(r"\d{11}"), it_iva.is_valid),
    "NL": (re.compile(r"\d{9}"), nl_bsn.is_valid),
}


def compact(number: str) -> str:
    """Without blanks, dots and dashes; upper case."""
    return re.sub(r"[\s.\-]", "", number).upper()


def well_formed(number: str) -> bool:
    """True for a compact number of a country that issues EORI numbers, with right check digits where it carries any."""
    if _FORMAT.fullmatch(number) is None or number[:2] not in _ISSUERS:
        return False
    form, valid = _NATIONAL.get(number[:2], (None, None))
    return form is None or valid is None or form.fullmatch(number[2:]) is None or valid(number[2:])


def of_the_union(number: str) -> bool:
    """True when the Commission's service answers for it; Great Britain has its own."""
    return not number.startswith(_BRITISH)


def judged_by_form(number: str) -> Check | None:
    """What the number itself decides: nothing was declared, or it cannot exist. None = its register must be asked."""
    if not number:
        return Check(KIND, Outcome.NOT_ASSESSED, NOT_DECLARED, "No EORI number was declared")
    if not well_formed(number):
        return Check(KIND, Outcome.FAILED, INVALID, "No EORI number has this form, or its check digits are wrong")
    return None
