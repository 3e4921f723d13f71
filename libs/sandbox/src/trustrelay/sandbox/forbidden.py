"""Everything of a cast that must never appear in telemetry or logs."""

from itertools import chain

from trustrelay.sandbox.cast import Cast
from trustrelay.sandbox.documents.ubo_register import identity_number
from trustrelay.sandbox.model import Company, Person
from trustrelay.sandbox.names import fold
from trustrelay.sandbox.numbers import dotted


def _unique(values: chain[str] | list[str]) -> list[str]:
    return sorted({value for value in values if value})


def _spellings(person: Person) -> list[str]:
    """Both orders, and the family name alone, which nobody else bears."""
    return [person.name, f"{person.family} {person.given}", f"{person.family}, {person.given}", person.family]


def _numbers(company: Company) -> list[str]:
    plain = [company.enterprise_number, company.establishment_number]
    return [*plain, *map(dotted, plain), company.vat, company.lei or ""]


def _written_iban(iban: str) -> str:
    return " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))


def forbidden(cast: Cast) -> dict[str, object]:
    """The content of `forbidden.json`: sorted lists per kind. Compare without regard to case."""
    people, companies = cast.persons, cast.companies
    names = _unique(chain.from_iterable(map(_spellings, people)))
    abroad = [name for party in cast.trade_partners for name in (party.name, party.name.rsplit(" ", 1)[0])]
    company_names = [*(c.name for c in companies), *(c.name for c in cast.lists.companies), *abroad]
    return {
        "seed": cast.seed,
        "person_names": _unique([*names, *map(fold, names)]),
        "company_names": _unique(company_names + [t.name for t in cast.foreign_traders if t.name]),
        "numbers": _unique([n for c in companies for n in _numbers(c)] + [t.number for t in cast.foreign_traders]),
        "id_numbers": _unique([n for p in people for n in (p.id_number, identity_number(p))]),
        "ibans": _unique([n for iban in cast.ibans for n in (iban, _written_iban(iban))]),
        "emails": _unique([c.email for c in companies]),
        "birth_dates": _unique([p.birth_date.isoformat() for p in people]),
    }
