"""The cast as frozen values: companies, persons, list entries, articles. What the registries and documents say is drawn from these."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Gender = Literal["female", "male"]
IdKind = Literal["national_number", "passport"]
# How a company stands in the register: `stopped` ones are in the open data no more.
Standing = Literal["active", "bankrupt", "stopped"]


@dataclass(frozen=True, slots=True)
class Address:
    """A Belgian address; `postcode` has four digits."""

    street: str
    number: str
    postcode: str
    city: str

    @property
    def line(self) -> str:
        """One line, as on a letter."""
        return f"{self.street} {self.number}, {self.postcode} {self.city}"


@dataclass(frozen=True, slots=True)
class Person:
    """An invented natural person. `nationality` is ISO alpha-2; `id_number` is plain (no dots)."""

    key: str
    given: str
    family: str
    gender: Gender
    birth_date: date
    nationality: str
    id_kind: IdKind
    id_number: str
    address: Address

    @property
    def name(self) -> str:
        """Given name first, as people write it."""
        return f"{self.given} {self.family}"


@dataclass(frozen=True, slots=True)
class Mandate:
    """A seat on the board since a day."""

    person: Person
    since: date


@dataclass(frozen=True, slots=True)
class Stake:
    """Shares held directly; `percent` is 0..100 of all shares."""

    person: Person
    shares: int
    percent: int


@dataclass(frozen=True, slots=True)
class Activity:
    """NACE-BEL codes (5 digits, revisions of 2008 and 2025) and what the articles say about it."""

    nace_2008: str
    nace_2025: str
    object: str


@dataclass(frozen=True, slots=True)
class Company:
    """A Belgian company. Numbers are plain: 10-digit enterprise number, VAT with BE, IBAN without blanks."""

    key: str
    name: str
    form: str
    enterprise_number: str
    establishment_number: str
    lei: str | None
    iban: str
    email: str
    phone: str
    address: Address
    founded_on: date
    activity: Activity
    directors: tuple[Mandate, ...] = ()
    owners: tuple[Stake, ...] = ()
    parent_key: str | None = None
    standing: Standing = "active"

    @property
    def legal_name(self) -> str:
        """Name with the legal form behind, as on the company's own papers."""
        return f"{self.name} {self.form}"

    @property
    def vat(self) -> str:
        """VAT number with country prefix."""
        return f"BE{self.enterprise_number}"

    @property
    def persons(self) -> tuple[Person, ...]:
        """Directors and owners, each once."""
        return tuple(dict.fromkeys([m.person for m in self.directors] + [s.person for s in self.owners]))


@dataclass(frozen=True, slots=True)
class PrivateClient:
    """Someone who applies for themselves. `vouched` is who the identity provider says stands there: the same person, or somebody else."""

    key: str
    person: Person
    iban: str
    vouched: Person


@dataclass(frozen=True, slots=True)
class CustomsClient:
    """A company that wants customs services; `guarantee_iban` is the account of its guarantee, `services` what it selected."""

    company: Company
    guarantee_iban: str
    services: tuple[str, ...]

    @property
    def eori(self) -> str:
        """Belgium gives the enterprise number with its country code."""
        return f"BE{self.company.enterprise_number}"


@dataclass(frozen=True, slots=True)
class ForeignTrader:
    """A VAT number of another member state; `name` None means the state does not disclose it."""

    country: str
    number: str
    name: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """One entry of a sanctions list. `aka` are good aliases, `weak_aka` nicknames that lists mark as low quality."""

    person: Person
    aka: tuple[str, ...] = ()
    weak_aka: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedCompany:
    """A listed organisation with its country (ISO alpha-2)."""

    key: str
    name: str
    country: str
    aka: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicOfficial:
    """A politically exposed person: the person and the office held."""

    person: Person
    position: str


@dataclass(frozen=True, slots=True)
class Article:
    """A press article about one name; `adverse` tells what a reader should conclude."""

    about: str
    title: str
    domain: str
    days_old: int
    adverse: bool


@dataclass(frozen=True, slots=True)
class SanctionsLists:
    """Who stands on which list."""

    ofac: tuple[ListedPerson, ...]
    ofac_companies: tuple[ListedCompany, ...]
    un: tuple[ListedPerson, ...]
    un_companies: tuple[ListedCompany, ...]
    eu: tuple[ListedPerson, ...]

    @property
    def persons(self) -> tuple[ListedPerson, ...]:
        """Every listed person, over all lists."""
        return self.ofac + self.un + self.eu

    @property
    def companies(self) -> tuple[ListedCompany, ...]:
        """Every listed organisation, over all lists."""
        return self.ofac_companies + self.un_companies
