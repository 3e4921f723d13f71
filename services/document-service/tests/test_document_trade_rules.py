"""How labels, boxes, goods tables and numbers of trade papers are read, over small documents."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustrelay.document_service.domain.amounts import decimal_sign, find_numbers
from trustrelay.document_service.domain.classify import classify
from trustrelay.document_service.domain.document import Cell, Document, Span, Table, TextBlock
from trustrelay.document_service.domain.document_types import DocumentType
from trustrelay.document_service.domain.extract import extract_fields, fields
from trustrelay.document_service.domain.extract.trade.labels import COLUMNS, HEADER, header_fields
from trustrelay.document_service.domain.messages import LANGUAGES, type_names
from trustrelay.document_service.domain.text import fold

Rows = Sequence[Sequence[str]]


def document(*lines: str, tables: Sequence[Rows] = (), media_type: str = "application/pdf") -> Document:
    """Plain lines, the first a heading, then tables; an empty text is no cell, as where a box spans rows or columns."""
    items: list[TextBlock | Table] = [
        TextBlock(f"#/texts/{n}", text, 1, (0, 0, 1, 1), "text" if n else "section_header") for n, text in enumerate(lines)
    ]
    for n, rows in enumerate(tables):
        cells = tuple(
            tuple(Cell(r, c, text, f"#/tables/{n}/data/grid/{r}/{c}", 1) for c, text in enumerate(row) if text) for r, row in enumerate(rows)
        )
        items.append(Table(f"#/tables/{n}", cells, 1))
    return Document(tuple(items), media_type)


def values(found: Document, kind: DocumentType) -> dict[str, str]:
    return {field.name: field.value for field in extract_fields(found, kind)}


TITLES = {
    DocumentType.INVOICE: ("Commercial invoice", "Handelsfactuur", "Facture commerciale", "Handelsrechnung"),
    DocumentType.PACKING_LIST: ("Packing list", "Paklijst", "Liste de colisage", "Packliste"),
    DocumentType.CMR: (
        "International consignment note",
        "Internationale vrachtbrief",
        "Lettre de voiture internationale",
        "Internationaler Frachtbrief",
    ),
    DocumentType.TRANSIT_DECLARATION: ("Transit declaration", "Aangifte voor douanevervoer", "Déclaration de transit", "Versandanmeldung"),
    DocumentType.IMPORT_DECLARATION: ("Import declaration", "Invoeraangifte", "Déclaration d’importation", "Einfuhranmeldung"),
    DocumentType.CERTIFICATE_OF_ORIGIN: ("Certificate of origin", "Certificaat van oorsprong", "Certificat d'origine", "Ursprungszeugnis"),
}


@pytest.mark.parametrize(("kind", "title"), [(kind, title) for kind, titles in TITLES.items() for title in titles])
def test_a_title_names_the_paper_in_four_languages(kind: DocumentType, title: str) -> None:
    """Each paper is recognised by its title alone, among all types."""
    assert classify(document(title, "Norden BV")).type is kind


def test_every_label_is_written_so_that_it_can_match_and_every_type_has_a_name() -> None:
    """Synonyms are folded, and customers are told what was found in their language."""
    assert all(name == fold(name) for table in (HEADER, COLUMNS) for names in table.values() for name in names)
    assert all(type_names((kind,), language) for kind in DocumentType for language in LANGUAGES)


@pytest.mark.parametrize(
    "label", ["1 Sender (name, address, country)", "Afzender / Expéditeur", "[1] Absender", "Sender Expéditeur Absender", "13 01 000 000 Exporter"]
)
def test_labels_are_known_with_their_numbers_and_in_several_languages(label: str) -> None:
    """Box numbers, remarks in parentheses and translations belong to the label."""
    assert header_fields(label) == {"consignor"}


@pytest.mark.parametrize("text", ["Norden Logistics BV", "21 cartons of tiles", "Rue du Port 7", "18.04 kg", "Total Energies Shipping"])
def test_values_are_no_labels(text: str) -> None:
    """Names, addresses, counts and masses are not mistaken for labels."""
    assert not header_fields(text)


def test_a_party_is_read_from_a_box_lines_or_columns() -> None:
    """The same sender in a box of a form, under a label, and in a column of a table without lines."""
    address = ("Norden BV", "Kaaistraat 12", "9000 Gent", "Belgium")
    shapes = [
        document("CMR", tables=[[("\n".join(("1 Sender (name, address, country)", *address)), "16 Carrier\nOther NV")]]),
        document("Packing list", "Shipper:", *address),
        document("Packing list", tables=[[("Shipper", "Consignee"), *((line, other) for line, other in zip(address, "ABCD", strict=True))]]),
    ]
    for found, kind in zip(shapes, (DocumentType.CMR, DocumentType.PACKING_LIST, DocumentType.PACKING_LIST), strict=True):
        read = values(found, kind)
        assert (read["consignor.name"], read["consignor.country"]) == ("Norden BV", "BE")


@pytest.mark.parametrize("name", ["Container Services BV", "Client Solutions NV", "Port Logistics SA", "Total Cargo BV"])
def test_a_name_may_begin_like_a_label(name: str) -> None:
    """Under its label, a company is not taken apart because its name begins with a word that is a label elsewhere."""
    boxed = document("CMR", tables=[[(f"1 Sender\n{name}\nKaaistraat 12\nBelgium", "16 Carrier\nOther NV")]])
    assert values(boxed, DocumentType.CMR)["consignor.name"] == name
    lines = document("Packing list", "Shipper", name, "Kaaistraat 12", "Belgium", "Net weight 12.50 kg")
    read = values(lines, DocumentType.PACKING_LIST)
    assert (read["consignor.name"], read["consignor.country"], read["net_mass_kg"]) == (name, "BE", "12.50")


PACKING_LISTS = {
    "en": (
        ("Shipper", "Consignee", "Packing list date"),
        ("Description of goods", "Number of packages", "Gross weight (kg)", "Net weight (kg)"),
        "Total",
    ),
    "nl": (("Afzender", "Geadresseerde", "Datum"), ("Omschrijving", "Aantal colli", "Brutogewicht (kg)", "Nettogewicht (kg)"), "Totaal"),
    "fr": (("Expéditeur", "Destinataire", "Date"), ("Désignation", "Nombre de colis", "Poids brut (kg)", "Poids net (kg)"), "Total"),
    "de": (("Absender", "Empfänger", "Datum"), ("Warenbezeichnung", "Packstücke", "Bruttogewicht (kg)", "Nettogewicht (kg)"), "Gesamt"),
}


@pytest.mark.parametrize("language", PACKING_LISTS)
def test_a_packing_list_says_the_same_in_four_languages(language: str) -> None:
    """Labels, columns and totals are known in English, Dutch, French and German."""
    (shipper, consignee, day), heads, total = PACKING_LISTS[language]
    rows = [heads, ("Tiles", "8", "1.400,0", "1.390,0"), ("Plates", "4", "240,5", "230,0"), (total, "12", "1.640,5", "1.620,0")]
    found = document(
        "Packing list", f"{shipper}: Norden GmbH, Hafenweg 2, Deutschland", f"{consignee}: Suden NV", f"{day}: 17.11.2026", tables=[rows]
    )
    read = values(found, DocumentType.PACKING_LIST)
    assert read == {
        "consignor.name": "Norden GmbH", "consignor.country": "DE", "consignee.name": "Suden NV", "issue_date": "2026-11-17",
        "gross_mass_kg": "1640.5", "net_mass_kg": "1620.0", "packages": "12",
        "items[0].description": "Tiles", "items[0].packages": "8", "items[0].gross_mass_kg": "1400.0", "items[0].net_mass_kg": "1390.0",
        "items[1].description": "Plates", "items[1].packages": "4", "items[1].gross_mass_kg": "240.5", "items[1].net_mass_kg": "230.0",
    }  # fmt: skip


def test_boxes_of_a_form_in_an_unknown_language_are_known_by_their_numbers() -> None:
    """Box 1 of a CMR is the sender, box 2 the consignee, box 11 the gross mass, whatever is printed over them."""
    rows = [("1 Nadawca\nNorden Sp. z o.o.\nPoland", "2 Odbiorca\nSuden BV\nBelgium"), ("7 Ilość sztuk\n12", "11 Waga brutto\n640,50")]
    read = values(document("CMR", tables=[rows]), DocumentType.CMR)
    assert read == {
        "consignor.name": "Norden Sp. z o.o.", "consignor.country": "PL", "consignee.name": "Suden BV", "consignee.country": "BE",
        "packages": "12", "gross_mass_kg": "640.50",
    }  # fmt: skip


def test_data_elements_of_declarations_are_known_by_their_numbers() -> None:
    """The Union's numbers say what a box is in every language."""
    rows = [
        ("13 01 Vývozce\nNorden s.r.o.", "13 04 Dovozce\nSuden BV\nEORI: BE1990631129"),
        ("18 04 Hrubá hmotnost\n640.5", "16 06 Země odeslání\nCZ"),
    ]
    read = values(document("Dovozní prohlášení", tables=[rows]), DocumentType.IMPORT_DECLARATION)
    assert (read["consignor.name"], read["consignee.eori"], read["gross_mass_kg"], read["country_of_dispatch"]) == (
        "Norden s.r.o.", "BE1990631129", "640.5", "CZ",
    )  # fmt: skip


