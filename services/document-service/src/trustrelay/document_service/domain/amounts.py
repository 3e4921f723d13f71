"""Numbers as papers write them: `1.234,50`, `1 234.50`, `1'234`; what could be read in two ways is not read."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from .document import Document

# Digits in groups of three or in one run, then decimals. The sign, where there is one, is no part: masses and prices have none.
_BLANK = "\u00a0\u202f "
_BEGIN = r"(?<![\w.,'])"
# Letters right behind a number are its unit, or OCR took zeros for them.
_END = r"(?![\d']|[.,]\d)(?!(?!kgs?\b|ct\b|eur\b|usd\b|chf\b)[^\W\d_])"
NUMBER = re.compile(
    rf"{_BEGIN}\d{{1,3}}(?P<group>[.,'{_BLANK}])\d{{3}}(?!\d)(?:(?P=group)\d{{3}}(?!\d))*(?:[.,]\d{{1,6}})?{_END}|{_BEGIN}\d+(?:[.,]\d{{1,6}})?{_END}",
    re.IGNORECASE,
)
# A passage that is nothing but a number with its unit or currency tells how this paper writes numbers.
_ALONE = re.compile(r"^\W*(?:[A-Za-z€$£]{1,3}\.?\s*)?(?P<number>[\d][\d.,' \u00a0\u202f]*)\s*(?:kg|kgs|kilo|[A-Z]{3}|€|%)?\.?\W*$", re.IGNORECASE)
_HEADING_CODE = re.compile(r"^\d{4}\.\d{2}(?:\.\d{2})*$")
DOT, COMMA = ".", ","
# Sheets and messages hold numbers, not their print: docling and XML write them with a point.
POINT_MEDIA = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/xml")


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A number and the verbatim text that says it."""

    value: Decimal
    text: str


def find_numbers(text: str, document: Document) -> list[FoundNumber]:
    """Every number of a text in its order; those that two readings fit are left out."""
    found: list[FoundNumber] = []
    for match in NUMBER.finditer(text):
        value = _read(match.group(0), decimal_sign(document))
        if value is not None:
            found.append(FoundNumber(value, match.group(0)))
    return found


def decimal_sign(document: Document) -> str:
    """The sign before decimals in this document; empty when it does not show."""
    if "decimal_sign" not in document.memo:
        document.memo["decimal_sign"] = _decimal_sign(document)
    sign: str = document.memo["decimal_sign"]
    return sign


def _decimal_sign(document: Document) -> str:
    if document.media_type in POINT_MEDIA:
        return DOT
    certain: Counter[str] = Counter()
    likely: Counter[str] = Counter()
    for passage in document.passages:
        for line in passage.text.split("\n"):
            match = _ALONE.match(line)
            if match is None or _HEADING_CODE.match(match["number"].strip()):
                continue
            digits = match["number"].strip()
            if DOT in digits and COMMA in digits:
                certain[max(DOT, COMMA, key=digits.rfind)] += 1
            elif shown := re.search(r"([.,])\d{1,2}$", digits):
                likely[shown[1]] += 1
    votes = certain or likely
    return next(iter(votes)) if len(votes) == 1 else ""


def _read(text: str, sign: str) -> Decimal | None:
    bare = re.sub(rf"['{_BLANK}]", "", text)
    marks = [mark for mark in bare if mark in ".,"]
    if not marks:
        return Decimal(bare)
    last = marks[-1]
    decimals = len(bare) - bare.rfind(last) - 1
    if len(set(marks)) == 2:  # 1.234,50: the last one leads the decimals
        return Decimal(bare.replace(DOT if last == COMMA else COMMA, "").replace(COMMA, DOT))
    if len(marks) > 1:  # 1.234.567: all of them group
        return Decimal(bare.replace(last, ""))
    if decimals != 3 or bare.startswith("0") or len(bare) > 7 or len(text) != len(bare):
        # 12.5, 0.125, 1234.567, 1 234.567: only decimals
        return Decimal(bare.replace(COMMA, DOT))
    if not sign:
        return None
    return Decimal(bare.replace(COMMA, DOT) if last == sign else bare.replace(last, ""))


def plain_number(value: Decimal) -> str:
    """Without exponent or thousands; the decimals are those that were written."""
    return format(value, "f")
