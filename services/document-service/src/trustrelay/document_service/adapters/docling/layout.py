"""Text outside tables: headings, list items, paragraphs, page headers and footers."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from .geometry import Box, Word, union
from .rows import Row, Segment, rows_of, segment_of
from .rulings import Rulings, grids_of
from .tables import TableRegion, ruled_table, unruled_tables


class Kind(StrEnum):
    """What a block of text is; values are docling's label names."""

    TEXT = "text"
    HEADING = "section_header"
    LIST_ITEM = "list_item"
    PAGE_HEADER = "page_header"
    PAGE_FOOTER = "page_footer"


BULLET = re.compile(r"^[•●▪◦‣*–-]$")
LIST_START = re.compile(r"^\s*(?:[•●▪◦‣*–-]|\(?[a-z0-9]{1,2}[).])\s+\S")
LABEL = re.compile(r"^[^:]{2,48}:(?:\s|$)")
# Share of the page's height that counts as its margin.
MARGIN_SHARE = 0.06
# A line this much taller than the usual one is a heading.
HEADING_RATIO = 1.12
# Boxes from OCR hug the ink, so that a line without descenders measures lower: ask for more.
OCR_HEADING_RATIO = 1.4
MAX_HEADING_CHARS = 120


@dataclass
class Block:
    """A run of segments read as one piece of text."""

    kind: Kind
    segments: list[Segment]
    words: list[Word] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.words = [word for segment in self.segments for word in segment.words]

    @property
    def box(self) -> Box:
        return union(segment.box for segment in self.segments)

    def extend(self, segment: Segment) -> None:
        self.segments.append(segment)
        self.words.extend(segment.words)


@dataclass(frozen=True, slots=True)
class PageLayout:
    """Everything found on one page."""

    blocks: tuple[Block, ...]
    tables: tuple[TableRegion, ...]


def lay_out(words: Sequence[Word], rulings: Rulings, width: float, height: float) -> PageLayout:
    """Cut one page's words into tables and blocks."""
    left = list(words)
    tables: list[TableRegion] = []
    for grid in grids_of(rulings):
        table = ruled_table(grid, left)
        if table is not None:
            tables.append(table)
            taken = {id(word) for word in table.words}
            left = [word for word in left if id(word) not in taken]
    rows = [_attach_bullets(row) for row in rows_of(left)]
    used: set[int] = set()
    for numbers, table in unruled_tables(rows, width):
        tables.append(table)
        used.update(numbers)
    rest = [row for number, row in enumerate(rows) if number not in used]
    return PageLayout(tuple(blocks_of(rest, height)), tuple(tables))


def _attach_bullets(row: Row) -> Row:
    """A bullet stands apart from its text; a label apart from its value: both are one line to a reader."""
    merged: list[Segment] = []
    for segment in row.segments:
        if merged and (BULLET.match(merged[-1].text) or merged[-1].text.rstrip().endswith(":")):
            merged[-1] = segment_of([*merged[-1].words, *segment.words])
        else:
            merged.append(segment)
    return Row(tuple(merged), row.box)


def blocks_of(rows: Sequence[Row], height: float) -> list[Block]:
    """Blocks in reading order of their rows."""
    segments = [segment for row in rows for segment in row.segments]
    if not segments:
        return []
    usual = statistics.median(segment.box.height for segment in segments)
    right_edge = max(segment.box.r for segment in segments)
    blocks: list[Block] = []
    for segment in segments:
        kind = _kind(segment, usual, height)
        if blocks and kind is Kind.TEXT and _continues(blocks[-1], segment, right_edge):
            blocks[-1].extend(segment)
        else:
            blocks.append(Block(kind, [segment]))
    return blocks


def _kind(segment: Segment, usual: float, height: float) -> Kind:
    box, text = segment.box, segment.text
    if box.height <= usual * 1.1:
        if box.b < MARGIN_SHARE * height:
            return Kind.PAGE_HEADER
        if box.t > (1 - MARGIN_SHARE) * height:
            return Kind.PAGE_FOOTER
    if LIST_START.match(text):
        return Kind.LIST_ITEM
    ratio = OCR_HEADING_RATIO if segment.words[0].from_ocr else HEADING_RATIO
    stands_out = box.height > ratio * usual or segment.bold
    if stands_out and len(text) < MAX_HEADING_CHARS and not LABEL.match(text) and text[-1:] not in ".;,":
        return Kind.HEADING
    return Kind.TEXT


def _continues(block: Block, segment: Segment, right_edge: float) -> bool:
    """Whether a line goes on with the paragraph above: close, same size, and the line above was full."""
    if block.kind not in (Kind.TEXT, Kind.LIST_ITEM) or LABEL.match(segment.text):
        return False
    last = block.segments[-1].box
    gap = segment.box.t - last.b
    return (
        -2 <= gap < 0.75 * segment.box.height
        and abs(segment.box.height - last.height) < 0.25 * segment.box.height
        and segment.box.l >= block.box.l - 3
        and last.r > block.box.l + 0.8 * (right_edge - block.box.l)
    )
