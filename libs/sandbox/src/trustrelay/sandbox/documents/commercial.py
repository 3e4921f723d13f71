"""The seller's papers: commercial invoice (PDF) and packing list (PDF or XLSX), in the seller's language."""

import io
from datetime import date, datetime, timedelta

from openpyxl import Workbook
from openpyxl.styles import Font
from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table, TableStyle

from trustrelay.sandbox.documents import _page as page
from trustrelay.sandbox.documents._trade_words import COUNTRY_NAMES, PACKAGING, WORDS, number
from trustrelay.sandbox.documents.office import reproducible
from trustrelay.sandbox.trade import Language, Shipment, TradeParty

INVOICE_DAYS_AGO, PACKED_DAYS_AGO = 6, 5
BOXES = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.6, colors.black),
        ("FONT", (0, 0), (-1, -1), "Helvetica", 8.5),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEADING", (0, 0), (-1, -1), 11.5),
    ]
)


def address(party: TradeParty, language: Language) -> list[str]:
    """Name, street, town, country, and the EORI number where there is one."""
    lines = [party.name, party.street, f"{party.postcode} {party.city}", COUNTRY_NAMES[language][party.country]]
    return [*lines, f"EORI: {party.eori}"] if party.eori else lines


def _boxes(rows: list[list[str]], widths: tuple[float, ...]) -> Flowable:
    return Table(rows, colWidths=[width * mm for width in widths], style=BOXES, hAlign="LEFT")


def _party(label: str, party: TradeParty, language: Language) -> str:
    return "\n".join([label, *address(party, language)])


def invoice(shipment: Shipment, as_of: date) -> bytes:
    """Lines with CN code, origin, quantity and price; the delivery term; the total."""
    language, issued = shipment.language, as_of - timedelta(days=INVOICE_DAYS_AGO)
    word = WORDS[language]
    heads = (
        word["description"],
        word["code"],
        word["origin"],
        word["quantity"],
        f"{word['price']} {shipment.currency}",
        f"{word['amount']} {shipment.currency}",
    )
    lines = [(g.description, g.code, g.origin, str(g.quantity), number(g.unit_price, language), number(g.amount, language)) for g in shipment.goods]
    return page.pdf(
        word["invoice"],
        [
            page.title(word["invoice"]),
            _boxes([[_party(word["seller"], shipment.consignor, language), _party(word["buyer"], shipment.consignee, language)]], (87, 87)),
            page.gap(),
            page.line(f"{word['invoice_no']}: {shipment.references.invoice}"),
            page.line(f"{word['invoice_date']}: {issued:%d/%m/%Y}"),
            page.line(f"{word['terms']}: {shipment.incoterm} {shipment.place}"),
            page.line(f"{word['currency']}: {shipment.currency}"),
            page.gap(),
            page.table([heads, *lines, (word["total"], "", "", "", "", number(shipment.total, language))], (52, 26, 24, 18, 32, 22)),
        ],
    )


def _packing_heads(shipment: Shipment) -> list[tuple[str, str]]:
    word = WORDS[shipment.language]
    return [
        (word["list_no"], shipment.references.packing_list),
        (word["invoice_no"], shipment.references.invoice),
        (word["container"], shipment.container),
    ]


def packing_list_pdf(shipment: Shipment, as_of: date) -> bytes:
    """Packages and masses per line and in total."""
    language, issued = shipment.language, as_of - timedelta(days=PACKED_DAYS_AGO)
    word, packed = WORDS[language], shipment.packed
    heads = (word["no"], word["description"], word["packages"], word["gross"], word["net"])
    lines = [
        (str(n), g.description, f"{g.packages} {PACKAGING[g.packaging]}", number(g.gross, language), number(g.net, language))
        for n, g in enumerate(packed, 1)
    ]
    total = (word["total"], "", str(shipment.packages), number(shipment.gross + shipment.overweight, language), number(shipment.net, language))
    return page.pdf(
        word["packing_list"],
        [
            page.title(word["packing_list"]),
            _boxes([[_party(word["shipper"], shipment.consignor, language), _party(word["consignee"], shipment.consignee, language)]], (87, 87)),
            page.gap(),
            *(page.line(f"{label}: {value}") for label, value in _packing_heads(shipment)),
            page.line(f"{word['date']}: {issued:%d/%m/%Y}"),
            page.gap(),
            page.table([heads, *lines, total], (14, 66, 32, 36, 36)),
        ],
    )


def packing_list_xlsx(shipment: Shipment, as_of: date) -> bytes:
    """The same as a workbook: true dates and numbers."""
    issued = as_of - timedelta(days=PACKED_DAYS_AGO)
    word, packed = WORDS[shipment.language], shipment.packed
    book = Workbook()
    sheet = book.active
    sheet.title = "Packing list"
    sheet.append([word["packing_list"]])
    for label, party in ((word["shipper"], shipment.consignor), (word["consignee"], shipment.consignee)):
        sheet.append([label, "\n".join(address(party, shipment.language))])
    for label, value in _packing_heads(shipment):
        sheet.append([label, value])
    sheet.append([word["date"], datetime(issued.year, issued.month, issued.day)])
    sheet.append([])
    sheet.append([word["no"], word["description"], word["packages"], word["gross"], word["net"]])
    first = sheet.max_row
    for n, item in enumerate(packed, 1):
        sheet.append([n, item.description, item.packages, float(item.gross), float(item.net)])
    sheet.append([word["total"], None, shipment.packages, float(shipment.gross + shipment.overweight), float(shipment.net)])
    for row in (1, first, sheet.max_row):
        for cell in sheet[row]:
            cell.font = Font(bold=True)
    sheet["B7"].number_format = "dd/mm/yyyy"
    for column, width in zip("ABCDE", (20, 44, 12, 18, 18), strict=True):
        sheet.column_dimensions[column].width = width
    out = io.BytesIO()
    book.save(out)
    return reproducible(out.getvalue())
