"""Facts beside the name: which agree, which contradict, which nobody knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from trustrelay.osint_service.domain.model import Party, PartyType
from trustrelay.osint_service.domain.screening.model import Agreement, BirthDate, Discriminator, IdNumber, ListedEntity

_NOT_ALNUM = re.compile(r"[^0-9A-Za-z]")
_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
# Lists and papers often differ by a year where only the year is known.
_YEAR_TOLERANCE = 1
_ALPHA_2 = 2


def compare(party: Party, entity: ListedEntity) -> tuple[Discriminator, ...]:
    """Every discriminator that applies to this kind of party; what one side does not say is UNKNOWN."""
    if party.type is PartyType.COMPANY:
        return (_country("country", party.nationality, entity), _id_number(party, entity))
    return (
        _birth_date(party.birth_date, entity.birth_dates),
        _country("nationality", party.nationality, entity),
        _id_number(party, entity),
        _gender(party.gender, entity.genders),
    )


def compact_id(number: str) -> str:
    """An identity number without punctuation, upper case."""
    return _NOT_ALNUM.sub("", number).upper()


def _birth_date(said: str, listed: Sequence[BirthDate]) -> Discriminator:
    """A full date on both sides is strong; otherwise years are compared, with a tolerance."""
    values = "; ".join(map(str, listed))
    match = _PARTIAL_DATE.fullmatch(said)
    if match is None or not listed:
        return Discriminator("birth_date", said, values, Agreement.UNKNOWN, strong=False)
    day = _day(match)
    verdicts = [_one_birth_date(int(match[1]), day, each) for each in listed]
    agreement, strong = _any_agrees(verdicts)
    return Discriminator("birth_date", said, values, agreement, strong)


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match[3] else None
    except ValueError:
        return None  # 30 February: the year is all that can be used


def _one_birth_date(year: int, day: date | None, listed: BirthDate) -> tuple[Agreement, bool]:
    if day is not None and listed.exact is not None:
        if day == listed.exact:
            return Agreement.AGREES, True
        # Day and month swapped is a transcription, not another human.
        swapped = (day.year, day.day, day.month) == (listed.exact.year, listed.exact.month, listed.exact.day)
        return (Agreement.UNKNOWN, False) if swapped else (Agreement.CONTRADICTS, True)
    if listed.first_year <= year <= listed.last_year:
        return Agreement.AGREES, False
    near = listed.first_year - _YEAR_TOLERANCE <= year <= listed.last_year + _YEAR_TOLERANCE
    return (Agreement.UNKNOWN if near else Agreement.CONTRADICTS), False


def _any_agrees(verdicts: Sequence[tuple[Agreement, bool]]) -> tuple[Agreement, bool]:
    """One value that agrees is enough; a contradiction needs all of them, and is strong only when all are."""
    agreeing = [strong for agreement, strong in verdicts if agreement is Agreement.AGREES]
    if agreeing:
        return Agreement.AGREES, any(agreeing)
    if any(agreement is Agreement.UNKNOWN for agreement, _ in verdicts):
        return Agreement.UNKNOWN, False
    return Agreement.CONTRADICTS, all(strong for _, strong in verdicts)


def _country(kind: str, said: str, entity: ListedEntity) -> Discriminator:
    """Only codes are compared: a country in words is not known to be another one."""
    values = "; ".join(entity.countries)
    if len(said) != _ALPHA_2 or not entity.countries:
        return Discriminator(kind, said, values, Agreement.UNKNOWN, strong=False)
    agrees = said.upper() in entity.countries
    return Discriminator(kind, said, values, Agreement.AGREES if agrees else Agreement.CONTRADICTS, strong=False)


def _id_number(party: Party, entity: ListedEntity) -> Discriminator:
    """Equal numbers agree strongly. Different ones contradict only where they could be the same document: same pattern, no other issuer."""
    said, values = compact_id(party.id_number), "; ".join(each.number for each in entity.id_numbers)
    if not said or not entity.id_numbers:
        return Discriminator("id_number", party.id_number, values, Agreement.UNKNOWN, strong=False)
    verdicts = [_one_id_number(said, party.nationality, each) for each in entity.id_numbers]
    agreement, strong = _any_agrees(verdicts)
    return Discriminator("id_number", party.id_number, values, agreement, strong)


def _one_id_number(said: str, country: str, listed: IdNumber) -> tuple[Agreement, bool]:
    theirs = compact_id(listed.number)
    if said == theirs:
        return Agreement.AGREES, True
    comparable = _pattern(said) == _pattern(theirs) and not (country and listed.country and country != listed.country)
    return (Agreement.CONTRADICTS, True) if comparable else (Agreement.UNKNOWN, False)


def _pattern(number: str) -> str:
    return "".join("9" if c.isdigit() else "A" for c in number)


def _gender(said: str, listed: Sequence[str]) -> Discriminator:
    values = "; ".join(listed)
    if not said or not listed:
        return Discriminator("gender", said, values, Agreement.UNKNOWN, strong=False)
    agrees = said.lower() in listed
    return Discriminator("gender", said, values, Agreement.AGREES if agrees else Agreement.CONTRADICTS, strong=False)
