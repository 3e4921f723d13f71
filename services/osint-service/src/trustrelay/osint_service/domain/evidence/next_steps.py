"""Which lines of a list of next steps are done: those whose words name only requirements that are satisfied."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from trustrelay.osint_service.domain.papers import Requirement, RequirementStatus

_ITEM = re.compile(r"(\s*(?:[-*+]|\d+[.)])\s+)(.*?)(\s*)", re.DOTALL)
_QUOTED = re.compile("“[^”]*”")
_WORD = re.compile(r"[^\W\d_]{3,}")
# Words that say nothing about which document is meant.
_FILLER_WORDS = "the and from for van het een des les une der company customer onderneming societe société"
_FILLERS = frozenset(_FILLER_WORDS.split())
_STEM = 4
_NOT_ASKED = frozenset({RequirementStatus.WAIVED, RequirementStatus.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class _Named:
    """A requirement by the words of its id or of its title."""

    keys: tuple[frozenset[str], ...]
    satisfied: bool

    def by(self, words: frozenset[str]) -> bool:
        """True when every key of one of the sets is among the words."""
        return any(all(any(_same_word(key, word) for word in words) for key in keys) for keys in self.keys)


@dataclass(frozen=True, slots=True)
class NextSteps:
    """The requirements that steps may name."""

    requirements: tuple[_Named, ...]

    @classmethod
    def after(cls, requirements: Iterable[Requirement], verified: frozenset[str]) -> NextSteps:
        """`verified`: ids of requirements that a valid document answers."""
        asked = (each for each in requirements if each.status not in _NOT_ASKED)
        return cls(tuple(_Named(_key_sets(r), r.status is RequirementStatus.SATISFIED or r.requirement_id in verified) for r in asked))

    def struck(self, line: str) -> str:
        """The line, struck through when it is a step that is done. Text in “quotes” is somebody's name and names no requirement."""
        item = _ITEM.fullmatch(line)
        if item is None or not item[2] or "~~" in item[2]:
            return line
        words = frozenset(_words(_QUOTED.sub(" ", item[2])))
        named = [requirement.satisfied for requirement in self.requirements if requirement.by(words)]
        return f"{item[1]}~~{item[2]}~~{item[3]}" if named and all(named) else line


def _key_sets(requirement: Requirement) -> tuple[frozenset[str], ...]:
    sets = (frozenset(_words(text)) - _FILLERS for text in (requirement.requirement_id.replace("_", " "), requirement.title))
    return tuple(each for each in sets if each)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _same_word(key: str, word: str) -> bool:
    """Equal, or one begins with the other: register, registers."""
    return key == word or (min(len(key), len(word)) >= _STEM and (key.startswith(word) or word.startswith(key)))
