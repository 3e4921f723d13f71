"""Boxes and words of one page, in points from the page's top left corner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, right, bottom; y grows downwards."""

    l: float  # noqa: E741 - the names docling and PDF tools use
    t: float
    r: float
    b: float

    @property
    def width(self) -> float:
        return self.r - self.l

    @property
    def height(self) -> float:
        return self.b - self.t

    @property
    def mid_x(self) -> float:
        return (self.l + self.r) / 2

    @property
    def mid_y(self) -> float:
        return (self.t + self.b) / 2

    def touches(self, other: Box, tolerance: float) -> bool:
        """Whether the two boxes meet when each is grown by half the tolerance."""
        return self.l - tolerance <= other.r and other.l - tolerance <= self.r and self.t - tolerance <= other.b and other.t - tolerance <= self.b

    def holds_centre_of(self, other: Box, margin: float = 0.0) -> bool:
        """Whether the other box's centre lies inside this one, grown by margin."""
        return self.l - margin <= other.mid_x <= self.r + margin and self.t - margin <= other.mid_y <= self.b + margin


def union(boxes: Iterable[Box]) -> Box:
    """Smallest box around all; raises ValueError when there is none."""
    every = list(boxes)
    if not every:
        raise ValueError("union of no boxes")
    return Box(
        min(box.l for box in every),
        min(box.t for box in every),
        max(box.r for box in every),
        max(box.b for box in every),
    )


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text layer, or one line found by OCR."""

    text: str
    box: Box
    bold: bool = False
    from_ocr: bool = False
    # Docling's own cell, handed back to docling inside a cluster.
    cell: Any = field(default=None, compare=False, repr=False)


def snap(values: Iterable[float], tolerance: float) -> list[float]:
    """Means of runs of values that lie within tolerance of their neighbour, ascending."""
    runs: list[list[float]] = []
    for value in sorted(values):
        if runs and value - runs[-1][-1] <= tolerance:
            runs[-1].append(value)
        else:
            runs.append([value])
    return [sum(run) / len(run) for run in runs]
