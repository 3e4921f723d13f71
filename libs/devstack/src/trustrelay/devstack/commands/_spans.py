"""Times and spans of time as a person types them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from trustrelay.devstack.errors import UsageError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(option: str, text: str) -> timedelta:
    """`90s`, `30m`, `12h`, `1d`. Raises UsageError for anything else."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text.strip().lower())
    if found is None:
        raise UsageError(f"{option} takes a number with s, m, h or d, for example 30m")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def moment_of(option: str, text: str) -> datetime:
    """ISO 8601; without a zone it is UTC. Raises UsageError for anything else."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} takes times like 2026-11-22T08:00 (UTC)") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def said(length: timedelta) -> str:
    """As a person types it: the largest unit that comes out even."""
    seconds = int(length.total_seconds())
    unit, size = next((unit, size) for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)) if seconds % size == 0)
    return f"{seconds // size}{unit}"
