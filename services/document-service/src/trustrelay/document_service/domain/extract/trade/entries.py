"""What a paper's labels say: boxes of a form, `Label: value` lines, labels over or beside their values.

Papers differ in where the value stands, not in what the label is called: every shape becomes the same kind of entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...document import Cell, Document, Span, Table, TextBlock
from .columns import goods_rows
from .labels import box_number, header_fields, wrapped_fields

LABELLED = re.compile(r"^\s*(?P<label>[^:]{1,80}?)\s*:\s*(?P<value>\S.*)?$", re.DOTALL)
# A label may run over so many lines of its box.
LABEL_LINES = 3
# A label before its value on one line, without a colon, is at most this many words long.
LABEL_WORDS = 7
# In running text a value has no border: an address is not longer than this.
FLOW_LINES = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """The fields that a label may mean, the number of its box (0 = none), and the lines of its value, at least one."""

    fields: frozenset[str]
    number: int
    lines: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Label:
    fields: frozenset[str]
    number: int
    # What follows on the same line.
    value: Span | None


def entries_of(document: Document) -> tuple[Entry, ...]:
    """All entries in reading order; rows of goods are left to `lines.py`."""
    if "entries" not in document.memo:
        document.memo["entries"] = tuple(_entries(document))
    found: tuple[Entry, ...] = document.memo["entries"]
    return found


def values_of(document: Document, *fields: str) -> Iterator[Entry]:
    """Entries of the fields, in the order in which the fields are named."""
    for field in fields:
        yield from (entry for entry in entries_of(document) if field in entry.fields)


def boxes_of(document: Document, number: int) -> Iterator[Entry]:
    """Entries whose box has this number."""
    return (entry for entry in entries_of(document) if entry.number == number)


def _entries(document: Document) -> Iterator[Entry]:
    goods = goods_rows(document)
    flow: list[TextBlock] = []
    for item in document.items:
        if isinstance(item, TextBlock):
            flow.append(item)
            continue
        yield from _of_flow(flow)
        flow = []
        yield from _of_table(item, goods.get(item.ref, frozenset()))
    yield from _of_flow(flow)


def lines_of(span: Span) -> list[Span]:
    """The non-empty lines of a text, each at its place."""
    return [Span(line.strip(), span.page, span.box, span.item) for line in span.text.split("\n") if line.strip()]


def _of_flow(blocks: Sequence[TextBlock]) -> Iterator[Entry]:
    """Running text; a heading ends the value before it and may itself be a label."""
    part: list[Span] = []
    for block in blocks:
        if block.heading:
            yield from _in_lines(part, FLOW_LINES)
            part = []
        part.extend(lines_of(block.span()))
    yield from _in_lines(part, FLOW_LINES)


def _in_lines(lines: Sequence[Span], limit: int, *, boxed: bool = False) -> Iterator[Entry]:
    position = 0
    while position < len(lines):
        label, after = _label_at(lines, position)
        if label is None:
            position += 1
            continue
        box = boxed and position == 0 and label.value is None
        # Names may begin with a word that is a label (`Container Services BV`): the first line under a label, and all of a box, need a clear one.
        loose_from = len(lines) if box else after + (label.value is None)
        end = next((n for n in range(after, len(lines)) if _ends(_label_at(lines, n, loose=n >= loose_from)[0], label, box)), len(lines))
        value = [*([label.value] if label.value else []), *lines[after:end]][:limit]
        if value:
            yield Entry(label.fields, label.number, tuple(value))
        position = max(end, position + 1)


def _ends(label: _Label | None, open_label: _Label, box: bool) -> bool:
    """Whether a line begins something else; in a box that one label heads, `Total` belongs to what stands above it."""
    return label is not None and not (box and "total" in label.fields and "total" not in open_label.fields)


def _label_at(lines: Sequence[Span], start: int, *, loose: bool = True) -> tuple[_Label | None, int]:
    """The label that begins at a line, and the line after it: lines in other languages belong to the label.

    With `loose` also one that only blanks part from its value.
    """
    fields, after = header_fields(lines[start].text), start + 1
    if fields:
        while after < len(lines) and (again := fields & header_fields(lines[after].text)):
            fields, after = again, after + 1
        return _Label(fields, box_number(lines[start].text), None), after
    for count in range(2, min(LABEL_LINES, len(lines) - start) + 1):
        if fields := wrapped_fields([span.text for span in lines[start : start + count]]):
            return _Label(fields, box_number(lines[start].text), None), start + count
    found = _with_value(lines[start], loose=loose)
    return found, start + (found is not None)


def _with_value(line: Span, *, loose: bool) -> _Label | None:
    match = LABELLED.match(line.text)
    if match and match["value"] and (fields := header_fields(match["label"])):
        return _Label(fields, box_number(line.text), _part(line, match["value"]))
    words = line.text.split() if loose else []
    for count in range(min(LABEL_WORDS, len(words) - 1), 0, -1):
        head = " ".join(words[:count])
        if (fields := header_fields(head)) and (rest := line.text.split(None, count)[count:]) and _is_value(rest[0]):
            return _Label(fields, box_number(line.text), _part(line, rest[0]))
    return None


def _is_value(text: str) -> bool:
    """After a label without a colon only what cannot be the rest of a sentence counts: numbers, codes, names in capitals."""
    return any(sign.isdigit() for sign in text) or text[:1].isupper()


def _part(line: Span, text: str) -> Span:
    return Span(text.strip(), line.page, line.box, line.item)


def _of_table(table: Table, goods: frozenset[int]) -> Iterator[Entry]:
    rows = [row for number, row in enumerate(table.rows) if number not in goods]
    for position, row in enumerate(rows):
        filled = [cell for cell in row if cell.text.strip()]
        for place, cell in enumerate(filled):
            lines = lines_of(cell.span())
            yield from _in_lines(lines, len(lines), boxed=True)
            label, after = _label_at(lines, 0)
            if label is None and len(lines) > 1 and (number := box_number(lines[0].text)):
                # A form in another language: its boxes are known by their numbers.
                yield Entry(frozenset(), number, tuple(lines[1:]))
            if label is not None and label.value is None and after >= len(lines):
                value = _beside(filled[place + 1 :]) or _below(rows[position + 1 :], cell.column)
                if value:
                    yield Entry(label.fields, label.number, tuple(value))


def _beside(cells: Sequence[Cell]) -> list[Span]:
    """The neighbour's lines, unless it is a label of its own."""
    if not cells:
        return []
    lines = lines_of(cells[0].span())
    return [] if _label_at(lines, 0)[0] is not None else lines


def _below(rows: Iterable[Mapping[int, Cell] | Sequence[Cell]], column: int) -> list[Span]:
    """The cells under a label, as far down as the column goes on without another label."""
    found: list[Span] = []
    for row in rows:
        cell = next((cell for cell in row if isinstance(cell, Cell) and cell.column == column), None)
        if cell is None:
            break
        lines = lines_of(cell.span())
        if lines and _label_at(lines, 0)[0] is not None:
            break
        found.extend(lines)
    return found
