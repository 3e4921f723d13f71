"""The papers of an invented shipment that agree in everything, for tests that change one thing."""

from __future__ import annotations

from collections.abc import Mapping

from trustrelay.osint_service.adapters.trade_rules import load_rules
from trustrelay.osint_service.domain.model import Outcome
from trustrelay.osint_service.domain.trade.compare import CrossReference, cross_reference
from trustrelay.osint_service.domain.trade.model import Comparison, Direction, Paper, Shipment

RULES = load_rules(None)
_PARTIES = {"consignor.name": "Anka Tekstil A.Ş.", "consignee.name": "Zandloper Textiel BV"}
CLEAN: Mapping[str, Mapping[str, str]] = {
    "invoice": {
        **_PARTIES, "total_amount": "1240.50", "currency": "EUR", "items[0].amount": "1000.00", "items[1].amount": "240.50", "incoterm": "FCA",
        "incoterm_place": "Bursa", "origin": "TR", "commodity_codes[0]": "62044300", "commodity_codes[1]": "620520", "invoice_number": "AT-2026/117",
        "invoice_date": "2026-11-02", "items[0].commodity_code": "62044300", "items[1].commodity_code": "620520",
    },
    "packing_list": {
        **_PARTIES, "consignor.name": "ANKA TEKSTIL", "gross_mass_kg": "812.5", "net_mass_kg": "760", "packages": "24",
        "items[0].gross_mass_kg": "500", "items[0].net_mass_kg": "470", "issue_date": "2026-11-03",
    },
    "cmr": {
        **_PARTIES, "gross_mass_kg": "812.5", "packages": "24", "issue_date": "2026-11-04", "cmr_number": "CMR 9001", "transport_id": "34 ANK 77",
        "invoice_number": "AT-2026/117",
    },
    "transit_declaration": {
        **_PARTIES, "declarant.eori": "BE0123456749", "gross_mass_kg": "812.500", "house_gross_mass_kg": "812.5", "items[0].gross_mass_kg": "500",
        "items[1].gross_mass_kg": "312.5", "packages": "24", "commodity_codes[0]": "62044300", "commodity_codes[1]": "62052000",
        "invoice_number": "AT-2026/117", "cmr_number": "CMR9001", "transport_id": "34ANK77", "issue_date": "2026-11-04",
        "country_of_dispatch": "TR", "country_of_destination": "BE",
    },
    "certificate_of_origin": {**_PARTIES, "origin": "TR", "commodity_codes[0]": "6204", "commodity_codes[1]": "6205", "gross_mass_kg": "812.5",
                              "packages": "24", "proof_number": "A 123456"},
}  # fmt: skip
DECLARED = {
    **_PARTIES, "gross_mass_kg": "812.5", "packages": "24", "total_amount": "1240.50", "currency": "EUR", "incoterm": "FCA",
    "incoterm_place": "BURSA",
    "origin": "TR", "commodity_codes[0]": "6204430090", "commodity_codes[1]": "6205200010", "issue_date": "2026-11-05", "preference": "300",
    "proof_number": "A123456", "country_of_dispatch": "TR", "country_of_destination": "BE", "invoice_number": "AT-2026/117", "cmr_number": "CMR9001",
    "transport_id": "34ANK77",
}  # fmt: skip


def shipment(changes: Mapping[str, Mapping[str, str | None] | None] | None = None, *, direction: Direction = Direction.TRANSIT) -> Shipment:
    """The clean papers with changes: a field to None takes it away, a kind of paper to None takes the paper away; new kinds are added."""
    changes = changes or {}
    papers: list[Paper] = []
    for kind in dict.fromkeys((*CLEAN, *changes)):
        change = changes.get(kind, {})
        if change is not None:
            fields = {**CLEAN.get(kind.partition("#")[0] if "#" not in kind else "", {}), **change}
            papers.append(Paper(f"doc-{kind}", kind.partition("#")[0], {name: value for name, value in fields.items() if value is not None}))
    return Shipment("shipment-1", direction, "TR", "BE", tuple(papers))


def compared(changes: Mapping[str, Mapping[str, str | None] | None] | None = None) -> CrossReference:
    """The clean papers with changes, compared by the product's own rules."""
    return cross_reference(RULES, shipment(changes))


def row(field: str, changes: Mapping[str, Mapping[str, str | None] | None] | None = None) -> Comparison:
    """One field of it."""
    return next(one for one in compared(changes).comparisons if one.field == field)


def outcome(field: str, changes: Mapping[str, Mapping[str, str | None] | None] | None = None) -> tuple[Outcome, str]:
    """What it came to."""
    found = row(field, changes)
    return found.outcome, found.reason
