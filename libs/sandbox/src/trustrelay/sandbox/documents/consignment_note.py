"""The CMR consignment note: the numbered boxes of the international model (IRU), in three languages."""

from datetime import date, timedelta

from trustrelay.sandbox.documents._form import Form
from trustrelay.sandbox.documents._trade_words import COUNTRY_NAMES, PACKAGING
from trustrelay.sandbox.documents.commercial import address
from trustrelay.sandbox.trade import Shipment

LOADED_DAYS_AGO = 3
GOODS_WIDTHS = (22, 26, 25, 51, 26, 24, 16)
GOODS_HEADS = (
    ("6 Marks and Nos", "Marques et numéros"), ("7 Number of packages", "Nombre de colis"), ("8 Method of packing", "Mode d'emballage"),
    ("9 Nature of the goods", "Nature de la marchandise"), ("10 Statistical number", "No statistique"), ("11 Gross weight in kg", "Poids brut kg"),
    ("12 Volume", "Cubage m3"),
)  # fmt: skip
LEFT, TOP, HALF = 10.0, 24.0, 95.0


def consignment_note(shipment: Shipment, as_of: date) -> bytes:
    """Sender, consignee, carrier, goods with their gross masses, the vehicle and where the note was made out."""
    loaded = as_of - timedelta(days=LOADED_DAYS_AGO)
    form = Form("CMR")
    form.text(LEFT, 13, "INTERNATIONAL CONSIGNMENT NOTE", 13, bold=True)
    form.text(LEFT, 19, "Internationale vrachtbrief - Lettre de voiture internationale", 8)
    form.text(150, 13, f"CMR No. {shipment.references.cmr}", 11, bold=True)
    _left(form, shipment, loaded)
    _right(form, shipment)
    _goods(form, shipment)
    _foot(form, shipment, loaded)
    return form.pdf()


def _left(form: Form, shipment: Shipment, loaded: date) -> None:
    sender, receiver = shipment.consignor, shipment.consignee
    form.box((LEFT, TOP, HALF, 28), "1 Sender (name, address, country)\nExpéditeur (nom, adresse, pays)", address(sender, "en")[:4])
    form.box((LEFT, TOP + 28, HALF, 28), "2 Consignee (name, address, country)\nDestinataire (nom, adresse, pays)", address(receiver, "en")[:4])
    place = f"{receiver.city}, {COUNTRY_NAMES['en'][receiver.country]}"
    form.box((LEFT, TOP + 56, HALF, 14), "3 Place of delivery of the goods", [place])
    taken = f"{sender.city}, {COUNTRY_NAMES['en'][sender.country]}, {loaded:%d/%m/%Y}"
    form.box((LEFT, TOP + 70, HALF, 14), "4 Place and date of taking over the goods", [taken])
    form.box((LEFT, TOP + 84, HALF, 14), "5 Documents attached", [f"Invoice {shipment.references.invoice}, packing list"])


def _right(form: Form, shipment: Shipment) -> None:
    side = LEFT + HALF
    form.box((side, TOP, HALF, 36), "16 Carrier (name, address, country)", address(shipment.carrier, "en"))
    form.box((side, TOP + 36, HALF, 20), "17 Successive carriers (name, address, country)")
    form.box((side, TOP + 56, HALF, 42), "18 Carrier's reservations and observations", [f"Container {shipment.container}"])


def _goods(form: Form, shipment: Shipment) -> None:
    goods, top = shipment.goods, TOP + 98
    form.row(LEFT, top, GOODS_WIDTHS, 10, GOODS_HEADS, heads=True)
    masses = [f"{item.gross:.2f}" for item in goods]
    columns: tuple[list[str], ...] = (
        [shipment.references.ucr[-8:]],
        [str(item.packages) for item in goods],
        [PACKAGING[item.packaging] for item in goods],
        [item.description for item in goods],
        [item.code for item in goods],
        [*masses, f"{shipment.gross:.2f}"],
        [],
    )
    form.row(LEFT, top + 10, GOODS_WIDTHS, 46, columns)


def _foot(form: Form, shipment: Shipment, loaded: date) -> None:
    top, third = TOP + 154, 190 / 3
    form.box((LEFT, top, HALF, 18), "13 Sender's instructions", ["Customs clearance at destination"])
    form.box((LEFT + HALF, top, HALF, 18), "19 Special agreements")
    form.box((LEFT, top + 18, HALF, 12), "14 Instructions as to payment for carriage", [f"{shipment.incoterm} {shipment.place}"])
    form.box((LEFT + HALF, top + 18, HALF, 12), "25 Registration number", [shipment.vehicle])
    form.box((LEFT, top + 30, HALF, 14), "21 Established in / on\nEtablie à / le", [f"{shipment.consignor.city}, {loaded:%d/%m/%Y}"])
    form.box((LEFT + HALF, top + 30, HALF, 14), "15 Cash on delivery")
    for n, label in enumerate(("22 Signature and stamp of the sender", "23 Signature and stamp of the carrier", "24 Goods received")):
        form.box((LEFT + n * third, top + 44, third, 26), label)
