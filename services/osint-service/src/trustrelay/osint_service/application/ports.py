"""What the use cases need from the outside, as protocols and outcome types. Every adapter answers with an outcome, never with an exception."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trustrelay.osint_service.domain.model import Evidence, Party, Profile
from trustrelay.osint_service.domain.screening.model import ListedEntity


class BodyUnparsable(ValueError):
    """A body is not in the format its source publishes. Carries no content of the body."""


@dataclass(frozen=True, slots=True)
class RawBody:
    """What a source sent, before anyone interpreted it."""

    source: str
    url: str
    body: bytes
    media_type: str
    fetched_at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class NotAssessed:
    """Nobody could look: why, as UPPER_SNAKE. `raw` is what came instead of an answer, when something came."""

    reason: str
    raw: tuple[RawBody, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """Permission to store objects by HTTP POST: form fields to send, and the prefix every key must have."""

    url: str
    fields: tuple[tuple[str, str], ...]
    key_prefix: str
    max_bytes: int


class EvidenceStore(Protocol):
    """Keeps raw bodies where the case's evidence lies."""

    def admits(self, destination: Destination) -> None:
        """Raise PermissionDenied OBJECT_STORE_HOST_REFUSED for a host that is not an object store of ours."""

    async def keep(self, raw: RawBody, kind: str, destination: Destination) -> Evidence:
        """Store the body under a deterministic name. Raises Unavailable OBJECT_STORE_UNAVAILABLE."""


@dataclass(frozen=True, slots=True)
class VatValid:
    """The member state knows the number. Empty name or address = not disclosed."""

    name: str
    address: str
    raw: RawBody


@dataclass(frozen=True, slots=True)
class VatInvalid:
    """The member state says that there is no such number."""

    reason: str
    raw: RawBody


class VatRegister(Protocol):
    """Who confirms VAT numbers (VIES)."""

    async def check(self, country: str, number: str) -> VatValid | VatInvalid | NotAssessed:
        """`country` is the VAT prefix (EL for Greece), `number` what follows it."""


@dataclass(frozen=True, slots=True)
class LeiFound:
    """A LEI record. `status` is GLEIF's registration status; `parent` a LEI, a reporting exception, or empty when not known."""

    lei: str
    status: str
    profile: Profile
    parent: str
    raw: tuple[RawBody, ...]


@dataclass(frozen=True, slots=True)
class LeiUnknown:
    """No record under this LEI, or none that fits name and number."""

    raw: tuple[RawBody, ...]


class LeiRegister(Protocol):
    """Who knows legal entity identifiers (GLEIF)."""

    async def by_lei(self, lei: str) -> LeiFound | LeiUnknown | NotAssessed:
        """The record of one LEI."""

    async def by_company(self, legal_name: str, country: str, registration_number: str) -> LeiFound | LeiUnknown | NotAssessed:
        """The record of the company with that register number."""


@dataclass(frozen=True, slots=True)
class EoriValid:
    """The register knows the number. Empty name = the holder has not agreed to its publication."""

    name: str


@dataclass(frozen=True, slots=True)
class EoriInvalid:
    """The register says that there is no such number."""


class EoriRegister(Protocol):
    """Who knows the Union's EORI numbers (the Commission's validation service)."""

    async def check_eori(self, number: str) -> EoriValid | EoriInvalid | NotAssessed:
        """`number` is compact, with its prefix."""


@dataclass(frozen=True, slots=True)
class RegistryRecord:
    """What a register says about a company; `documents` are (kind, body)."""

    profile: Profile
    active: bool
    parties: tuple[Party, ...] = ()
    documents: tuple[tuple[str, RawBody], ...] = ()


@dataclass(frozen=True, slots=True)
class CompanyUnknown:
    """The register answered, and does not know the company."""

    raw: tuple[RawBody, ...] = ()


class CompanyRegister(Protocol):
    """A public register of companies (KBO, NBB)."""

    @property
    def source(self) -> str:
        """Short name, as in evidence: kbo, nbb."""

    async def collect(self, registration_number: str) -> RegistryRecord | CompanyUnknown | NotAssessed:
        """`registration_number` is ten digits."""


class WatchedRegister(Protocol):
    """A register that can say how things stand today."""

    @property
    def source(self) -> str:
        """As of `CompanyRegister`."""

    async def look(self, registration_number: str) -> RegistryRecord | CompanyUnknown | NotAssessed:
        """As `CompanyRegister.collect`, never from an earlier answer."""


@dataclass(frozen=True, slots=True)
class Article:
    """A press article. Titles hold names: they go into findings, never into logs."""

    title: str
    domain: str
    url: str
    seen_on: str


@dataclass(frozen=True, slots=True)
class Articles:
    """Every article found, none when the search ran and found nothing."""

    found: tuple[Article, ...]
    raw: RawBody


class MediaSearch(Protocol):
    """Who searches the press (GDELT)."""

    async def search(self, name: str) -> Articles | NotAssessed:
        """Articles of the last year that carry the name beside an adverse word."""


@dataclass(frozen=True, slots=True)
class LoadedList:
    """A parsed list; `sha256` covers its files."""

    dataset: str
    topic: str
    sha256: str
    fetched_at: datetime
    entities: tuple[ListedEntity, ...]


@dataclass(frozen=True, slots=True)
class ListUnavailable:
    """A list that could not be fetched or parsed: why, as UPPER_SNAKE."""

    dataset: str
    topic: str
    reason: str


class ListSource(Protocol):
    """One published list."""

    @property
    def dataset(self) -> str:
        """ofac_sdn, un_consolidated, eu_fsf, pep."""

    async def load(self) -> LoadedList | ListUnavailable:
        """Fetch and parse it anew."""


ListSources = Iterable[ListSource]
