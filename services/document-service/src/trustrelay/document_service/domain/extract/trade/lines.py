"""The goods of a paper, line by line, out of its goods tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ...amounts import find_numbers, plain_number
from ...document import Cell, Document, Span
from .columns import goods_tables
from .values import Finder, Found, commodity_codes, countries_in, joined, part

Lines = Callable[[Document], Iterator[tuple[str, str, Span]]]
PREFERENCE = re.compile(r"(?<!\d)[1-9]\d{2}(?!\d)")


def items_of(*columns: str) -> Lines:
    """`items[n].<column>` for every line of goods and each of the columns that it fills."""

    def find(document: Document) -> Iterator[tuple[str, str, Span]]:
        rows = [row for table in goods_tables(document) for row in table.goods]
        for number, row in enumerate(rows):
            for column in columns:
                if column in row:
                    for value, span in list(_read(document, column, row[column]))[:1]:
                        yield f"items[{number}].{NAMES.get(column, column)}", value, span

    return find


NAMES = {"gross_mass": "gross_mass_kg", "net_mass": "net_mass_kg"}


def _read(document: Document, column: str, cell: Cell) -> Found:
    span = cell.span()
    match column:
        case "description":
            yield joined(cell.text), span
        case "commodity_code":
            yield from ((digits, part(span, verbatim)) for digits, verbatim in commodity_codes(cell.text))
        case "origin":
            yield from countries_in(span)
        case "preference":
            yield from ((found, part(span, found)) for found in PREFERENCE.findall(cell.text))
        case _:
            yield from ((plain_number(found.value), part(span, found.text)) for found in find_numbers(cell.text, document))


def of_all_items(column: str) -> Finder:
    """What every line of goods says alike; nothing when they differ or one does not say it."""

    def find(document: Document) -> Found:
        rows = [row for table in goods_tables(document) for row in table.goods]
        said = [next(_read(document, column, row[column]), None) if column in row else None for row in rows]
        values = {entry[0] for entry in said if entry}
        if said and said[0] and None not in said and len(values) == 1:
            yield said[0]

    return find
