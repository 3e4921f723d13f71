"""Words to rows, rows to segments: the visual lines of a page and the pieces that wide gaps cut them into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .geometry import Box, Word, union

# A gap wider than this many line heights separates two pieces of text on one line.
GAP_IN_HEIGHTS = 1.1
# Two words share a row when their middles differ by less than this share of the smaller height.
SAME_ROW_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Segment:
    """Words of one row without a wide gap between them, left to right."""

    words: tuple[Word, ...]
    box: Box

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def bold(self) -> bool:
        return all(word.bold for word in self.words)


@dataclass(frozen=True, slots=True)
class Row:
    """One visual line over the whole width of the page."""

    segments: tuple[Segment, ...]
    box: Box

    @property
    def words(self) -> list[Word]:
        return [word for segment in self.segments for word in segment.words]


def rows_of(words: Iterable[Word]) -> list[Row]:
    """Rows from top to bottom."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda w: w.box.mid_y):
        line = next((line for line in reversed(lines[-3:]) if _same_row(line, word)), None)
        if line is None:
            lines.append([word])
        else:
            line.append(word)
    return [_row(line) for line in lines]


def _same_row(line: Sequence[Word], word: Word) -> bool:
    first = line[0].box
    return abs(word.box.mid_y - first.mid_y) < SAME_ROW_SHARE * min(word.box.height, first.height)


def _row(line: list[Word]) -> Row:
    ordered = sorted(line, key=lambda w: w.box.l)
    height = ordered[0].box.height
    groups: list[list[Word]] = [[ordered[0]]]
    reach = ordered[0].box.r
    for word in ordered[1:]:
        if word.box.l - reach > GAP_IN_HEIGHTS * height:
            groups.append([word])
        else:
            groups[-1].append(word)
        reach = max(reach, word.box.r)
    segments = tuple(segment_of(group) for group in groups)
    return Row(segments, union(segment.box for segment in segments))


def segment_of(words: Sequence[Word]) -> Segment:
    """A segment around the words, in the order given."""
    return Segment(tuple(words), union(word.box for word in words))
