"""Consignor, consignee and declarant of a paper: name, country and EORI out of the lines of their box."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...document import Document, Span
from .entries import boxes_of, values_of
from .values import BARE_EORI, EORI, Finder, Found, countries_in, joined, part

# Lines of a party's box that are no name.
ATTRIBUTE = re.compile(r"^\W*(?:EORI|VAT|BTW|TVA|USt|MWST|UID|tel|phone|e-?mail|www|fax|contact|kbo|bce|iban|bic)\b", re.IGNORECASE)
LETTERS = re.compile(r"[^\W\d_]{2,}")


def party(*fields: str, box: int = 0) -> dict[str, Finder]:
    """Finders of name, country and eori of the party that a label or a numbered box introduces."""

    def from_boxes(read: Callable[[tuple[Span, ...]], Found]) -> Finder:
        def find(document: Document) -> Found:
            for lines in _boxes(document, fields, box):
                yield from read(lines)

        return find

    return {"name": from_boxes(_name), "country": from_boxes(_country), "eori": from_boxes(_eori)}


def _boxes(document: Document, fields: tuple[str, ...], box: int) -> list[tuple[Span, ...]]:
    found = [entry.lines for entry in values_of(document, *fields)]
    return found or [entry.lines for entry in (boxes_of(document, box) if box else ()) if not _other_party(entry.fields, fields)]


def _name(lines: tuple[Span, ...]) -> Found:
    """The first line with letters that is no number of the party."""
    for line in lines:
        if LETTERS.search(line.text) and not ATTRIBUTE.match(line.text) and not EORI.search(line.text):
            text = _without_address(line.text)
            yield joined(text), part(line, text)
            return


def _country(lines: tuple[Span, ...]) -> Found:
    """An address ends with its country; the name's own line counts only beyond the name."""
    for line in reversed(lines[1:]):
        yield from countries_in(line)
    yield from (found for found in countries_in(lines[0]) if found[1].text != lines[0].text)


def _eori(lines: tuple[Span, ...]) -> Found:
    for line in lines:
        match = EORI.search(line.text) or BARE_EORI.match(line.text.strip())
        if match:
            yield match["number"], part(line, match["number"])


def _other_party(meant: frozenset[str], wanted: tuple[str, ...]) -> bool:
    """A box whose label says what it is needs no number to be known by."""
    return bool(meant) and not meant & set(wanted)


def _without_address(line: str) -> str:
    """`Vlierbeek BV, Kaaistraat 12, 9000 Gent` is a name and an address; `Vlierbeek, Inc.` is a name."""
    name, comma, rest = line.partition(",")
    return name.strip() if comma and any(sign.isdigit() for sign in rest) and LETTERS.search(name) else line.strip()