GOODS = [("Description", "Packages", "Gross weight (kg)"), ("Tiles", "8", "400.0"), ("Plates", "4", "240.5")]


def test_the_printed_total_wins_over_the_sum_of_the_lines() -> None:
    """A paper that adds up wrongly is quoted, not corrected."""
    wrong = values(document("Packing list", tables=[[*GOODS, ("Total", "12", "700.0")]]), DocumentType.PACKING_LIST)
    assert (wrong["gross_mass_kg"], wrong["packages"]) == ("700.0", "12")
    labelled = values(document("Packing list", "Total gross weight: 650.5 kg", tables=[GOODS]), DocumentType.PACKING_LIST)
    assert labelled["gross_mass_kg"] == "650.5"
    boxed = [("9 Gross mass (kg)\n400.0\n240.5\nTotal 700.0", "10 Invoices\nF-1")]
    assert values(document("EUR.1", tables=[boxed]), DocumentType.CERTIFICATE_OF_ORIGIN)["gross_mass_kg"] == "700.0"


def test_without_a_total_the_lines_are_added_up_at_the_place_of_the_first() -> None:
    """A computed sum can be traced to where it begins."""
    found = document("Packing list", tables=[GOODS])
    gross = next(field for field in extract_fields(found, DocumentType.PACKING_LIST) if field.name == "gross_mass_kg")
    assert (gross.value, gross.span.text) == ("640.5", "400.0")


