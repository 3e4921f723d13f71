"""Names as comparable words: latinised, folded, particles and legal forms set aside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rigour.names import remove_org_types, remove_person_prefixes, tokenize_name
from rigour.text import ascii_text, metaphone

from trustrelay.osint_service.domain.model import PartyType

# Words that spellings of one name add and drop at will.
_PARTICLE_WORDS = """
    al el ul as ash ad an ar at az de la las le les del della dello delle di da do dos das du des van von den der ten ter te
    bin ibn bint binti ben y e et und en and the of for
"""
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_SERVANT_OF = frozenset({"abd", "abdul", "abdel", "abdal", "abdol", "abdoul"})
_SERVANT_PREFIX = re.compile(r"^abd(?:ul|el|al|ol|oul|ur|ar|er|us|as|es|ool)[ -]?(?=\w{3})")
# Spellings of one sound in different transliterations, applied in this order.
_SKELETON_STEPS = (
    ("tsch", "c"), ("tch", "c"), ("sch", "s"), ("ch", "c"), ("sh", "s"), ("zh", "z"), ("kh", "h"), ("gh", "g"), ("ph", "f"), ("th", "t"), ("dh", "d"),
    ("ck", "k"), ("q", "k"), ("x", "ks"), ("dj", "j"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("ie", "i"), ("y", "i"), ("j", "i"), ("w", "v"),
    ("e", "a"), ("o", "u"),
)  # fmt: skip
_DOUBLED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """One comparable word of a name with the keys that spellings share. `sound` is empty when the word is too short for one.

    Made by `word` alone, which gives one object per text: compared and hashed by identity, millions of times a minute.
    """

    text: str
    skeleton: str
    sound: str

    @property
    def initial(self) -> bool:
        """True for a single letter."""
        return len(self.text) == 1 and self.text.isalpha()


@dataclass(frozen=True, slots=True)
class NameForm:
    """A name ready for comparison; `latin` tells whether it had to be transliterated."""

    original: str
    words: tuple[Word, ...]
    squashed: str
    latin: bool


@lru_cache(maxsize=200_000)
def word(text: str) -> Word:
    """The word with its keys."""
    skeleton = text
    for written, sounds in _SKELETON_STEPS:
        skeleton = skeleton.replace(written, sounds)
    skeleton = _DOUBLED.sub(r"\1", skeleton)
    sound = metaphone(text) if len(text) > 2 and text.isalpha() else ""
    return Word(text, skeleton, sound if len(sound) > 1 else "")


def name_form(text: str, kind: PartyType | None) -> NameForm:
    """The comparable form of a name of that kind; without words when nothing of the text can be compared.

    Persons lose titles, organisations lose legal forms, unless nothing would be left.
    """
    latin = text.isascii() or all(ord(c) < 0x250 for c in text)
    plain = (text if text.isascii() else ascii_text(text)).casefold()
    plain = plain.replace("'", "").replace("`", "")
    stripped = remove_person_prefixes(plain) if kind is PartyType.PERSON else remove_org_types(plain)
    tokens = tokenize_name(stripped) or tokenize_name(plain)
    tokens = _without_particles(_joined_servants(tokens))
    return NameForm(text, tuple(word(token) for token in tokens), "".join(tokens), latin)


def press_name(text: str, kind: PartyType) -> str:
    """The name as newspapers write it: without legal form or title, otherwise as given."""
    stripped = remove_person_prefixes(text) if kind is PartyType.PERSON else remove_org_types(text)
    return " ".join(stripped.split()) or text.strip()


def _joined_servants(tokens: list[str]) -> list[str]:
    """ "abd al rahman", "abdul rahman" and "abdulrahman" become one word."""
    joined: list[str] = []
    pending = False
    for token in tokens:
        if token in _SERVANT_OF and len(tokens) > 1:
            pending = True
        elif pending and token in _PARTICLES:
            continue
        else:
            joined.append(f"abd{token}" if pending else _SERVANT_PREFIX.sub("abd", token))
            pending = False
    return [*joined, "abd"] if pending else joined


def _without_particles(tokens: list[str]) -> list[str]:
    """Without articles and the like, as long as two words stay."""
    kept = [token for token in tokens if token not in _PARTICLES]
    return kept if len(kept) >= 2 or len(kept) == len(tokens) else tokens
