"""Identification numbers with valid check digits, from ranges that nobody has been given.

Check digits are never computed here: candidates are completed until python-stdnum accepts them.
"""

from collections.abc import Callable
from datetime import date
from random import Random
from string import ascii_uppercase, digits

from stdnum import iban, lei
from stdnum.be import iban as be_iban
from stdnum.be import nn
from stdnum.be import vat as be_vat
from stdnum.de import vat as de_vat
from stdnum.gr import vat as gr_vat

UNISSUED_ENTERPRISE_PREFIX = "19"  # numbers starting with 1 are new; the register is far below 1.9
UNASSIGNED_BANK = "999"  # no Belgian bank holds this code, so no account has such an IBAN


def _complete(stem: str, width: int, is_valid: Callable[[str], bool]) -> str | None:
    """The stem with the first suffix of `width` digits that the check accepts, or None."""
    candidates = (f"{stem}{suffix:0{width}d}" for suffix in range(10**width))
    return next((number for number in candidates if is_valid(number)), None)


def _draw(stem: Callable[[], str], width: int, is_valid: Callable[[str], bool]) -> str:
    """New stems until one can be completed (some stems have no valid check digit in some schemes)."""
    while True:
        if number := _complete(stem(), width, is_valid):
            return number


def _digits(rng: Random, count: int) -> str:
    return "".join(rng.choices(digits, k=count))


def enterprise_number(rng: Random) -> str:
    """Belgian enterprise number, 10 digits, no dots."""
    return _draw(lambda: UNISSUED_ENTERPRISE_PREFIX + _digits(rng, 6), 2, be_vat.is_valid)


def establishment_number(rng: Random) -> str:
    """Belgian establishment unit number: 10 digits starting with 2, same mod-97 check as the enterprise's."""
    return _draw(lambda: "29" + _digits(rng, 6), 2, _is_establishment)


def _is_establishment(number: str) -> bool:
    return bool(be_vat.checksum(number) == 0)


def legal_entity_identifier(rng: Random) -> str:
    """LEI whose issuer prefix (SBOX) belongs to no local operating unit."""
    return _draw(lambda: "SBOX00" + "".join(rng.choices(ascii_uppercase + digits, k=12)), 2, lei.is_valid)


def belgian_iban(rng: Random) -> str:
    """Belgian IBAN, 16 characters, at a bank code that is not assigned."""

    def with_check(account: str) -> str:
        return f"BE{iban.calc_check_digits('BE00' + account)}{account}"

    account = _draw(lambda: UNASSIGNED_BANK + _digits(rng, 7), 2, lambda a: be_iban.is_valid(with_check(a)))
    return with_check(account)


def national_number(rng: Random, born: date, *, female: bool) -> str:
    """Belgian national register number, 11 digits, with a day sequence (989 to 997) that births never reach."""
    sequence = rng.choice((990, 992, 994, 996) if female else (989, 991, 993, 995, 997))
    stem = f"{born:%y%m%d}{sequence:03d}"
    return _draw(lambda: stem, 2, lambda n: nn.is_valid(n) and nn.get_birth_date(n) == born)


def passport_number(rng: Random) -> str:
    """Two letters and seven digits; no scheme, no check digit."""
    return "".join(rng.choices(ascii_uppercase, k=2)) + _digits(rng, 7)


def german_vat(rng: Random) -> str:
    """German VAT number without its country prefix."""
    return _draw(lambda: rng.choice("123456789") + _digits(rng, 7), 1, de_vat.is_valid)


def greek_vat(rng: Random) -> str:
    """Greek VAT number without its country prefix (EL in VIES)."""
    return _draw(lambda: "9" + _digits(rng, 7), 1, gr_vat.is_valid)


def dotted(number: str) -> str:
    """1912345678 → 1912.345.678 as the Belgian register writes enterprises; 2.912.345.678 for establishments."""
    if number.startswith("2"):
        return f"{number[0]}.{number[1:4]}.{number[4:7]}.{number[7:]}"
    return f"{number[:4]}.{number[4:7]}.{number[7:]}"


def national_number_written(number: str) -> str:
    """61051499023 → 61.05.14-990.23, as on the identity card."""
    return f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"
