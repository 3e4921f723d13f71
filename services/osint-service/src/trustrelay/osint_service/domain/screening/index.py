"""An immutable inverted index over listed names: which entries deserve to be scored against a query."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trustrelay.osint_service.domain.model import PartyType
from trustrelay.osint_service.domain.screening.alignment import Weighed
from trustrelay.osint_service.domain.screening.model import ListedEntity, ListedName
from trustrelay.osint_service.domain.screening.names import NameForm, name_form

MAX_CANDIDATES = 200
# A key that this many names share tells nothing; it only counts when no rarer key of the query is known.
_COMMON = 1500
# A given name distinguishes persons however common it is; "trading" distinguishes no two companies.
_LEAST_WEIGHT = {PartyType.PERSON: 0.6, PartyType.COMPANY: 0.25}
_INITIAL_WEIGHT = 0.35
_INTACT = (3, 5)


@dataclass(frozen=True, slots=True)
class IndexedName:
    """One spelling of one entity, ready for scoring."""

    entity: ListedEntity
    name: ListedName
    weighed: Weighed
    family: frozenset[str]


class NameIndex:
    """Names of one kind of party. Built once, then only read: safe to share between tasks and threads."""

    def __init__(self, kind: PartyType, entities: Iterable[ListedEntity]) -> None:
        self._kind = kind
        spellings = [each for entity in entities for each in _spellings(kind, entity)]
        frequency = Counter(word.text for _, _, form in spellings for word in frozenset(form.words))
        self._size = max(len(spellings), 2)
        self._weights = {text: self._rarity(count) for text, count in frequency.items()}
        self._names = tuple(self._indexed(*each) for each in spellings)
        postings: dict[str, list[int]] = defaultdict(list)
        for position, (_, _, form) in enumerate(spellings):
            for key in _keys(form):
                postings[key].append(position)
        self._postings = {key: tuple(positions) for key, positions in postings.items()}

    def of(self, entity: ListedEntity) -> tuple[IndexedName, ...]:
        """Every spelling of one entity, ready for scoring."""
        return tuple(self._indexed(*each) for each in _spellings(self._kind, entity))

    def _indexed(self, entity: ListedEntity, name: ListedName, form: NameForm) -> IndexedName:
        family = frozenset(w.text for w in name_form(name.family, self._kind).words) if name.family else frozenset()
        return IndexedName(entity, name, self.weighed(form), family)

    def __len__(self) -> int:
        return len(self._names)

    def weighed(self, form: NameForm) -> Weighed:
        """The name with how much each word tells: 1 for a rare one, less for one that many entries share."""
        weights = tuple(_INITIAL_WEIGHT if word.initial else self._weights.get(word.text, 1.0) for word in form.words)
        return Weighed(form, weights, sum(weights))

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
        return max(_LEAST_WEIGHT[self._kind], 1 - math.log(count) / math.log(self._size + 1))


def _spellings(kind: PartyType, entity: ListedEntity) -> Iterator[tuple[ListedEntity, ListedName, NameForm]]:
    """Names of the entity that have words."""
    for name in entity.names:
        form = name_form(name.text, kind)
        if form.words:
            yield entity, name, form


def _keys(form: NameForm) -> frozenset[str]:
    """Blocking keys: exact word, skeleton, sound, beginning and end; and the name without blanks."""
    keys = {f"j:{form.squashed}"}
    for word in form.words:
        if word.initial:
            continue
        keys.add(f"t:{word.text}")
        keys.add(f"k:{word.skeleton}")
        if word.sound:
            keys.add(f"s:{word.sound}")
        # One typing error leaves the beginning or the end intact.
        for length in _INTACT:
            if len(word.text) > length:
                keys.add(f"b{length}:{word.text[:length]}")
                keys.add(f"e{length}:{word.text[-length:]}")
    return frozenset(keys)
