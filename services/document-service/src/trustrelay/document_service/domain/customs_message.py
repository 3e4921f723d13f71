"""A customs message after conversion: blocks of `path = value`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .document import Document, Span

SEPARATOR = " = "
STEP = re.compile(r"^(?P<name>\w+?)(?:\[(?P<number>\d+)\])?$")


@dataclass(frozen=True, slots=True)
class Node:
    """One value: the names of its path, the number of each among its siblings (from 1), and where it stands."""

    names: tuple[str, ...]
    numbers: tuple[int, ...]
    span: Span

    def under(self, *names: str) -> bool:
        """Whether the path ends with these names."""
        return self.names[-len(names) :] == names


def nodes_of(document: Document) -> Iterator[Node]:
    """Every value of a converted message, in its order; other text is passed over."""
    for block in document.blocks:
        path, separator, value = block.text.partition(SEPARATOR)
        steps = [STEP.match(step) for step in path.split("/")]
        if separator and value and all(steps):
            found = [step for step in steps if step]
            yield Node(tuple(step["name"] for step in found), tuple(int(step["number"] or 1) for step in found), block.span(value))
