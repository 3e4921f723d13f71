"""What may happen to the world while it is served: companies move, fail or get a new director; lists gain, lose and correct entries.

A change makes a new cast; nothing here knows how a source publishes it.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, Field

from trustrelay.sandbox.cast import POSITIONS, Cast
from trustrelay.sandbox.model import Address, Company, ListedPerson, Mandate, Person, PublicOfficial, Standing

Entry = TypeVar("Entry", ListedPerson, PublicOfficial)


class UnknownMember(LookupError):
    """Nobody in the cast has that key, name or number."""


class NewAddress(BaseModel):
    """A Belgian address."""

    street: str
    number: str
    postcode: str
    city: str


class CompanyChange(BaseModel):
    """What the registers say of one company from now on; what is not set stays. Directors by key or name of anybody in the cast."""

    kind: Literal["company"]
    # Enterprise number, key or name.
    company: str
    standing: Standing | None = None
    name: str = ""
    address: NewAddress | None = None
    add_director: str = ""
    remove_director: str = ""


class ListChange(BaseModel):
    """What one list says of one person from now on. A person by key or name; who is not on the list yet is added to it."""

    kind: Literal["list"]
    list: Literal["ofac", "un", "eu", "pep"]
    person: str
    action: Literal["add", "remove", "correct"] = "add"
    # correct: the birth date, nationality (ISO alpha-2) or document number that the list gives from now on.
    birth_date: date | None = None
    nationality: str = ""
    id_number: str = ""


Change = Annotated[CompanyChange | ListChange, Field(discriminator="kind")]


def changed(cast: Cast, change: CompanyChange | ListChange, today: date) -> Cast:
    """The cast after the change. Raises UnknownMember."""
    return _company_changed(cast, change, today) if isinstance(change, CompanyChange) else _list_changed(cast, change)


def _company_changed(cast: Cast, change: CompanyChange, today: date) -> Cast:
    wanted = "".join(change.company.split(".")).removeprefix("BE")
    found = next((c for c in cast.companies if wanted in (c.enterprise_number, c.key, c.name, c.legal_name)), None)
    if found is None:
        raise UnknownMember(change.company)
    after = replace(
        found,
        standing=change.standing or found.standing,
        name=change.name or found.name,
        address=Address(**change.address.model_dump()) if change.address else found.address,
        directors=_directors(cast, found, change, today),
    )
    return _with_company(cast, found, after)


def _directors(cast: Cast, company: Company, change: CompanyChange, today: date) -> tuple[Mandate, ...]:
    leaving = _person(cast, change.remove_director) if change.remove_director else None
    staying = tuple(mandate for mandate in company.directors if mandate.person != leaving)
    return (*staying, Mandate(_person(cast, change.add_director), today)) if change.add_director else staying


def _with_company(cast: Cast, before: Company, after: Company) -> Cast:
    def swapped(company: Company) -> Company:
        return after if company == before else company

    return replace(
        cast,
        subject=swapped(cast.subject),
        listed=swapped(cast.listed),
        outsider=swapped(cast.outsider),
        fillers=tuple(map(swapped, cast.fillers)),
        customs=replace(cast.customs, company=swapped(cast.customs.company)),
    )


def _list_changed(cast: Cast, change: ListChange) -> Cast:
    if change.list == "pep":
        return replace(cast, peps=_entries(cast, cast.peps, change, lambda person: PublicOfficial(person, POSITIONS[0])))
    entries = _entries(cast, getattr(cast.lists, change.list), change, ListedPerson)
    return replace(cast, lists=replace(cast.lists, **{change.list: entries}))


def _entries(cast: Cast, entries: tuple[Entry, ...], change: ListChange, new: Callable[[Person], Entry]) -> tuple[Entry, ...]:
    """Those that stay keep their places, as their numbers follow from these."""
    match change.action:
        case "add":
            return entries + (new(_corrected(_person(cast, change.person), change)),)  # noqa: RUF005 - the checker loses the type of a starred one
        case "remove":
            gone = _on_list(entries, change.person)
            return tuple(entry for entry in entries if entry != gone)
        case "correct":
            wrong = _on_list(entries, change.person)
            right = replace(wrong, person=_corrected(wrong.person, change))
            return tuple(right if entry == wrong else entry for entry in entries)


def _corrected(person: Person, change: ListChange) -> Person:
    return replace(
        person,
        birth_date=change.birth_date or person.birth_date,
        nationality=change.nationality or person.nationality,
        id_number=change.id_number or person.id_number,
    )


def _on_list(entries: Iterable[Entry], wanted: str) -> Entry:
    found = next((entry for entry in entries if wanted in (entry.person.key, entry.person.name)), None)
    if found is None:
        raise UnknownMember(wanted)
    return found


def _person(cast: Cast, wanted: str) -> Person:
    found = next((person for person in cast.persons if wanted in (person.key, person.name)), None)
    if found is None:
        raise UnknownMember(wanted)
    return found