def test_a_line_that_cannot_be_read_leaves_no_sum() -> None:
    """A total over half of the lines would look like a total."""
    rows = [*GOODS, ("Bowls", "1", "4OO,O")]
    assert "gross_mass_kg" not in values(document("Packing list", tables=[rows]), DocumentType.PACKING_LIST)


def test_a_goods_table_goes_on_over_the_page() -> None:
    """The second page's rows belong to the goods although the head is not repeated, and so does the total there."""
    more = [("Bowls", "2", "59.5"), ("Total", "14", "700.0")]
    read = values(document("Packing list", tables=[GOODS, more]), DocumentType.PACKING_LIST)
    assert (read["items[2].description"], read["items[2].packages"], read["gross_mass_kg"], read["packages"]) == ("Bowls", "2", "700.0", "14")


def test_goods_may_be_called_like_a_label_or_a_total() -> None:
    """A code or a unit price makes goods of a row, whatever the goods are called."""
    rows = [
        ("Description", "HS code", "Quantity", "Unit price", "Amount"), ("Container", "8609.00", "1", "900.00", "900.00"),
        ("Total station", "9015.30", "1", "100.00", "100.00"), ("Total EUR", "", "", "", "1000.00"),
    ]  # fmt: skip
    read = values(document("Invoice", tables=[rows]), DocumentType.INVOICE)
    assert (read["items[0].description"], read["items[1].description"], read["total_amount"]) == ("Container", "Total station", "1000.00")


