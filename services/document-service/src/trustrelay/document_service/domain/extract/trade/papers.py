"""Which field of which paper is found how; data, so that another label or field is another entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ...document import Document, Span
from ...document_types import DocumentType as T
from ...text import fold
from .columns import goods_tables
from .goods_box import box_items, box_packages
from .lines import items_of, of_all_items
from .parties import party
from .totals import amount_of, currency_of, total_of
from .transit_message import message_fields
from .values import (
    OFFICE,
    SAID_COMMODITY,
    Finder,
    Found,
    commodity_codes,
    containers,
    country_of,
    date_of,
    first_text,
    incoterm_code,
    incoterm_place,
    is_reference,
    part,
    reference_in,
)

Lister = Callable[[Document], Iterator[tuple[str, str, Span]]]

CMR_NUMBER = re.compile(r"\bCMR\b[\s:-]*(?:no|nr|n°|number|nummer)?[.\s:°]*(?P<number>[A-Z]{0,4}[ -]?\d[\w/-]{3,20})\b", re.IGNORECASE)
N730 = re.compile(r"\bN730\b[\s:,-]*(?P<number>[A-Z0-9][\w/ -]{2,30}\w)")
N380 = re.compile(r"\bN380\b[\s:,-]*(?P<number>[A-Z0-9][\w/-]{2,30}\w)")
INVOICE_NUMBER = re.compile(
    r"\b(?:invoice|factuur|facture|rechnung)\b[\s:]*(?:no|nr|n°|number|nummer)?[.\s:°]*(?P<number>[A-Z]{0,4}-?\d[\w/-]{2,20})\b", re.IGNORECASE
)
PROOF = re.compile(r"\b(?P<type>N954|N861|U0(?:45|62)|EUR[. ]?1)\b[\s:,-]*(?:no\.?|nr\.?)?\s*(?P<number>[A-Z]{0,2}[ -]?\d[\w/ -]{3,18}\w)")
CERTIFICATE_NUMBER = re.compile(
    r"\b(?:EUR[. ]?1|certificate|certificaat|certificat)?\s*\b(?:No|Nr|N°)[.\s:°]*(?P<number>[A-Z]{0,2}[ -]?\d[\w/-]{3,18})\b"
)
# Code lists name papers by number: movement certificate EUR.1, certificate of origin.
PROOF_CODES = {"eur1": "N954", "n954": "N954", "n861": "N861"}
DECLARATION_TYPE = re.compile(r"\b(?:T1|T2|T2F|TIR|IM|CO|EX|EU|H[1-7])\b")
PREFERENCE = re.compile(r"(?<!\d)[2-9]\d{2}(?!\d)")


def _either(*finders: Finder) -> Finder:
    def find(document: Document) -> Found:
        for finder in finders:
            yield from finder(document)

    return find


def _reference(*fields: str) -> Finder:
    """A short text with a digit behind one of the labels, up to a comma or the word for its date."""
    labelled = first_text(*fields, pattern=re.compile(r"[^,;]+"))

    def find(document: Document) -> Found:
        for _, span in labelled(document):
            text = re.split(r"\s+(?:of|dated|du|van|vom|d\.d\.|dd)\s+", span.text)[0].strip()
            if is_reference(text) and not re.fullmatch(r"[\d./-]{8,10}", text):
                yield text, part(span, text)

    return find


def _proof_type(document: Document) -> Found:
    """The certificate's own title, or what a declaration names among its documents."""
    for passage in document.passages:
        if match := re.search(r"\bEUR[. ]?1\b|\bN954\b|\bN861\b", passage.text):
            yield PROOF_CODES[fold(match.group(0)).replace(" ", "")], part(passage, match.group(0))
    for passage in document.passages:
        if match := re.search(
            r"certificate of origin|certificaat van oorsprong|certificat d[’']origine|ursprungszeugnis", passage.text, re.IGNORECASE
        ):
            yield "N861", part(passage, match.group(0))


def _named_proof_type(document: Document) -> Found:
    for passage in document.passages:
        for match in PROOF.finditer(passage.text):
            code = PROOF_CODES.get(fold(match["type"]).replace(" ", ""))
            if code:
                yield code, part(passage, match["type"])


def _preference(document: Document) -> Found:
    """Codes from 200: 1xx claims nothing."""
    yield from first_text("preference", pattern=PREFERENCE)(document)
    for value, span in of_all_items("preference")(document):
        if value[0] != "1":
            yield value, span


def _codes(document: Document) -> Iterator[tuple[str, str, Span]]:
    """`commodity_codes[n]`: every code that the paper states, once, in its order."""
    found: dict[str, Span] = {}
    for name, value, span in (*_lines(document), *_said_codes(document)):
        if name.endswith(".commodity_code"):
            found.setdefault(value, span)
    for number, (code, span) in enumerate(found.items()):
        yield f"commodity_codes[{number}]", code, span


def _lines(document: Document) -> Iterator[tuple[str, str, Span]]:
    yield from items_of("commodity_code")(document) if goods_tables(document) else box_items(document)


def _said_codes(document: Document) -> Iterator[tuple[str, str, Span]]:
    """Codes that the text calls codes (`HS 6907.21`), outside tables too."""
    for passage in document.passages:
        for match in SAID_COMMODITY.finditer(passage.text):
            for digits, verbatim in commodity_codes(match["code"]):
                yield ".commodity_code", digits, part(passage, verbatim)


def _containers(document: Document) -> Iterator[tuple[str, str, Span]]:
    for number, (value, span) in enumerate(containers(document)):
        yield f"container_numbers[{number}]", value, span


