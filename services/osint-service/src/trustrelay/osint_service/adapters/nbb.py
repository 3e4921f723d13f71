"""NBB CBSO (Belgian annual accounts): references of filings, structured accounts with administrators and shareholders, and the PDF.

A 404 means no filing; an empty list can be silent throttling. Structured data exist only for filings since 4 April 2022.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import stamina

from trustrelay.contracts.parties import party_id
from trustrelay.osint_service.adapters.http import UNPARSABLE, Answer, Fetcher, Unreachable, refused
from trustrelay.osint_service.adapters.json_body import json_object, json_value, objects_at, text_at
from trustrelay.osint_service.application.ports import BodyUnparsable, CompanyUnknown, NotAssessed, RawBody, RegistryRecord
from trustrelay.osint_service.domain.model import Party, PartyType, Profile, Role

SOURCE = "nbb"
_JSON, _PDF = "application/x.jsonxbrl", "application/pdf"
_RETRYABLE = frozenset({429, 500, 502, 503, 504})


class _TryAgain(Exception):
    """An answer or silence that the source itself calls passing. `outcome` is what it means if it does not pass."""

    def __init__(self, outcome: NotAssessed) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class NbbAccounts:
    """The filings of one company; the latest one with structured data counts."""

    fetcher: Fetcher
    base_url: str
    key: str
    source: str = SOURCE

    async def collect(self, registration_number: str) -> RegistryRecord | CompanyUnknown | NotAssessed:
        """Profile, administrators and shareholders of the latest filing, with its JSON and PDF as evidence."""
        return await self._answered(registration_number, with_paper=True)

    async def look(self, registration_number: str) -> RegistryRecord | CompanyUnknown | NotAssessed:
        """As `collect`, without the PDF: for who only compares."""
        return await self._answered(registration_number, with_paper=False)

    async def _answered(self, registration_number: str, *, with_paper: bool) -> RegistryRecord | CompanyUnknown | NotAssessed:
        try:
            listing = await self._get(f"/authentic/legalEntity/{registration_number}/references", "application/json")
            if listing.status == 404:
                return CompanyUnknown((listing.raw,))
            references = _latest_first(objects_at(json_value(listing.raw.body)))
            if not references:
                return NotAssessed("EMPTY_ANSWER", (listing.raw,))
            return await self._filing(registration_number, references, listing.raw, with_paper=with_paper)
        except _TryAgain as error:
            return error.outcome
        except BodyUnparsable:
            return NotAssessed(UNPARSABLE)

    async def _filing(self, number: str, references: list[dict[str, Any]], listing: RawBody, *, with_paper: bool) -> RegistryRecord | NotAssessed:
        documents = [("filing_references", listing)]
        parties: tuple[Party, ...] = ()
        newest = text_at(references[0], "ReferenceNumber")
        accounts = await self._get(f"/authentic/deposit/{newest}/accountingData", _JSON)
        if accounts.status == 200:
            parties = _parties(json_object(accounts.raw.body))
            documents.append(("annual_accounts", accounts.raw))
        if with_paper:
            pdf = await self._get(f"/authentic/deposit/{newest}/accountingData", _PDF)
            if pdf.status == 200 and pdf.raw.body.startswith(b"%PDF-"):
                documents.append(("annual_accounts", pdf.raw))
        if len(documents) == 1:
            return NotAssessed("FILING_UNREADABLE", (listing,))
        return RegistryRecord(_profile(number, references[0]), active=True, parties=parties, documents=tuple(documents))

    async def _get(self, path: str, accept: str) -> Answer:
        """200 and 404 are answers; anything else ends as _TryAgain once its retries are used up."""
        headers = {"NBB-CBSO-Subscription-Key": self.key, "X-Request-Id": str(uuid.uuid4()), "Accept": accept}
        async for attempt in stamina.retry_context(on=_retryable, attempts=3, wait_initial=0.2, wait_max=1.0, timeout=30.0):
            with attempt:
                try:
                    answer = await self.fetcher.fetch(SOURCE, "GET", f"{self.base_url}{path}", headers=headers)
                except Unreachable as error:
                    raise _TryAgain(NotAssessed(error.reason)) from error
                if answer.status not in (200, 404):
                    raise _TryAgain(refused(answer))
        return answer


def _retryable(error: Exception) -> bool:
    """A refused key stays refused; a timeout has cost enough time already."""
    return isinstance(error, _TryAgain) and error.outcome.reason in ("RATE_LIMITED", "SOURCE_UNAVAILABLE", "SOURCE_UNREACHABLE")


def _latest_first(references: list[dict[str, Any]]) -> list[dict[str, Any]]:
    usable = [each for each in references if text_at(each, "ReferenceNumber")]
    return sorted(usable, key=lambda each: (text_at(each, "ExerciseDates", "endDate"), text_at(each, "DepositDate")), reverse=True)


def _profile(number: str, reference: dict[str, Any]) -> Profile:
    seat = reference.get("Address")
    street, city = f"{text_at(seat, 'Street')} {text_at(seat, 'Number')}".strip(), f"{text_at(seat, 'PostalCode')} {text_at(seat, 'City')}".strip()
    return Profile(
        source=SOURCE,
        legal_name=text_at(reference, "EnterpriseName"),
        registration_number=number,
        country="BE",
        registered_address=", ".join(filter(None, (street, city))),
    )


def _parties(accounts: dict[str, Any]) -> tuple[Party, ...]:
    """Administrators and shareholders; whoever is both appears once with both roles."""
    found: dict[str, Party] = {}
    for party in (
        *_listed(accounts, Role.DIRECTOR, ("Administrators", "NaturalPersons"), PartyType.PERSON),
        *_listed(accounts, Role.DIRECTOR, ("Administrators", "LegalPersons"), PartyType.COMPANY),
        *_listed(accounts, Role.OWNER, ("Shareholders", "IndividualShareHolders"), PartyType.PERSON),
        *_listed(accounts, Role.OWNER, ("Shareholders", "EntityShareHolders"), PartyType.COMPANY),
    ):
        known = found.get(party.party_id, party)
        found[party.party_id] = Party(
            party.party_id, party.type, party.full_name, known.roles | party.roles,
            id_number=known.id_number or party.id_number, share=known.share or party.share, source=SOURCE,
        )  # fmt: skip
    return tuple(found.values())


def _listed(accounts: dict[str, Any], role: Role, path: tuple[str, str], kind: PartyType) -> list[Party]:
    parties = []
    for each in objects_at(accounts, *path):
        person = kind is PartyType.PERSON
        name = f"{text_at(each, 'Person', 'FirstName')} {text_at(each, 'Person', 'LastName')}".strip() if person else text_at(each, "Entity", "Name")
        if any(c.isalnum() for c in name):
            number = "" if person else text_at(each, "Entity", "Identifier")
            parties.append(Party(party_id(name, kind.value), kind, name, frozenset({role}), id_number=number, share=_share(each), source=SOURCE))
    return parties


def _share(holder: dict[str, Any]) -> str:
    """The sum of what is held directly, as a decimal fraction; empty when the filing does not say."""
    try:
        held = [Decimal(text) for each in objects_at(holder, "SharesHeld") if (text := text_at(each, "PercentageDirectlyHeld"))]
    except InvalidOperation:
        return ""
    total = sum(held, Decimal(0))
    return format(total.normalize(), "f") if held and 0 <= total <= 1 else ""
