"""GLEIF resources: LEI records, relationships and reporting exceptions as JSON:API."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from trustrelay.sandbox.model import Company
from trustrelay.sandbox.names import fold
from trustrelay.sandbox.numbers import dotted
from trustrelay.sandbox.world import World

ELF_CODES = {"NV": "R85P", "BV": "DWGB"}  # ISO 20275 entity legal forms
REGISTER = "RA000025"  # Crossroads Bank for Enterprises
Json = dict[str, Any]


def _address(company: Company) -> Json:
    place = company.address
    return {
        "language": "nl", "addressLines": [f"{place.street} {place.number}"], "addressNumber": None,
        "addressNumberWithinBuilding": None, "mailRouting": None, "city": place.city, "region": None, "country": "BE",
        "postalCode": place.postcode,
    }  # fmt: skip


class Records:
    """The records of a world, with links under one base URL."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_lei = {c.lei: c for c in world.cast.companies if c.lei}
        self._by_key = {c.key: c for c in self._by_lei.values()}

    def find(self, lei: str) -> Company | None:
        """The company with that LEI."""
        return self._by_lei.get(lei.upper())

    def parent(self, company: Company) -> Company | None:
        """The consolidating parent, if one is reported."""
        return self._by_key.get(company.parent_key) if company.parent_key else None

    def children(self, company: Company) -> list[Company]:
        """Direct children."""
        return [c for c in self._by_lei.values() if c.parent_key == company.key]

    def search(self, params: Iterable[tuple[str, str]]) -> list[Company]:
        """All filters must hold; legal names match as GLEIF does, on all words."""
        found = list(self._by_lei.values())
        for key, value in params:
            match key:
                case "filter[lei]":
                    wanted = {part.strip().upper() for part in value.split(",")}
                    found = [c for c in found if c.lei in wanted]
                case "filter[entity.legalName]" | "filter[fulltext]":
                    words = set(fold(value).split())
                    found = [c for c in found if words <= set(fold(c.legal_name).split())]
                case "filter[entity.registeredAs]":
                    found = [c for c in found if value.replace(".", "") == c.enterprise_number]
                case _:
                    continue
        return found

    def meta(self) -> Json:
        """The meta member of every answer with records."""
        return {"goldenCopy": {"publishDate": f"{self._world.as_of}T00:00:00Z"}}

    def resource(self, company: Company, base: str) -> Json:
        """One lei-records resource; dates lie around the world's day."""
        today = self._world.as_of
        place = _address(company)
        return {
            "type": "lei-records",
            "id": company.lei,
            "attributes": {
                "lei": company.lei,
                "entity": {
                    "legalName": {"name": company.legal_name, "language": "nl"},
                    "otherNames": [],
                    "transliteratedOtherNames": [],
                    "legalAddress": place,
                    "headquartersAddress": place,
                    "registeredAt": {"id": REGISTER, "other": None},
                    "registeredAs": dotted(company.enterprise_number),
                    "jurisdiction": "BE",
                    "category": "GENERAL",
                    "legalForm": {"id": ELF_CODES[company.form], "other": None},
                    "associatedEntity": {"lei": None, "name": None},
                    "status": "ACTIVE",
                    "expiration": {"date": None, "reason": None},
                    "successorEntity": {"lei": None, "name": None},
                    "creationDate": f"{company.founded_on}T00:00:00Z",
                    "subCategory": None,
                    "otherAddresses": [],
                    "eventGroups": [],
                },
                "registration": {
                    "initialRegistrationDate": f"{today - timedelta(days=1500)}T09:00:00Z",
                    "lastUpdateDate": f"{today - timedelta(days=120)}T09:00:00Z",
                    "status": "ISSUED",
                    "nextRenewalDate": f"{today + timedelta(days=245)}T09:00:00Z",
                    "managingLou": "SBOX00SANDBOXISSUER0",
                    "corroborationLevel": "FULLY_CORROBORATED",
                    "validatedAt": {"id": REGISTER, "other": None},
                    "validatedAs": dotted(company.enterprise_number),
                    "otherValidationAuthorities": [],
                },
                "bic": None,
                "conformityFlag": "CONFORMING",
            },
            "relationships": self._relationships(company, base),
            "links": {"self": f"{base}/lei-records/{company.lei}"},
        }

    def _relationships(self, company: Company, base: str) -> Json:
        here = f"{base}/lei-records/{company.lei}"
        links: Json = {}
        for kind in ("direct-parent", "ultimate-parent"):
            if self.parent(company):
                links[kind] = {"links": {"relationship-record": f"{here}/{kind}-relationship", "lei-record": f"{here}/{kind}"}}
            else:
                links[kind] = {"links": {"reporting-exception": f"{here}/{kind}-reporting-exception"}}
        if self.children(company):
            links["direct-children"] = {"links": {"related": f"{here}/direct-children"}}
        return links


def exception(company: Company, kind: str) -> Json:
    """Why no parent is reported: the owners are natural persons."""
    category = f"{kind.upper()}_ACCOUNTING_CONSOLIDATION_PARENT"
    return {
        "type": "reporting-exceptions",
        "id": f"{company.lei}.{kind}",
        "attributes": {
            "validFrom": f"{company.founded_on}T00:00:00Z", "validTo": None, "lei": company.lei, "category": category,
            "reason": "NATURAL_PERSONS", "reference": None,
        },
    }  # fmt: skip


def relationship(child: Company, parent: Company, kind: str) -> Json:
    """The record that ties a child to its consolidating parent."""
    label = f"IS_{'DIRECTLY' if kind == 'direct' else 'ULTIMATELY'}_CONSOLIDATED_BY"
    return {
        "type": "relationship-records",
        "id": f"{child.lei}.{kind}",
        "attributes": {
            "relationship": {
                "startNode": {"id": child.lei, "type": "LEI"}, "endNode": {"id": parent.lei, "type": "LEI"},
                "type": label, "status": "ACTIVE",
            },
        },
    }  # fmt: skip