def _parties(consignor_box: int = 0, consignee_box: int = 0, *buyers: str) -> dict[str, tuple[Finder, ...]]:
    found: dict[str, tuple[Finder, ...]] = {}
    for role, finders in (("consignor", party("consignor", box=consignor_box)), ("consignee", party("consignee", *buyers, box=consignee_box))):
        found |= {f"{role}.{name}": (finder,) for name, finder in finders.items()}
    return found


_TOTALS: dict[str, tuple[Finder, ...]] = {
    "gross_mass_kg": (total_of("gross_mass", column="gross_mass"),),
    "packages": (total_of("packages", column="packages"),),
}
_INVOICE_REFERENCE = (_reference("invoice_number"), reference_in(INVOICE_NUMBER))
_ORIGIN = (country_of("origin"), of_all_items("origin"))
_COUNTRIES = {
    "country_of_dispatch": (country_of("country_of_dispatch"),), "country_of_destination": (country_of("country_of_destination"),),
}  # fmt: skip
_DELIVERY = {"incoterm": (incoterm_code,), "incoterm_place": (incoterm_place,)}
_PRINTED_DECLARATION: dict[str, tuple[Finder, ...]] = {
    **_parties(), **_TOTALS, **_COUNTRIES,
    "declarant.eori": (party("declarant")["eori"],), "net_mass_kg": (total_of("net_mass", column="net_mass"),),
    "lrn": (_reference("lrn"),), "declaration_type": (first_text("declaration_type", pattern=DECLARATION_TYPE),),
    "customs_office": (first_text("customs_office", pattern=OFFICE),), "transport_id": (_reference("transport_id"),),
    "issue_date": (date_of("issue_date"),), "invoice_number": (reference_in(N380), _reference("invoice_number")),
    "cmr_number": (reference_in(N730), reference_in(CMR_NUMBER)),
}  # fmt: skip

# Field → ways to find it, best first.
FIELDS: dict[T, dict[str, tuple[Finder, ...]]] = {
    T.INVOICE: {
        **_parties(0, 0, "buyer"), **_DELIVERY,
        "total_amount": (amount_of("total", total="total"),), "currency": (currency_of("total"),),
        "freight_amount": (amount_of("freight", total="freight"),), "insurance_amount": (amount_of("insurance", total="insurance"),),
        "origin": _ORIGIN, "invoice_number": _INVOICE_REFERENCE, "invoice_date": (date_of("invoice_date", "issue_date"),),
    },
    T.PACKING_LIST: {
        **_parties(0, 0, "buyer"), **_TOTALS, "net_mass_kg": (total_of("net_mass", column="net_mass"),),
        "invoice_number": _INVOICE_REFERENCE, "issue_date": (date_of("issue_date"),),
    },
    T.CMR: {
        **_parties(1, 2), "gross_mass_kg": (total_of("gross_mass", column="gross_mass", box=11),),
        "packages": (total_of("packages", column="packages", box=7),), "invoice_number": (reference_in(INVOICE_NUMBER),),
        "issue_date": (date_of("issue_date", box=21),), "cmr_number": (reference_in(CMR_NUMBER), _reference("document_number")),
        "transport_id": (_reference("transport_id"),),
    },
    T.TRANSIT_DECLARATION: _PRINTED_DECLARATION,
    T.IMPORT_DECLARATION: {
        **_PRINTED_DECLARATION, **_DELIVERY,
        "total_amount": (amount_of("total", total="total"),), "currency": (currency_of("total"),),
        "freight_amount": (amount_of("freight"),), "insurance_amount": (amount_of("insurance"),),
        "origin": _ORIGIN, "preference": (_preference,), "proof_type": (_named_proof_type,), "proof_number": (reference_in(PROOF),),
    },
    T.CERTIFICATE_OF_ORIGIN: {
        **_parties(1, 3), "gross_mass_kg": (total_of("gross_mass", "quantity", column="gross_mass"),),
        "packages": (box_packages, total_of("packages", column="packages")), "origin": (country_of("origin"),),
        "invoice_number": _INVOICE_REFERENCE, "issue_date": (date_of("issue_date"),),
        "proof_type": (_proof_type,), "proof_number": (reference_in(CERTIFICATE_NUMBER), _reference("document_number")),
    },
}  # fmt: skip

LISTS: dict[T, tuple[Lister, ...]] = {
    T.INVOICE: (items_of("description", "commodity_code", "quantity", "unit_price", "amount", "origin"), _codes, _containers),
    T.PACKING_LIST: (items_of("description", "packages", "gross_mass", "net_mass"), _containers),
    T.CMR: (_containers,),
    T.TRANSIT_DECLARATION: (items_of("description", "commodity_code", "packages", "gross_mass", "net_mass"), _codes, _containers),
    T.IMPORT_DECLARATION: (items_of("description", "commodity_code", "origin", "packages", "gross_mass", "net_mass"), _codes),
    T.CERTIFICATE_OF_ORIGIN: (box_items, items_of("description", "commodity_code"), _codes),
}
MESSAGE_TYPE = "application/xml"


def message_codes(document: Document) -> Iterator[tuple[str, str, Span]]:
    """All fields of a transit message, with its distinct commodity codes."""
    found: dict[str, Span] = {}
    for name, value, span in message_fields(document):
        yield name, value, span
        if name.endswith(".commodity_code"):
            found.setdefault(value, span)
    for number, (code, span) in enumerate(found.items()):
        yield f"commodity_codes[{number}]", code, span
