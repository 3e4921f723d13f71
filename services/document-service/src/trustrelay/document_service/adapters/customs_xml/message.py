"""A transit declaration (NCTS message CC015C) as a list of paths and values; nothing else of XML is accepted.

The parser builds no tree, resolves nothing and asks nobody: document types, entities and references abort it, and so do depth, size and count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from ...domain.conversion import DocumentRefused, Limits, RefusalReason

NAMESPACE = "http://ncts.dgtaxud.ec"
ROOT = "CC015C"
CHUNK_BYTES = 64 * 1024
# The root must open within this much; a comment longer than that belongs to no declaration.
ROOT_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Leaf:
    """`Consignment/HouseConsignment[2]/grossMass` and its text; the first of several siblings has no number."""

    path: str
    value: str


class _RootSeen(Exception):
    """Stops a parser that only asks what the document is."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag = tag


def root_of(path: Path) -> str | None:
    """The root element as `{namespace}name`, or None when the file is no XML. Raises DocumentRefused UNSAFE."""

    class Target:
        def start(self, tag: str, attributes: dict[str, str]) -> None:
            raise _RootSeen(tag)

    try:
        with path.open("rb") as file:
            _feed(file, Target(), ROOT_BYTES)
    except _RootSeen as seen:
        return seen.tag
    except (ParseError, ValueError):
        return None
    return None


def is_declaration(tag: str | None) -> bool:
    """Whether a root element opens the one message that is read here."""
    return tag == f"{{{NAMESPACE}}}{ROOT}"


def read_leaves(path: Path, limits: Limits) -> tuple[Leaf, ...]:
    """Every value in document order.

    Raises DocumentRefused: UNSAFE for document types, entities and depth, TOO_LARGE for size and count, CORRUPT for what is not well-formed.
    """
    if path.stat().st_size > limits.max_xml_bytes:
        raise DocumentRefused(RefusalReason.TOO_LARGE, f"The message is larger than {limits.max_xml_bytes // 1024**2} MB.")
    collector = _Collector(limits)
    try:
        with path.open("rb") as file:
            _feed(file, collector, limits.max_xml_bytes)
    except (ParseError, ValueError) as error:
        raise DocumentRefused(RefusalReason.CORRUPT, "The message is damaged or incomplete.") from error
    if not collector.leaves:
        raise DocumentRefused(RefusalReason.CORRUPT, "The message holds no data.")
    return tuple(collector.leaves)


def _feed(file: BinaryIO, target: object, limit: int) -> None:
    parser = XMLParser(target=target, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        for chunk in _chunks(file, limit):
            parser.feed(chunk)
        parser.close()
    except DefusedXmlException as error:
        raise DocumentRefused(RefusalReason.UNSAFE, "The message declares a document type or entities.") from error


def _chunks(file: BinaryIO, limit: int) -> Iterator[bytes]:
    taken = 0
    while taken < limit and (chunk := file.read(CHUNK_BYTES)):
        taken += len(chunk)
        yield chunk


@dataclass
class _Collector:
    """Parser target: the open elements, and what was said so far."""

    limits: Limits
    leaves: list[Leaf] = field(default_factory=list)
    # Per open element: its step in the path, its text, how often each child name was seen; None = a foreign element, skipped with all it holds.
    _open: list[_Element | None] = field(default_factory=list)
    _count: int = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > self.limits.max_xml_elements:
            raise DocumentRefused(RefusalReason.TOO_LARGE, f"The message has more than {self.limits.max_xml_elements} elements.")
        if len(self._open) >= self.limits.max_xml_depth:
            raise DocumentRefused(RefusalReason.UNSAFE, "The message is nested deeper than a declaration is.")
        self._open.append(self._element(tag))

    def _element(self, tag: str) -> _Element | None:
        namespace, _, name = tag.rpartition("}")
        if not self._open:
            return _Element("")
        parent = self._open[-1]
        if parent is None or namespace.removeprefix("{") not in ("", NAMESPACE):
            return None
        number = parent.children[name] = parent.children.get(name, 0) + 1
        step = name if number == 1 else f"{name}[{number}]"
        return _Element(f"{parent.path}/{step}" if parent.path else step)

    def data(self, text: str) -> None:
        if self._open and self._open[-1] is not None:
            self._open[-1].text.append(text)

    def end(self, tag: str) -> None:
        element = self._open.pop()
        if element is None or element.children:
            return
        value = "".join(element.text).strip()
        if value:
            self.leaves.append(Leaf(element.path, value))

    def close(self) -> None:
        """Called by the parser at the end of a well-formed message."""


@dataclass
class _Element:
    path: str
    text: list[str] = field(default_factory=list)
    children: dict[str, int] = field(default_factory=dict)
