"""Tables of a page: ruled ones from their lines, unruled ones from columns that line up over rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .geometry import Box, Word, union
from .rows import Row, rows_of
from .rulings import Grid, Rulings

# An unruled table has at least this many rows in sequence.
MIN_ROWS = 3
# Rows of one unruled table are no further apart than this many line heights.
MAX_ROW_STEP = 3.2
# Two-column lists are tables only when the left column is narrow (labels), else it is prose in columns.
LABEL_WIDTH_SHARE = 0.45


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: half-open row and column ranges, box and text."""

    row: int
    row_end: int
    column: int
    column_end: int
    box: Box
    text: str


@dataclass(frozen=True, slots=True)
class TableRegion:
    """A table found on a page, before docling sees it."""

    box: Box
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    words: tuple[Word, ...]
    cells: tuple[Cell, ...]
    has_header: bool


def ruled_table(grid: Grid, words: Sequence[Word]) -> TableRegion | None:
    """The words inside a grid as a table; None when it frames fewer than two words."""
    inside = [word for word in words if grid.box.holds_centre_of(word.box, margin=3)]
    if len(inside) < 2:
        return None
    spans = _spans(grid)
    cells = _fill(grid.xs, grid.ys, spans, inside)
    return TableRegion(grid.box, grid.xs, grid.ys, tuple(inside), cells, has_header=len(grid.xs) > 3)


def _spans(grid: Grid) -> dict[tuple[int, int], int]:
    """Column end of each cell: a cell runs on to the right while no line closes it."""
    ends: dict[tuple[int, int], int] = {}
    columns = len(grid.xs) - 1
    for row in range(len(grid.ys) - 1):
        middle = (grid.ys[row] + grid.ys[row + 1]) / 2
        column = 0
        while column < columns:
            end = column + 1
            while end < columns and not _line_at(grid.rulings, grid.xs[end], middle):
                end += 1
            ends[row, column] = end
            column = end
    return ends


def _line_at(rulings: Rulings, x: float, y: float) -> bool:
    return any(abs(line.mid_x - x) <= 4 and line.t - 2 <= y <= line.b + 2 for line in rulings.vertical)


def unruled_tables(rows: Sequence[Row], page_width: float) -> list[tuple[range, TableRegion]]:
    """Runs of rows whose segments line up in the same columns, with the row numbers they take."""
    found: list[tuple[range, TableRegion]] = []
    start = 0
    while start < len(rows):
        end = _run_end(rows, start)
        region = _aligned(rows[start:end], page_width) if end - start >= MIN_ROWS else None
        if region is None:
            start += 1
        else:
            found.append((range(start, end), region))
            start = end
    return found


def _run_end(rows: Sequence[Row], start: int) -> int:
    columns = len(rows[start].segments)
    end = start + 1
    if columns < 2:
        return end
    while (
        end < len(rows) and len(rows[end].segments) == columns and rows[end].box.mid_y - rows[end - 1].box.mid_y < MAX_ROW_STEP * rows[end].box.height
    ):
        end += 1
    return end


def _aligned(rows: Sequence[Row], page_width: float) -> TableRegion | None:
    columns = [[row.segments[k].box for row in rows] for k in range(len(rows[0].segments))]
    edges: list[float] = []
    for left, right in pairwise(columns):
        ends, begins = max(box.r for box in left), min(box.l for box in right)
        if ends >= begins + 2:
            return None
        edges.append((ends + begins) / 2)
    if len(columns) == 2 and max(box.width for box in columns[0]) > LABEL_WIDTH_SHARE * page_width:
        return None
    words = [word for row in rows for word in row.words]
    box = union(word.box for word in words)
    middles = [row.box.mid_y for row in rows]
    xs = (box.l, *edges, box.r)
    ys = (box.t, *((a + b) / 2 for a, b in pairwise(middles)), box.b)
    spans = {(r, c): c + 1 for r in range(len(ys) - 1) for c in range(len(xs) - 1)}
    cells = _fill(xs, ys, spans, words)
    return TableRegion(box, xs, ys, tuple(words), cells, has_header=len(columns) > 2)


def _fill(xs: Sequence[float], ys: Sequence[float], spans: dict[tuple[int, int], int], words: Sequence[Word]) -> tuple[Cell, ...]:
    owner = {(row, c): (row, column) for (row, column), end in spans.items() for c in range(column, end)}
    held: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        place = owner[_slot(ys, word.box.mid_y), _slot(xs, word.box.mid_x)]
        held.setdefault(place, []).append(word)
    return tuple(
        Cell(row, row + 1, column, end, Box(xs[column], ys[row], xs[end], ys[row + 1]), _text(held.get((row, column), [])))
        for (row, column), end in sorted(spans.items())
    )


def _slot(edges: Sequence[float], value: float) -> int:
    return max(0, min(len(edges) - 2, sum(edge < value for edge in edges) - 1))


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for row in rows_of(words) for word in row.words) if words else ""
