"""Tables of goods: which row heads them, which rows are goods, which are totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...document import Cell, Document, Table
from ...text import fold
from .labels import column_fields, header_fields

# A header row names what the goods are and at least one of their measures.
NAMING = frozenset({"description", "commodity_code"})
MEASURES = frozenset({"quantity", "unit_price", "amount", "packages", "gross_mass", "net_mass"})
# Columns that are named alike: the first of these that is still free is meant.
PREFERRED = (
    "description", "commodity_code", "unit_price", "gross_mass", "net_mass", "packages", "origin", "preference", "quantity", "amount",
)  # fmt: skip
SUBTOTALS = ("subtotal", "sub total", "subtotaal", "sous total", "zwischensumme", "carried forward", "over te dragen", "report")
TAXES = ("vat", "btw", "tva", "mwst", "ust")


@dataclass(frozen=True, slots=True)
class GoodsTable:
    """Goods and total rows, each as cells by column name; `numbers` are the table's rows that they came from, with the header's."""

    ref: str
    goods: tuple[Mapping[str, Cell], ...]
    # By header field: total, freight, insurance.
    totals: tuple[tuple[str, Mapping[str, Cell]], ...]
    numbers: frozenset[int]
    # Verbatim heads, for the currency that stands in them.
    heads: Mapping[str, Cell]


def goods_tables(document: Document) -> tuple[GoodsTable, ...]:
    """All goods tables in reading order."""
    if "goods" not in document.memo:
        document.memo["goods"] = tuple(_tables(document))
    found: tuple[GoodsTable, ...] = document.memo["goods"]
    return found


def goods_rows(document: Document) -> dict[str, frozenset[int]]:
    """Table ref → numbers of the rows that are goods, with their header."""
    found: dict[str, frozenset[int]] = {}
    for table in goods_tables(document):
        found[table.ref] = found.get(table.ref, frozenset()) | table.numbers
    return found


def _tables(document: Document) -> Iterator[GoodsTable]:
    for table in document.tables:
        start = 0
        while start < len(table.rows):
            columns = _columns(table.rows[start])
            if NAMING & columns.keys() and MEASURES & columns.keys():
                found = _read(table, start, columns)
                yield found
                start = max(found.numbers)
            start += 1


def _columns(row: tuple[Cell, ...]) -> dict[str, int]:
    """Column name → number. Every filled cell but the first (a line number) must be a head, or the row is none."""
    found: dict[str, int] = {}
    for cell in row:
        meant = column_fields(cell.text.replace("\n", " "))
        name = next((field for field in PREFERRED if field in meant and field not in found), None)
        if name is not None:
            found[name] = cell.column
    return found


def _read(table: Table, header: int, columns: Mapping[str, int]) -> GoodsTable:
    heads = {cell.column: cell for cell in table.rows[header]}
    goods: list[Mapping[str, Cell]] = []
    totals: list[tuple[str, Mapping[str, Cell]]] = []
    numbers = {header}
    for number in range(header + 1, len(table.rows)):
        filled = [cell for cell in table.rows[number] if cell.text]
        cells = {name: cell for cell in filled for name, column in columns.items() if cell.column == column}
        kind = _kind(filled)
        if kind == "other":
            break
        if kind == "goods" and cells and (NAMING & cells.keys() or len(cells) > 1):
            goods.append(cells)
        elif kind not in ("goods", "skip"):
            totals.append((kind, cells))
        numbers.add(number)
    return GoodsTable(table.ref, tuple(goods), tuple(totals), frozenset(numbers), {name: heads[column] for name, column in columns.items()})


def _kind(filled: list[Cell]) -> str:
    """`goods`, a total's field, `skip` for subtotals and taxes, `other` where another part of the form begins."""
    if not filled:
        return "skip"
    first = filled[0].text
    opening = fold(first)
    if opening.startswith(SUBTOTALS) or opening.split(" ")[0] in TAXES:
        return "skip"
    fields = header_fields(first)
    for name in ("total", "freight", "insurance"):
        if name in fields:
            return name
    if opening.split(" ")[:1] in (["total"], ["totaal"], ["totals"], ["gesamt"], ["summe"]) and len(filled) > 1:
        return "total"
    return "other" if any(header_fields(cell.text.split("\n")[0]) for cell in filled if "\n" in cell.text) or _pairs(filled) else "goods"


def _pairs(filled: list[Cell]) -> bool:
    """A row of labels and values, not of goods: its first cell is a label, or holds one with a colon."""
    first = filled[0].text
    return bool(header_fields(first)) or ("\n" not in first and ":" in first and bool(header_fields(first.split(":")[0])))
