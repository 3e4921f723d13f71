"""Pairs the words of two names, whatever their order, and says how much of each name the other explains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from trustrelay.osint_service.domain.screening.names import NameForm, Word

# What is worth how much; policy of algorithm "trustrelay-names", versioned with it in screen.py.
_SAME_SKELETON = 0.96
_SAME_SOUND = 0.92
_INITIAL = 0.8
# Paulo and Paula, Mario and Maria: one letter apart, and another human.
_OTHER_ENDING = 0.6
_GENDERED_UP_TO = 7
# What one typing error costs of a word of n letters: this / n.
_TYPING_ERROR = 0.7
# The better explained side counts for more: middle names and patronymics come and go.
_BETTER_SIDE = 0.65


@dataclass(frozen=True, slots=True)
class Weighed:
    """A name with what each of its words tells, 0..1; at least one word."""

    form: NameForm
    weights: tuple[float, ...]
    total: float

    @classmethod
    def evenly(cls, form: NameForm) -> Weighed:
        """Every word tells the same."""
        return cls(form, (1.0,) * len(form.words), float(len(form.words)))


@dataclass(frozen=True, slots=True)
class Alignment:
    """Weighted share of the query and of the list name that found a counterpart, 0..1 each, and the words without one."""

    query_share: float
    list_share: float
    unmatched_list: frozenset[str]

    @property
    def score(self) -> float:
        """0..1."""
        better, worse = max(self.query_share, self.list_share), min(self.query_share, self.list_share)
        return _BETTER_SIDE * better + (1 - _BETTER_SIDE) * worse


@lru_cache(maxsize=100_000)
def similarity(left: Word, right: Word) -> float:
    """How likely two words spell the same name, 0..1; 0 for all that is farther than typing errors and transliteration."""
    a, b = left.text, right.text
    if a == b:
        return 1.0
    if left.initial or right.initial:
        return _INITIAL if a[0] == b[0] else 0.0
    if not (a.isalpha() and b.isalpha()):
        return 0.0
    if _gendered(a, b):
        return _OTHER_ENDING
    if left.skeleton == right.skeleton:
        return _SAME_SKELETON
    longest = max(len(a), len(b))
    distance = Levenshtein.distance(a, b, score_cutoff=longest // 3)
    if left.sound and left.sound == right.sound and distance <= longest // 3 and longest > 3:
        return _SAME_SOUND
    return 1 - _TYPING_ERROR * distance / longest if distance <= _typing_errors(longest) else 0.0


def _gendered(a: str, b: str) -> bool:
    """True for two short words that differ in nothing but an ending in a and o."""
    return len(a) == len(b) <= _GENDERED_UP_TO and a[:-1] == b[:-1] and {a[-1], b[-1]} == {"a", "o"}


def _typing_errors(length: int) -> int:
    """How many edits a word of that length may carry and still be a misspelling."""
    if length < 4:
        return 0
    return 1 if length < 7 else 2


def align(query: Weighed, listed: Weighed) -> Alignment:
    """The best pairs first, each word at most once."""
    mine, theirs = query.form.words, listed.form.words
    pairs = [(score, i, j) for i, left in enumerate(mine) for j, right in enumerate(theirs) if (score := similarity(left, right))]
    pairs.sort(reverse=True)
    free_mine, free_theirs = set(range(len(mine))), set(range(len(theirs)))
    explained_mine = explained_theirs = 0.0
    for score, i, j in pairs:
        if i in free_mine and j in free_theirs:
            free_mine.remove(i)
            free_theirs.remove(j)
            explained_mine += score * query.weights[i]
            explained_theirs += score * listed.weights[j]
    return Alignment(explained_mine / query.total, explained_theirs / listed.total, frozenset(theirs[j].text for j in free_theirs))
