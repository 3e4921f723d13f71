"""What is read from which document type; a value that cannot be found again at its place is dropped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..dates import find_dates, parse_date
from ..document import Document, Span
from ..document_types import DocumentType
from ..names import LEGAL_FORMS, without_legal_form
from ..numbers import digits, find_be_numbers, find_ibans
from ..text import fold
from .pairs import values_of
from .persons import Person, PersonKind, persons_of
from .trade import FIELDS as TRADE_FIELDS
from .trade import LISTS as TRADE_LISTS
from .trade import MESSAGE_TYPE, message_codes

__all__ = ["ExtractedField", "Person", "extract_fields", "persons_of"]

POSTCODE_LINE = re.compile(r"^(?:[A-Z]{1,2}[- ])?\d{4,5}(?:\s?[A-Z]{2})?\s+[^\W\d_]")
NUMBERED_STREET = re.compile(r"[^\W\d_]{3,}.*\d")
PERSON_PARTS = ("full_name", "birth_date", "nationality", "share", "role", "id_number", "gender")
NAMED_CLAUSE = re.compile(
    r"(?:is named|named|under the name(?: of)?|bears the name|draagt de naam|de naam is|met als naam|est denommee|"
    r"denommee|porte le nom(?: de)?|prend la denomination(?: de)?|est dénommée|dénommée|prend la dénomination(?: de)?)\s+"
    r"[\"“«']?\s*(?P<value>[^.,;\"”»\n]{3,80})",
    re.IGNORECASE,
)
SEAT_CLAUSE = re.compile(
    r"(?:registered office|registered seat|seat|zetel|si[eè]ge(?: social)?)\s+(?:of the company\s+|van de vennootschap\s+|de la soci[eé]t[eé]\s+)?"
    r"(?:is|wordt|est)?\s*(?:situated |located |established |gevestigd |[eé]tabli )?(?:at|in|te|op|[aà])\s+"
    r"(?:the address\s+|het adres\s+)?(?P<value>[^.;\n]{5,120}\d{4}\s+[^.,;\n]{2,40}(?:,\s*[^\W\d_]+)?)",
    re.IGNORECASE,
)
FORM_CLAUSE = re.compile("|".join(rf"\b{re.escape(form)}\b" for form in LEGAL_FORMS if len(form) > 9), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ExtractedField:
    """A name such as `persons[0].birth_date`, the normalised value, and where it stands."""

    name: str
    value: str
    span: Span


Finder = Callable[[Document], Iterator[tuple[str, Span]]]


def extract_fields(document: Document, kind: DocumentType) -> tuple[ExtractedField, ...]:
    """The fields of a document of this type, spans verified; of an unknown type none."""
    if kind is DocumentType.TRANSIT_DECLARATION and document.media_type == MESSAGE_TYPE:
        return _held(document, message_codes(document))
    found: list[ExtractedField] = []
    for name, finders in (FIELDS.get(kind, {}) | TRADE_FIELDS.get(kind, {})).items():
        for finder in finders:
            first = next(((value, span) for value, span in finder(document) if value and document.holds(span)), None)
            if first is not None:
                found.append(ExtractedField(name, *first))
                break
    if kind in WITH_PERSONS:
        found.extend(_person_fields(document, WITH_PERSONS[kind]))
    for lister in TRADE_LISTS.get(kind, ()):
        found.extend(_held(document, lister(document)))
    return tuple(found)


def _held(document: Document, said: Iterator[tuple[str, str, Span]]) -> tuple[ExtractedField, ...]:
    """Each name once: what stands first and can be found again at its place."""
    found: dict[str, ExtractedField] = {}
    for name, value, span in said:
        if name not in found and value and document.holds(span):
            found[name] = ExtractedField(name, value, span)
    return tuple(found.values())


def _person_fields(document: Document, kinds: frozenset[PersonKind]) -> Iterator[ExtractedField]:
    number = 0
    for person in persons_of(document):
        if person.kind not in kinds:
            continue
        for part in PERSON_PARTS:
            value = person.values.get(part)
            if value is not None and document.holds(value.span):
                yield ExtractedField(f"persons[{number}].{part}", value.value, value.span)
        number += 1


def _labelled(field: str, *others: str) -> Finder:
    def find(document: Document) -> Iterator[tuple[str, Span]]:
        for span in values_of(document, (field, *others)):
            yield " ".join(span.text.split()), span

    return find


def _labelled_date(field: str) -> Finder:
    def find(document: Document) -> Iterator[tuple[str, Span]]:
        for span in values_of(document, (field,)):
            value = parse_date(span.text)
            if value is not None:
                yield value.isoformat(), span

    return find


def _labelled_number(document: Document) -> Iterator[tuple[str, Span]]:
    for span in values_of(document, ("registration_number", "vat_number")):
        if 6 <= len(digits(span.text)) <= 14:
            yield digits(span.text), span


def _checked_number(document: Document) -> Iterator[tuple[str, Span]]:
    for passage in document.passages:
        for verbatim in find_be_numbers(passage.text):
            yield digits(verbatim), _part(passage, verbatim)


def _iban(document: Document) -> Iterator[tuple[str, Span]]:
    for passage in document.passages:
        for verbatim, compact in find_ibans(passage.text):
            yield compact, _part(passage, verbatim)


def _phrase_date(document: Document) -> Iterator[tuple[str, Span]]:
    """A date in a sentence that says issuing: `Issued in Ghent on 1 March 2026`, `Fait à Namur, le 1 mars 2026`."""
    words = ("issued", "afgegeven", "delivre", "uitgereikt", "fait a", "opgemaakt", "etabli", "gedaan te", "dated", "done at")
    for passage in document.passages:
        if any(word in fold(passage.text) for word in words):
            for found in find_dates(passage.text):
                yield found.value.isoformat(), _part(passage, found.text)


def _clause(pattern: re.Pattern[str]) -> Finder:
    def find(document: Document) -> Iterator[tuple[str, Span]]:
        for block in document.blocks:
            match = pattern.search(block.text)
            if match:
                verbatim = match.groupdict().get("value") or match.group(0)
                yield " ".join(verbatim.split()).strip(), block.span(verbatim.strip())

    return find


def _letterhead(line: int) -> Finder:
    """The addressee of a letter: a name over a street over a postcode line. Line 0 is the name, 2 the postcode."""

    def find(document: Document) -> Iterator[tuple[str, Span]]:
        lines = [block.span(text.strip()) for block in document.blocks for text in block.text.split("\n")]
        for name, street, city in zip(lines, lines[1:], lines[2:], strict=False):
            if POSTCODE_LINE.match(city.text) and NUMBERED_STREET.match(street.text) and ":" not in name.text + street.text:
                if line == 0:
                    yield name.text, name
                else:
                    yield f"{street.text}, {city.text}", street

    return find


def _named_company(document: Document) -> Iterator[tuple[str, Span]]:
    """A line that is nothing but a company's name with its legal form."""
    for passage in document.passages:
        text = passage.text.split(",")[0].strip()
        if 3 < len(text) < 80 and ":" not in text and without_legal_form(text) != fold(text) and text[:1].isupper():
            yield text, _part(passage, text)


