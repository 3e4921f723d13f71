"""An immutable inverted index over listed names: which entries deserve to be scored against a query."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trustrelay.osint_service.domain.model import PartyType
from trustrelay.osint_service.domain.screening.model import ListedEntity, ListedName
from trustrelay.osint_service.domain.screening.names import NameForm, Word, name_form

MAX_CANDIDATES = 200
# A key that this many names share tells nothing; it only counts when no rarer key of the query is known.
_COMMON = 1500
# A given name distinguishes persons however common it is; "trading" distinguishes no two companies.
_LEAST_WEIGHT = {PartyType.PERSON: 0.6, PartyType.COMPANY: 0.25}
_INITIAL_WEIGHT = 0.35


@dataclass(frozen=True, slots=True)
class IndexedName:
    """One spelling of one entity, ready for scoring."""

    entity: ListedEntity
    name: ListedName
    form: NameForm
    family: frozenset[str]


class NameIndex:
    """Names of one kind of party. Built once, then only read: safe to share between tasks and threads."""

    def __init__(self, kind: PartyType, entities: Iterable[ListedEntity]) -> None:
        self._kind = kind
        self._names = tuple(_indexed(kind, entities))
        postings: dict[str, list[int]] = defaultdict(list)
        frequency: dict[str, int] = defaultdict(int)
        for position, indexed in enumerate(self._names):
            for text in {w.text for w in indexed.form.words}:
                frequency[text] += 1
            for key in _keys(indexed.form):
                postings[key].append(position)
        self._postings = {key: tuple(positions) for key, positions in postings.items()}
        self._weights = {text: self._rarity(count) for text, count in frequency.items()}

    @staticmethod
    def of(kind: PartyType, entity: ListedEntity) -> tuple[IndexedName, ...]:
        """Every spelling of one entity, ready for scoring."""
        return tuple(_indexed(kind, (entity,)))

    def __len__(self) -> int:
        return len(self._names)

    def weigh(self, word: Word) -> float:
        """How much a word tells: 1 for a rare one, less for one that many entries share."""
        return _INITIAL_WEIGHT if word.initial else self._weights.get(word.text, 1.0)

    def candidates(self, query: NameForm, limit: int = MAX_CANDIDATES) -> tuple[IndexedName, ...]:
        """At most `limit` names that share a word, its skeleton, its sound or the name written together; likeliest first."""
        found = [positions for key in _keys(query) if (positions := self._postings.get(key))]
        votes: dict[int, float] = defaultdict(float)
        for positions in sorted(found, key=lambda each: (len(each), each[0])):
            if len(positions) > _COMMON and len(votes) >= limit:
                continue
            vote = self._rarity(len(positions))
            for position in positions:
                votes[position] += vote
        best = sorted(votes, key=lambda position: (-votes[position], position))[:limit]
        return tuple(self._names[position] for position in best)

    def _rarity(self, count: int) -> float:
        total = max(len(self._names), 2)
        return max(_LEAST_WEIGHT[self._kind], 1 - math.log(count) / math.log(total + 1))


def _indexed(kind: PartyType, entities: Iterable[ListedEntity]) -> Iterator[IndexedName]:
    for entity in entities:
        for name in entity.names:
            form = name_form(name.text, kind)
            if form.words:
                family = frozenset(w.text for w in name_form(name.family, kind).words) if name.family else frozenset()
                yield IndexedName(entity, name, form, family)


def _keys(form: NameForm) -> frozenset[str]:
    """Blocking keys: exact word, skeleton, sound; and the name without blanks."""
    keys = {f"j:{form.squashed}"}
    for word in form.words:
        if word.initial:
            continue
        keys.add(f"t:{word.text}")
        keys.add(f"k:{word.skeleton}")
        if word.sound:
            keys.add(f"s:{word.sound}")
    return frozenset(keys)
