"""DoclingDocument JSON to our document, without importing docling (and pandas with it) into the service."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..domain.conversion import DocumentRefused, RefusalReason
from ..domain.document import Cell, Document, PageBox, Table, TextBlock

SCHEMA = "DoclingDocument"
# Only these have pages with boxes in points; spreadsheets put cell numbers where boxes would be.
PAGED = ("application/pdf", "image/")
# Groups whose children are one line to a reader.
INLINE = "inline"


def read_document(body: bytes) -> Document:
    """Parse a DoclingDocument. Raises DocumentRefused CORRUPT for anything else."""
    try:
        raw = json.loads(body)
        if raw["schema_name"] != SCHEMA:
            raise ValueError("not a DoclingDocument")
        return _Reader(raw).document()
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise DocumentRefused(RefusalReason.CORRUPT, "The object is not a DoclingDocument.") from error


class _Reader:
    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self._media_type = str((raw.get("origin") or {}).get("mimetype", ""))
        self._paged = self._media_type.startswith(PAGED)
        self._heights = {int(number): float(page["size"]["height"]) for number, page in raw.get("pages", {}).items()}

    def document(self) -> Document:
        return Document(tuple(self._walk(self._raw["body"])), self._media_type)

    def _walk(self, node: Mapping[str, Any]) -> Iterator[TextBlock | Table]:
        for child in node.get("children", []):
            pointer = child["$ref"]
            item = self._resolve(pointer)
            kind = pointer.split("/")[1]
            if kind == "groups" and item.get("label") == INLINE:
                yield from self._inline(pointer, item)
                continue
            if kind == "texts":
                yield from self._block(pointer, item)
            elif kind == "tables":
                yield self._table(pointer, item)
            yield from self._walk(item)

    def _resolve(self, pointer: str) -> Mapping[str, Any]:
        node: Any = self._raw
        for step in pointer.removeprefix("#/").split("/"):
            node = node[int(step)] if isinstance(node, list) else node[step]
        found: Mapping[str, Any] = node
        return found

    def _block(self, pointer: str, item: Mapping[str, Any]) -> Iterator[TextBlock]:
        text = str(item.get("text", ""))
        if text.strip():
            page, box = self._place(item.get("prov") or [])
            yield TextBlock(pointer, text, page, box, str(item.get("label", "text")))

    def _inline(self, pointer: str, group: Mapping[str, Any]) -> Iterator[TextBlock]:
        runs = [self._resolve(child["$ref"]) for child in group.get("children", [])]
        text = " ".join(str(run.get("text", "")).strip() for run in runs).strip()
        if text:
            page, box = self._place(next((run["prov"] for run in runs if run.get("prov")), []))
            yield TextBlock(pointer, text, page, box)

    def _table(self, pointer: str, item: Mapping[str, Any]) -> Table:
        page, _ = self._place(item.get("prov") or [])
        rows: dict[int, list[Cell]] = {}
        for raw in item["data"]["table_cells"]:
            row, column = int(raw["start_row_offset_idx"]), int(raw["start_col_offset_idx"])
            rows.setdefault(row, []).append(
                Cell(
                    row=row,
                    column=column,
                    text=str(raw.get("text", "")).strip(),
                    ref=f"{pointer}/data/grid/{row}/{column}",
                    page=page,
                    box=self._box(raw.get("bbox"), page),
                    header=bool(raw.get("column_header")),
                )
            )
        ordered = tuple(tuple(sorted(rows[row], key=lambda cell: cell.column)) for row in sorted(rows))
        return Table(pointer, ordered, page)

    def _place(self, provenance: list[Mapping[str, Any]]) -> tuple[int, PageBox | None]:
        if not self._paged or not provenance:
            return 0, None
        page = int(provenance[0]["page_no"])
        return page, self._box(provenance[0].get("bbox"), page)

    def _box(self, raw: Mapping[str, Any] | None, page: int) -> PageBox | None:
        if raw is None or not self._paged:
            return None
        left, top, right, bottom = (round(float(raw[side]), 1) for side in ("l", "t", "r", "b"))
        if raw.get("coord_origin") == "BOTTOMLEFT":
            height = self._heights[page]
            top, bottom = round(height - top, 1), round(height - bottom, 1)
        return left, top, right, bottom
