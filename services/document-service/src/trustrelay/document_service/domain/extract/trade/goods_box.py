"""Goods described in one box, as certificates of origin do: `1. 24 cartons porcelain tableware (HS 6911.10)`, and so on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ...document import Document, Span
from .entries import boxes_of, values_of
from .totals import TOTAL_WORD
from .values import SAID_COMMODITY, Found, joined, part

PACKAGES = re.compile(
    r"(?<![\w.,])(?P<count>\d{1,6})\s+(?P<kind>cartons?|boxes|box|pallets?|crates?|packages?|cases?|bags?|drums?|rolls?|bundles?|coils?|colli|pieces?|"
    r"doos|dozen|kartons?|palletten|kisten?|zakken|vaten|rollen|colis|palettes?|caisses?|sacs?|fûts?|rouleaux|paletten?|säcke|fässer|packstücke)\b",
    re.IGNORECASE,
)
# OCR loses the blank behind it: `1.21 boxes` is line 1, since nobody ships parts of boxes.
ITEM_NUMBER = re.compile(r"^\s*\d{1,3}[.)]\s*(?=\S)")
EDGES = " \n\t,;:.-–()"


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """Verbatim parts of one line; empty = not said."""

    description: str
    packages: str
    code: str
    span: Span


def goods_lines(document: Document) -> tuple[GoodsLine, ...]:
    """Lines of the goods box that state packages or a commodity code."""
    boxes = [*values_of(document, "goods"), *boxes_of(document, 8), *boxes_of(document, 6)]
    return next((found for box in boxes if (found := tuple(_lines(box.lines)))), ())


def _lines(lines: tuple[Span, ...]) -> Iterator[GoodsLine]:
    for line in lines:
        begin = number.end() if (number := ITEM_NUMBER.match(line.text)) else 0
        packages, code = PACKAGES.search(line.text[begin:]), SAID_COMMODITY.search(line.text)
        if (packages is None and code is None) or TOTAL_WORD.search(line.text):
            continue
        start = begin + (packages.end() if packages else 0)
        end = code.start() if code and code.start() > start else len(line.text)
        description = re.sub(r"^(?:of|met|de|d'|mit|with|containing)\s+", "", line.text[start:end].strip(EDGES))
        yield GoodsLine(description, packages["count"] if packages else "", code["code"] if code else "", line)


def box_items(document: Document) -> Iterator[tuple[str, str, Span]]:
    """`items[n].description` and `items[n].commodity_code`."""
    for number, line in enumerate(goods_lines(document)):
        if line.description:
            yield f"items[{number}].description", joined(line.description), part(line.span, line.description)
        if line.code:
            yield f"items[{number}].commodity_code", re.sub(r"\D", "", line.code), part(line.span, line.code)


def box_packages(document: Document) -> Found:
    """The total that the box prints, else the sum of its lines at the place of the first."""
    for entry in (*values_of(document, "goods"), *boxes_of(document, 8), *boxes_of(document, 6)):
        for line in entry.lines:
            if TOTAL_WORD.search(line.text) and (match := PACKAGES.search(line.text)):
                yield match["count"], part(line, match["count"])
    counted = [line for line in goods_lines(document) if line.packages]
    if counted and len(counted) == len(goods_lines(document)):
        yield str(sum(Decimal(line.packages) for line in counted)), part(counted[0].span, counted[0].packages)
