"""Persons that a document names: rows of tables whose headers say what each column is, or runs of labelled lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from ..countries import country_code
from ..dates import parse_date
from ..document import Cell, Document, Span, Table, TextBlock
from ..labels import SYNONYMS, label_key
from ..numbers import percent, plain, shares
from ..text import contains_phrase, fold
from .pairs import pairs_of

COLUMNS = ("share", "birth_date", "nationality", "role", "id_number", "gender", "first_name", "last_name", "full_name")
DETAILS = frozenset({"share", "birth_date", "nationality", "role", "id_number"})
DIRECTOR_WORDS = (
    "director", "directors", "legal representatives", "legal representative", "manager", "managers", "management", "bestuurder",
    "bestuurders", "zaakvoerder", "zaakvoerders", "bestuur", "wettelijke vertegenwoordigers", "administrateur", "administrateurs",
    "gerant", "gerants", "representants legaux", "dirigeants", "board", "chairman", "secretary", "officers", "voorzitter",
)  # fmt: skip
NOT_PERSONS = frozenset({"total", "totaal", "sum", "som", "totals", "total general"})


class PersonKind(StrEnum):
    """What makes a person matter here."""

    OWNER = "owner"
    DIRECTOR = "director"
    NAMED = "named"


@dataclass(frozen=True)
class Value:
    """One normalised value with its place."""

    value: str
    span: Span


@dataclass(frozen=True)
class Person:
    """One person; every value has a span, absent ones are not in `values`."""

    kind: PersonKind
    values: Mapping[str, Value] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """A value, or an empty text."""
        found = self.values.get(name)
        return found.value if found else ""


def persons_of(document: Document) -> tuple[Person, ...]:
    """Persons from tables; from labelled lines only when no table names any."""
    found = [person for table, heading in _with_headings(document) for person in _table_persons(table, heading)]
    return tuple(found or _labelled_persons(document))


def _with_headings(document: Document) -> Iterator[tuple[Table, str]]:
    heading = ""
    for item in document.items:
        if isinstance(item, Table):
            yield item, heading
        elif isinstance(item, TextBlock) and (item.heading or len(item.text) < 60):
            heading = item.text


def _table_persons(table: Table, heading: str) -> Iterator[Person]:
    for number, row in enumerate(table.rows):
        columns = _columns(row)
        names = {"full_name", "last_name"} & set(columns)
        if names and DETAILS & set(columns):
            yield from _rows(table.rows[number + 1 :], columns, row, heading)
            return


def _columns(row: tuple[Cell, ...]) -> dict[str, int]:
    """Field → column number, as far as the row's cells are header names."""
    found: dict[str, int] = {}
    for cell in row:
        key = label_key(cell.text)
        name = next((c for c in COLUMNS if c not in found and key in SYNONYMS[c]), None)
        if name is not None:
            found[name] = cell.column
    return found


def _rows(rows: tuple[tuple[Cell, ...], ...], columns: Mapping[str, int], header: tuple[Cell, ...], heading: str) -> Iterator[Person]:
    by_column = [{cell.column: cell for cell in row if cell.text} for row in rows]
    titles = {cell.column: cell.text for cell in header}
    share_column = columns.get("share", -1)
    share_texts = [row[share_column].text if share_column in row else "" for row in by_column]
    fractions = shares(share_texts, titles.get(share_column, ""))
    for row, fraction in zip(by_column, fractions, strict=True):
        cells = {name: row[column] for name, column in columns.items() if column in row}
        values = _values(cells)
        if "share" in cells:
            values.pop("share", None)
            if fraction is not None:
                values["share"] = Value(plain(fraction), cells["share"].span())
        if "full_name" in values and fold(values["full_name"].value) not in NOT_PERSONS:
            yield Person(_kind(values, heading), values)


def _values(cells: Mapping[str, Cell]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, cell in cells.items():
        text = normalised(name, cell.text)
        if text:
            found[name] = Value(text, cell.span())
    if "full_name" not in found and "last_name" in found:
        parts = [found[part].value for part in ("first_name", "last_name") if part in found]
        found["full_name"] = Value(" ".join(parts), found["last_name"].span)
    return found


def normalised(name: str, text: str) -> str:
    """A person's value in its normal form: ISO dates, alpha-2 nationality, share as fraction,
    id numbers without punctuation; empty when it is none."""
    match name:
        case "birth_date":
            born: date | None = parse_date(text)
            return born.isoformat() if born else ""
        case "nationality":
            return country_code(text) or text.strip()
        case "share":
            fraction = percent(text)
            return "" if fraction is None else plain(fraction)
        case "id_number":
            return re.sub(r"[^0-9A-Za-z]", "", text).upper()
        case _:
            return " ".join(text.split())


def _kind(values: Mapping[str, Value], heading: str) -> PersonKind:
    role = fold(values["role"].value) if "role" in values else ""
    if any(contains_phrase(role, word) for word in DIRECTOR_WORDS):
        return PersonKind.DIRECTOR
    if "share" in values:
        return PersonKind.OWNER
    folded = fold(heading)
    if any(contains_phrase(folded, word) for word in DIRECTOR_WORDS):
        return PersonKind.DIRECTOR
    return PersonKind.NAMED


def _labelled_persons(document: Document) -> Iterator[Person]:
    """Lines such as `Name: …`, `Date of birth: …`; each name begins another person."""
    current: dict[str, Value] = {}
    for pair in pairs_of(document):
        name = next((c for c in COLUMNS if pair.label in SYNONYMS[c]), None)
        if name is None:
            continue
        if name == "full_name":
            if DETAILS & set(current):
                yield Person(_kind(current, ""), current)
            current = {}
        text = normalised(name, pair.value.text)
        if text and name not in current:
            current[name] = Value(text, pair.value)
    if "full_name" in current and DETAILS & set(current):
        yield Person(_kind(current, ""), current)
