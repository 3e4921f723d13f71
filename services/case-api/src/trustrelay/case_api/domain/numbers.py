"""Identification numbers by python-stdnum, merchant categories by iso18245: check digits and tables are never kept here."""

from __future__ import annotations

import re
from collections.abc import Callable

import iso18245
from stdnum.exceptions import ValidationError

from trustrelay.case_api.domain.problems import Problems

_FOUR_DIGITS = re.compile(r"[0-9]{4}")


def number(path: str, value: str, validate: Callable[[str], str], reason: str, description: str, problems: Problems) -> str:
    """The compact form of `value`; empty stays empty, a wrong one becomes a problem and empty."""
    if not value.strip():
        return ""
    try:
        return validate(value)
    except ValidationError:
        problems.add(path, description, reason)
        return ""


def is_merchant_category(code: str) -> bool:
    """Whether ISO 18245, or one of the card networks' additions to it, knows these four digits."""
    if not _FOUR_DIGITS.fullmatch(code):
        return False
    try:
        iso18245.get_mcc(code)
    except iso18245.MCCNotFound:
        return False
    return True
