"""Office papers: articles of association (DOCX) and the register of shareholders (XLSX)."""

import io
import re
import zipfile
from datetime import date, datetime

import docx
from openpyxl import Workbook
from openpyxl.styles import Font

from trustrelay.sandbox._pools import COUNTRIES
from trustrelay.sandbox.documents.ubo_register import identity_number
from trustrelay.sandbox.model import Company
from trustrelay.sandbox.numbers import dotted

FORM_NAMES = {"NV": "public limited company (naamloze vennootschap)", "BV": "private limited company (besloten vennootschap)"}
CAPITAL_PER_SHARE = 100
HEADER = (
    "No.", "Shareholder", "Date of birth", "Nationality", "Identification no.", "Address", "Number of shares", "Percentage",
    "Entry in register",
)  # fmt: skip
EPOCH = (1980, 1, 1, 0, 0, 0)


def reproducible(archive: bytes) -> bytes:
    """The same Office file with all its time stamps set to one moment."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            body = source.read(name)
            if name == "docProps/core.xml":
                body = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", body)
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, body)
    return out.getvalue()


def _clauses(company: Company) -> list[tuple[str, str]]:
    shares = sum(stake.shares for stake in company.owners)
    owners = "; ".join(f"{s.person.name}: {s.shares} shares" for s in company.owners)
    directors = ", ".join(m.person.name for m in company.directors)
    return [
        ("Article 1. Name and legal form", f"The company is a {FORM_NAMES[company.form]} named {company.legal_name}."),
        ("Article 2. Registered office", f"The registered office is at {company.address.line}, Belgium."),
        ("Article 3. Object", f"The object of the company is {company.activity.object}, in Belgium and abroad."),
        ("Article 4. Duration", "The company is formed for an unlimited period."),
        (
            "Article 5. Capital and shares",
            f"The capital is EUR {shares * CAPITAL_PER_SHARE:,}, represented by {shares} registered shares of equal value: {owners}.",
        ),
        ("Article 6. Management", f"The company is managed by its directors. Appointed as directors are {directors}."),
        ("Article 7. Representation", "Each director, acting alone, represents the company towards third parties."),
        ("Article 8. General meeting", "The annual general meeting is held on the twenty-eighth of May at the registered office."),
        ("Article 9. Financial year", "The financial year runs from the first of January to the thirty-first of December."),
    ]


def articles_of_association(company: Company) -> bytes:
    """The coordinated articles as a Word document."""
    paper = docx.Document()
    paper.add_heading("Articles of association", level=0)
    paper.add_paragraph(f"Company: {company.legal_name}")
    paper.add_paragraph(f"Enterprise number: {dotted(company.enterprise_number)}")
    paper.add_paragraph(f"Coordinated text following the deed of incorporation of {company.founded_on:%d/%m/%Y}")
    for name, text in _clauses(company):
        paper.add_heading(name, level=2)
        paper.add_paragraph(text)
    out = io.BytesIO()
    paper.save(out)
    return reproducible(out.getvalue())


def shareholder_register(company: Company, as_of: date) -> bytes:
    """The register as a workbook: true dates and numbers, percentages as fractions."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Shareholders"
    sheet.append(["Register of shareholders"])
    sheet.append(["Company", company.legal_name])
    sheet.append(["Enterprise number", dotted(company.enterprise_number)])
    sheet.append(["State of the register on", datetime(as_of.year, as_of.month, 1)])
    sheet.append([])
    sheet.append(list(HEADER))
    for number, stake in enumerate(company.owners, 1):
        person = stake.person
        sheet.append([
            number, person.name, person.birth_date, COUNTRIES[person.nationality], identity_number(person), person.address.line,
            stake.shares, stake.percent / 100, company.founded_on,
        ])  # fmt: skip
    _format(sheet)
    out = io.BytesIO()
    book.save(out)
    return reproducible(out.getvalue())


def _format(sheet) -> None:  # type: ignore[no-untyped-def]
    """Bold headings, dates as dates, fractions as percentages."""
    for row in (1, 6):
        for cell in sheet[row]:
            cell.font = Font(bold=True)
    sheet["B4"].number_format = "dd/mm/yyyy"
    for row in sheet.iter_rows(min_row=7):
        row[2].number_format = row[8].number_format = "dd/mm/yyyy"
        row[7].number_format = "0.00%"
    for column, width in zip("ABCDEFGHI", (26, 28, 14, 14, 20, 40, 17, 12, 17), strict=True):
        sheet.column_dimensions[column].width = width
