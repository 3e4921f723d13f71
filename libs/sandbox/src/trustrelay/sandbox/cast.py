"""The cast: everyone and everything the sandbox knows, a pure function of one seed.

Case A (`subject`) is a sound company: one director holds public office, one owner has a namesake on a sanctions list.
Case B (`listed`) belongs to a person who is on a sanctions list. `outsider` is the company on the wrong document.
`private_clients` are people who apply for themselves: one is who they say, one is not. `customs` is a sound company that wants customs services;
`shipments` are three consignments of its own.
"""

from dataclasses import dataclass, replace
from typing import Self

from trustrelay.sandbox import _pools as pools
from trustrelay.sandbox import numbers
from trustrelay.sandbox._people import Draw, stakes
from trustrelay.sandbox._shipments import shipments
from trustrelay.sandbox.model import (
    Article,
    Company,
    CustomsClient,
    ForeignTrader,
    ListedPerson,
    Person,
    PrivateClient,
    PublicOfficial,
    SanctionsLists,
)
from trustrelay.sandbox.trade import Shipment, TradeParty

FILLERS_PER_LIST = 8
POSITIONS = ("Member of the federal parliament", "State secretary", "Mayor", "Member of the senate", "Judge of the constitutional court")


@dataclass(frozen=True, slots=True)
class Cast:
    """All members of one generated world; `seed` names it."""

    seed: int
    subject: Company
    listed: Company
    outsider: Company
    fillers: tuple[Company, ...]
    foreign_traders: tuple[ForeignTrader, ...]
    lists: SanctionsLists
    peps: tuple[PublicOfficial, ...]
    articles: tuple[Article, ...]
    private_clients: tuple[PrivateClient, ...]
    customs: CustomsClient
    shipments: tuple[Shipment, ...]

    @classmethod
    def generate(cls, seed: int) -> Self:
        """The cast of that seed; the same seed gives the same cast on every machine."""
        draw = Draw(seed)
        subject, owner_culture = _subject(draw)
        listed = _listed(draw)
        outsider = _filler(draw, "outsider", with_lei=True)
        fillers = _fillers(draw)
        namesake = draw.listed(draw.namesake(subject.owners[0].person, owner_culture))
        true_match = draw.listed(listed.owners[0].person)
        parts = (
            seed, subject, listed, outsider, fillers, _foreign_traders(draw), _lists(draw, namesake, true_match),
            _peps(draw, subject.directors[1].person), _articles(subject, listed, fillers), _private_clients(draw), customs := _customs(draw),
        )  # fmt: skip
        # Last, so that a seed's other members stay who they are.
        return cls(*parts, shipments(draw, customs))

    @property
    def companies(self) -> tuple[Company, ...]:
        """Every company that the Belgian registries know."""
        return (self.subject, self.listed, self.outsider, *self.fillers, self.customs.company)

    @property
    def persons(self) -> tuple[Person, ...]:
        """Every person, each once; the namesake is a person of their own."""
        of_companies = [person for company in self.companies for person in company.persons]
        private = [person for client in self.private_clients for person in (client.person, client.vouched)]
        return tuple(dict.fromkeys([*of_companies, *(e.person for e in self.lists.persons), *(p.person for p in self.peps), *private]))

    @property
    def ibans(self) -> tuple[str, ...]:
        """Every account that somebody declares."""
        return (*(c.iban for c in self.companies), *(c.iban for c in self.private_clients), self.customs.guarantee_iban)

    @property
    def trade_partners(self) -> tuple[TradeParty, ...]:
        """Companies abroad that only trade papers name: senders, receivers, carriers."""
        found = (party for s in self.shipments for party in (s.consignor, s.consignee, s.carrier) if party.eori is None)
        return tuple(dict.fromkeys(found))

    @property
    def pep(self) -> PublicOfficial:
        """The director of the subject who holds public office."""
        return self.peps[0]

    @property
    def namesake(self) -> ListedPerson:
        """The list entry that only shares its name with the subject's first owner."""
        return self.lists.ofac[0]

    @property
    def true_match(self) -> ListedPerson:
        """The list entry that is the owner of the second company."""
        return self.lists.un[0]


def _subject(draw: Draw) -> tuple[Company, pools.Culture]:
    culture = draw.rng.choice((pools.DUTCH, pools.FRENCH, pools.PORTUGUESE, pools.ITALIAN, pools.POLISH, pools.SPANISH))
    first, pep = draw.person("director_1", pools.DUTCH), draw.person("director_2", draw.rng.choice((pools.DUTCH, pools.FRENCH)), "BE")
    major = draw.person("owner_1", culture)
    minor = draw.person("owner_2", draw.rng.choice((pools.DUTCH, pools.ITALIAN, pools.PORTUGUESE)))
    company = draw.company("subject", with_lei=True)
    percent = draw.rng.choice((51, 55, 60, 65, 70))
    return replace(
        company,
        directors=(draw.mandate(first, company), draw.mandate(pep, company)),
        owners=stakes(1000, (major, percent), (minor, 100 - percent)),
    ), culture


