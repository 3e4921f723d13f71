"""Cron expressions as schedules take them: judged before they are stored, since a stored one that the engine refuses would never run."""

from __future__ import annotations

import re

#: Minute, hour, day of month, month, day of week (0 and 7 are Sunday): what crontab(5) allows.
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = {name: str(number) for number, name in enumerate(["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1)}
_DAYS = {name: str(number) for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])}
_NAMES: tuple[dict[str, str], ...] = ({}, {}, {}, _MONTHS, _DAYS)
_PART = re.compile(r"(?:\*|(?P<first>\d{1,2})(?:-(?P<last>\d{1,2}))?)(?:/(?P<step>\d{1,2}))?")


def is_cron(expression: str) -> bool:
    """Whether these are five fields of numbers, ranges, steps, lists or English short names, each within its bounds."""
    fields = expression.upper().split()
    return len(fields) == len(_BOUNDS) and all(_is_field(field, bounds, names) for field, bounds, names in zip(fields, _BOUNDS, _NAMES, strict=True))


def _is_field(field: str, bounds: tuple[int, int], names: dict[str, str]) -> bool:
    numbered = re.sub(r"[A-Z]{3}", lambda found: names.get(found[0], found[0]), field)
    return all(_is_part(part, bounds) for part in numbered.split(","))


def _is_part(part: str, bounds: tuple[int, int]) -> bool:
    found = _PART.fullmatch(part)
    if found is None or (found["step"] is not None and int(found["step"]) == 0):
        return False
    if found["first"] is None:
        return True
    first, last = int(found["first"]), int(found["last"] or found["first"])
    return bounds[0] <= first <= last <= bounds[1]
