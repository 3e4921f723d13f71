"""Dates as documents write them, in English, Dutch and French."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .text import fold

MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "january januari janvier jan janv",
        "february februari fevrier feb febr fevr fev",
        "march maart mars mar mrt",
        "april avril apr avr",
        "may mei mai",
        "june juni juin jun",
        "july juli juillet jul juil",
        "august augustus aout aug",
        "september septembre sep sept",
        "october oktober octobre oct okt",
        "november novembre nov",
        "december decembre dec",
    ),
    start=1,
):
    MONTHS.update(dict.fromkeys(_names.split(), _number))

_PATTERNS = (
    # 2026-03-01, also 2026/03/01 and the time that spreadsheets append
    re.compile(r"(?<!\d)(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"),
    # 01/03/2026, 1-3-2026, 01.03.2026: the day stands first in all three languages here
    re.compile(r"(?<!\d)(?P<d>\d{1,2})\s?[-/.]\s?(?P<m>\d{1,2})\s?[-/.]\s?(?P<y>\d{4})(?!\d)"),
    # 1 March 2026, 1er mars 2026, 1st of March 2026, 1maart2026 (OCR)
    re.compile(r"(?<!\d)(?P<d>\d{1,2})\s?(?:st|nd|rd|th|er|e)?\.?\s*(?:of\s+)?(?P<name>[^\W\d_]{3,10})\.?,?\s*(?P<y>\d{4})(?!\d)"),
    # March 1, 2026
    re.compile(r"(?P<name>[^\W\d_]{3,10})\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,\s*(?P<y>\d{4})(?!\d)"),
)


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date and the verbatim text that says it."""

    value: date
    text: str
    start: int


def find_dates(text: str) -> Iterator[FoundDate]:
    """Every full date in the text, in order of appearance; impossible ones are passed over."""
    found: list[FoundDate] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            value = _value(match)
            if value is not None:
                found.append(FoundDate(value, match.group(0), match.start()))
    yield from sorted(found, key=lambda entry: entry.start)


def parse_date(text: str) -> date | None:
    """The first full date in the text, or None."""
    return next((entry.value for entry in find_dates(text)), None)


def _value(match: re.Match[str]) -> date | None:
    groups = match.groupdict()
    month = int(groups["m"]) if groups.get("m") else MONTHS.get(fold(groups.get("name") or ""), 0)
    try:
        return date(int(groups["y"]), month, int(groups["d"]))
    except ValueError:
        return None
