"""Text made comparable: case, accents and punctuation folded away."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not decompose.
SINGLE = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "'"})
NOT_WORD = re.compile(r"[^0-9a-z]+")
ZERO_WIDTH = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def fold(text: str) -> str:
    """Lower case, no accents, every run of other signs one blank: `Société  «X»` becomes `societe x`."""
    decomposed = unicodedata.normalize("NFKD", ZERO_WIDTH.sub("", text).lower().translate(SINGLE))
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return NOT_WORD.sub(" ", plain).strip()


def squeezed(folded: str) -> str:
    """A folded text without blanks, for OCR that loses them."""
    return folded.replace(" ", "")


def contains_phrase(folded_text: str, folded_phrase: str) -> bool:
    """Whether the phrase stands in the text at word boundaries."""
    return f" {folded_phrase} " in f" {folded_text} "
