"""EU financial sanctions (`xmlFullSanctionsList_1_1.xml`): facts are attributes, weak aliases have strong="false"."""

from itertools import count
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from trustrelay.sandbox._pools import BIRTH_PLACES, COUNTRIES
from trustrelay.sandbox.model import ListedPerson, Person
from trustrelay.sandbox.world import World

NAMESPACE = "http://eu.europa.ec/fpi/fsd/export"
REGULATION = {"regulationType": "regulation", "organisationType": "council", "publicationDate": "2020-02-14", "entryIntoForceDate": "2020-02-15",
              "numberTitle": "2020/999999 (SANDBOX)", "programme": "SBX"}  # fmt: skip


def _country(code: str) -> dict[str, str]:
    return {"countryIso2Code": code, "countryDescription": COUNTRIES[code].upper()}


def _name(person: Person, whole: str, *, strong: bool) -> dict[str, str]:
    given, family = (person.given, person.family) if strong else ("", "")
    return {
        "firstName": given, "middleName": "", "lastName": family, "wholeName": whole, "function": "",
        "gender": person.gender[0].upper(), "title": "", "nameLanguage": "", "strong": str(strong).lower(), "regulationLanguage": "en",
    }  # fmt: skip


def _birth(person: Person) -> dict[str, str]:
    born = person.birth_date
    return {
        "circa": "false", "calendarType": "GREGORIAN", "city": BIRTH_PLACES[person.nationality], "zipCode": "",
        "birthdate": born.isoformat(), "dayOfMonth": str(born.day), "monthOfYear": str(born.month), "year": str(born.year),
        "region": "", "place": "", **_country(person.nationality), "regulationLanguage": "en",
    }  # fmt: skip


def _entity(root: Element, number: int, entry: ListedPerson, ids: "count[int]") -> None:
    person = entry.person

    def add(parent: Element, tag: str, attributes: dict[str, str]) -> Element:
        return SubElement(parent, tag, attributes | {"logicalId": str(next(ids))})

    node = SubElement(root, "sanctionEntity", {
        "designationDetails": "", "unitedNationId": "", "euReferenceNumber": f"EU.{99000 + number}.1", "logicalId": str(99000 + number),
    })  # fmt: skip
    regulation = add(node, "regulation", REGULATION)
    SubElement(regulation, "publicationUrl").text = f"https://sanctions.example/regulation/{number}"
    SubElement(node, "subjectType", {"code": "person", "classificationCode": "P"})
    for whole in (person.name, *entry.aka):
        add(node, "nameAlias", _name(person, whole, strong=True))
    for whole in entry.weak_aka:
        add(node, "nameAlias", _name(person, whole, strong=False))
    add(node, "citizenship", {"region": "", **_country(person.nationality), "regulationLanguage": "en"})
    add(node, "birthdate", _birth(person))
    add(node, "identification", {
        "diplomatic": "false", "knownExpired": "false", "knownFalse": "false", "reportedLost": "false", "revokedByIssuer": "false",
        "issuedBy": "", "latinNumber": "", "nameOnDocument": "", "number": person.id_number, "region": "",
        **_country(person.nationality), "identificationTypeCode": "passport",
        "identificationTypeDescription": "National passport", "regulationLanguage": "en",
    })  # fmt: skip


def full_list_xml(world: World) -> bytes:
    """The whole list."""
    root = Element("export", {"xmlns": NAMESPACE, "generationDate": f"{world.as_of}T06:00:00.000+01:00", "globalFileId": "199999"})
    ids = count(500001)
    for number, entry in enumerate(world.cast.lists.eu, 1):
        _entity(root, number, entry, ids)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
