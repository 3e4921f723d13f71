"""The downloads: KBO open data and the list files, read by small readers of their own."""

import csv
import io
import json
import xml.etree.ElementTree as ET
import zipfile

import httpx
import pytest
from stdnum.eu import nace

from trustrelay.sandbox import Cast
from trustrelay.sandbox._pools import TRADES
from trustrelay.sandbox.numbers import dotted

Rows = list[dict[str, str]]
PATHS = ("/lists/ofac/SDN.CSV", "/lists/ofac/ALT.CSV", "/lists/ofac/ADD.CSV", "/lists/un/consolidated.xml",
         "/lists/eu/xmlFullSanctionsList_1_1.xml", "/lists/pep/entities.ftm.json")  # fmt: skip


@pytest.fixture(scope="module")
def kbo(client: httpx.Client) -> dict[str, Rows]:
    answer = client.get("/kbo/KboOpenData_Full.zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: list(csv.DictReader(io.StringIO(archive.read(name).decode()))) for name in archive.namelist()}


def test_kbo_has_all_files(kbo: dict[str, Rows]) -> None:
    """The nine files of the real extract are there."""
    names = ("activity", "address", "branch", "code", "contact", "denomination", "enterprise", "establishment", "meta")
    assert sorted(kbo) == [f"{name}.csv" for name in names]


def test_kbo_knows_the_company(kbo: dict[str, Rows], cast: Cast) -> None:
    """Dotted number, day-month-year, active, with its name and seat."""
    number = dotted(cast.subject.enterprise_number)
    enterprise = next(row for row in kbo["enterprise.csv"] if row["EnterpriseNumber"] == number)
    assert enterprise["Status"] == "AC"
    assert enterprise["StartDate"] == f"{cast.subject.founded_on:%d-%m-%Y}"
    names = {row["Denomination"] for row in kbo["denomination.csv"] if row["EntityNumber"] == number and row["TypeOfDenomination"] == "001"}
    assert names == {cast.subject.name}
    seat = next(row for row in kbo["address.csv"] if row["EntityNumber"] == number)
    assert (seat["TypeOfAddress"], seat["Zipcode"], seat["HouseNumber"]) == ("REGO", cast.subject.address.postcode, cast.subject.address.number)


def test_kbo_knows_no_people(kbo: dict[str, Rows], cast: Cast) -> None:
    """Open data holds no director and no owner."""
    everything = json.dumps(kbo, ensure_ascii=False)
    assert not any(person.family in everything for person in cast.persons)


def test_kbo_codes_refer(kbo: dict[str, Rows]) -> None:
    """Establishments start with 2 and belong to known enterprises; legal forms are explained in code.csv."""
    enterprises = {row["EnterpriseNumber"] for row in kbo["enterprise.csv"]}
    for row in kbo["establishment.csv"]:
        assert row["EstablishmentNumber"].startswith("2.")
        assert row["EnterpriseNumber"] in enterprises
    forms = {row["Code"] for row in kbo["code.csv"] if row["Category"] == "JuridicalForm"}
    assert {row["JuridicalForm"] for row in kbo["enterprise.csv"]} <= forms


@pytest.mark.parametrize("trade", TRADES, ids=lambda trade: trade.word)
def test_activity_codes_exist(trade) -> None:  # type: ignore[no-untyped-def]
    """Both NACE revisions know the codes."""
    assert nace.is_valid(trade.nace_2025[:4])
    assert nace.is_valid(trade.nace_2008[:4], revision="2.0")


def test_ofac_namesake(client: httpx.Client, cast: Cast) -> None:
    """The SDN row has twelve fields, family name first, and its facts in the remarks; aliases refer to it."""
    rows = list(csv.reader(io.StringIO(client.get("/lists/ofac/SDN.CSV").text)))
    assert {len(row) for row in rows} == {12}
    assert rows[0][4] == "-0- "
    person = cast.namesake.person
    row = next(row for row in rows if row[1] == f"{person.family.upper()}, {person.given}")
    assert row[2] == "individual"
    assert f"DOB {person.birth_date:%d %b %Y};" in row[11]
    assert f"Passport {person.id_number} (" in row[11]
    aliases = [alias[3] for alias in csv.reader(io.StringIO(client.get("/lists/ofac/ALT.CSV").text)) if alias[0] == row[0]]
    assert aliases == list(cast.namesake.aka)
    assert any(address[0] == row[0] for address in csv.reader(io.StringIO(client.get("/lists/ofac/ADD.CSV").text)))


def test_un_true_match(client: httpx.Client, cast: Cast) -> None:
    """The UN entry gives the owner's birth date, nationality and passport, and marks weak aliases Low."""
    root = ET.fromstring(client.get("/lists/un/consolidated.xml").content)
    person = cast.true_match.person
    node = next(n for n in root.iterfind("INDIVIDUALS/INDIVIDUAL") if n.findtext("SECOND_NAME") == person.family.upper())
    assert node.findtext("INDIVIDUAL_DATE_OF_BIRTH/DATE") == person.birth_date.isoformat()
    assert node.findtext("INDIVIDUAL_DOCUMENT/NUMBER") == person.id_number
    weak = {a.findtext("ALIAS_NAME") for n in root.iter("INDIVIDUAL") for a in n.iter("INDIVIDUAL_ALIAS") if a.findtext("QUALITY") == "Low"}
    assert weak == {nickname for entry in cast.lists.un for nickname in entry.weak_aka}
    assert len(root.findall("ENTITIES/ENTITY")) == 2


def test_eu_list(client: httpx.Client, cast: Cast) -> None:
    """Facts are attributes; weak aliases are not strong."""
    ns = {"e": "http://eu.europa.ec/fpi/fsd/export"}
    entities = ET.fromstring(client.get("/lists/eu/xmlFullSanctionsList_1_1.xml").content).findall("e:sanctionEntity", ns)
    assert [e.find("e:birthdate", ns).get("birthdate") for e in entities] == [x.person.birth_date.isoformat() for x in cast.lists.eu]  # type: ignore[union-attr]
    weak = [a.get("wholeName") for e in entities for a in e.findall("e:nameAlias", ns) if a.get("strong") == "false"]
    assert weak == [nickname for entry in cast.lists.eu for nickname in entry.weak_aka]


def test_pep_list(client: httpx.Client, cast: Cast) -> None:
    """One FollowTheMoney entity per line, with the topic role.pep."""
    entities = [json.loads(line) for line in client.get("/lists/pep/entities.ftm.json").text.splitlines()]
    assert all(e["schema"] == "Person" and e["properties"]["topics"] == ["role.pep"] for e in entities)
    director = next(e for e in entities if e["caption"] == cast.pep.person.name)
    assert director["properties"]["birthDate"] == [cast.pep.person.birth_date.isoformat()]
    assert director["properties"]["country"] == ["be"]


@pytest.mark.parametrize("path", PATHS)
def test_unchanged_lists_are_not_sent_again(client: httpx.Client, path: str) -> None:
    """A client that shows the ETag gets 304 and no body."""
    etag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
