"""KBO/BCE open data (`/kbo/KboOpenData_Full.zip`): the CSV files of the Crossroads Bank. It knows no directors."""

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import date

from fastapi import APIRouter

from trustrelay.sandbox.model import Company
from trustrelay.sandbox.numbers import dotted
from trustrelay.sandbox.published import download
from trustrelay.sandbox.world import World

FILE_NAME = "KboOpenData_Full.zip"
FORM_CODES = {"NV": "014", "BV": "610"}
FORM_NAMES = {"NV": "Naamloze vennootschap", "BV": "Besloten Vennootschap"}
SITUATIONS = {"active": "000", "bankrupt": "050"}
DUTCH, FRENCH = "2", "1"
Row = tuple[str, ...]

HEADERS = {
    "meta": "Variable,Value",
    "enterprise": "EnterpriseNumber,Status,JuridicalSituation,TypeOfEnterprise,JuridicalForm,JuridicalFormCAC,StartDate",
    "denomination": "EntityNumber,Language,TypeOfDenomination,Denomination",
    "address": "EntityNumber,TypeOfAddress,CountryNL,CountryFR,Zipcode,MunicipalityNL,MunicipalityFR,StreetNL,StreetFR,"
    "HouseNumber,Box,ExtraAddressInfo,DateStrikingOff",
    "activity": "EntityNumber,ActivityGroup,NaceVersion,NaceCode,Classification",
    "establishment": "EstablishmentNumber,StartDate,EnterpriseNumber",
    "contact": "EntityNumber,EntityContact,ContactType,Value",
    "branch": "Id,StartDate,EnterpriseNumber",
    "code": "Category,Code,Language,Description",
}


def written(day: date) -> str:
    """dd-mm-yyyy, the register's own way."""
    return f"{day:%d-%m-%Y}"


def _meta(as_of: date) -> list[Row]:
    return [
        ("SnapshotDate", written(as_of)),
        ("ExtractTimestamp", f"{written(as_of)} 06:05:24"),
        ("ExtractType", "full"),
        ("ExtractNumber", "2201"),
        ("Version", "R018.00"),
    ]


def _enterprise(company: Company) -> list[Row]:
    return [(dotted(company.enterprise_number), "AC", SITUATIONS[company.standing], "2", FORM_CODES[company.form], "", written(company.founded_on))]


def _denomination(company: Company) -> list[Row]:
    number = dotted(company.enterprise_number)
    return [(number, DUTCH, "001", company.name), (number, DUTCH, "003", company.name.split()[0])]


def _address(company: Company) -> list[Row]:
    place = company.address
    both = (place.postcode, place.city, place.city, place.street, place.street, place.number, "", "", "")
    return [
        (dotted(company.enterprise_number), "REGO", "", "", *both),
        (dotted(company.establishment_number), "BAET", "", "", *both),
    ]


def _activity(company: Company) -> list[Row]:
    """Both revisions side by side, as in the real files."""
    number, activity = dotted(company.enterprise_number), company.activity
    return [
        (number, "001", "2008", activity.nace_2008, "MAIN"),
        (number, "001", "2025", activity.nace_2025, "MAIN"),
        (dotted(company.establishment_number), "001", "2025", activity.nace_2025, "MAIN"),
    ]


def _establishment(company: Company) -> list[Row]:
    return [(dotted(company.establishment_number), written(company.founded_on), dotted(company.enterprise_number))]


def _contact(company: Company) -> list[Row]:
    number = dotted(company.enterprise_number)
    website = f"www.{company.email.partition('@')[2]}"
    return [(number, "ENT", "TEL", company.phone), (number, "ENT", "EMAIL", company.email), (number, "ENT", "WEB", website)]


def _codes() -> list[Row]:
    rows: list[Row] = [
        ("Status", "AC", DUTCH, "Actief"),
        ("Status", "AC", FRENCH, "Actif"),
        ("JuridicalSituation", "000", DUTCH, "Normale toestand"),
        ("JuridicalSituation", "050", DUTCH, "Opening van faillissement"),
        ("TypeOfEnterprise", "2", DUTCH, "Rechtspersoon"),
        ("TypeOfDenomination", "001", DUTCH, "Naam"),
        ("TypeOfDenomination", "003", DUTCH, "Commerciële naam"),
        ("TypeOfAddress", "REGO", DUTCH, "Zetel"),
        ("TypeOfAddress", "BAET", DUTCH, "Vestigingseenheid"),
        ("Classification", "MAIN", DUTCH, "Hoofdactiviteit"),
    ]
    return rows + [("JuridicalForm", FORM_CODES[form], DUTCH, name) for form, name in FORM_NAMES.items()]


def tables(world: World) -> dict[str, list[Row]]:
    """Rows per file, without headers. The open data hold active entities only."""
    companies = [company for company in world.cast.companies if company.standing != "stopped"]
    per_company = {
        "enterprise": _enterprise, "denomination": _denomination, "address": _address, "activity": _activity,
        "establishment": _establishment, "contact": _contact,
    }  # fmt: skip
    rows: dict[str, list[Row]] = {name: [row for c in companies for row in make(c)] for name, make in per_company.items()}
    return {"meta": _meta(world.as_of), **rows, "branch": [], "code": _codes()}


def _csv(header: str, rows: Iterable[Row]) -> str:
    """Every value quoted, header too, as in the real files."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header.split(","), *rows])
    return out.getvalue()


def open_data_zip(world: World) -> bytes:
    """The whole extract; the same world gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables(world).items():
            entry = zipfile.ZipInfo(f"{name}.csv", (world.as_of.year, world.as_of.month, world.as_of.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, _csv(HEADERS[name], rows))
    return out.getvalue()


def router(world: World) -> APIRouter:
    """The download."""
    api = APIRouter(prefix="/kbo")
    more = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    api.add_api_route(f"/{FILE_NAME}", download(open_data_zip(world), "application/zip", world.changed, more), methods=["GET"])
    return api
