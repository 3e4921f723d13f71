"""Values in their normal form, each with the verbatim text that says it: the small readers that papers are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from stdnum import iso6346

from ...amounts import FoundNumber, find_numbers, plain_number
from ...countries import country_code
from ...dates import find_dates
from ...document import Document, Span
from ...text import fold
from .columns import goods_tables
from .entries import Entry, boxes_of, values_of

Found = Iterator[tuple[str, Span]]
Finder = Callable[[Document], Found]

# ISO 4217, the currencies that invoices here are drawn in; more are one word away.
CURRENCIES = frozenset(
    {
        "AED", "AUD", "BGN", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "GEL", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KRW",
        "KZT", "MAD", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "RSD", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
    }
)  # fmt: skip
SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP"}
# Incoterms 2020 (ICC), all eleven.
INCOTERM = re.compile(
    r"\b(?P<code>EXW|FCA|CPT|CIP|DAP|DPU|DDP|FAS|FOB|CFR|CIF)\b(?:[\s,:;.–-]+(?P<place>[^\d\W][^,;\n(]{1,40}?))?\s*(?=$|[,;(\n]|\bincoterms?\b)",
    re.IGNORECASE,
)
COMMODITY = re.compile(r"(?<![\w.])\d{4}(?:[ .]?\d{2}){0,3}(?![\w]|[.]\d)")
SAID_COMMODITY = re.compile(
    r"(?:\b(?:hs|cn|gn|kn|nc|sh|taric|tariff|commodity)\b[ -]*(?:code|no|nr|nummer|heading|number)?\.?\s*:?\s*)"
    r"(?P<code>\d{4}(?:[ .]?\d{2}){0,3})(?!\d)",
    re.IGNORECASE,
)
EORI = re.compile(r"\bEORI\b(?:[\s-]*(?:no|nr|number|nummer))?[\s.:]*(?P<number>[A-Z]{2}[A-Z0-9]{3,15})\b")
BARE_EORI = re.compile(r"^(?P<number>[A-Z]{2}[A-Z0-9]{6,15})$")
CONTAINER = re.compile(r"\b[A-Z]{3}[UJZ][ -]?\d{6}[ -]?\d\b")
OFFICE = re.compile(r"\b[A-Z]{2}[A-Z0-9]{6}\b")
TOTAL_WORD = re.compile(r"\b(?:total|totaal|gesamt|summe)\b", re.IGNORECASE)


def part(span: Span, text: str) -> Span:
    """The same place with less text."""
    return Span(text, span.page, span.box, span.item)


def joined(text: str) -> str:
    """One line with single blanks."""
    return " ".join(text.split())


def first_text(*fields: str, pattern: re.Pattern[str] | None = None) -> Finder:
    """The first line of a label's value, or what a pattern finds in it."""

    def find(document: Document) -> Found:
        for entry in values_of(document, *fields):
            for line in entry.lines[:1] if pattern is None else entry.lines:
                match = pattern.search(line.text) if pattern else None
                if pattern is None:
                    yield joined(line.text), line
                elif match:
                    yield joined(match.group(0)), part(line, match.group(0))

    return find


def date_of(*fields: str, box: int = 0) -> Finder:
    """A date behind a label, or in the box of a form with that number."""

    def find(document: Document) -> Found:
        entries = [*values_of(document, *fields), *(boxes_of(document, box) if box else ())]
        for entry in entries:
            for line in entry.lines:
                for found in find_dates(line.text):
                    yield found.value.isoformat(), part(line, found.text)

    return find


def country_of(*fields: str) -> Finder:
    """A country behind a label, by name or code; a line that names several names none."""

    def find(document: Document) -> Found:
        for entry in values_of(document, *fields):
            for line in entry.lines[:2]:
                found = list(countries_in(line))
                if len({code for code, _ in found}) == 1:
                    yield found[0]

    return find


def countries_in(line: Span) -> Found:
    """The country that a line is, ends with, or names in parentheses: `Belgium`, `9000 Gent, Belgium`, `Gent (BE)`, `BE - Belgium`."""
    pieces = [line.text, *re.findall(r"\(([^)]*)\)", line.text), *reversed(re.split(r"[,;()]|\s+[-–]\s+", line.text))]
    for piece in pieces:
        bare = piece.strip(" .")
        # Short words of a sentence look like codes: a code is written in capitals.
        if bare and (len(bare) > 3 or bare.isupper()) and (code := country_code(bare)):
            yield code, part(line, bare)