def _listed(draw: Draw) -> Company:
    owner = draw.person("listed_owner", draw.rng.choice((pools.BALKAN, pools.GEORGIAN)))
    company = draw.company("listed", with_lei=False, form="BV")
    return replace(company, directors=(draw.mandate(owner, company),), owners=stakes(100, (owner, 100)))


def _filler(draw: Draw, key: str, *, with_lei: bool) -> Company:
    person = draw.person(f"{key}_owner", draw.rng.choice(pools.CULTURES))
    company = draw.company(key, with_lei=with_lei)
    return replace(company, directors=(draw.mandate(person, company),), owners=stakes(100, (person, 100)))


def _fillers(draw: Draw) -> tuple[Company, ...]:
    """Eight more companies; the second is a subsidiary of the first, as GLEIF sees it."""
    companies = [_filler(draw, f"filler_{n}", with_lei=n <= 4) for n in range(1, 9)]
    companies[1] = replace(companies[1], parent_key=companies[0].key)
    return tuple(companies)


def _foreign_traders(draw: Draw) -> tuple[ForeignTrader, ...]:
    """One member state that hides names, and one whose VIES prefix is not its ISO code."""
    trade = draw.rng.choice(pools.TRADES)
    return (
        ForeignTrader("DE", numbers.german_vat(draw.rng), None, None),
        ForeignTrader("EL", numbers.greek_vat(draw.rng), draw.names.company(trade).upper(), "ODOS ELIAS 7\n54622 THESSALONIKI"),
    )


def _lists(draw: Draw, namesake: ListedPerson, true_match: ListedPerson) -> SanctionsLists:
    def strangers(label: str) -> tuple[ListedPerson, ...]:
        cultures = [draw.rng.choice(pools.CULTURES) for _ in range(FILLERS_PER_LIST)]
        return tuple(draw.listed(draw.person(f"{label}_{n}", c, c.abroad)) for n, c in enumerate(cultures, 1))

    return SanctionsLists(
        ofac=(namesake, *strangers("ofac")),
        ofac_companies=tuple(draw.listed_company(f"ofac_company_{n}") for n in (1, 2, 3)),
        un=(true_match, *strangers("un")),
        un_companies=tuple(draw.listed_company(f"un_company_{n}") for n in (1, 2)),
        eu=strangers("eu"),
    )


def _peps(draw: Draw, director: Person) -> tuple[PublicOfficial, ...]:
    others = (draw.person(f"pep_{n}", draw.rng.choice((pools.DUTCH, pools.FRENCH, pools.ITALIAN))) for n in range(1, 7))
    return tuple(PublicOfficial(person, draw.rng.choice(POSITIONS)) for person in (director, *others))


def _private_clients(draw: Draw) -> tuple[PrivateClient, ...]:
    """Two Belgians on no list; for the second the identity provider vouches for somebody else."""
    honest = draw.person("kyc_clean", pools.DUTCH, "BE")
    declared, other = draw.person("kyc_mismatch", pools.FRENCH, "BE"), draw.person("kyc_mismatch_vouched", pools.DUTCH, "BE")
    return (
        PrivateClient("kyc_clean", honest, numbers.belgian_iban(draw.rng), honest),
        PrivateClient("kyc_mismatch", declared, numbers.belgian_iban(draw.rng), other),
    )


def _customs(draw: Draw) -> CustomsClient:
    """Sound, with two accounts; nobody around it is on a list."""
    director, owner = draw.person("customs_director", pools.DUTCH, "BE"), draw.person("customs_owner", draw.rng.choice((pools.DUTCH, pools.ITALIAN)))
    company = draw.company("customs_client", with_lei=True)
    company = replace(company, directors=(draw.mandate(director, company),), owners=stakes(100, (owner, 100)))
    return CustomsClient(company, numbers.belgian_iban(draw.rng), ("import_clearance", "fiscal_representation"))


def _articles(subject: Company, listed: Company, fillers: tuple[Company, ...]) -> tuple[Article, ...]:
    owner = listed.owners[0].person.name
    return (
        Article(owner, f"Prosecutors charge {owner} with laundering the proceeds of fraud", "gazette.example", 20, adverse=True),
        Article(owner, f"Assets of {owner} frozen after sanctions listing", "courier.example", 33, adverse=True),
        Article(fillers[0].name, f"{fillers[0].name} opens a second warehouse", "trade-post.example", 12, adverse=False),
        Article(subject.name, f"{subject.name} wins regional award for safety at work", "trade-post.example", 41, adverse=False),
    )
