"""The world changes while it is served, and every source tells the same new story."""

import csv
import io
import json
import zipfile
from datetime import date

import httpx
import pytest

from trustrelay.sandbox import Cast
from trustrelay.sandbox.changes import CompanyChange, ListChange, UnknownMember, changed
from trustrelay.sandbox.numbers import dotted

KBO, OFAC, UN, PEP = "/kbo/KboOpenData_Full.zip", "/lists/ofac/SDN.CSV", "/lists/un/consolidated.xml", "/lists/pep/entities.ftm.json"
TODAY = date(2026, 11, 22)


def _change(client: httpx.Client, **said: object) -> int:
    return client.post("/admin/change", json=said).status_code


def _kbo(client: httpx.Client, table: str, number: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(client.get(KBO).content)) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read(f"{table}.csv").decode())))
    return [row for row in rows if dotted(number) in (row.get("EnterpriseNumber"), row.get("EntityNumber"))]


def _vat_is_valid(client: httpx.Client, number: str) -> bool:
    return bool(client.get(f"/vies/rest-api/ms/BE/vat/{number}").json()["isValid"])


def test_sandbox_unchanged_file_is_not_sent_again_and_a_changed_one_is(failing: httpx.Client, cast: Cast) -> None:
    """The open data answer 304 to who has them, until something in them changes."""
    first = failing.get(KBO)
    known = {"If-None-Match": first.headers["ETag"]}
    assert failing.get(KBO, headers=known).status_code == 304
    assert _change(failing, kind="company", company=cast.subject.enterprise_number, standing="bankrupt") == 204
    second = failing.get(KBO, headers=known)
    assert second.status_code == 200
    assert second.headers["Last-Modified"] != first.headers["Last-Modified"]


def test_sandbox_bankrupt_company_stays_in_the_extract_and_a_stopped_one_leaves(failing: httpx.Client, cast: Cast) -> None:
    """As in the real register: bankruptcy is a juridical situation, the end is absence; the VAT number ends with the company."""
    number = cast.fillers[2].enterprise_number
    assert _change(failing, kind="company", company=number, standing="bankrupt") == 204
    assert [row["JuridicalSituation"] for row in _kbo(failing, "enterprise", number)] == ["050"]
    assert _vat_is_valid(failing, number)
    assert _change(failing, kind="company", company=number, standing="stopped") == 204
    assert _kbo(failing, "enterprise", number) == []
    assert not _vat_is_valid(failing, number)
    assert _change(failing, kind="company", company=number, standing="active") == 204
    assert [row["JuridicalSituation"] for row in _kbo(failing, "enterprise", number)] == ["000"]


def test_sandbox_moved_company_and_its_new_director_are_told_by_every_register(failing: httpx.Client, cast: Cast) -> None:
    """KBO and VIES give the new address, NBB the new board."""
    company, new = cast.subject, cast.customs.company.directors[0].person
    place = {"street": "Nieuwe Kaai", "number": "9", "postcode": "9000", "city": "Gent"}
    assert _change(failing, kind="company", company="subject", address=place, add_director=new.key, remove_director="director_1") == 204
    seat = next(row for row in _kbo(failing, "address", company.enterprise_number) if row["TypeOfAddress"] == "REGO")
    assert (seat["StreetNL"], seat["Zipcode"]) == ("Nieuwe Kaai", "9000")
    assert "Nieuwe Kaai" in failing.get(f"/vies/rest-api/ms/BE/vat/{company.enterprise_number}").json()["address"]
    keyed = {"NBB-CBSO-Subscription-Key": "any"}
    newest = failing.get(f"/nbb/authentic/legalEntity/{company.enterprise_number}/references", headers=keyed).json()[0]["ReferenceNumber"]
    accounts = failing.get(
        f"/nbb/authentic/deposit/{newest}/accountingData", headers=keyed | {"Accept": "application/x.jsonxbrl"}
    ).json()["Administrators"]["NaturalPersons"]  # fmt: skip
    board = {f"{one['Person']['FirstName']} {one['Person']['LastName']}" for one in accounts}
    assert board == {company.directors[1].person.name, new.name}


def test_sandbox_list_gains_corrects_and_loses_an_entry(failing: httpx.Client, cast: Cast) -> None:
    """A new entry comes last, so that no other changes its number; a correction changes what is said of one."""
    before = failing.get(OFAC).text.splitlines()
    assert _change(failing, kind="list", list="ofac", person="customs_owner") == 204
    added = failing.get(OFAC).text.splitlines()
    assert set(before) < set(added)
    assert len(added) == len(before) + 1
    assert _change(failing, kind="list", list="ofac", person=cast.namesake.person.key, action="correct", birth_date="1950-02-03") == 204
    assert "DOB 03 Feb 1950" in failing.get(OFAC).text.splitlines()[0]
    assert _change(failing, kind="list", list="ofac", person="customs_owner", action="remove") == 204
    assert len(failing.get(OFAC).text.splitlines()) == len(before)


def test_sandbox_every_list_can_change(failing: httpx.Client, cast: Cast) -> None:
    """UN, EU and the officials too."""
    owner = cast.customs.company.owners[0].person
    for name in ("un", "eu", "pep"):
        assert _change(failing, kind="list", list=name, person=owner.key) == 204
    assert owner.family.upper() in failing.get(UN).text
    assert owner.family in failing.get("/lists/eu/xmlFullSanctionsList_1_1.xml").text
    assert owner.name in [json.loads(line)["caption"] for line in failing.get(PEP).text.splitlines()]


def test_sandbox_refuses_a_change_of_nobody(failing: httpx.Client) -> None:
    """A change names someone of the cast; anything else is a mistake of the caller."""
    assert _change(failing, kind="company", company="0999999999", standing="stopped") == 404
    assert _change(failing, kind="list", list="un", person="nobody", action="correct") == 404
    assert _change(failing, kind="weather") == 422


def test_sandbox_change_leaves_everybody_else_alone(cast: Cast) -> None:
    """A cast is a value: the one that was changed is as it was."""
    after = changed(cast, CompanyChange(kind="company", company=cast.customs.company.name, standing="stopped"), TODAY)
    assert after.customs.company.standing == "stopped"
    assert cast.customs.company.standing == "active"
    assert after.companies[:-1] == cast.companies[:-1]
    with pytest.raises(UnknownMember):
        changed(cast, ListChange(kind="list", list="eu", person="nobody", action="remove"), TODAY)
