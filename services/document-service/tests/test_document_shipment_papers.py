"""Papers of a shipment, from file to fields: three casts, every type, each value compared with what was shipped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from trustrelay.document_service.adapters.customs_xml.converter import convert_message
from trustrelay.document_service.adapters.docling.converter import Converter
from trustrelay.document_service.adapters.docling_json import read_document
from trustrelay.document_service.adapters.inspection.inspect import inspect
from trustrelay.document_service.domain.classify import classify
from trustrelay.document_service.domain.conversion import Limits, MediaType
from trustrelay.document_service.domain.document import Document
from trustrelay.document_service.domain.document_types import DocumentType
from trustrelay.document_service.domain.extract import extract_fields
from trustrelay.sandbox import Cast
from trustrelay.sandbox.documents import commercial, consignment_note, import_declaration, letters, origin_certificates, ubo_register
from trustrelay.sandbox.documents.scan import scanned_png
from trustrelay.sandbox.documents.transit_declaration import SENT_DAYS_AGO
from trustrelay.sandbox.shipment_papers import FILES, WRITERS
from trustrelay.sandbox.trade import GoodsItem, Shipment

AS_OF = date(2026, 11, 22)
SEEDS = (1, 42, 2_026)
SHIPMENTS = [shipment for seed in SEEDS for shipment in Cast.generate(seed).shipments]
PAPERS = [pytest.param(s, name, id=f"{seed}-{s.key}-{name}") for seed in SEEDS for s in Cast.generate(seed).shipments for name in FILES[s.key]]
Fields = dict[str, str]


@dataclass
class Reader:
    """Files to documents, by the pipelines that a worker has."""

    converter: Converter
    folder: Path
    count: int = 0

    def __call__(self, body: bytes) -> Document:
        self.count += 1
        path = self.folder / str(self.count) / "source"
        path.parent.mkdir()
        path.write_bytes(body)
        media_type = inspect(path, Limits()).media_type
        if media_type is MediaType.CC015C:
            exported: dict[str, Any] = convert_message(path, Limits())[1]
        else:
            exported = self.converter.convert(path, media_type, lambda done, total: None).docling
        return read_document(json.dumps(exported).encode())


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """The real pipelines, loaded once."""
    return Reader(Converter(2), tmp_path_factory.mktemp("papers"))


def day(days_ago: int) -> str:
    return (AS_OF - timedelta(days=days_ago)).isoformat()


def kg(value: Decimal) -> str:
    return f"{value:.2f}"


def parties(shipment: Shipment, *, eori: bool) -> Fields:
    found: Fields = {}
    for role, party in (("consignor", shipment.consignor), ("consignee", shipment.consignee)):
        found |= {f"{role}.name": party.name, f"{role}.country": party.country}
        if eori and party.eori:
            found[f"{role}.eori"] = party.eori
    return found


def lines(goods: tuple[GoodsItem, ...], *names: str, digits: int = 8) -> Fields:
    """`items[n]` with the named fields; codes also as `commodity_codes[n]`, cut or filled to so many digits."""
    found: Fields = {}
    for n, item in enumerate(goods):
        facts = {
            "description": item.description, "commodity_code": item.code.ljust(digits, "0")[:digits], "origin": item.origin,
            "packages": str(item.packages), "gross_mass_kg": kg(item.gross), "net_mass_kg": kg(item.net), "quantity": str(item.quantity),
            "unit_price": f"{item.unit_price:.2f}", "amount": f"{item.amount:.2f}",
        }  # fmt: skip
        found |= {f"items[{n}].{name}": facts[name] for name in names}
        if "commodity_code" in names:
            found[f"commodity_codes[{n}]"] = facts["commodity_code"]
    return found


def origin(shipment: Shipment) -> Fields:
    return {"origin": shipment.goods[0].origin}


def delivery(shipment: Shipment) -> Fields:
    return {"incoterm": shipment.incoterm, "incoterm_place": shipment.place, "total_amount": f"{shipment.total:.2f}", "currency": shipment.currency}


def stated_by_invoice(s: Shipment) -> Fields:
    return {
        **parties(s, eori=True), **delivery(s), **origin(s), "invoice_number": s.references.invoice,
        "invoice_date": day(commercial.INVOICE_DAYS_AGO), "issue_date": day(commercial.INVOICE_DAYS_AGO),
        **lines(s.goods, "description", "commodity_code", "quantity", "unit_price", "amount", "origin"),
    }  # fmt: skip


def stated_by_packing_list(s: Shipment) -> Fields:
    return {
        **parties(s, eori=True), "gross_mass_kg": kg(s.gross + s.overweight), "net_mass_kg": kg(s.net), "packages": str(s.packages),
        "invoice_number": s.references.invoice, "issue_date": day(commercial.PACKED_DAYS_AGO), "container_numbers[0]": s.container,
        **lines(s.packed, "description", "packages", "gross_mass_kg", "net_mass_kg"),
    }  # fmt: skip


def stated_by_cmr(s: Shipment) -> Fields:
    return {
        **parties(s, eori=False), "gross_mass_kg": kg(s.gross), "packages": str(s.packages), "invoice_number": s.references.invoice,
        "issue_date": day(consignment_note.LOADED_DAYS_AGO), "cmr_number": s.references.cmr, "transport_id": s.vehicle,
        "container_numbers[0]": s.container,
    }  # fmt: skip


def stated_by_declaration(s: Shipment) -> Fields:
    return {
        **parties(s, eori=True), "declarant.eori": s.declarant.eori or "", "gross_mass_kg": kg(s.gross), "net_mass_kg": kg(s.net),
        "packages": str(s.packages), "invoice_number": s.references.invoice, "cmr_number": s.references.cmr, "transport_id": s.vehicle,
        "country_of_dispatch": s.consignor.country, "country_of_destination": s.consignee.country,
    }  # fmt: skip


def stated_by_transit_declaration(s: Shipment) -> Fields:
    return {
        **stated_by_declaration(s), "house_gross_mass_kg": kg(s.gross), "issue_date": day(SENT_DAYS_AGO), "lrn": s.references.lrn,
        "declaration_type": "T1", "customs_office": s.departure_office, "container_numbers[0]": s.container,
        **lines(s.goods, "description", "commodity_code", "packages", "gross_mass_kg", "net_mass_kg"),
    }  # fmt: skip


def stated_by_import_declaration(s: Shipment) -> Fields:
    return {
        **stated_by_declaration(s), **delivery(s), **origin(s), "issue_date": day(import_declaration.DECLARED_DAYS_AGO),
        "lrn": f"H1{s.references.lrn[2:]}", "declaration_type": "IM", "customs_office": s.destination_office, "preference": "300",
        "proof_type": "N954", "proof_number": s.references.proof,
        **lines(s.goods, "description", "commodity_code", "origin", "packages", "gross_mass_kg", "net_mass_kg", digits=10),
    }  # fmt: skip


def stated_by_certificate(s: Shipment) -> Fields:
    return {
        **parties(s, eori=False), **origin(s), "gross_mass_kg": kg(s.gross), "packages": str(s.packages), "invoice_number": s.references.invoice,
        "issue_date": day(origin_certificates.CERTIFIED_DAYS_AGO), "proof_type": "N954" if s.preferential else "N861",
        "proof_number": s.references.proof, **lines(s.goods, "description", "commodity_code", digits=6),
    }  # fmt: skip


STATED = {
    DocumentType.INVOICE: stated_by_invoice,
    DocumentType.PACKING_LIST: stated_by_packing_list,
    DocumentType.CMR: stated_by_cmr,
    DocumentType.TRANSIT_DECLARATION: stated_by_transit_declaration,
    DocumentType.IMPORT_DECLARATION: stated_by_import_declaration,
    DocumentType.CERTIFICATE_OF_ORIGIN: stated_by_certificate,
}
NUMERIC = ("_kg", "amount", "unit_price")


def comparable(fields: Fields) -> Fields:
    """Numbers by value: a sheet holds 14.1 where paper says 14.10."""
    return {name: format(Decimal(value).normalize(), "f") if name.endswith(NUMERIC) else value for name, value in fields.items()}


@pytest.mark.parametrize(("shipment", "name"), PAPERS)
def test_a_paper_says_what_was_shipped(read: Reader, shipment: Shipment, name: str) -> None:
    """Each paper is recognised, gives every field that it states and no other, and each value stands verbatim at its place."""
    kind, write = WRITERS[name]
    document = read(write(shipment, AS_OF))
    found = classify(document)
    assert found.type == kind
    assert found.confidence > 0.5
    fields = extract_fields(document, found.type)
    read_fields = {field.name: field.value for field in fields if field.name not in ("seller", "buyer")}
    assert comparable(read_fields) == comparable(STATED[found.type](shipment))
    for field in fields:
        assert document.holds(field.span)
        assert name.endswith((".xlsx", ".xml")) or (field.span.page == 1 and field.span.box is not None)


def test_a_scanned_form_says_the_same(read: Reader) -> None:
    """Boxes are found in a crooked, dirty scan, and what was typed in them is read."""
    shipment = SHIPMENTS[1]
    document = read(scanned_png(consignment_note.consignment_note(shipment, AS_OF), Random(3)))
    fields = {field.name: field.value for field in extract_fields(document, DocumentType.CMR)}
    assert classify(document).type is DocumentType.CMR
    wanted = ("gross_mass_kg", "packages", "consignor.country", "consignee.country", "issue_date", "cmr_number", "transport_id", "invoice_number")
    stated = stated_by_cmr(shipment)
    assert {name: fields.get(name) for name in wanted} == {name: stated[name] for name in wanted}


def test_papers_of_companies_are_still_what_they_were(read: Reader) -> None:
    """The new types take nothing away: a bill, a plain invoice and a register extract are recognised as before."""
    cast = Cast.generate(1)
    papers = {
        DocumentType.PROOF_OF_ADDRESS: letters.utility_bill(cast.subject, AS_OF),
        DocumentType.INVOICE: letters.invoice(cast.outsider, cast.subject, AS_OF),
        DocumentType.UBO_REGISTER_EXTRACT: ubo_register.ubo_register_extract(cast.subject, AS_OF),
    }
    assert {kind: classify(read(body)).type for kind, body in papers.items()} == {kind: kind for kind in papers}