def _part(passage: Span, verbatim: str) -> Span:
    return Span(verbatim, passage.page, passage.box, passage.item)


_NAME = (_labelled("legal_name"), _labelled("holder"), _named_company)
_NUMBER = (_labelled_number, _checked_number)
_ISSUED = (_labelled_date("issue_date"), _phrase_date)

# Field → ways to find it, best first; data, so that a new type is a new entry.
FIELDS: dict[DocumentType, dict[str, tuple[Finder, ...]]] = {
    DocumentType.COMPANY_EXTRACT: {
        "legal_name": _NAME, "registration_number": _NUMBER, "registered_address": (_labelled("address"),),
        "legal_form": (_labelled("legal_form"),), "status": (_labelled("status"),), "start_date": (_labelled_date("start_date"),),
        "issue_date": _ISSUED,
    },
    DocumentType.UBO_REGISTER_EXTRACT: {
        "legal_name": _NAME, "registration_number": _NUMBER, "registered_address": (_labelled("address"),), "issue_date": _ISSUED,
    },
    DocumentType.SHAREHOLDER_REGISTER: {"legal_name": _NAME, "registration_number": _NUMBER, "issue_date": _ISSUED},
    DocumentType.ARTICLES_OF_ASSOCIATION: {
        "legal_name": (_labelled("legal_name"), _clause(NAMED_CLAUSE), _named_company), "registration_number": _NUMBER,
        "legal_form": (_labelled("legal_form"), _clause(FORM_CLAUSE)), "registered_seat": (_labelled("address"), _clause(SEAT_CLAUSE)),
        "issue_date": _ISSUED,
    },
    DocumentType.PROOF_OF_ADDRESS: {
        "holder": (_labelled("holder"), _letterhead(0)), "address": (_labelled("address"), _letterhead(2)), "issue_date": _ISSUED,
    },
    DocumentType.BANK_STATEMENT: {"iban": (_iban,), "holder": (_labelled("holder"), _letterhead(0), _named_company), "issue_date": _ISSUED},
    DocumentType.ANNUAL_ACCOUNTS: {
        "legal_name": _NAME, "registration_number": _NUMBER, "reference": (_labelled("reference"),), "period": (_labelled("period"),),
    },
    DocumentType.INVOICE: {
        "seller": (_labelled("seller"), _named_company), "buyer": (_labelled("buyer"), _letterhead(0)),
        "invoice_number": (_labelled("invoice_number"),), "issue_date": _ISSUED,
    },
    DocumentType.IDENTITY_DOCUMENT: {
        "full_name": (_labelled("full_name"),), "birth_date": (_labelled_date("birth_date"),), "nationality": (_labelled("nationality"),),
        "id_number": (_labelled("id_number"),), "expiry_date": (_labelled_date("expiry_date"),),
    },
}  # fmt: skip
_OWNERS = frozenset({PersonKind.OWNER, PersonKind.NAMED})
WITH_PERSONS: dict[DocumentType, frozenset[PersonKind]] = {
    DocumentType.UBO_REGISTER_EXTRACT: _OWNERS | {PersonKind.DIRECTOR},
    DocumentType.SHAREHOLDER_REGISTER: _OWNERS,
    DocumentType.COMPANY_EXTRACT: frozenset(PersonKind),
    DocumentType.ANNUAL_ACCOUNTS: frozenset(PersonKind),
}
