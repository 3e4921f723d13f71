"""Identification numbers by python-stdnum: check digits are never computed here."""

from __future__ import annotations

from collections.abc import Callable

from stdnum.exceptions import ValidationError

from trustrelay.case_api.domain.problems import Problems


def number(path: str, value: str, validate: Callable[[str], str], reason: str, description: str, problems: Problems) -> str:
    """The compact form of `value`; empty stays empty, a wrong one becomes a problem and empty."""
    if not value.strip():
        return ""
    try:
        return validate(value)
    except ValidationError:
        problems.add(path, description, reason)
        return ""
