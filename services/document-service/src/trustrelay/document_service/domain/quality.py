"""How legible a document is: our own measure, since OCR is confident even about noise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .conversion import Reading

# Below: an officer should look; far below: unreadable.
REVIEW_BELOW = 0.6
ILLEGIBLE_BELOW = 0.35
# A page that was scanned holds at least this many characters, else OCR missed most of them; typed text may be short.
SCANNED_CHARS_PER_PAGE = 180.0
TYPED_CHARS = 40.0
WORD = re.compile(r"[^\W\d_]{2,}")
NUMBER = re.compile(r"^[\d.,:/%€$+-]+$")
VOWELS = frozenset("aeiouyáàâäãåéèêëíìîïóòôöõøúùûüýœæ")
MAX_WORD = 28
MAX_CONSONANTS = 5


@dataclass(frozen=True, slots=True)
class Quality:
    """Legibility 0..1 and whether a person should look."""

    score: float
    needs_review: bool


def measure(text: str, reading: Reading) -> Quality:
    """Worst of the three signs: enough text per page, words that look like words, OCR confidence."""
    expected = SCANNED_CHARS_PER_PAGE * reading.pages if reading.ocr_pages else TYPED_CHARS
    signs = [min(1.0, _characters(text) / expected), word_share(text)]
    if reading.ocr_confidences:
        signs.append(_confidence(reading.ocr_confidences))
    score = round(min(signs), 3)
    return Quality(score, score < REVIEW_BELOW)


def _characters(text: str) -> int:
    return sum(sign.isalnum() for sign in text)


def word_share(text: str) -> float:
    """Share of tokens that could be words or numbers of a European language; 0 when there are none."""
    tokens = [token.strip(".,;:!?()[]{}|*#'\"«»“”") for token in re.split(r"[\s/|-]+", text)]
    tokens = [token for token in tokens if len(token) > 1]
    if not tokens:
        return 0.0
    return sum(map(_plausible, tokens)) / len(tokens)


def _plausible(token: str) -> bool:
    if NUMBER.match(token):
        return True
    if any(sign.isdigit() for sign in token):
        return len(token) <= MAX_WORD and token.isascii()  # references and codes
    lower = token.lower()
    if not WORD.fullmatch(lower) or len(lower) > MAX_WORD:
        return "@" in lower or "'" in lower or "." in lower
    if len(lower) <= 4:
        return True  # abbreviations
    if not VOWELS & set(lower):
        return token.isupper()  # an acronym
    run = longest = 0
    for sign in lower:
        run = 0 if sign in VOWELS else run + 1
        longest = max(longest, run)
    return longest <= MAX_CONSONANTS


def _confidence(values: Sequence[float]) -> float:
    """The lower quartile's OCR confidence, spread so that 0.6 is 0 and 0.95 is 1."""
    ordered = sorted(values)
    lower = ordered[len(ordered) // 4]
    return max(0.0, min(1.0, (lower - 0.6) / 0.35))
