"""The extract of the register of beneficial owners: the one paper that gives birth dates, nationalities and id numbers."""

from datetime import date, timedelta

from trustrelay.sandbox._pools import COUNTRIES
from trustrelay.sandbox.documents import _page as page
from trustrelay.sandbox.model import Company, Person
from trustrelay.sandbox.numbers import dotted, national_number_written

ISSUED_DAYS_AGO = 9
OWNER_WIDTHS = (50, 24, 22, 33, 18, 27)
DIRECTOR_WIDTHS = (50, 24, 22, 33, 45)


def identity_number(person: Person) -> str:
    """As written on paper: national numbers with dots, passports plain."""
    return national_number_written(person.id_number) if person.id_kind == "national_number" else person.id_number


def _identity(person: Person) -> tuple[str, str, str, str]:
    return person.name, f"{person.birth_date:%d/%m/%Y}", COUNTRIES[person.nationality], identity_number(person)


def ubo_register_extract(company: Company, as_of: date) -> bytes:
    """A digital PDF of one page, issued some days before `as_of`."""
    issued = as_of - timedelta(days=ISSUED_DAYS_AGO)
    owners = [(*_identity(s.person), f"{s.percent},00 %", "Direct owner") for s in company.owners]
    directors = [(*_identity(m.person), "Director") for m in company.directors]
    return page.pdf(
        "Extract from the UBO register",
        [
            page.title("EXTRACT FROM THE UBO REGISTER"),
            page.line("Register of ultimate beneficial owners, Kingdom of Belgium"),
            page.line(f"Date of issue: {issued:%d/%m/%Y}"),
            page.line(f"Extract reference: UBO-{issued:%Y%m%d}-{company.enterprise_number[-6:]}"),
            page.heading("Company"),
            page.line(f"Name: {company.legal_name}"),
            page.line(f"Enterprise number: {dotted(company.enterprise_number)}"),
            page.line(f"Registered office: {company.address.line}"),
            page.heading("Ultimate beneficial owners"),
            page.table([("Name", "Date of birth", "Nationality", "Identification no.", "Share", "Role"), *owners], OWNER_WIDTHS),
            page.gap(),
            page.heading("Legal representatives"),
            page.table([("Name", "Date of birth", "Nationality", "Identification no.", "Role"), *directors], DIRECTOR_WIDTHS),
            page.gap(),
            page.line("Dates are written day/month/year. This extract states the situation of the register on the date of issue."),
        ],
    )
