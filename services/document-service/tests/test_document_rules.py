"""Classification, extraction and holder rules over small converted documents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustrelay.document_service.adapters.docling_json import read_document
from trustrelay.document_service.domain.classify import classify
from trustrelay.document_service.domain.classify_rules import PHRASES
from trustrelay.document_service.domain.conversion import DocumentRefused
from trustrelay.document_service.domain.countries import country_code
from trustrelay.document_service.domain.document import Cell, Document, Span, Table, TextBlock
from trustrelay.document_service.domain.document_types import DocumentType
from trustrelay.document_service.domain.extract import extract_fields
from trustrelay.document_service.domain.holder import HolderMatch, Subject, match_holder
from trustrelay.document_service.domain.labels import ALL_LABELS, label_key
from trustrelay.document_service.domain.names import company_likeness, mentions, without_legal_form
from trustrelay.document_service.domain.parties import PartyRole, parties_of
from trustrelay.document_service.domain.text import fold

SUBJECT = Subject("Vlierbeek Logistics BV", "0712.345.678")


def document(*lines: str, tables: Sequence[Sequence[Sequence[str]]] = ()) -> Document:
    """A document of plain lines, then tables; the first line is a heading."""
    items: list[TextBlock | Table] = [
        TextBlock(f"#/texts/{n}", text, 1, (0, 0, 1, 1), "text" if n else "section_header") for n, text in enumerate(lines)
    ]
    for n, rows in enumerate(tables):
        cells = tuple(
            tuple(Cell(r, c, text, f"#/tables/{n}/data/grid/{r}/{c}", 1, None, r == 0) for c, text in enumerate(row)) for r, row in enumerate(rows)
        )
        items.append(Table(f"#/tables/{n}", cells, 1))
    return Document(tuple(items), "application/pdf")


def values(found: Document, kind: DocumentType) -> dict[str, str]:
    return {field.name: field.value for field in extract_fields(found, kind)}


TITLES = {
    DocumentType.COMPANY_EXTRACT: ("Extract from the company register", "Uittreksel KBO", "Extrait de la Banque-Carrefour des Entreprises"),
    DocumentType.UBO_REGISTER_EXTRACT: ("Extract from the UBO register", "Uittreksel uit het UBO-register", "Extrait du registre UBO"),
    DocumentType.ARTICLES_OF_ASSOCIATION: ("Articles of association", "Gecoördineerde statuten", "Statuts coordonnés"),
    DocumentType.PROOF_OF_ADDRESS: ("Electricity bill", "Elektriciteitsfactuur", "Facture d'électricité"),
    DocumentType.SHAREHOLDER_REGISTER: ("Register of shareholders", "Aandeelhoudersregister", "Registre des actionnaires"),
    DocumentType.ANNUAL_ACCOUNTS: ("Annual accounts 2025", "Jaarrekening 2025", "Comptes annuels 2025"),
    DocumentType.BANK_STATEMENT: ("Bank statement", "Rekeninguittreksel", "Extrait de compte"),
    DocumentType.INVOICE: ("INVOICE", "FACTUUR", "FACTURE"),
    DocumentType.IDENTITY_DOCUMENT: ("Identity card", "Identiteitskaart", "Carte d'identité"),
}


@pytest.mark.parametrize(("kind", "title"), [(kind, title) for kind, titles in TITLES.items() for title in titles])
def test_a_title_names_the_type_in_three_languages(kind: DocumentType, title: str) -> None:
    """Each type is recognised by its title, and the title is the evidence."""
    found = classify(document(title, "Vlierbeek Logistics BV"))
    assert found.type is kind
    assert found.evidence[0].text == title
    assert 0 < found.confidence <= 1


def test_every_type_but_unknown_has_rules_and_every_phrase_is_folded() -> None:
    """The rule table is complete, and no phrase is written in a way that never matches."""
    assert set(PHRASES) == set(DocumentType) - {DocumentType.UNKNOWN}
    assert all(phrase == fold(phrase) for phrases in PHRASES.values() for phrase in phrases)
    assert all(label == label_key(label) for label in ALL_LABELS)


def test_a_menu_is_unknown() -> None:
    """What nothing speaks for is not forced into a type."""
    found = classify(document("Menu of the day", "Soup of leeks", "Fish with potatoes"))
    assert (found.type, found.evidence) == (DocumentType.UNKNOWN, ())


def test_an_energy_bill_is_no_invoice_though_it_says_so() -> None:
    """Typical phrases outweigh a shared word."""
    found = classify(document("Factuur", "Leveringsadres: Kaaistraat 12", "Elektriciteitsverbruik 120 kWh", "Meterstand 4", "Klantnummer 3"))
    assert found.type is DocumentType.PROOF_OF_ADDRESS


def test_blanks_lost_by_ocr_do_not_hide_a_title() -> None:
    """Long phrases are found when OCR glues words together."""
    assert classify(document("ExtractfromtheUBOregister")).type is DocumentType.UBO_REGISTER_EXTRACT


def test_labels_are_read_in_three_shapes() -> None:
    """`Label: value`, `Label value` and a label over its value all give the field."""
    found = document(
        "Extract from the company register",
        "Company name: Vlierbeek Logistics BV",
        "Enterprise number 0712.345.678",
        "Registered office",
        "Kaaistraat 12, 9000 Gent",
    )
    read = values(found, DocumentType.COMPANY_EXTRACT)
    assert read == {
        "legal_name": "Vlierbeek Logistics BV",
        "registration_number": "0712345678",
        "registered_address": "Kaaistraat 12, 9000 Gent",
    }


def test_owners_come_out_of_a_table_with_dutch_headers() -> None:
    """Header synonyms in any of the languages name the columns; shares become fractions, countries codes."""
    table = [
        ("Naam", "Geboortedatum", "Nationaliteit", "Aandeel", "Rijksregisternummer"),
        ("An Vlierbos", "14 mei 1961", "Belgische", "60,5 %", "61.05.14-123.45"),
        ("Totaal", "", "", "60,5 %", ""),
    ]
    read = values(document("UBO-register", tables=[table]), DocumentType.UBO_REGISTER_EXTRACT)
    assert read == {
        "persons[0].full_name": "An Vlierbos",
        "persons[0].birth_date": "1961-05-14",
        "persons[0].nationality": "BE",
        "persons[0].share": "0.605",
        "persons[0].id_number": "61051412345",
    }


def test_owners_come_out_of_labelled_lines() -> None:
    """Without a table, each name begins another person."""
    lines = ("Registre UBO", "Nom: Anne Vlierbos", "Date de naissance: 14 mai 1961", "Part: 60 %", "Nom: Bo de Wilgen", "Part: 40 %")
    fields = extract_fields(document(*lines), DocumentType.UBO_REGISTER_EXTRACT)
    parties = parties_of(fields, DocumentType.UBO_REGISTER_EXTRACT, "d1")
    assert [(p.full_name, p.share, p.roles) for p in parties] == [
        ("Anne Vlierbos", "0.6", (PartyRole.BENEFICIAL_OWNER,)),
        ("Bo de Wilgen", "0.4", (PartyRole.BENEFICIAL_OWNER,)),
    ]


def test_directors_and_owners_are_told_apart() -> None:
    """A role column or the heading over a table says what its people are."""
    owners = [("Name", "Share"), ("Ann Vlierbos", "100 %")]
    directors = [("Name", "Function", "Date of birth"), ("Bo de Wilgen", "Director", "01/02/1970")]
    fields = extract_fields(document("UBO register", tables=[owners, directors]), DocumentType.UBO_REGISTER_EXTRACT)
    parties = parties_of(fields, DocumentType.UBO_REGISTER_EXTRACT, "d1")
    assert [(p.full_name, p.roles) for p in parties] == [
        ("Ann Vlierbos", (PartyRole.BENEFICIAL_OWNER,)),
        ("Bo de Wilgen", (PartyRole.DIRECTOR,)),
    ]
    assert parties == parties_of(fields, DocumentType.UBO_REGISTER_EXTRACT, "d1")


def test_articles_give_name_form_and_seat_from_their_sentences() -> None:
    """Clauses are read where labels are missing."""
    found = document(
        "Articles of association",
        "The company is a private limited company named Vlierbeek Logistics BV.",
        "The registered office is at Kaaistraat 12, 9000 Gent, Belgium.",
    )
    assert values(found, DocumentType.ARTICLES_OF_ASSOCIATION) == {
        "legal_name": "Vlierbeek Logistics BV",
        "legal_form": "private limited company",
        "registered_seat": "Kaaistraat 12, 9000 Gent, Belgium",
    }


def test_a_letter_without_labels_gives_its_addressee() -> None:
    """A name over a street over a postcode is the holder of a bill."""
    found = document("Electricity bill", "Vlierbeek Logistics BV", "Kaaistraat 12", "9000 Gent", "Bill date: 29/10/2026")
    assert values(found, DocumentType.PROOF_OF_ADDRESS) == {
        "holder": "Vlierbeek Logistics BV",
        "address": "Kaaistraat 12, 9000 Gent",
        "issue_date": "2026-10-29",
    }


def test_other_types_give_their_fields() -> None:
    """Bank statements, invoices, annual accounts and identity documents have fields of their own."""
    bank = values(document("Bank statement", "Account holder: Vlierbeek Logistics BV", "IBAN: BE68 5390 0754 7034"), DocumentType.BANK_STATEMENT)
    assert bank == {"iban": "BE68539007547034", "holder": "Vlierbeek Logistics BV"}
    bill = values(
        document("INVOICE", "Seller: Norden BV", "Buyer: Vlierbeek Logistics BV", "Invoice number: F-1", "Invoice date: 1 March 2026"),
        DocumentType.INVOICE,
    )
    assert bill == {
        "seller": "Norden BV", "buyer": "Vlierbeek Logistics BV", "invoice_number": "F-1", "issue_date": "2026-03-01",
        "consignor.name": "Norden BV", "consignee.name": "Vlierbeek Logistics BV", "invoice_date": "2026-03-01",
    }  # fmt: skip
    year = values(
        document("Annual accounts", "Name: Vlierbeek Logistics BV", "Deposit reference: 2026-1", "Financial year from 01/01/2025 to 31/12/2025"),
        DocumentType.ANNUAL_ACCOUNTS,
    )
    assert (year["reference"], year["period"]) == ("2026-1", "from 01/01/2025 to 31/12/2025")
    card = values(
        document("Identity card", "Name: Ann Vlierbos", "Date of birth: 14/05/1961", "Expiry date: 01/01/2030"), DocumentType.IDENTITY_DOCUMENT
    )
    assert card == {"full_name": "Ann Vlierbos", "birth_date": "1961-05-14", "expiry_date": "2030-01-01"}


def test_every_extracted_value_stands_at_its_place() -> None:
    """A value whose span is not found verbatim in the document does not exist."""
    found = document("UBO register", "Company: Vlierbeek Logistics BV", tables=[[("Name", "Share"), ("Ann Vlierbos", "60 %")]])
    fields = extract_fields(found, DocumentType.UBO_REGISTER_EXTRACT)
    assert fields
    assert all(found.holds(field.span) for field in fields)
    assert not found.holds(Span("Somebody Else", 1, None, "#/texts/0"))
    assert not found.holds(Span("UBO register", 1, None, "#/texts/9"))


@given(st.lists(st.text(max_size=40), min_size=1, max_size=6), st.sampled_from(list(DocumentType)))
def test_no_document_breaks_the_rules(lines: list[str], kind: DocumentType) -> None:
    """Whatever a document says, classification and extraction raise nothing and keep spans verbatim."""
    found = document(*lines, tables=[[lines, lines]])
    classify(found)
    assert all(found.holds(field.span) for field in extract_fields(found, kind))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Company: VLIERBEEK LOGISTICS besloten vennootschap"], HolderMatch.SAME),
        (["Company: Vlierbeek Logistics BV", "Enterprise number: BE 0712345678"], HolderMatch.SAME),
        (["Issued to the firm Vlierbeek Logistics at Ghent"], HolderMatch.SAME),
        (["Number 0712345678 in the register"], HolderMatch.SAME),
        (["Company: Vlierbeek Logistics BV", "Enterprise number: 0799.999.999"], HolderMatch.UNCERTAIN),
        (["Company: Quite Another NV", "Enterprise number: 0712.345.678"], HolderMatch.UNCERTAIN),
        (["Company: Quite Another NV", "Enterprise number: 0799.999.999"], HolderMatch.OTHER),
        (["Company: Quite Another NV"], HolderMatch.OTHER),
        (["Nothing about anybody"], HolderMatch.ABSENT),
    ],
)
def test_the_holder_is_compared_by_number_then_by_name(lines: list[str], expected: HolderMatch) -> None:
    """Punctuation, case and legal form never matter; a contradiction goes to a person."""
    found = document("Extract from the company register", *lines)
    assert match_holder(found, extract_fields(found, DocumentType.COMPANY_EXTRACT), SUBJECT) is expected


def test_company_names_are_compared_without_legal_form_and_accents() -> None:
    """Société Générique SRL and GENERIQUE s.r.l. are one name; two firms of one family are not."""
    assert company_likeness("Vlierbeek Logistics B.V.", "VLIERBEEK LOGISTICS besloten vennootschap") == 100
    assert company_likeness("Brûlé & Fils SRL", "brule fils s.r.l.") == 100
    assert company_likeness("Vlierbeek Logistics BV", "Vlierbeek Bakeries BV") < 88
    assert company_likeness("", "Vlierbeek") == 0
    assert without_legal_form("NV") == "nv"
    assert mentions(fold("bill for VlierbeekLogistics, Ghent"), "Vlierbeek Logistics BV")
    assert not mentions(fold("bill for Norden"), "Vlierbeek Logistics BV")


@given(st.text(max_size=60))
def test_cutting_legal_forms_always_ends(name: str) -> None:
    """No name keeps the rule busy, and what is left stays the same when cut again."""
    once = without_legal_form(name)
    assert without_legal_form(once) == once


def test_nationalities_become_codes() -> None:
    """Names, adjectives and codes of three languages give one code; unknown words give none."""
    assert {country_code(text) for text in ("Belgium", "Belgische", "belge", "BE", "BEL")} == {"BE"}
    assert country_code("Pays-Bas") == "NL"
    assert country_code("Atlantis") is None


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"schema_name": "X"}', b'{"schema_name": "DoclingDocument", "body": {"children": [{"$ref": "#/texts/7"}]}, "texts": []}'],
)
def test_what_is_no_docling_document_is_refused(body: bytes) -> None:
    """Damaged or strange JSON is a typed refusal."""
    with pytest.raises(DocumentRefused):
        read_document(body)


def test_boxes_are_measured_from_the_top_left() -> None:
    """Bottom-left coordinates of text are turned; inline runs are one line; spreadsheets have no boxes."""
    raw: dict[str, Any] = {
        "schema_name": "DoclingDocument",
        "origin": {"mimetype": "application/pdf"},
        "pages": {"1": {"size": {"width": 100, "height": 200}}},
        "body": {"children": [{"$ref": "#/texts/0"}, {"$ref": "#/groups/0"}]},
        "groups": [{"label": "inline", "children": [{"$ref": "#/texts/1"}, {"$ref": "#/texts/2"}]}],
        "texts": [
            {
                "text": "Title",
                "label": "section_header",
                "prov": [{"page_no": 1, "bbox": {"l": 1, "t": 190, "r": 9, "b": 180, "coord_origin": "BOTTOMLEFT"}}],
            },
            {"text": "Name:"},
            {"text": "Ann"},
        ],
    }
    title, line = read_document(json.dumps(raw).encode()).blocks
    assert (title.box, title.heading) == ((1.0, 10.0, 9.0, 20.0), True)
    assert (line.text, line.ref, line.page) == ("Name: Ann", "#/groups/0", 0)
