"""Parsers of the published list formats: by example, and on the real files where they are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from trustrelay.osint_service.adapters.lists import eu, ofac, pep, un
from trustrelay.osint_service.adapters.lists.countries import iso_country
from trustrelay.osint_service.application.ports import BodyUnparsable
from trustrelay.osint_service.domain.model import PartyType
from trustrelay.osint_service.domain.screening.model import BirthDate, IdNumber, ListedName

REAL = Path(__file__).parents[4] / "shared" / "data" / "lists"
N = "-0- "


def sdn_row(number: int, name: str, kind: str, remarks: str) -> str:
    return f'{number},"{name}",{kind},"PROG",{N},{N},{N},{N},{N},{N},{N},"{remarks}"\n'


def one_ofac(remarks: str, kind: str = '"individual"', name: str = "YSEWYN, Ann") -> ofac.ListedEntity:
    [entity] = ofac.parse(sdn_row(7, name, kind, remarks).encode(), b'7,1,"aka","ANN Y",-0- \n', b'7,1,"Street","City","Portugal",-0- \n')
    return entity


def test_ofac_reads_facts_from_the_remarks() -> None:
    """Birth date, nationality, gender, documents and quoted nicknames stand in one text."""
    remarks = "DOB 14 May 1961; alt. DOB 1962; nationality Portugal; citizen Spain; Gender Female; Passport EX123 (Portugal); a.k.a. 'NIGHTJAR'."
    entity = one_ofac(remarks)
    assert entity.type is PartyType.PERSON
    assert entity.names == (ListedName("YSEWYN, Ann", family="YSEWYN"), ListedName("ANN Y"), ListedName("NIGHTJAR", weak=True))
    assert entity.birth_dates == (BirthDate.on(date(1961, 5, 14)), BirthDate(1962, 1962))
    assert entity.countries == ("PT", "ES")
    assert entity.genders == ("female",)
    assert entity.id_numbers == (IdNumber("EX123", "PT"),)


@pytest.mark.parametrize(
    ("remark", "expected"),
    [
        ("DOB May 1961", BirthDate(1961, 1961)),
        ("DOB circa 1961", BirthDate(1959, 1963)),
        ("DOB 1960 to 1962", BirthDate(1960, 1962)),
        ("DOB 31 Feb 1961", None),
        ("DOB unknown", None),
    ],
)
def test_ofac_birth_dates(remark: str, expected: BirthDate | None) -> None:
    """Every way in which the list writes a birth date, and none that it does not."""
    assert one_ofac(remark).birth_dates == ((expected,) if expected else ())


def test_ofac_organisations_take_the_country_of_their_address() -> None:
    """Null in the type column is an organisation; vessels are neither."""
    assert (one_ofac(N, N, "ZONNEBEEK").type, one_ofac(N, N, "ZONNEBEEK").countries) == (PartyType.COMPANY, ("PT",))
    assert one_ofac(N, '"vessel"', "ZONNEBEEK").type is None


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"a,b,c,d,e,f,g,h,i,j,k,l\n"])
def test_ofac_refuses_what_is_no_list(body: bytes) -> None:
    """An error page is not an empty list."""
    with pytest.raises(BodyUnparsable):
        list(ofac.parse(body, b"", b""))


def test_ofac_files_in_a_windows_code_page_are_read() -> None:
    """Older files are not UTF-8."""
    [entity] = ofac.parse(sdn_row(7, "ARAÚJO, Tomé", '"individual"', N).encode("cp1252") + b"\x1a", b"", b"")
    assert entity.caption == "ARAÚJO, Tomé"


UN = b"""<CONSOLIDATED_LIST><INDIVIDUALS><INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>ANN</FIRST_NAME><SECOND_NAME>YSEWYN</SECOND_NAME>
<REFERENCE_NUMBER>XXi.001</REFERENCE_NUMBER><GENDER>Female</GENDER><NAME_ORIGINAL_SCRIPT>\xd0\x90\xd0\xbd\xd0\xb0</NAME_ORIGINAL_SCRIPT>
<NATIONALITY><VALUE>Portugal</VALUE></NATIONALITY>
<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Ana Y; Anna Y</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Nightjar</ALIAS_NAME></INDIVIDUAL_ALIAS><INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1961-05-14</DATE></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1961</YEAR></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1960</FROM_YEAR><TO_YEAR>1962</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DATE_OF_BIRTH><YEAR>1970</YEAR></INDIVIDUAL_DATE_OF_BIRTH><INDIVIDUAL_DATE_OF_BIRTH><DATE>1961-99-99</DATE></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE/></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>EX1</NUMBER><ISSUING_COUNTRY>Portugal</ISSUING_COUNTRY></INDIVIDUAL_DOCUMENT>
<INDIVIDUAL_DOCUMENT/></INDIVIDUAL></INDIVIDUALS>
<ENTITIES><ENTITY><DATAID>2</DATAID><FIRST_NAME>ZONNEBEEK</FIRST_NAME><ENTITY_ADDRESS><COUNTRY>Spain</COUNTRY></ENTITY_ADDRESS></ENTITY></ENTITIES>
</CONSOLIDATED_LIST>"""


def test_un_reads_persons_and_entities() -> None:
    """Low aliases are weak, spans stay spans, empty elements are nothing."""
    person, organisation = un.parse(UN)
    assert person.entity_id == "XXi.001"
    assert [n.text for n in person.names] == ["ANN YSEWYN", "Ана", "Ana Y", "Anna Y", "Nightjar"]
    assert [n.text for n in person.names if n.weak] == ["Nightjar"]
    assert person.birth_dates == (BirthDate.on(date(1961, 5, 14)), BirthDate(1959, 1963), BirthDate(1960, 1962), BirthDate(1970, 1970))
    assert (person.countries, person.genders, person.id_numbers) == (("PT",), ("female",), (IdNumber("EX1", "PT"),))
    assert (organisation.entity_id, organisation.type, organisation.countries) == ("2", PartyType.COMPANY, ("ES",))


EU = b"""<export xmlns="http://eu.europa.ec/fpi/fsd/export"><sanctionEntity euReferenceNumber="EU.1.1" logicalId="1">
<subjectType code="person" classificationCode="P"/><nameAlias wholeName="Ann Ysewyn" lastName="Ysewyn" gender="F" strong="true"/>
<nameAlias wholeName="Nightjar" strong="false"/><nameAlias wholeName=""/><citizenship countryIso2Code="PT"/>
<birthdate circa="false" birthdate="1961-05-14" year="1961"/><birthdate circa="true" year="1961"/><birthdate yearRangeFrom="1960" yearRangeTo="1962"/>
<birthdate circa="false" birthdate="1961-99-99"/><birthdate year="0"/>
<identification number="EX1" countryIso2Code="PT"/><identification number=""/></sanctionEntity>
<sanctionEntity logicalId="2"><subjectType classificationCode="E"/><nameAlias wholeName="Zonnebeek"/><address countryIso2Code="ES"/></sanctionEntity>
<sanctionEntity logicalId="3"/></export>"""


def test_eu_reads_attributes() -> None:
    """Facts are attributes; strong="false" is a weak alias; an entry without subject type is neither person nor organisation."""
    person, organisation, nothing = eu.parse(EU)
    assert [(n.text, n.weak, n.family) for n in person.names] == [("Ann Ysewyn", False, "Ysewyn"), ("Nightjar", True, "")]
    assert person.birth_dates == (BirthDate.on(date(1961, 5, 14)), BirthDate(1959, 1963), BirthDate(1960, 1962))
    assert (person.countries, person.genders, person.id_numbers) == (("PT",), ("female",), (IdNumber("EX1", "PT"),))
    assert (organisation.entity_id, organisation.type, organisation.countries) == ("2", PartyType.COMPANY, ("ES",))
    assert (nothing.type, nothing.caption) == (None, "")


@pytest.mark.parametrize("parse", [un.parse, eu.parse])
@pytest.mark.parametrize("body", [b"", b"<html></html>", b"<a", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'])
def test_xml_lists_refuse_what_is_no_list(parse: object, body: bytes) -> None:
    """Another document, a broken one and one with entities are all refused."""
    with pytest.raises(BodyUnparsable):
        list(parse(body))  # type: ignore[operator]


def test_pep_reads_follow_the_money_lines() -> None:
    """Persons with topic role.pep only; several family names mark none."""
    body = (
        b"""{"id":"a","schema":"Person","caption":"Ann","properties":{"name":["Ann Ysewyn"],"lastName":["Ysewyn"],"alias":["Ana"],
"weakAlias":["N"],"birthDate":["1961-05-14","1962","x"],"nationality":["pt"],"gender":["female"],"passportNumber":["EX1"],
"topics":["role.pep"],"country":"no list"}}
""".replace(b"\n", b"")
        + b'\n\n{"id":"b","schema":"Company","properties":{}}\n{"id":"c","schema":"Person","properties":{"topics":["role.pep"]}}'
    )
    first, second = pep.parse(body)
    assert [(n.text, n.weak, n.family) for n in first.names] == [("Ann Ysewyn", False, "Ysewyn"), ("Ana", False, ""), ("N", True, "")]
    assert first.birth_dates == (BirthDate.on(date(1961, 5, 14)), BirthDate(1962, 1962))
    assert (first.countries, first.id_numbers, first.caption) == (("PT",), (IdNumber("EX1"),), "Ann")
    assert (second.caption, second.names) == ("", ())


@pytest.mark.parametrize("body", [b"nonsense", b"[]", b'{"id":"a"}', b'{"properties":{}}'])
def test_pep_refuses_what_is_no_entity(body: bytes) -> None:
    """A line that is no entity spoils the file: half a list is no list."""
    with pytest.raises(BodyUnparsable):
        list(pep.parse(body))


@pytest.mark.parametrize(
    ("text", "code"),
    [("Portugal", "PT"), ("Korea, North", "KP"), ("pt", "PT"), ("Hong Kong", "HK"), ("Scotland", "GB"), ("", ""), ("Atlantis", ""), ("zz", "")],
)
def test_country_names(text: str, code: str) -> None:
    """Names and codes become ISO alpha-2, or nothing."""
    assert iso_country(text) == code


@pytest.mark.skipif(not REAL.is_dir(), reason="the published lists are not on this machine")
def test_the_published_lists_are_read_whole() -> None:
    """Every row of the real OFAC files and every entry of the real UN file becomes an entity with a name."""
    files = [(REAL / f"ofac_{name}.csv").read_bytes() for name in ("sdn", "alt", "add", "sdn_comments")]
    american, nations = list(ofac.parse(*files)), list(un.parse((REAL / "un_consolidated.xml").read_bytes()))
    persons = [entity for entity in american if entity.type is PartyType.PERSON]
    assert (len(american), len(persons), len(nations)) == (7379, 3845, 1003)
    assert all(entity.caption and entity.names for entity in (*american, *nations))
    assert sum(bool(entity.birth_dates) for entity in persons) > 3500
    assert sum(any(name.weak for name in entity.names) for entity in nations) > 50