def test_freight_insurance_and_total_are_told_from_goods() -> None:
    """Rows under the goods that are no goods become amounts of their own; subtotals and taxes are passed over."""
    rows = [
        ("Désignation", "Code NC", "Quantité", "Prix unitaire", "Montant EUR"), ("Carrelage", "6907.21.00", "10", "12,50", "125,00"),
        ("Sous-total", "", "", "", "125,00"), ("Fret", "", "", "", "20,00"), ("Assurance", "", "", "", "5,00"), ("TVA 0 %", "", "", "", "0,00"),
        ("Total CIP Gand", "", "", "", "150,00"),
    ]  # fmt: skip
    read = values(document("Facture commerciale", "Conditions de livraison: CIP Gand, Incoterms 2020", tables=[rows]), DocumentType.INVOICE)
    wanted = {
        "total_amount": "150.00", "currency": "EUR", "freight_amount": "20.00", "insurance_amount": "5.00", "incoterm": "CIP",
        "incoterm_place": "Gand", "items[0].commodity_code": "69072100", "items[0].amount": "125.00", "commodity_codes[0]": "69072100",
    }  # fmt: skip
    assert {name: read.get(name) for name in wanted} == wanted
    assert "items[1].amount" not in read


def test_a_paper_that_names_several_origins_states_none() -> None:
    """One of two countries would be a guess; the lines keep their own."""
    rows = [("Description", "Origin", "Quantity", "Amount"), ("Tiles", "Italy", "1", "5.00"), ("Plates", "Germany", "1", "6.00")]
    read = values(document("Invoice", "Country of origin: Italy, Germany", tables=[rows]), DocumentType.INVOICE)
    assert "origin" not in read
    assert (read["items[0].origin"], read["items[1].origin"]) == ("IT", "DE")


@pytest.mark.parametrize(("code", "expected"), [("300", "300"), ("100", None), ("-", None)])
def test_only_a_claimed_preference_is_stated(code: str, expected: str | None) -> None:
    """Codes from 200 claim a preference; 100 says that none is claimed."""
    assert values(document("Import declaration", f"Preference: {code}"), DocumentType.IMPORT_DECLARATION).get("preference") == expected


def test_container_numbers_need_their_check_digit() -> None:
    """A number that breaks ISO 6346 is no container."""
    read = values(document("Packing list", "Containers: CSQU 305438-3, CSQU3054384"), DocumentType.PACKING_LIST)
    assert {name: value for name, value in read.items() if "container" in name} == {"container_numbers[0]": "CSQU3054383"}