def total_of(*fields: str, column: str = "", box: int = 0) -> Finder:
    """A mass or a count in total.

    The paper's own total comes first: the total row of its goods table, then the value behind a label. Without one, the lines are added up;
    the sum then has the place of its first line.
    """

    def find(document: Document) -> Found:
        tables = goods_tables(document)
        for table in tables:
            for _, cells in table.totals:
                if column in cells:
                    yield from _numbers(document, [cells[column].span()])
        for entry in (*values_of(document, *fields), *(boxes_of(document, box) if box else ())):
            yield from total_in(document, entry)
        lines = [cell.span() for table in tables for row in table.goods if (cell := row.get(column))]
        if column and lines:
            yield from _sum(
                document, [Span(text, span.page, span.box, span.item) for span in lines for text in span.text.split("\n") if text.strip()]
            )

    return find


def total_in(document: Document, entry: Entry) -> Found:
    """The total of a box: its only number, the one that it calls total, the last one that is the sum of those above it, or their sum."""
    said = [line for line in entry.lines if TOTAL_WORD.search(line.text)]
    yield from _numbers(document, said)
    yield from _sum(document, entry.lines)


def _numbers(document: Document, lines: Sequence[Span]) -> Found:
    for line in lines:
        for found in find_numbers(line.text, document)[:1]:
            yield plain_number(found.value), part(line, found.text)


def _sum(document: Document, lines: Sequence[Span]) -> Found:
    read: list[tuple[FoundNumber, Span]] = []
    for line in lines:
        numbers = find_numbers(line.text, document)
        if not numbers and any(sign.isdigit() for sign in line.text):
            return  # a part that cannot be read leaves no sum
        read.extend((number, line) for number in numbers[:1])
    if not read:
        return
    values = [number.value for number, _ in read]
    last, line = read[-1]
    if len(values) == 1 or last.value == sum(values[:-1]):
        yield plain_number(last.value), part(line, last.text)
    else:
        yield plain_number(sum(values, Decimal(0))), part(read[0][1], read[0][0].text)


def amount_of(*fields: str, total: str = "") -> Finder:
    """An amount of money behind a label, or in a total row of the goods table."""

    def find(document: Document) -> Found:
        for table in goods_tables(document):
            for kind, cells in table.totals:
                if kind == total and "amount" in cells:
                    yield from _numbers(document, [cells["amount"].span()])
        for entry in values_of(document, *fields):
            yield from _numbers(document, entry.lines[:1])

    return find


def currency_of(*fields: str) -> Finder:
    """The currency by its label, beside the amounts, or in the head of the amounts' column."""

    def find(document: Document) -> Found:
        for entry in values_of(document, "currency", *fields):
            yield from _currencies(entry.lines[0])
        for table in goods_tables(document):
            cells = [cells["amount"] for _, cells in table.totals if "amount" in cells]
            cells += [head for name, head in table.heads.items() if name in ("amount", "unit_price")]
            cells += [row["amount"] for row in table.goods if "amount" in row]
            for cell in cells:
                yield from _currencies(cell.span())

    return find


def _currencies(span: Span) -> Found:
    for word in re.findall(r"[A-Za-z]{3}|[€$£]", span.text):
        code = SYMBOLS.get(word, word)
        if code in CURRENCIES:
            yield code, part(span, word)


def incoterms(document: Document) -> Iterator[tuple[str, str, Span]]:
    """Code and place (may be empty) with the line that says both; labelled ones first."""
    labelled = [line for entry in values_of(document, "incoterm") for line in entry.lines[:2]]
    for line in (*labelled, *document.passages):
        # Anywhere else in a paper three letters are a term only when written as one.
        match = INCOTERM.search(line.text)
        if match and (line in labelled or match["code"].isupper()):
            yield match["code"].upper(), joined(match["place"] or ""), part(line, match.group(0).strip())


def incoterm_code(document: Document) -> Found:
    yield from ((code, span) for code, _, span in incoterms(document))


def incoterm_place(document: Document) -> Found:
    yield from ((place, span) for _, place, span in incoterms(document) if place)


def commodity_codes(text: str) -> Iterator[tuple[str, str]]:
    """Digits and verbatim text of codes of 4, 6, 8 or 10 digits."""
    for match in COMMODITY.finditer(text):
        yield re.sub(r"\D", "", match.group(0)), match.group(0)


def containers(document: Document) -> Found:
    """Container numbers with a right check digit (ISO 6346), each once."""
    seen: set[str] = set()
    for passage in document.passages:
        for verbatim in CONTAINER.findall(passage.text):
            number = re.sub(r"[^A-Z0-9]", "", verbatim)
            if iso6346.is_valid(number) and number not in seen:
                seen.add(number)
                yield number, part(passage, verbatim)


def reference_in(pattern: re.Pattern[str]) -> Finder:
    """What the pattern's group `number` finds anywhere in the paper."""

    def find(document: Document) -> Found:
        for passage in document.passages:
            for line in passage.text.split("\n"):
                if match := pattern.search(line):
                    yield joined(match["number"]), part(passage, match["number"])

    return find


def is_reference(text: str) -> bool:
    """Whether a value can be a reference: it has a digit and is short."""
    return any(sign.isdigit() for sign in text) and len(fold(text).split()) <= 4
