"""Annual accounts as the National Bank hands them out: figures, board, shareholders."""

from random import Random

from trustrelay.sandbox.documents import _page as page
from trustrelay.sandbox.model import Company
from trustrelay.sandbox.numbers import dotted

LABELS = {"10/15": "Equity", "17/49": "Amounts payable", "20/58": "Total assets", "70": "Turnover", "9904": "Gain (loss) of the period"}


def figures(company: Company, year: int) -> list[tuple[str, int, str]]:
    """(rubric, whole euros, period N or NM1) for the year and the one before; the balance sheet balances."""
    rows = []
    for period, wanted in (("N", year), ("NM1", year - 1)):
        rng = Random(f"{company.enterprise_number}/{wanted}")
        equity, debts, turnover = rng.randint(200_000, 900_000), rng.randint(100_000, 700_000), rng.randint(900_000, 6_000_000)
        values = {"10/15": equity, "17/49": debts, "20/58": equity + debts, "70": turnover, "9904": turnover // rng.randint(12, 40)}
        rows += [(code, value, period) for code, value in values.items()]
    return rows


def annual_accounts_pdf(company: Company, year: int, reference: str) -> bytes:
    """The filing as a digital PDF."""
    values = {(code, period): value for code, value, period in figures(company, year)}
    rubrics = [(code, label, f"{values[code, 'N']:,}", f"{values[code, 'NM1']:,}") for code, label in LABELS.items()]
    board = [(m.person.name, "Director", f"{m.since:%d/%m/%Y}") for m in company.directors]
    holders = [(s.person.name, str(s.shares), f"{s.percent} %") for s in company.owners]
    return page.pdf(
        f"Annual accounts {reference}",
        [
            page.title(f"ANNUAL ACCOUNTS {year}"),
            page.line(f"Deposit reference: {reference}"),
            page.line(f"Name: {company.name}"),
            page.line(f"Legal form: {company.form}"),
            page.line(f"Enterprise number: {dotted(company.enterprise_number)}"),
            page.line(f"Address: {company.address.line}"),
            page.line(f"Financial year from 01/01/{year} to 31/12/{year}, amounts in EUR"),
            page.heading("Balance sheet and income statement"),
            page.table([("Code", "Rubric", f"{year}", f"{year - 1}"), *rubrics], (25, 70, 35, 35)),
            page.heading("Directors"),
            page.table([("Name", "Function", "Mandate since"), *board], (80, 40, 40)),
            page.heading("Shareholders"),
            page.table([("Name", "Number of shares", "Percentage"), *holders], (80, 40, 40)),
        ],
    )
