"""The files of each shipment, and what must come of them."""

from datetime import date
from typing import Any

from trustrelay.sandbox.cast import Cast
from trustrelay.sandbox.documents import commercial, origin_certificates
from trustrelay.sandbox.documents.consignment_note import consignment_note
from trustrelay.sandbox.documents.import_declaration import import_declaration
from trustrelay.sandbox.documents.transit_declaration import transit_declaration
from trustrelay.sandbox.trade import Shipment

WRITERS = {
    "invoice.pdf": ("invoice", commercial.invoice),
    "packing-list.xlsx": ("packing_list", commercial.packing_list_xlsx),
    "packing-list.pdf": ("packing_list", commercial.packing_list_pdf),
    "cmr.pdf": ("cmr", consignment_note),
    "transit-declaration.xml": ("transit_declaration", transit_declaration),
    "import-declaration.pdf": ("import_declaration", import_declaration),
    "eur1.pdf": ("certificate_of_origin", origin_certificates.eur1),
    "certificate-of-origin.pdf": ("certificate_of_origin", origin_certificates.certificate_of_origin),
}
# The first comes to an inland office under transit and is released there, so it has both declarations.
FILES = {
    "clean": ("invoice.pdf", "packing-list.xlsx", "cmr.pdf", "transit-declaration.xml", "import-declaration.pdf", "eur1.pdf"),
    "weight-mismatch": ("invoice.pdf", "packing-list.pdf", "cmr.pdf", "import-declaration.pdf", "eur1.pdf"),
    "controlled-good": ("invoice.pdf", "packing-list.pdf", "cmr.pdf", "transit-declaration.xml", "certificate-of-origin.pdf"),
}
EXPECTED: dict[str, dict[str, Any]] = {
    "clean": {"status": "CLEARED", "discrepancies": [], "goods_controls": "CLEAR"},
    "weight-mismatch": {"status": "DISCREPANCIES", "discrepancies": [{"kind": "field", "about": "gross_mass_kg"}], "goods_controls": "CLEAR"},
    "controlled-good": {"status": "HELD", "discrepancies": [{"kind": "goods_control", "list": "dual_use"}], "goods_controls": "HIT"},
}


def shipment_files(cast: Cast, as_of: date) -> dict[str, bytes]:
    """`shipments/<key>/<file>` → content."""
    return {f"shipments/{shipment.key}/{name}": WRITERS[name][1](shipment, as_of) for shipment in cast.shipments for name in FILES[shipment.key]}


def describe(shipment: Shipment) -> dict[str, Any]:
    """One shipment as `cast.json` has it; masses in kg as text, since they are exact."""
    return {
        "reference": shipment.references.ucr,
        "direction": shipment.direction.upper(),
        "country_of_dispatch": shipment.consignor.country,
        "country_of_destination": shipment.consignee.country,
        "client_case": "customs",
        "consignor": shipment.consignor.name,
        "consignee": shipment.consignee.name,
        "commodity_codes": [item.code for item in shipment.goods],
        "packages": shipment.packages,
        "gross_mass_kg": f"{shipment.gross:.2f}",
        "packed_gross_mass_kg": f"{shipment.gross + shipment.overweight:.2f}",
        "uploads": [{"file": f"shipments/{shipment.key}/{name}", "document_type": WRITERS[name][0]} for name in FILES[shipment.key]],
        "expected": EXPECTED[shipment.key],
    }
