"""Ruling lines of a page: from the PDF's vectors, or found in the pixels of a scan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .geometry import Box, snap, union

# Points: how far line ends may miss each other and still belong to one grid.
JOIN_TOLERANCE = 4.0
MIN_HORIZONTAL = 15.0
MIN_VERTICAL = 6.0
# Pixels per point when looking for lines in a scan.
SCAN_SCALE = 2.0


@dataclass(frozen=True, slots=True)
class Rulings:
    """Horizontal and vertical lines as thin boxes."""

    horizontal: tuple[Box, ...]
    vertical: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table: its outline and the x and y positions of its lines, ascending."""

    box: Box
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    rulings: Rulings


def grids_of(rulings: Rulings) -> Iterator[Grid]:
    """Connected groups of lines that form at least two columns: a table, a form, or two boxes side by side."""
    for group in _connected(rulings):
        ys = snap((box.mid_y for box in group.horizontal), JOIN_TOLERANCE)
        xs = snap((box.mid_x for box in group.vertical), JOIN_TOLERANCE)
        if len(ys) >= 2 and len(xs) >= 3:
            outline = union((*group.horizontal, *group.vertical))
            yield Grid(outline, tuple(xs), tuple(ys), group)


def _connected(rulings: Rulings) -> Iterator[Rulings]:
    lines = [(True, box) for box in rulings.horizontal if box.width > MIN_HORIZONTAL]
    lines += [(False, box) for box in rulings.vertical if box.height > MIN_VERTICAL]
    groups: list[list[tuple[bool, Box]]] = []
    for line in lines:
        near = [g for g in groups if any(line[1].touches(box, JOIN_TOLERANCE) for _, box in g)]
        groups = [g for g in groups if g not in near]
        groups.append([line, *(entry for group in near for entry in group)])
    for group in groups:
        yield Rulings(tuple(box for flat, box in group if flat), tuple(box for flat, box in group if not flat))


def from_vectors(page: Any) -> Rulings:
    """Lines drawn in a digital PDF page (docling Page with a live backend)."""
    backend = page._backend
    flat = backend.get_shape_lines(vertical=False, tolerance=0.5) or []
    upright = backend.get_shape_lines(horizontal=False, tolerance=0.5) or []
    return Rulings(tuple(map(_box, flat)), tuple(map(_box, upright)))


def from_pixels(page: Any) -> Rulings:
    """Lines seen in the picture of a scanned page: long thin runs of ink."""
    import cv2
    import numpy as np

    grey = np.asarray(page.get_image(scale=SCAN_SCALE).convert("L"))
    ink = cv2.adaptiveThreshold(255 - grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 31, -15)

    def lines(kernel: tuple[int, int], bridge: tuple[int, int]) -> tuple[Box, ...]:
        # Bridge pixel-wide breaks across the line before keeping only long runs along it.
        thick = cv2.dilate(ink, np.ones(bridge, np.uint8))
        runs = cv2.morphologyEx(thick, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, kernel))
        contours = cv2.findContours(runs, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
        return tuple(_scaled(cv2.boundingRect(contour)) for contour in contours)

    return Rulings(lines((60, 1), (3, 1)), lines((1, 40), (1, 3)))


def _scaled(rect: Sequence[int]) -> Box:
    x, y, width, height = (value / SCAN_SCALE for value in rect)
    return Box(x, y, x + width, y + height)


def _box(bounding_box: Any) -> Box:
    return Box(bounding_box.l, bounding_box.t, bounding_box.r, bounding_box.b)
