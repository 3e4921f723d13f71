"""EU financial sanctions (`xmlFullSanctionsList_1_1`): facts are attributes; weak aliases have strong="false"."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from lxml import etree

from trustrelay.osint_service.adapters.lists.countries import iso_countries, iso_country
from trustrelay.osint_service.adapters.lists.xml import parse_xml
from trustrelay.osint_service.application.ports import BodyUnparsable
from trustrelay.osint_service.domain.model import PartyType
from trustrelay.osint_service.domain.screening.model import SANCTION, BirthDate, IdNumber, ListedEntity, ListedName

DATASET = "eu_fsf"
_NS = "{http://eu.europa.ec/fpi/fsd/export}"
_TYPES = {"P": PartyType.PERSON, "E": PartyType.COMPANY}
_GENDERS = {"M": "male", "F": "female"}
_CIRCA_YEARS = 2


def parse(body: bytes) -> Iterator[ListedEntity]:
    """One entity per sanctionEntity. Raises BodyUnparsable when the body is not this list."""
    root = parse_xml(body)
    if root.tag != f"{_NS}export":
        raise BodyUnparsable("not the financial sanctions list")
    return (_entity(node) for node in root.iterfind(f"{_NS}sanctionEntity"))


def _entity(node: etree._Element) -> ListedEntity:
    subject = node.find(f"{_NS}subjectType")
    kind = _TYPES.get(subject.get("classificationCode", "") if subject is not None else "")
    aliases = [each for each in _all(node, "nameAlias") if each.get("wholeName")]
    genders = {_GENDERS[g] for each in aliases if (g := each.get("gender", "")) in _GENDERS}
    countries = _all(node, "citizenship") if kind is PartyType.PERSON else _all(node, "address")
    return ListedEntity(
        dataset=DATASET,
        entity_id=node.get("euReferenceNumber", "") or node.get("logicalId", ""),
        caption=aliases[0].get("wholeName", "") if aliases else "",
        type=kind,
        topics=(SANCTION,),
        names=tuple(ListedName(a.get("wholeName", ""), weak=a.get("strong") == "false", family=a.get("lastName", "")) for a in aliases),
        birth_dates=tuple(born for each in _all(node, "birthdate") if (born := _birth_date(each)) is not None),
        countries=iso_countries([each.get("countryIso2Code", "") for each in countries]),
        genders=tuple(sorted(genders)),
        id_numbers=tuple(
            IdNumber(number, iso_country(each.get("countryIso2Code", "")))
            for each in _all(node, "identification")
            if (number := each.get("number", ""))
        ),
    )


def _all(node: etree._Element, tag: str) -> list[etree._Element]:
    return node.findall(f"{_NS}{tag}")


def _birth_date(node: etree._Element) -> BirthDate | None:
    """A full date unless `circa`; else the year, or the span of years, that the list gives."""
    circa = node.get("circa") == "true"
    if (day := node.get("birthdate", "")) and not circa:
        try:
            return BirthDate.on(date.fromisoformat(day))
        except ValueError:
            return None
    first, last = node.get("yearRangeFrom", ""), node.get("yearRangeTo", "")
    if first.isdigit() and last.isdigit():
        return BirthDate(int(first), int(last))
    year = node.get("year", "") or day[:4]
    spread = _CIRCA_YEARS if circa else 0
    return BirthDate(int(year) - spread, int(year) + spread) if year.isdigit() and int(year) else None
