"""UN Security Council consolidated list (`consolidated.xml`)."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from trustrelay.sandbox._pools import BIRTH_PLACES, COUNTRIES
from trustrelay.sandbox.model import ListedCompany, ListedPerson
from trustrelay.sandbox.world import World

SCHEMA = "https://www.un.org/sc/resources/sc-sanctions.xsd"
FIRST_ID = 9900001


def _fill(parent: Element, fields: dict[str, str | None]) -> None:
    for tag, text in fields.items():
        SubElement(parent, tag).text = text


def _child(parent: Element, tag: str, fields: dict[str, str | None]) -> None:
    _fill(SubElement(parent, tag), fields)


def _dates(parent: Element, world: World) -> None:
    _child(parent, "LIST_TYPE", {"VALUE": "UN List"})
    _child(parent, "LAST_DAY_UPDATED", {"VALUE": f"{world.as_of.year - 1}-06-14"})


def _individual(parent: Element, number: int, entry: ListedPerson, world: World) -> None:
    person = entry.person
    country = COUNTRIES[person.nationality]
    node = SubElement(parent, "INDIVIDUAL")
    _fill(
        node,
        {
            "DATAID": str(FIRST_ID + number),
            "VERSIONNUM": "1",
            "FIRST_NAME": person.given.upper(),
            "SECOND_NAME": person.family.upper(),
            "UN_LIST_TYPE": "SBX",
            "REFERENCE_NUMBER": f"SBi.{number:03d}",
            "LISTED_ON": "2019-03-11",
            "GENDER": person.gender.capitalize(),
            "COMMENTS1": "Invented entry of a generated list.",
        },
    )
    _child(node, "DESIGNATION", {"VALUE": "Financier"})
    _child(node, "NATIONALITY", {"VALUE": country})
    _dates(node, world)
    for quality, aliases in (("Good", entry.aka), ("Low", entry.weak_aka)):
        for alias in aliases:
            _child(node, "INDIVIDUAL_ALIAS", {"QUALITY": quality, "ALIAS_NAME": alias})
    _child(node, "INDIVIDUAL_ADDRESS", {"CITY": BIRTH_PLACES[person.nationality], "COUNTRY": country})
    _child(node, "INDIVIDUAL_DATE_OF_BIRTH", {"TYPE_OF_DATE": "EXACT", "DATE": person.birth_date.isoformat()})
    _child(node, "INDIVIDUAL_PLACE_OF_BIRTH", {"CITY": BIRTH_PLACES[person.nationality], "COUNTRY": country})
    _child(node, "INDIVIDUAL_DOCUMENT", {"TYPE_OF_DOCUMENT": "Passport", "NUMBER": person.id_number, "ISSUING_COUNTRY": country})
    _fill(node, {"SORT_KEY": None, "SORT_KEY_LAST_MOD": None})


def _entity(parent: Element, number: int, entry: ListedCompany, world: World) -> None:
    node = SubElement(parent, "ENTITY")
    _fill(
        node,
        {
            "DATAID": str(FIRST_ID + 500 + number),
            "VERSIONNUM": "1",
            "FIRST_NAME": entry.name.upper(),
            "UN_LIST_TYPE": "SBX",
            "REFERENCE_NUMBER": f"SBe.{number:03d}",
            "LISTED_ON": "2019-03-11",
            "COMMENTS1": "Invented entry of a generated list.",
        },
    )
    _dates(node, world)
    for alias in entry.aka:
        _child(node, "ENTITY_ALIAS", {"QUALITY": "a.k.a.", "ALIAS_NAME": alias})
    _child(node, "ENTITY_ADDRESS", {"CITY": BIRTH_PLACES[entry.country], "COUNTRY": COUNTRIES[entry.country]})
    _fill(node, {"SORT_KEY": None, "SORT_KEY_LAST_MOD": None})


def consolidated_xml(world: World) -> bytes:
    """The whole list."""
    root = Element("CONSOLIDATED_LIST", {
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:noNamespaceSchemaLocation": SCHEMA,
        "dateGenerated": f"{world.as_of}T00:00:09.554Z",
    })  # fmt: skip
    individuals, entities = SubElement(root, "INDIVIDUALS"), SubElement(root, "ENTITIES")
    for number, entry in enumerate(world.cast.lists.un, 1):
        _individual(individuals, number, entry, world)
    for number, company in enumerate(world.cast.lists.un_companies, 1):
        _entity(entities, number, company, world)
    indent(root)
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + bytes(tostring(root, encoding="utf-8"))
