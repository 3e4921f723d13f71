"""Effective-dated country lists as data: (list, countries, from, to, legal act). A list says nothing about days before its first row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

EU_HIGH_RISK, FATF_BLACK, FATF_GREY = "eu_high_risk", "fatf_black", "fatf_grey"
# The first day for which every list has a row.
FIRST_DAY = date(2026, 1, 29)


@dataclass(frozen=True, slots=True)
class Listing:
    """ISO alpha-2 countries on a list from a day on, until (excluding) another; `until` None = still in force."""

    name: str
    countries: frozenset[str]
    since: date
    until: date | None
    act: str


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EU_2026 = _codes("AF DZ AO BO VG CM CI KP CD HT IR KE LA LB MC MM NA NP RU SS SY TT VU VE VN YE")

# FATF publishes at plenaries; the first of the month stands for the plenary's day.
TABLE = (
    Listing(EU_HIGH_RISK, _EU_2026, FIRST_DAY, None, "Reg. (EU) 2026/46, 2026/83"),
    Listing(FATF_BLACK, _codes("KP IR MM"), FIRST_DAY, None, "FATF call for action"),
    Listing(FATF_GREY, _codes("AO BO BG CM CI CD HT KE LA LB MC NP SS SY VE VN VG YE"), FIRST_DAY, None, "FATF monitoring, October 2025"),
    Listing(FATF_GREY, _codes("DZ NA"), FIRST_DAY, date(2026, 6, 1), "FATF increased monitoring, October 2025 to June 2026"),
    Listing(FATF_GREY, _codes("KW PG"), date(2026, 2, 1), None, "FATF increased monitoring, February 2026"),
    Listing(FATF_GREY, _codes("IQ BA"), date(2026, 6, 1), None, "FATF increased monitoring, June 2026"),
)


def lists_naming(country: str, as_of: date) -> frozenset[str]:
    """Names of the lists that the country stands on that day."""
    code = country.upper()
    return frozenset(each.name for each in TABLE if code in each.countries and each.since <= as_of and (each.until is None or as_of < each.until))
