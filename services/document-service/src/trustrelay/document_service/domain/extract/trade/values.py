"""Values in their normal form, each with the verbatim text that says it: the small readers that papers are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from stdnum import iso6346

from ...countries import country_code
from ...dates import find_dates
from ...document import Document, Span
from ...text import fold
from .entries import boxes_of, values_of

Found = Iterator[tuple[str, Span]]
Finder = Callable[[Document], Found]

# Incoterms 2020 (ICC), all eleven.
INCOTERM = re.compile(
    r"\b(?P<code>EXW|FCA|CPT|CIP|DAP|DPU|DDP|FAS|FOB|CFR|CIF)\b(?:[\s,:;.–-]+(?P<place>[^\d\W][^,;\n(]{1,40}?))?\s*(?=$|[,;(\n]|\bincoterms?\b)",
    re.IGNORECASE,
)
COMMODITY = re.compile(r"(?<![\w.])\d{4}(?:[ .]?\d{2}){0,3}(?![\w]|[.]\d)")
SAID_COMMODITY = re.compile(
    r"(?:\b(?:hs|cn|gn|kn|nc|sh|taric|tariff|commodity)\b[ -]*(?:code|no|nr|nummer|heading|number)?\.?\s*:?\s*)"
    r"(?P<code>\d{4}(?:[ .]?\d{2}){0,3})(?!\d)",
    re.IGNORECASE,
)
EORI = re.compile(r"\bEORI\b(?:[\s-]*(?:no|nr|number|nummer))?[\s.:]*(?P<number>[A-Z]{2}[A-Z0-9]{3,15})\b")
BARE_EORI = re.compile(r"^(?P<number>[A-Z]{2}[A-Z0-9]{6,15})$")
CONTAINER = re.compile(r"\b[A-Z]{3}[UJZ][ -]?\d{6}[ -]?\d\b")
OFFICE = re.compile(r"\b[A-Z]{2}[A-Z0-9]{6}\b")


def part(span: Span, text: str) -> Span:
    """The same place with less text."""
    return Span(text, span.page, span.box, span.item)


def joined(text: str) -> str:
    """One line with single blanks."""
    return " ".join(text.split())


def first_text(*fields: str, pattern: re.Pattern[str] | None = None) -> Finder:
    """The first line of a label's value, or what a pattern finds in it."""

    def find(document: Document) -> Found:
        for entry in values_of(document, *fields):
            for line in entry.lines[:1] if pattern is None else entry.lines:
                match = pattern.search(line.text) if pattern else None
                if pattern is None:
                    yield joined(line.text), line
                elif match:
                    yield joined(match.group(0)), part(line, match.group(0))

    return find


def date_of(*fields: str, box: int = 0) -> Finder:
    """A date behind a label, or in the box of a form with that number."""

    def find(document: Document) -> Found:
        entries = [*values_of(document, *fields), *(boxes_of(document, box) if box else ())]
        for entry in entries:
            for line in entry.lines:
                for found in find_dates(line.text):
                    yield found.value.isoformat(), part(line, found.text)

    return find


def country_of(*fields: str) -> Finder:
    """A country behind a label, by name or code; a line that names several names none."""

    def find(document: Document) -> Found:
        for entry in values_of(document, *fields):
            for line in entry.lines[:2]:
                found = list(countries_in(line))
                if len({code for code, _ in found}) == 1:
                    yield found[0]

    return find


def countries_in(line: Span) -> Found:
    """The country that a line is, ends with, or names in parentheses: `Belgium`, `9000 Gent, Belgium`, `Gent (BE)`, `BE - Belgium`."""
    pieces = [line.text, *re.findall(r"\(([^)]*)\)", line.text), *reversed(re.split(r"[,;()]|\s+[-–]\s+", line.text))]
    for piece in pieces:
        bare = piece.strip(" .")
        # Short words of a sentence look like codes: a code is written in capitals.
        if bare and (len(bare) > 3 or bare.isupper()) and (code := country_code(bare)):
            yield code, part(line, bare)


def incoterms(document: Document) -> Iterator[tuple[str, str, Span]]:
    """Code and place (may be empty) with the line that says both; labelled ones first."""
    labelled = [line for entry in values_of(document, "incoterm") for line in entry.lines[:2]]
    for line in (*labelled, *document.passages):
        # Anywhere else in a paper three letters are a term only when written as one.
        match = INCOTERM.search(line.text)
        if match and (line in labelled or match["code"].isupper()):
            yield match["code"].upper(), joined(match["place"] or ""), part(line, match.group(0).strip())


def incoterm_code(document: Document) -> Found:
    yield from ((code, span) for code, _, span in incoterms(document))


def incoterm_place(document: Document) -> Found:
    yield from ((place, span) for _, place, span in incoterms(document) if place)


def commodity_codes(text: str) -> Iterator[tuple[str, str]]:
    """Digits and verbatim text of codes of 4, 6, 8 or 10 digits."""
    for match in COMMODITY.finditer(text):
        yield re.sub(r"\D", "", match.group(0)), match.group(0)


def containers(document: Document) -> Found:
    """Container numbers with a right check digit (ISO 6346), each once."""
    seen: set[str] = set()
    for passage in document.passages:
        for verbatim in CONTAINER.findall(passage.text):
            number = re.sub(r"[^A-Z0-9]", "", verbatim)
            if iso6346.is_valid(number) and number not in seen:
                seen.add(number)
                yield number, part(passage, verbatim)


def reference_in(pattern: re.Pattern[str]) -> Finder:
    """What the pattern's group `number` finds anywhere in the paper."""

    def find(document: Document) -> Found:
        for passage in document.passages:
            for line in passage.text.split("\n"):
                if match := pattern.search(line):
                    yield joined(match["number"]), part(passage, match["number"])

    return find


def is_reference(text: str) -> bool:
    """Whether a value can be a reference: it has a digit and is short."""
    return any(sign.isdigit() for sign in text) and len(fold(text).split()) <= 4
