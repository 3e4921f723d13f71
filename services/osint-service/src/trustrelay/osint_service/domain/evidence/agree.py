"""When two sources say the same thing in different words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from itertools import combinations

from rapidfuzz.fuzz import token_set_ratio
from rigour.names import tokenize_name
from rigour.text import ascii_text

from trustrelay.osint_service.domain.model import PartyType
from trustrelay.osint_service.domain.screening.alignment import Weighed, align
from trustrelay.osint_service.domain.screening.names import name_form

_NAME_THRESHOLD = 0.85
_ADDRESS_THRESHOLD = 80.0
SHARE_TOLERANCE = Decimal("0.005")


def same_company_name(left: str, right: str) -> bool:
    """Legal form, case, accents and order do not matter; other words do."""
    return company_name_score(left, right) >= _NAME_THRESHOLD


def company_name_score(left: str, right: str) -> float:
    """How alike two names of companies are, 0..1, by the comparison that screening uses."""
    a, b = name_form(left, PartyType.COMPANY), name_form(right, PartyType.COMPANY)
    if not a.words or not b.words:
        return float(left.casefold() == right.casefold())
    return 1.0 if a.squashed == b.squashed else align(Weighed.evenly(a), Weighed.evenly(b)).score


def same_person_name(left: str, right: str) -> bool:
    """Titles, case, accents, order and a middle name more or less do not matter; nothing comparable agrees with nothing."""
    a, b = name_form(left, PartyType.PERSON), name_form(right, PartyType.PERSON)
    if not a.words or not b.words:
        return False
    return a.squashed == b.squashed or align(Weighed.evenly(a), Weighed.evenly(b)).score >= _NAME_THRESHOLD


def same_address(left: str, right: str) -> bool:
    """Every number (house, postal code) of the shorter one occurs in the other, and the words are close."""
    a, b = _tokens(left), _tokens(right)
    numbers_a, numbers_b = ({token for token in side if any(c.isdigit() for c in token)} for side in (a, b))
    if not (numbers_a <= numbers_b or numbers_b <= numbers_a):
        return False
    return bool(token_set_ratio(" ".join(a), " ".join(b)) >= _ADDRESS_THRESHOLD)


def same_text(left: str, right: str) -> bool:
    """Equal but for case."""
    return left.casefold() == right.casefold()


def same_share(left: str, right: str) -> bool:
    """Equal within half a percent; what is no number equals nothing."""
    a, b = share(left), share(right)
    return a is not None and b is not None and abs(a - b) <= SHARE_TOLERANCE


def share(text: str) -> Decimal | None:
    """A decimal fraction 0..1, or None."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value <= 1 else None


def all_agree(values: Iterable[str], same: Callable[[str, str], bool]) -> bool:
    """Every pair agrees; one value, or none, contradicts nobody."""
    return all(same(left, right) for left, right in combinations(values, 2))


def _tokens(text: str) -> list[str]:
    return list(tokenize_name(ascii_text(text).casefold()))
