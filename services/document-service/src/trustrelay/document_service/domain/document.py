"""A converted document as the rules see it: text blocks and tables in reading order, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

# Left, top, right, bottom in points from the page's top left.
PageBox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value stands, with the verbatim text that holds it."""

    text: str
    # 1-based; 0 for formats without pages.
    page: int
    box: PageBox | None
    # JSON pointer into the DoclingDocument.
    item: str


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A paragraph, heading, list item or page header; `kind` is docling's label."""

    ref: str
    text: str
    page: int = 0
    box: PageBox | None = None
    kind: str = "text"

    @property
    def heading(self) -> bool:
        return self.kind in ("section_header", "title")

    def span(self, text: str | None = None) -> Span:
        return Span(self.text if text is None else text, self.page, self.box, self.ref)


@dataclass(frozen=True, slots=True)
class Cell:
    """One table cell at its first row and column."""

    row: int
    column: int
    text: str
    ref: str
    page: int = 0
    box: PageBox | None = None
    header: bool = False

    def span(self, text: str | None = None) -> Span:
        return Span(self.text if text is None else text, self.page, self.box, self.ref)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, left to right; a cell that spans appears once."""

    ref: str
    rows: tuple[tuple[Cell, ...], ...]
    page: int = 0

    def cells(self) -> Iterator[Cell]:
        for row in self.rows:
            yield from row


@dataclass(frozen=True)
class Document:
    """Everything that was read, in reading order."""

    items: tuple[TextBlock | Table, ...]
    media_type: str = ""
    # What rules derived from it once and ask for again; lives as long as the document.
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def blocks(self) -> tuple[TextBlock, ...]:
        return tuple(item for item in self.items if isinstance(item, TextBlock))

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        return tuple(item for item in self.items if isinstance(item, Table))

    @cached_property
    def passages(self) -> tuple[Span, ...]:
        """Every piece of text with its place: blocks and non-empty cells."""
        found: list[Span] = []
        for item in self.items:
            if isinstance(item, TextBlock):
                found.append(item.span())
            else:
                found.extend(cell.span() for cell in item.cells() if cell.text)
        return tuple(found)

    @cached_property
    def text(self) -> str:
        return "\n".join(span.text for span in self.passages)

    def holds(self, span: Span) -> bool:
        """Whether the span's text stands verbatim at the place that it names."""
        texts = self._texts_by_item.get(span.item)
        return bool(span.text) and texts is not None and span.text in texts

    @cached_property
    def _texts_by_item(self) -> dict[str, str]:
        return {span.item: span.text for span in self.passages}