@pytest.mark.parametrize(
    ("text", "evidence", "expected"),
    [
        ("1.234,50", "", "1234.50"), ("1,234.50", "", "1234.50"), ("1 234,50", "", "1234.50"), ("1'234.50", "", "1234.50"),
        ("1.234.567", "", "1234567"),
        ("12,5", "", "12.5"), ("0,125", "", "0.125"), ("1234,567", "", "1234.567"), ("640", "", "640"),
        ("1.250", "99,50", "1250"), ("1.250", "99.50", "1.250"), ("1,250", "99.50", "1250"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_the_paper_writes_them(text: str, evidence: str, expected: str) -> None:
    """Both signs tell; where one could mean either, the other numbers of the paper decide."""
    (found,) = find_numbers(text, document("Packing list", f"{evidence} kg"))
    assert (found.value, found.text) == (Decimal(expected), text)


def test_a_number_with_two_readings_is_not_read() -> None:
    """1.250 kg may be a ton and a quarter or a kilo and a quarter: a paper that shows neither states no mass."""
    paper = document("Packing list", "Gross weight: 1.250 kg")
    assert find_numbers("1.250", paper) == []
    assert "gross_mass_kg" not in values(paper, DocumentType.PACKING_LIST)
    assert find_numbers("640,5O", paper) == []  # a letter where OCR saw no digit
    mixed = document("Packing list", "12,50 kg", "12.50 kg")
    assert decimal_sign(mixed) == ""


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("", "."), ("", ",")]))
def test_every_amount_comes_back_from_every_way_to_write_it(value: Decimal, signs: tuple[str, str]) -> None:
    """Thousands and decimals of any usual pair of signs give the number back."""
    thousands, point = signs
    written = f"{value:,.2f}".replace(",", "_").replace(".", point).replace("_", thousands)
    assert [found.value for found in find_numbers(written, document("x"))] == [value]


@given(st.text(alphabet="0123456789.,' \n kg%EURx", max_size=40))
def test_reading_numbers_never_fails_and_quotes_verbatim(text: str) -> None:
    """Whatever stands there, the found texts stand in it."""
    assert all(found.text in text and found.value >= 0 for found in find_numbers(text, document("x", text or "-")))


def test_what_cannot_be_found_again_is_dropped_and_the_first_word_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that makes a value up, or names a place where it does not stand, states nothing; of two values the first is kept."""
    found = document("Packing list", "8 cartons of tiles")
    made_up = [
        ("a", "9", Span("9 cartons", 1, None, "#/texts/1")), ("b", "8", Span("8", 1, None, "#/texts/7")),
        ("c", "8", Span("8 cartons", 1, None, "#/texts/1")), ("c", "tiles", Span("tiles", 1, None, "#/texts/1")),
    ]  # fmt: skip
    monkeypatch.setitem(fields.TRADE_LISTS, DocumentType.PACKING_LIST, (lambda _: iter(made_up),))
    assert values(found, DocumentType.PACKING_LIST) == {"c": "8"}


@pytest.mark.parametrize("cell", [" ", "\n", "\u00a0"])
def test_blank_cells_say_nothing(cell: str) -> None:
    """A cell of nothing but blanks is neither label nor value, in any type."""
    found = document(" ", tables=[[(cell, cell), ("Shipper", cell)]])
    assert all(extract_fields(found, kind) == () for kind in DocumentType)


SAID = st.one_of(
    st.sampled_from(sorted(name for names in (*HEADER.values(), *COLUMNS.values()) for name in names)),
    st.sampled_from(
        ["Norden BV", "9000 Gent, Belgium", "1.250,00", "12 cartons", "690721", "FCA Gent", "01/02/2026", "EORI: BE1990631129", "", " ", "1", "CH"]
    ),
    st.text(max_size=12),
)
TRADE_TYPES = sorted(TITLES, key=str)


@settings(max_examples=60, deadline=None)
@given(st.lists(SAID, max_size=6), st.lists(st.lists(st.lists(SAID, max_size=4).map("\n".join), min_size=1, max_size=4), max_size=5))
def test_no_paper_breaks_the_rules(lines: list[str], rows: list[list[str]]) -> None:
    """Labels, values and rubbish in any order and shape: nothing raises, every name comes once, every value stands at its place."""
    found = document(*lines, tables=[rows, rows[1:]])
    classify(found)
    for kind in TRADE_TYPES:
        said = extract_fields(found, kind)
        assert all(found.holds(field.span) for field in said)
        assert len({field.name for field in said}) == len(said)
