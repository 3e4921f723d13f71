"""Draws persons and companies for a cast."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from trustrelay.sandbox import _pools as pools
from trustrelay.sandbox import numbers
from trustrelay.sandbox._pools import Culture
from trustrelay.sandbox.model import Activity, Address, Company, Gender, ListedCompany, ListedPerson, Mandate, Person, Stake
from trustrelay.sandbox.names import NameSource, address, fold

OLDEST, YOUNGEST = date(1950, 1, 1), date(1990, 12, 31)
NAMESAKE_YEARS_APART = 8


class Draw:
    """One random stream and the names it has used: everything of a cast is drawn through here, in a fixed order."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.names = NameSource(self.rng)

    def day(self, first: date, last: date) -> date:
        """A day between the two, both included."""
        return first + timedelta(days=self.rng.randint(0, (last - first).days))

    def person(self, key: str, culture: Culture, nationality: str | None = None) -> Person:
        """Someone of that culture; Belgians carry a national number, others a passport."""
        gender: Gender = self.rng.choice(("female", "male"))
        given, family = self.names.person(culture, gender)
        born = self.day(OLDEST, YOUNGEST)
        country = nationality or culture.nationality
        if country == "BE":
            number = numbers.national_number(self.rng, born, female=gender == "female")
            return Person(key, given, family, gender, born, country, "national_number", number, address(self.rng))
        return Person(key, given, family, gender, born, country, "passport", numbers.passport_number(self.rng), address(self.rng))

    def namesake(self, original: Person, culture: Culture) -> Person:
        """Same name, another human: other year and day of birth, other nationality, other document."""
        born = self.day(OLDEST, YOUNGEST)
        while abs(born.year - original.birth_date.year) < NAMESAKE_YEARS_APART or born.day == original.birth_date.day:
            born = self.day(OLDEST, YOUNGEST)
        return replace(
            original, key=f"{original.key}_namesake", birth_date=born, nationality=culture.abroad, id_kind="passport",
            id_number=numbers.passport_number(self.rng), address=Address("Unknown", "", "", pools.BIRTH_PLACES[culture.abroad]),
        )  # fmt: skip

    def company(self, key: str, *, with_lei: bool, form: str | None = None) -> Company:
        """A Belgian company without people."""
        trade = self.rng.choice(pools.TRADES)
        name = self.names.company(trade)
        slug = fold(name).replace(" ", "-")
        return Company(
            key=key,
            name=name,
            form=form or self.rng.choice(("NV", "BV")),
            enterprise_number=numbers.enterprise_number(self.rng),
            establishment_number=numbers.establishment_number(self.rng),
            lei=numbers.legal_entity_identifier(self.rng) if with_lei else None,
            iban=numbers.belgian_iban(self.rng),
            email=f"office@{slug}.example",
            phone=f"+32 2 000 {self.rng.randint(10, 99)} {self.rng.randint(10, 99)}",
            address=address(self.rng),
            founded_on=self.day(date(2005, 1, 3), date(2018, 12, 20)),
            activity=Activity(trade.nace_2008, trade.nace_2025, trade.object),
        )

    def mandate(self, person: Person, company: Company) -> Mandate:
        """A seat taken between the founding of the company and 2020."""
        return Mandate(person, self.day(company.founded_on, date(2020, 12, 31)))

    def listed(self, person: Person) -> ListedPerson:
        """A list entry with an alias in plain ASCII, family name first, and for some a nickname."""
        weak = (self.names.nickname(),) if self.rng.random() < 0.6 else ()
        return ListedPerson(person, (fold(f"{person.family} {person.given}").upper(),), weak)

    def listed_company(self, key: str) -> ListedCompany:
        """A listed organisation abroad."""
        name = self.names.company(self.rng.choice(pools.TRADES))
        return ListedCompany(key, name, self.rng.choice(("AM", "AO", "BY", "CM", "CO", "RS")), (self.names.nickname(),))


def stakes(total: int, *shares: tuple[Person, int]) -> tuple[Stake, ...]:
    """Percentages turned into whole shares of `total`, which must divide evenly."""
    return tuple(Stake(person, total * percent // 100, percent) for person, percent in shares)
