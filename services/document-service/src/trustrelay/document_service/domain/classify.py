"""What a document is, by weighted phrases and by its structure; its file name is never seen."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .classify_rules import (
    HEADING_FACTOR,
    MIN_SCORE,
    PHRASES,
    SQUEEZED_FROM,
    TITLE_CHARS,
    TITLE_PASSAGES,
)
from .document import Document, Span
from .document_types import DocumentType
from .text import fold, squeezed

MACHINE_READABLE_ZONE = re.compile(r"^[A-Z0-9<]{30,44}$")
# The score at which the strength of the evidence is about two thirds.
SCALE = 4.0
MAX_EVIDENCE = 8


@dataclass(frozen=True, slots=True)
class Classification:
    """The best type, how sure (0..1), the passages that decided, and every type's score."""

    type: DocumentType
    confidence: float
    evidence: tuple[Span, ...]
    scores: Mapping[DocumentType, float]


@dataclass(frozen=True, slots=True)
class _Passage:
    span: Span
    # Folded, with a blank at both ends so that a phrase between blanks stands at word boundaries; and without any.
    padded: str
    squeezed: str
    heading: bool

    def says(self, phrase: str) -> bool:
        return f" {phrase} " in self.padded or (len(phrase) >= SQUEEZED_FROM and squeezed(phrase) in self.squeezed)


def classify(document: Document) -> Classification:
    """The most likely type, or UNKNOWN when nothing speaks clearly for any."""
    passages = _passages(document)
    evidence: dict[DocumentType, list[tuple[float, Span]]] = {
        kind: [*_spoken(passages, rules), *_structure(passages, kind)] for kind, rules in PHRASES.items()
    }
    scores = {kind: sum(weight for weight, _ in found) for kind, found in evidence.items()}
    best, second = sorted(scores, key=lambda kind: -scores[kind])[:2]
    if scores[best] < MIN_SCORE:
        return Classification(DocumentType.UNKNOWN, _strength(MIN_SCORE - max(0.0, scores[best])), (), scores)
    deciding = sorted((entry for entry in evidence[best] if entry[0] > 0), key=lambda entry: -entry[0])
    spans = tuple(dict.fromkeys(span for _, span in deciding))[:MAX_EVIDENCE]
    margin = (scores[best] - max(0.0, scores[second])) / scores[best]
    return Classification(best, round(_strength(scores[best]) * (0.5 + 0.5 * margin), 3), spans, scores)


def _strength(score: float) -> float:
    return round(1 - math.exp(-score / SCALE), 3)


def _passages(document: Document) -> list[_Passage]:
    headings = {block.ref for block in document.blocks if block.heading}
    found = []
    for number, span in enumerate(document.passages):
        titled = number < TITLE_PASSAGES and len(span.text) < TITLE_CHARS
        folded = fold(span.text)
        found.append(_Passage(span, f" {folded} ", squeezed(folded), span.item in headings or titled))
    return found


def _spoken(passages: list[_Passage], rules: Mapping[str, float]) -> Iterator[tuple[float, Span]]:
    """Each phrase counts once, where it counts most."""
    for phrase, weight in rules.items():
        places = [passage for passage in passages if passage.says(phrase)]
        if places:
            place = next((passage for passage in places if passage.heading), places[0])
            yield weight * (HEADING_FACTOR if place.heading else 1.0), place.span


def _structure(passages: list[_Passage], kind: DocumentType) -> Iterator[tuple[float, Span]]:
    if kind is DocumentType.IDENTITY_DOCUMENT:
        for passage in passages:
            if MACHINE_READABLE_ZONE.match(passage.span.text.replace(" ", "")) and "<<" in passage.span.text:
                yield 4.0, passage.span
                return
