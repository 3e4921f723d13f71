"""Proofs of origin: the movement certificate EUR.1 (preferential) and the chamber's certificate of origin."""

from datetime import date, timedelta

from trustrelay.sandbox.documents._form import Form
from trustrelay.sandbox.documents._trade_words import COUNTRY_NAMES, PACKAGING
from trustrelay.sandbox.documents.commercial import INVOICE_DAYS_AGO, address
from trustrelay.sandbox.trade import Shipment

CERTIFIED_DAYS_AGO = 4
LEFT, TOP, HALF = 15.0, 26.0, 90.0
GOODS_LABEL = "8 Item number; marks and numbers; number and kind of packages; description of goods"


def _goods(shipment: Shipment) -> list[str]:
    """Harmonised System headings of six digits, as certificates give them."""
    return [f"{n}. {g.packages} {PACKAGING[g.packaging]} {g.description}, HS {g.code[:4]}.{g.code[4:6]}" for n, g in enumerate(shipment.goods, 1)]


def _countries(shipment: Shipment) -> str:
    return ", ".join(dict.fromkeys(COUNTRY_NAMES["en"][item.origin] for item in shipment.goods))


def _parties(form: Form, shipment: Shipment) -> None:
    form.box((LEFT, TOP, HALF, 30), "1 Exporter (name, full address, country)", address(shipment.consignor, "en")[:4])
    form.box((LEFT, TOP + 30, HALF, 30), "3 Consignee (name, full address, country)", address(shipment.consignee, "en")[:4])


def _masses(shipment: Shipment) -> list[str]:
    return [f"{item.gross:.2f}" for item in shipment.goods]


def eur1(shipment: Shipment, as_of: date) -> bytes:
    """Movement certificate EUR.1 between the country of origin and the European Union."""
    certified = as_of - timedelta(days=CERTIFIED_DAYS_AGO)
    billed = as_of - timedelta(days=INVOICE_DAYS_AGO)
    form, side = Form("EUR.1"), LEFT + HALF
    form.text(LEFT, 15, "MOVEMENT CERTIFICATE", 14, bold=True)
    form.text(side, 15, f"EUR.1 No {shipment.references.proof}", 12, bold=True)
    _parties(form, shipment)
    between = f"{_countries(shipment)} and the European Union"
    form.box((side, TOP, HALF, 30), "2 Certificate used in preferential trade between", [between])
    form.box((side, TOP + 30, HALF / 2, 30), "4 Country of origin", [_countries(shipment)])
    form.box((side + HALF / 2, TOP + 30, HALF / 2, 30), "5 Country of destination", [COUNTRY_NAMES["en"][shipment.consignee.country]])
    form.box((LEFT, TOP + 60, HALF, 16), "6 Transport details", ["Road"])
    form.box((side, TOP + 60, HALF, 16), "7 Remarks")
    form.box((LEFT, TOP + 76, 120, 62), GOODS_LABEL, [*_goods(shipment), f"Total {shipment.packages} packages"])
    form.box((LEFT + 120, TOP + 76, 28, 62), "9 Gross mass (kg)", [*_masses(shipment), f"{shipment.gross:.2f}"])
    form.box((LEFT + 148, TOP + 76, 32, 62), "10 Invoices", [shipment.references.invoice, f"{billed:%d/%m/%Y}"])
    form.box((LEFT, TOP + 138, HALF, 40), "11 Customs endorsement", ["Declaration certified"])
    sworn = [
        "I declare that the goods described above",
        "meet the conditions for this certificate.",
        f"{shipment.consignor.city}, {certified:%d/%m/%Y}",
    ]
    form.box((side, TOP + 138, HALF, 28), "12 Declaration by the exporter", sworn)
    form.box((side, TOP + 166, HALF, 12), "Place and date", [f"{shipment.consignor.city}, {certified:%d/%m/%Y}"])
    return form.pdf()


def certificate_of_origin(shipment: Shipment, as_of: date) -> bytes:
    """The non-preferential certificate of a chamber of commerce; it names every country of origin."""
    certified = as_of - timedelta(days=CERTIFIED_DAYS_AGO)
    form, side = Form("Certificate of origin"), LEFT + HALF
    form.text(LEFT, 15, "CERTIFICATE OF ORIGIN", 14, bold=True)
    form.text(side, 15, f"No {shipment.references.proof}", 12, bold=True)
    form.box((LEFT, TOP, HALF, 30), "1 Consignor", address(shipment.consignor, "en")[:4])
    form.box((LEFT, TOP + 30, HALF, 30), "2 Consignee", address(shipment.consignee, "en")[:4])
    form.box((side, TOP, HALF, 30), "3 Country of origin", [_countries(shipment)])
    form.box((side, TOP + 30, HALF, 30), "4 Transport details", ["Road"])
    form.box((LEFT, TOP + 60, 180, 14), "5 Remarks", [f"Invoice {shipment.references.invoice}"])
    label = "6 Item number; marks, numbers, number and kind of packages; description of goods"
    form.box((LEFT, TOP + 74, 140, 62), label, [*_goods(shipment), f"Total {shipment.packages} packages"])
    form.box((LEFT + 140, TOP + 74, 40, 62), "7 Quantity (gross mass in kg)", [*_masses(shipment), f"{shipment.gross:.2f}"])
    words = "8 The undersigned authority certifies that the goods described above originate in the country shown in box 3"
    form.box((LEFT, TOP + 136, 180, 22), words, ["Chamber of commerce"])
    form.box((LEFT, TOP + 158, 180, 14), "Place and date of issue", [f"{shipment.consignor.city}, {certified:%d/%m/%Y}"])
    return form.pdf()
