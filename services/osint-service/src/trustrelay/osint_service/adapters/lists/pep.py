"""Politically exposed persons as FollowTheMoney JSON lines (`topics: role.pep`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from trustrelay.osint_service.adapters.lists.countries import iso_countries
from trustrelay.osint_service.application.ports import BodyUnparsable
from trustrelay.osint_service.domain.model import PartyType
from trustrelay.osint_service.domain.screening.model import PEP, BirthDate, IdNumber, ListedEntity, ListedName

DATASET = "pep"


def parse(body: bytes) -> Iterator[ListedEntity]:
    """One entity per line that is a Person with topic role.pep. Raises BodyUnparsable when a line is no entity."""
    for line in body.splitlines():
        if line.strip():
            entity = _properties(line)
            if entity.get("schema") == "Person" and PEP in _values(entity, "topics"):
                yield _entity(entity)


def _properties(line: bytes) -> dict[str, Any]:
    try:
        entity = json.loads(line)
    except ValueError as error:
        raise BodyUnparsable("a line is not JSON") from error
    if not isinstance(entity, dict) or not isinstance(entity.get("properties"), dict) or not entity.get("id"):
        raise BodyUnparsable("a line is not an entity")
    return entity


def _entity(entity: dict[str, Any]) -> ListedEntity:
    families = _values(entity, "lastName")
    family = families[0] if len(families) == 1 else ""
    names = [ListedName(name, family=family) for name in _values(entity, "name")]
    names += [ListedName(alias) for alias in _values(entity, "alias")]
    names += [ListedName(alias, weak=True) for alias in _values(entity, "weakAlias")]
    numbers = [*_values(entity, "passportNumber"), *_values(entity, "idNumber")]
    return ListedEntity(
        dataset=DATASET,
        entity_id=str(entity["id"]),
        caption=str(entity.get("caption") or (names[0].text if names else "")),
        type=PartyType.PERSON,
        topics=tuple(_values(entity, "topics")),
        names=tuple(names),
        birth_dates=tuple(born for value in _values(entity, "birthDate") if (born := _birth_date(value)) is not None),
        countries=iso_countries(_values(entity, "nationality") or _values(entity, "country")),
        genders=tuple(_values(entity, "gender")),
        id_numbers=tuple(IdNumber(number) for number in numbers),
    )


def _values(entity: dict[str, Any], name: str) -> list[str]:
    values = entity["properties"].get(name, [])
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _birth_date(value: str) -> BirthDate | None:
    try:
        return BirthDate.on(date.fromisoformat(value))
    except ValueError:
        return BirthDate(int(value[:4]), int(value[:4])) if value[:4].isdigit() else None
