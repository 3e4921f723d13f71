"""Shares, register numbers and account numbers in the shapes that documents give them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

from stdnum import iban as iban_rules
from stdnum.be import vat as be_vat
from stdnum.exceptions import ValidationError

PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,6})?)\s*(?:%|percent\b|procent\b|pour ?cent\b|pct\b)", re.IGNORECASE)
BARE_NUMBER = re.compile(r"^\s*(\d{1,3}(?:[.,]\d{1,6})?)\s*$")
BE_NUMBER = re.compile(r"(?<![\d.])(?:BE\s?)?[01]?\d{3}[.\s]?\d{3}[.\s]?\d{3}(?![\d.]?\d)", re.IGNORECASE)
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ .\n-]?[A-Z0-9]{2,4}){3,8}\b")
HUNDRED = Decimal(100)


def percent(text: str) -> Decimal | None:
    """`60 %`, `40,5%`, `12.5 percent` as a fraction 0..1, or None."""
    match = PERCENT.search(text)
    return None if match is None else _fraction(match[1], HUNDRED)


def shares(column: Sequence[str], header: str = "") -> list[Decimal | None]:
    """A column of shares as fractions.

    Without a percent sign a number above 1 makes the whole column percentages; else they are fractions already
    (what a spreadsheet stores for cells shown as percent). Nonsense (above 100 %) is None.
    """
    bare = [_decimal(match[1]) if (match := BARE_NUMBER.match(text)) else None for text in column]
    in_percent = "%" in header or any(value is not None and value > 1 for value in bare)
    found: list[Decimal | None] = []
    for text, value in zip(column, bare, strict=True):
        if value is None:
            found.append(percent(text))
        else:
            found.append(_bounded(value / HUNDRED if in_percent else value))
    return found


def _fraction(text: str, whole: Decimal) -> Decimal | None:
    value = _decimal(text)
    return None if value is None else _bounded(value / whole)


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None


def _bounded(value: Decimal) -> Decimal | None:
    return value if 0 <= value <= 1 else None


def plain(value: Decimal) -> str:
    """A fraction as text without needless zeros or exponents: `0.6`."""
    return format(value.normalize(), "f")


def digits(text: str) -> str:
    """Only the digits."""
    return re.sub(r"\D", "", text)


def same_number(left: str, right: str) -> bool:
    """Whether two register numbers are equal whatever punctuation, country prefix or leading zeros they carry."""
    one, two = _bare(left), _bare(right)
    return bool(one) and one == two


def _bare(number: str) -> str:
    signs = re.sub(r"[^0-9A-Za-z]", "", number).upper()
    without_country = re.sub(r"^[A-Z]{2}(?=[0-9])", "", signs)
    return without_country.lstrip("0")


def find_be_numbers(text: str) -> Iterator[str]:
    """Verbatim Belgian enterprise numbers with a right check digit."""
    for match in BE_NUMBER.finditer(text):
        if be_vat.is_valid(match.group(0)):
            yield match.group(0)


def _is_iban(text: str) -> bool:
    """Right check digits and length; bank codes are not looked up, registers of banks age faster than releases."""
    try:
        iban_rules.validate(text, check_country=False)
    except ValidationError:
        return False
    return True


def find_ibans(text: str) -> Iterator[tuple[str, str]]:
    """Verbatim and compact form of every IBAN with right check digits and the country's structure."""
    for match in IBAN.finditer(text):
        verbatim = match.group(0)
        # The pattern may swallow words that follow: shorten until the check digits hold.
        while len(verbatim) >= 15:
            if _is_iban(verbatim):
                yield verbatim, iban_rules.compact(verbatim)
                break
            verbatim = verbatim[:-1].rstrip(" .-\n")
