"""Labels and the values beside them: `Label: value` lines, label lines over value lines, two-cell rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from ..document import Document, Span, Table, TextBlock
from ..labels import ALL_LABELS, SYNONYMS, label_key

LABELLED = re.compile(r"^\s*(?P<label>[^:\n]{1,60}?)\s*:\s*(?P<value>\S.*)?$")
# In a cell, label and value may run over several lines.
LABELLED_CELL = re.compile(r"^\s*(?P<label>[^:]{1,60}?)\s*:\s*(?P<value>\S.*)$", re.DOTALL)
MAX_LABEL_WORDS = 6
BULLET = re.compile(r"^[\s•●▪·*–-]+")


@dataclass(frozen=True, slots=True)
class Pair:
    """A label, folded, and the value that belongs to it."""

    label: str
    value: Span


def pairs_of(document: Document) -> tuple[Pair, ...]:
    """All pairs in reading order."""
    if "pairs" not in document.memo:
        document.memo["pairs"] = tuple(_pairs(document))
    found: tuple[Pair, ...] = document.memo["pairs"]
    return found


def _pairs(document: Document) -> Iterator[Pair]:
    items = document.items
    for position, item in enumerate(items):
        following = items[position + 1] if position + 1 < len(items) else None
        if isinstance(item, Table):
            yield from _table_pairs(item)
        else:
            yield from _block_pairs(item, following if isinstance(following, TextBlock) else None)


def _block_pairs(block: TextBlock, following: TextBlock | None) -> Iterator[Pair]:
    lines = [BULLET.sub("", line).strip() for line in block.text.split("\n")]
    for number, line in enumerate(lines):
        match = LABELLED.match(line)
        if match and match["value"]:
            yield Pair(label_key(match["label"]), block.span(match["value"].strip()))
            continue
        key = label_key(match["label"] if match else line)
        if key in ALL_LABELS and not (match is None and block.heading):  # a title such as INVOICE labels nothing
            if number + 1 < len(lines):
                yield Pair(key, block.span(lines[number + 1]))
            elif following is not None and not LABELLED.match(following.text):
                yield Pair(key, following.span(following.text.split("\n")[0].strip()))
        elif match is None:
            yield from _unpunctuated(block, line)


def _unpunctuated(block: TextBlock, line: str) -> Iterator[Pair]:
    """`Issued on 1 March 2026`, `Enterprise number 0712.345.678`: the longest known label that opens the line."""
    words = line.split()
    for count in range(min(MAX_LABEL_WORDS, len(words) - 1), 0, -1):
        key = label_key(" ".join(words[:count]))
        if key in ALL_LABELS:
            yield Pair(key, block.span(line.split(None, count)[count]))
            return


def _table_pairs(table: Table) -> Iterator[Pair]:
    for row in table.rows:
        filled = [cell for cell in row if cell.text]
        header = len(filled) > 2 and all(cell.header for cell in filled)
        for cell, neighbour in pairwise(filled):
            key = label_key(cell.text.rstrip(": "))
            if header or key not in ALL_LABELS:
                continue
            # A row of nothing but labels heads a table of persons; its cells are no values.
            if len(filled) > 1 and label_key(neighbour.text) in ALL_LABELS and not cell.text.rstrip().endswith(":"):
                continue
            yield Pair(key, neighbour.span())
        for cell in filled:
            match = LABELLED_CELL.match(cell.text)
            if match:
                yield Pair(label_key(match["label"]), cell.span(match["value"].strip()))


def values_of(document: Document, fields: Iterable[str]) -> Iterator[Span]:
    """Values whose label is a synonym of one of the fields, in reading order within each field."""
    for field in fields:
        for pair in pairs_of(document):
            if pair.label in SYNONYMS[field]:
                yield pair.value
