"""Papers that come by post: a utility bill as proof of address, and an invoice that proves nothing of the kind."""

from datetime import date, timedelta

from reportlab.platypus import Flowable

from trustrelay.sandbox.documents import _page as page
from trustrelay.sandbox.model import Company, Person
from trustrelay.sandbox.numbers import dotted

BILL_DAYS_AGO, INVOICE_DAYS_AGO = 24, 15
SUPPLIER = "Stroomkern Energie"


def _paper_iban(iban: str) -> str:
    return " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))


def _recipient(customer: Company | Person) -> list[Flowable]:
    place = customer.address
    return [
        page.letter_line(_addressee(customer)),
        page.letter_line(f"{place.street} {place.number}"),
        page.letter_line(f"{place.postcode} {place.city}"),
        page.letter_line("Belgium"),
    ]


def _addressee(customer: Company | Person) -> str:
    return customer.legal_name if isinstance(customer, Company) else customer.name


def _reference(customer: Company | Person) -> str:
    """Digits that make each bill another one."""
    digits = customer.enterprise_number if isinstance(customer, Company) else f"{sum(map(ord, customer.name)):010d}"
    return digits[-6:]


def utility_bill(customer: Company | Person, as_of: date) -> bytes:
    """An electricity bill to the company at its registered office, or to a person at home (PDF; case A's customer scans it)."""
    issued = as_of - timedelta(days=BILL_DAYS_AGO)
    used = 1200 + int(_reference(customer)[-4:]) % 900
    start = issued - timedelta(days=31)
    rows = [
        ("Description", "Quantity", "Amount"),
        ("Electricity consumption", f"{used} kWh", f"{used * 0.31:.2f} EUR"),
        ("Grid and transport fees", "1 month", "148.20 EUR"),
        ("Total due", "", f"{used * 0.31 + 148.20:.2f} EUR"),
    ]
    return page.pdf(
        "Electricity bill",
        [
            page.title("ELECTRICITY BILL"),
            page.letter_line(f"{SUPPLIER}, customer service"),
            page.gap(),
            *_recipient(customer),
            page.gap(),
            page.letter_line(f"Bill date: {issued:%d/%m/%Y}"),
            page.letter_line(f"Customer number: 55{_reference(customer)}"),
            page.letter_line(f"Billing period: {start:%d/%m/%Y} to {issued - timedelta(days=1):%d/%m/%Y}"),
            page.letter_line(f"Supply address: {customer.address.line}"),
            page.gap(),
            page.table(rows, (80, 40, 40)),
            page.gap(),
            page.letter_line(f"Please pay before {issued + timedelta(days=30):%d/%m/%Y}."),
        ],
    )


def invoice(issuer: Company, customer: Company, as_of: date) -> bytes:
    """An invoice from one company to another."""
    issued = as_of - timedelta(days=INVOICE_DAYS_AGO)
    net = 1850 + int(issuer.enterprise_number[-3:])
    vat = round(net * 0.21, 2)
    rows = [
        ("Description", "Quantity", "Unit price", "Amount"),
        ("Services delivered", "1", f"{net:.2f} EUR", f"{net:.2f} EUR"),
        ("VAT 21 %", "", "", f"{vat:.2f} EUR"),
        ("Total to pay", "", "", f"{net + vat:.2f} EUR"),
    ]
    return page.pdf(
        "Invoice",
        [
            page.title("INVOICE"),
            page.letter_line(f"{issuer.legal_name}, {issuer.address.line}"),
            page.letter_line(f"VAT BE {dotted(issuer.enterprise_number)} - {issuer.email}"),
            page.gap(),
            page.letter_line("Invoice to:"),
            *_recipient(customer),
            page.gap(),
            page.letter_line(f"Invoice number: F{issued:%Y}-{issuer.enterprise_number[-4:]}"),
            page.letter_line(f"Invoice date: {issued:%d/%m/%Y}"),
            page.letter_line(f"Due date: {issued + timedelta(days=30):%d/%m/%Y}"),
            page.gap(),
            page.table(rows, (70, 25, 35, 35)),
            page.gap(),
            page.letter_line(f"Pay to IBAN {_paper_iban(issuer.iban)} with the invoice number as reference."),
        ],
    )
