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
# A line that covers less of a slot's edge does not close it.
COVERED_SHARE = 0.4

Slot = tuple[int, int]
# Half-open ranges of rows and columns: top, bottom, left, right.
Area = tuple[int, int, int, int]


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
    cells = _fill(grid.xs, grid.ys, _areas(grid), inside)
    return TableRegion(grid.box, grid.xs, grid.ys, tuple(inside), cells, has_header=len(grid.xs) > 3)


def _areas(grid: Grid) -> list[Area]:
    """The cells that the lines enclose: a slot runs on to the right and downwards while no line closes it.

    Forms have boxes of many sizes in one grid. Slots that run together into anything but a rectangle are cut into rows again.
    """
    rows, columns = range(len(grid.ys) - 1), range(len(grid.xs) - 1)
    parent = {(row, column): (row, column) for row in rows for column in columns}

    def first(slot: Slot) -> Slot:
        while parent[slot] != slot:
            parent[slot] = slot = parent[parent[slot]]
        return slot

    def merge(one: Slot, other: Slot) -> None:
        one, other = sorted((first(one), first(other)))
        parent[other] = one

    for row, column in list(parent):
        if column + 1 in columns and not _upright_at(grid.rulings, grid.xs[column + 1], (grid.ys[row] + grid.ys[row + 1]) / 2):
            merge((row, column), (row, column + 1))
        if row + 1 in rows and not _flat_at(grid.rulings, grid.ys[row + 1], grid.xs[column], grid.xs[column + 1]):
            merge((row, column), (row + 1, column))
    areas: dict[Slot, list[Slot]] = {}
    for slot in parent:
        areas.setdefault(first(slot), []).append(slot)
    return sorted((area for slots in areas.values() for area in _rectangles(slots)), key=lambda area: (area[0], area[2]))


def _rectangles(slots: list[Slot]) -> list[Area]:
    rows, columns = sorted({row for row, _ in slots}), sorted({column for _, column in slots})
    if len(slots) == len(rows) * len(columns):
        return [(rows[0], rows[-1] + 1, columns[0], columns[-1] + 1)]
    found: list[Area] = []
    for row, column in sorted(slots):
        if found and found[-1][0] == row and found[-1][3] == column:
            found[-1] = (row, row + 1, found[-1][2], column + 1)
        else:
            found.append((row, row + 1, column, column + 1))
    return found


def _upright_at(rulings: Rulings, x: float, y: float) -> bool:
    return any(abs(line.mid_x - x) <= 4 and line.t - 2 <= y <= line.b + 2 for line in rulings.vertical)


def _flat_at(rulings: Rulings, y: float, left: float, right: float) -> bool:
    """Whether lines at that height cover more of the stretch than a gap in a scanned line leaves out."""
    covered = sum(max(0.0, min(line.r, right) - max(line.l, left)) for line in rulings.horizontal if abs(line.mid_y - y) <= 4)
    return covered > COVERED_SHARE * (right - left)


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
    cells = _fill(xs, ys, [(r, r + 1, c, c + 1) for r in range(len(ys) - 1) for c in range(len(xs) - 1)], words)
    return TableRegion(box, xs, ys, tuple(words), cells, has_header=len(columns) > 2)


def _fill(xs: Sequence[float], ys: Sequence[float], areas: Sequence[Area], words: Sequence[Word]) -> tuple[Cell, ...]:
    owner = {(row, column): area for area in areas for row in range(area[0], area[1]) for column in range(area[2], area[3])}
    held: dict[Area, list[Word]] = {}
    for word in words:
        held.setdefault(owner[_slot(ys, word.box.mid_y), _slot(xs, word.box.mid_x)], []).append(word)
    return tuple(
        Cell(top, bottom, left, right, Box(xs[left], ys[top], xs[right], ys[bottom]), _text(held.get((top, bottom, left, right), [])))
        for top, bottom, left, right in areas
    )


def _slot(edges: Sequence[float], value: float) -> int:
    return max(0, min(len(edges) - 2, sum(edge < value for edge in edges) - 1))


def _text(words: Sequence[Word]) -> str:
    """The words of a cell, line by line: what stands under each other in a box is not one sentence."""
    return "\n".join(" ".join(word.text for word in row.words) for row in rows_of(words)) if words else ""
