"""Totals and money: a mass or count in all, an amount, its currency."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from ...amounts import FoundNumber, find_numbers, plain_number
from ...document import Document, Span
from .columns import goods_tables
from .entries import Entry, boxes_of, values_of
from .values import Finder, Found, part

# ISO 4217, the currencies that invoices here are drawn in; more are one word away.
CURRENCIES = frozenset(
    {
        "AED", "AUD", "BGN", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "GEL", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KRW",
        "KZT", "MAD", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "RSD", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
    }
)  # fmt: skip
SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP"}
TOTAL_WORD = re.compile(r"\b(?:total|totaal|gesamt|summe)\b", re.IGNORECASE)


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
