"""The printed import declaration (data set H1 of the Union Customs Code): labelled boxes with their data element numbers."""

from datetime import date, timedelta

from trustrelay.sandbox.documents._form import Form
from trustrelay.sandbox.documents.commercial import address
from trustrelay.sandbox.trade import Shipment

DECLARED_DAYS_AGO = 2
LEFT, TOP, WIDTH = 10.0, 26.0, 190.0
HALF = WIDTH / 2
ITEM_WIDTHS = (12, 50, 26, 16, 16, 16, 18, 18, 18)
ITEM_HEADS = (
    ("11 03", "Item"), ("18 05 Description", "of goods"), ("18 09 Commodity", "code"), ("16 08", "Origin"), ("11 09", "Procedure"),
    ("14 11", "Preference"), ("18 06", "Packages"), ("18 04", "Gross mass"), ("18 01", "Net mass"),
)  # fmt: skip
CLAIMED, NOT_CLAIMED = "300", "100"


def import_declaration(shipment: Shipment, as_of: date) -> bytes:
    """Release for free circulation: parties with EORI, masses, value, origin, the papers that it rests on."""
    declared = as_of - timedelta(days=DECLARED_DAYS_AGO)
    form = Form("Import declaration")
    form.text(LEFT, 13, "IMPORT DECLARATION", 14, bold=True)
    form.text(LEFT, 20, "H1 - Declaration for release for free circulation", 9)
    _general(form, shipment, declared)
    _parties(form, shipment)
    _totals(form, shipment)
    _papers(form, shipment)
    _items(form, shipment)
    return form.pdf()


def _boxes(form: Form, top: float, height: float, boxes: list[tuple[str, list[str]]]) -> None:
    width = WIDTH / len(boxes)
    for n, (label, lines) in enumerate(boxes):
        form.box((LEFT + n * width, top, width, height), label, lines)


def _general(form: Form, shipment: Shipment, declared: date) -> None:
    _boxes(form, TOP, 12, [
        ("11 01 Declaration type", ["IM"]), ("11 02 Additional declaration type", ["A"]), ("12 09 LRN", [f"H1{shipment.references.lrn[2:]}"]),
        ("15 09 Date of acceptance", [f"{declared:%d/%m/%Y}"]),
    ])  # fmt: skip


def _parties(form: Form, shipment: Shipment) -> None:
    form.box((LEFT, TOP + 12, HALF, 32), "13 01 Exporter", address(shipment.consignor, "en"))
    form.box((LEFT + HALF, TOP + 12, HALF, 32), "13 04 Importer", address(shipment.consignee, "en"))
    declarant = [shipment.declarant.name, f"EORI: {shipment.declarant.eori}"]
    form.box((LEFT, TOP + 44, HALF, 18), "13 05 Declarant", declarant)
    form.box((LEFT + HALF, TOP + 44, HALF / 2, 18), "17 09 Customs office of presentation", [shipment.destination_office])
    form.box((LEFT + HALF * 1.5, TOP + 44, HALF / 2, 18), "19 05 Means of transport at departure", [shipment.vehicle])


def _totals(form: Form, shipment: Shipment) -> None:
    _boxes(form, TOP + 62, 12, [
        ("16 06 Country of dispatch", [shipment.consignor.country]), ("16 03 Country of destination", [shipment.consignee.country]),
        ("14 01 Delivery terms", [f"{shipment.incoterm} {shipment.place}"]), ("14 05 Invoice currency", [shipment.currency]),
        ("14 06 Total amount invoiced", [f"{shipment.total:.2f}"]),
    ])  # fmt: skip
    _boxes(form, TOP + 74, 12, [
        ("18 06 Total packages", [str(shipment.packages)]), ("18 04 Total gross mass (kg)", [f"{shipment.gross:.2f}"]),
        ("18 01 Total net mass (kg)", [f"{shipment.net:.2f}"]), ("19 07 Container", [shipment.container]),
    ])  # fmt: skip


def _papers(form: Form, shipment: Shipment) -> None:
    references = shipment.references
    supporting = [f"N380 {references.invoice}", *([f"N954 {references.proof}"] if shipment.preferential else [])]
    form.box((LEFT, TOP + 86, HALF, 20), "12 03 Supporting document", supporting)
    form.box((LEFT + HALF, TOP + 86, HALF, 20), "12 05 Transport document", [f"N730 {references.cmr}"])


def _items(form: Form, shipment: Shipment) -> None:
    top = TOP + 106
    form.row(LEFT, top, ITEM_WIDTHS, 10, ITEM_HEADS, heads=True)
    for n, item in enumerate(shipment.goods, 1):
        cells = (
            [str(n)], [item.description], [f"{item.code}00"], [item.origin], ["40 00"], [CLAIMED if shipment.preferential else NOT_CLAIMED],
            [str(item.packages)], [f"{item.gross:.2f}"], [f"{item.net:.2f}"],
        )  # fmt: skip
        form.row(LEFT, top + 3 + n * 7, ITEM_WIDTHS, 7, cells)
