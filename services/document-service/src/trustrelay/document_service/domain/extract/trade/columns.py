"""Tables of goods: which row heads them, which rows are goods, which are totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

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
SUBTOTALS = ("subtotal", "sub total", "subtotaal", "sous total", "zwischensumme", "carried forward", "over te dragen")
TOTALS = ("total", "totals", "totaal", "gesamt", "summe")
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
    open_table: tuple[GoodsTable, dict[str, int]] | None = None
    for table in document.tables:
        found = list(_of_table(table, open_table))
        yield from (goods for goods, _ in found)
        open_table = found[-1] if found and not found[-1][0].totals else None


def _of_table(table: Table, before: tuple[GoodsTable, dict[str, int]] | None) -> Iterator[tuple[GoodsTable, dict[str, int]]]:
    """Goods tables within a table of the page, each with its columns; `before` may go on here without its head, as over a page break."""
    start = 0
    while start < len(table.rows):
        columns = _columns(table.rows[start])
        if NAMING & columns.keys() and MEASURES & columns.keys():
            heads = {cell.column: cell for cell in table.rows[start]}
            found = _read(table, start + 1, columns, {name: heads[column] for name, column in columns.items()})
            found = replace(found, numbers=found.numbers | {start})
            yield found, columns
            start = max(found.numbers)
        elif start == 0 and before is not None and _width(table) > max(before[1].values()):
            found = _read(table, 0, before[1], before[0].heads)
            if found.goods or found.totals:
                yield found, before[1]
                start = max(found.numbers)
        start += 1


def _width(table: Table) -> int:
    return max((cell.column + 1 for cell in table.cells()), default=0)


def _columns(row: tuple[Cell, ...]) -> dict[str, int]:
    """Column name → number, as far as the row's cells are heads."""
    found: dict[str, int] = {}
    for cell in row:
        meant = column_fields(cell.text.replace("\n", " "))
        name = next((field for field in PREFERRED if field in meant and field not in found), None)
        if name is not None:
            found[name] = cell.column
    return found


def _read(table: Table, first: int, columns: Mapping[str, int], heads: Mapping[str, Cell]) -> GoodsTable:
    goods: list[Mapping[str, Cell]] = []
    totals: list[tuple[str, Mapping[str, Cell]]] = []
    numbers: set[int] = set()
    for number in range(first, len(table.rows)):
        filled = [cell for cell in table.rows[number] if cell.text.strip()]
        cells = {name: cell for cell in filled for name, column in columns.items() if cell.column == column}
        kind = _kind(filled, cells)
        if kind == "other":
            break
        if kind == "goods" and cells and (NAMING & cells.keys() or len(cells) > 1):
            goods.append(cells)
        elif kind not in ("goods", "skip"):
            totals.append((kind, cells))
        numbers.add(number)
    return GoodsTable(table.ref, tuple(goods), tuple(totals), frozenset(numbers), heads)


def _kind(filled: list[Cell], cells: Mapping[str, Cell]) -> str:
    """`goods`, a total's field, `skip` for subtotals and taxes, `other` where another part of the form begins.

    Goods may be called anything, `Container` or `Total station`: a code or a unit price makes goods of a row.
    """
    if not filled:
        return "skip"
    if any(cells[name].text[:1].isdigit() for name in ("commodity_code", "unit_price") if name in cells):
        return "goods"
    if kind := _total(filled):
        return kind
    measured = any(cells[name].text[:1].isdigit() for name in MEASURES & cells.keys())
    if measured and NAMING & cells.keys():
        return "goods"
    return "other" if any(header_fields(cell.text.split("\n")[0]) for cell in filled if "\n" in cell.text) or _is_pair(filled[0]) else "goods"


def _total(filled: list[Cell]) -> str:
    """The header field of a row of totals, `skip` for one that is no total of the paper, empty for every other row."""
    first = filled[0].text
    opening = fold(first)
    if opening.startswith(SUBTOTALS) or opening.split(" ")[0] in TAXES:
        return "skip"
    fields = header_fields(first)
    for name in ("total", "freight", "insurance"):
        if name in fields:
            return name
    return "total" if opening.split(" ")[0] in TOTALS and len(filled) > 1 else ""


def _is_pair(first: Cell) -> bool:
    """A row of labels and values, not of goods: its first cell is a label, or holds one with a colon."""
    return bool(header_fields(first.text)) or ("\n" not in first.text and ":" in first.text and bool(header_fields(first.text.split(":")[0])))
