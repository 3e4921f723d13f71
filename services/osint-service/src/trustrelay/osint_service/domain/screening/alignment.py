"""Pairs the words of two names, whatever their order, and says how much of each name the other explains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from trustrelay.osint_service.domain.screening.names import NameForm, Word

Weigh = Callable[[Word], float]

# What is worth how much; policy of algorithm "trustrelay-names", versioned with it in screen.py.
_SAME_SKELETON = 0.96
_SAME_SOUND = 0.92
_INITIAL = 0.75
# The better explained side counts for more: middle names and patronymics come and go.
_BETTER_SIDE = 0.65


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


@lru_cache(maxsize=500_000)
def similarity(left: Word, right: Word) -> float:
    """How likely two words spell the same name, 0..1; 0 for all that is farther than typing errors and transliteration."""
    a, b = left.text, right.text
    if a == b:
        return 1.0
    if left.initial or right.initial:
        return _INITIAL if a[0] == b[0] else 0.0
    if not (a.isalpha() and b.isalpha()):
        return 0.0
    if left.skeleton == right.skeleton:
        return _SAME_SKELETON
    longest = max(len(a), len(b))
    distance = Levenshtein.distance(a, b, score_cutoff=longest // 2)
    if left.sound and left.sound == right.sound and distance <= longest // 2 and longest > 3:
        return _SAME_SOUND
    return 1 - distance / longest if distance <= _typing_errors(longest) else 0.0


def _typing_errors(length: int) -> int:
    """How many edits a word of that length may carry and still be a misspelling."""
    if length < 4:
        return 0
    return 1 if length < 7 else 2


def align(query: NameForm, listed: NameForm, weigh: Weigh) -> Alignment:
    """The best pairs first, each word at most once. Both names have words."""
    pairs = [
        (score, i, j)
        for i, mine in enumerate(query.words)
        for j, theirs in enumerate(listed.words)
        if (score := similarity(mine, theirs)) > 0
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    explained_query, explained_list = [0.0] * len(query.words), [0.0] * len(listed.words)
    for score, i, j in pairs:
        if not explained_query[i] and not explained_list[j]:
            explained_query[i] = explained_list[j] = score
    return Alignment(
        _share(query.words, explained_query, weigh),
        _share(listed.words, explained_list, weigh),
        frozenset(w.text for w, score in zip(listed.words, explained_list, strict=True) if score == 0.0),
    )


def _share(words: tuple[Word, ...], explained: list[float], weigh: Weigh) -> float:
    weights = [weigh(each) for each in words]
    return sum(w * s for w, s in zip(weights, explained, strict=True)) / sum(weights)
