"""GLEIF: legal entity identifiers as JSON:API. A parent's 404 means "read the reporting exception"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trustrelay.osint_service.adapters.http import UNPARSABLE, Answer, Fetcher, Unreachable, refused
from trustrelay.osint_service.adapters.json_body import at, json_object, objects_at, text_at
from trustrelay.osint_service.application.ports import BodyUnparsable, LeiFound, LeiUnknown, NotAssessed, RawBody
from trustrelay.osint_service.domain.model import Profile

SOURCE = "gleif"
_LEI = re.compile(r"[0-9A-Z]{18}[0-9]{2}")
_HEADERS = {"Accept": "application/vnd.api+json"}
_PAGE = "20"
Outcome = LeiFound | LeiUnknown | NotAssessed


@dataclass(frozen=True, slots=True)
class Gleif:
    """No retries: 60 requests a minute is all there is, and a 429 lasts longer than a check may."""

    fetcher: Fetcher
    base_url: str

    async def by_lei(self, lei: str) -> Outcome:
        """The record of one LEI, with its direct parent."""
        if not _LEI.fullmatch(lei):
            return LeiUnknown(())
        return await self._guarded(f"/lei-records/{lei}", {}, lambda body: at(body, "data"))

    async def by_company(self, legal_name: str, country: str, registration_number: str) -> Outcome:
        """The record whose register number is the company's, searched by number, then by name; a name alone is no identity."""
        digits = _digits(registration_number)

        def same(body: dict[str, Any]) -> Any:
            records = objects_at(body, "data")
            return next((r for r in records if digits and _digits(_entity(r, "registeredAs")) == digits and _country(r) == country), None)

        by_number = await self._guarded("/lei-records", {"filter[entity.registeredAs]": _registered_as(country, digits)}, same)
        if not isinstance(by_number, LeiUnknown):
            return by_number
        by_name = await self._guarded("/lei-records", {"filter[entity.legalName]": legal_name, "page[size]": _PAGE}, same)
        return LeiUnknown((*by_number.raw, *by_name.raw)) if isinstance(by_name, LeiUnknown) else by_name

    async def _guarded(self, path: str, params: dict[str, str], pick: Callable[[dict[str, Any]], Any]) -> Outcome:
        try:
            answer = await self._get(path, params)
            if answer.status == 404:
                return LeiUnknown((answer.raw,))
            if answer.status != 200:
                return refused(answer)
            record = pick(json_object(answer.raw.body))
            return await self._found(record, answer.raw) if isinstance(record, dict) else LeiUnknown((answer.raw,))
        except Unreachable as error:
            return NotAssessed(error.reason)
        except BodyUnparsable:
            return NotAssessed(UNPARSABLE)

    async def _found(self, record: dict[str, Any], raw: RawBody) -> Outcome:
        lei, status = text_at(record, "attributes", "lei"), text_at(record, "attributes", "registration", "status")
        if not lei or not status:
            return NotAssessed(UNPARSABLE, (raw,))
        parent, bodies = await self._parent(lei)
        return LeiFound(lei, status, _profile(record, lei), parent, (raw, *bodies))

    async def _parent(self, lei: str) -> tuple[str, tuple[RawBody, ...]]:
        """LEI of the direct parent, or the reason why none is reported, or nothing when neither could be read."""
        answer = await self._get(f"/lei-records/{lei}/direct-parent", {})
        if answer.status == 200:
            return text_at(json_object(answer.raw.body), "data", "attributes", "lei"), (answer.raw,)
        if answer.status != 404:
            return "", ()
        answer = await self._get(f"/lei-records/{lei}/direct-parent-reporting-exception", {})
        if answer.status != 200:
            return "", ()
        return text_at(json_object(answer.raw.body), "data", "attributes", "reason"), (answer.raw,)

    async def _get(self, path: str, params: dict[str, str]) -> Answer:
        return await self.fetcher.fetch(SOURCE, "GET", f"{self.base_url}{path}", params=params, headers=_HEADERS)


def _entity(record: dict[str, Any], *path: str) -> str:
    return text_at(record, "attributes", "entity", *path)


def _country(record: dict[str, Any]) -> str:
    return _entity(record, "jurisdiction")[:2]


def _profile(record: dict[str, Any], lei: str) -> Profile:
    address = at(record, "attributes", "entity", "legalAddress") or {}
    lines = [str(line) for line in address.get("addressLines") or [] if line]
    city = f"{text_at(address, 'postalCode')} {text_at(address, 'city')}".strip()
    return Profile(
        source=SOURCE,
        legal_name=_entity(record, "legalName", "name"),
        registration_number=_digits(_entity(record, "registeredAs")),
        country=_country(record),
        status=_entity(record, "status").lower(),
        registered_address=", ".join(filter(None, (*lines, city))),
        start_date=_entity(record, "creationDate")[:10],
        lei=lei,
    )


def _registered_as(country: str, number: str) -> str:
    """The register number as GLEIF's records write it: Belgium's with dots."""
    return f"{number[:4]}.{number[4:7]}.{number[7:]}" if country == "BE" else number


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isalnum()).upper()
