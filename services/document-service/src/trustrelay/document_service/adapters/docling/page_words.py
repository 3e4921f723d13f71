"""Words of a docling page, without the ones that a reader cannot see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .geometry import Box, Word
from .page_pictures import Luminance

# Difference between the lightest and the darkest pixel under a word below which it is invisible (0..255).
MIN_CONTRAST = 24


@dataclass(frozen=True, slots=True)
class PageWords:
    """What one page says, split by whether ink backs it."""

    visible: tuple[Word, ...]
    hidden: tuple[Word, ...]

    @property
    def scanned(self) -> bool:
        return sum(word.from_ocr for word in self.visible) * 2 > len(self.visible)


def words_of(page: Any, picture: Callable[[], Luminance | None]) -> PageWords:
    """Word cells of the text layer and line cells of OCR; `page` is a docling Page, `picture` its luminance at one pixel per point."""
    parsed = page.parsed_page
    height = page.size.height
    lines = [cell for cell in parsed.textline_cells or [] if cell.text.strip()]
    layer = [cell for cell in parsed.word_cells or [] if cell.text.strip() and not cell.from_ocr]
    recognised = [cell for cell in lines if cell.from_ocr]
    cells = [*(layer or [cell for cell in lines if not cell.from_ocr]), *recognised]
    luminance = picture() if any(not cell.from_ocr for cell in cells) else None
    visible: list[Word] = []
    hidden: list[Word] = []
    for cell in cells:
        word = _word(cell, height)
        seen = cell.from_ocr or luminance is None or _has_ink(luminance, word.box)
        (visible if seen else hidden).append(word)
    return PageWords(tuple(visible), tuple(hidden))


def _word(cell: Any, height: float) -> Word:
    box = cell.rect.to_bounding_box().to_top_left_origin(height)
    bold = "bold" in (getattr(cell, "font_name", "") or "").lower()
    return Word(cell.text.strip(), Box(box.l, box.t, box.r, box.b), bold, bool(cell.from_ocr), cell)


def _has_ink(luminance: Luminance, box: Box) -> bool:
    """Whether the page's picture shows anything where the text layer claims a word."""
    rows, columns = luminance.shape
    top, bottom = max(0, int(box.t)), min(rows, int(box.b) + 1)
    left, right = max(0, int(box.l)), min(columns, int(box.r) + 1)
    if top >= bottom or left >= right:
        return False
    patch = luminance[top:bottom, left:right]
    return bool(int(patch.max()) - int(patch.min()) >= MIN_CONTRAST)
