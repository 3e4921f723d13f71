"""UN Security Council consolidated list (`consolidated.xml`). Aliases carry QUALITY Good or Low."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain

from lxml import etree

from trustrelay.osint_service.adapters.lists.countries import iso_countries, iso_country
from trustrelay.osint_service.adapters.lists.xml import parse_xml
from trustrelay.osint_service.application.ports import BodyUnparsable
from trustrelay.osint_service.domain.model import PartyType
from trustrelay.osint_service.domain.screening.model import SANCTION, BirthDate, IdNumber, ListedEntity, ListedName

DATASET = "un_consolidated"
_NAME_PARTS = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_CIRCA_YEARS = 2


def parse(body: bytes) -> Iterator[ListedEntity]:
    """Individuals, then entities. Raises BodyUnparsable when the body is not this list."""
    root = parse_xml(body)
    if root.tag != "CONSOLIDATED_LIST":
        raise BodyUnparsable("not the consolidated list")
    individuals = (_individual(node) for node in root.iterfind("INDIVIDUALS/INDIVIDUAL"))
    return chain(individuals, (_organisation(node) for node in root.iterfind("ENTITIES/ENTITY")))


def _individual(node: etree._Element) -> ListedEntity:
    documents = node.findall("INDIVIDUAL_DOCUMENT")
    return ListedEntity(
        dataset=DATASET,
        entity_id=_text(node, "REFERENCE_NUMBER") or _text(node, "DATAID"),
        caption=_full_name(node),
        type=PartyType.PERSON,
        topics=(SANCTION,),
        names=_names(node, "INDIVIDUAL_ALIAS"),
        birth_dates=tuple(born for each in node.findall("INDIVIDUAL_DATE_OF_BIRTH") if (born := _birth_date(each)) is not None),
        countries=iso_countries([value.text or "" for value in node.findall("NATIONALITY/VALUE")]),
        genders=tuple(filter(None, (_text(node, "GENDER").lower(),))),
        id_numbers=tuple(
            IdNumber(number, iso_country(_text(each, "ISSUING_COUNTRY") or _text(each, "COUNTRY_OF_ISSUE")))
            for each in documents
            if (number := _text(each, "NUMBER"))
        ),
    )


def _organisation(node: etree._Element) -> ListedEntity:
    return ListedEntity(
        dataset=DATASET,
        entity_id=_text(node, "REFERENCE_NUMBER") or _text(node, "DATAID"),
        caption=_full_name(node),
        type=PartyType.COMPANY,
        topics=(SANCTION,),
        names=_names(node, "ENTITY_ALIAS"),
        countries=iso_countries([_text(each, "COUNTRY") for each in node.findall("ENTITY_ADDRESS")]),
    )


def _names(node: etree._Element, alias_tag: str) -> tuple[ListedName, ...]:
    aliases = [
        ListedName(name.strip(), weak=_text(each, "QUALITY") == "Low")
        for each in node.findall(alias_tag)
        for name in _text(each, "ALIAS_NAME").split(";")
        if name.strip()
    ]
    original = _text(node, "NAME_ORIGINAL_SCRIPT")
    return (ListedName(_full_name(node)), *([ListedName(original)] if original else []), *aliases)


def _full_name(node: etree._Element) -> str:
    return " ".join(part for tag in _NAME_PARTS if (part := _text(node, tag)))


def _birth_date(node: etree._Element) -> BirthDate | None:
    """DATE (ISO), YEAR, or FROM_YEAR and TO_YEAR; APPROXIMATELY widens a year."""
    if day := _text(node, "DATE")[:10]:
        try:
            return BirthDate.on(date.fromisoformat(day))
        except ValueError:
            return None
    first, last = _text(node, "FROM_YEAR"), _text(node, "TO_YEAR")
    if first.isdigit() and last.isdigit():
        return BirthDate(int(first), int(last))
    year = _text(node, "YEAR")
    if not year.isdigit():
        return None
    spread = _CIRCA_YEARS if _text(node, "TYPE_OF_DATE") == "APPROXIMATELY" else 0
    return BirthDate(int(year) - spread, int(year) + spread)


def _text(node: etree._Element, tag: str) -> str:
    return (node.findtext(tag) or "").strip()
