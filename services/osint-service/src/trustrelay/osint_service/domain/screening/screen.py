"""One party against one snapshot of all lists."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass

from trustrelay.osint_service.domain.model import Check, HitStatus, Outcome, Party, PartyType
from trustrelay.osint_service.domain.screening.discriminators import compact_id, compare
from trustrelay.osint_service.domain.screening.dismissal import dismissal
from trustrelay.osint_service.domain.screening.index import NameIndex
from trustrelay.osint_service.domain.screening.model import PEP, SANCTION, DatasetVersion, Feature, Hit, ListedEntity
from trustrelay.osint_service.domain.screening.names import name_form
from trustrelay.osint_service.domain.screening.scorer import features, same_id_number, total

ALGORITHM, ALGORITHM_VERSION = "trustrelay-names", "1"
DEFAULT_THRESHOLD = 0.85
NOT_CONFIGURED = "ACCESS_NOT_CONFIGURED"
_HIT_IDS = uuid.UUID("b2a0f6f8-5a0d-5c9e-8a54-0b6b3f1f4f0a")
_CHECKS = (("sanctions_screening", SANCTION), ("pep_screening", PEP))


class Snapshot:
    """All lists as loaded at one moment; replaced as a whole, never changed."""

    def __init__(self, versions: Iterable[DatasetVersion], entities: Iterable[ListedEntity]) -> None:
        self.versions = tuple(versions)
        by_type: dict[PartyType | None, list[ListedEntity]] = defaultdict(list)
        self._by_id_number: dict[tuple[PartyType, str], list[ListedEntity]] = defaultdict(list)
        self._by_key: dict[tuple[str, str], ListedEntity] = {}
        for entity in entities:
            self._by_key[entity.dataset, entity.entity_id] = entity
            by_type[entity.type].append(entity)
            for number in entity.id_numbers:
                if entity.type is not None and (compact := compact_id(number.number)):
                    self._by_id_number[entity.type, compact].append(entity)
        self._indexes = {kind: NameIndex(kind, by_type[kind]) for kind in PartyType}

    def with_versions(self, versions: Iterable[DatasetVersion]) -> Snapshot:
        """The same entries with what is now told about the lists: why one is missing."""
        other = copy(self)
        other.versions = tuple(versions)
        return other

    def index(self, kind: PartyType) -> NameIndex:
        """The names of that kind of party."""
        return self._indexes[kind]

    def entity(self, dataset: str, entity_id: str) -> ListedEntity | None:
        """The entry of that list, None when it is not on it (any more)."""
        return self._by_key.get((dataset, entity_id))

    def with_id_number(self, party: Party) -> tuple[ListedEntity, ...]:
        """Entries that carry the party's identity number."""
        number = compact_id(party.id_number)
        return tuple(self._by_id_number.get((party.type, number), ())) if number else ()


@dataclass(frozen=True, slots=True)
class Screening:
    """The answer for one party, with what is needed to repeat it."""

    party_id: str
    threshold: float
    versions: tuple[DatasetVersion, ...]
    hits: tuple[Hit, ...]
    checks: tuple[Check, ...]


def screen(party: Party, snapshot: Snapshot, threshold: float = DEFAULT_THRESHOLD) -> Screening:
    """Hits at or above the threshold, best first, and the typed sanctions and PEP checks. The party has a name."""
    if not name_form(party.full_name, party.type).words:
        unreadable = tuple(Check(kind, Outcome.NOT_ASSESSED, "NAME_NOT_COMPARABLE", "The name has no words", party.party_id) for kind, _ in _CHECKS)
        return Screening(party.party_id, threshold, snapshot.versions, (), unreadable)
    best: dict[tuple[str, str], tuple[float, ListedEntity, tuple[Feature, ...]]] = {}
    for entity, found in _scored(party, snapshot, threshold):
        score, key = total(found), (entity.dataset, entity.entity_id)
        if score >= threshold and (key not in best or score > best[key][0]):
            best[key] = score, entity, found
    ranked = sorted(best.values(), key=lambda item: (-item[0], item[1].dataset, item[1].entity_id))
    hits = tuple(_hit(party, score, entity, found) for score, entity, found in ranked)
    checks = tuple(_check(kind, topic, party, hits, snapshot.versions) for kind, topic in _CHECKS)
    return Screening(party.party_id, threshold, snapshot.versions, hits, checks)


def _scored(party: Party, snapshot: Snapshot, threshold: float) -> Iterator[tuple[ListedEntity, tuple[Feature, ...]]]:
    """Candidates whose names alone could reach the threshold, and every entry that carries the party's identity number."""
    index = snapshot.index(party.type)
    form = name_form(party.full_name, party.type)
    query = index.weighed(form)
    same_id = {(e.dataset, e.entity_id): e for e in snapshot.with_id_number(party)}
    for candidate in index.candidates(form):
        if (candidate.entity.dataset, candidate.entity.entity_id) not in same_id:
            found = features(query, candidate.weighed, candidate.name, candidate.family, threshold)
            if found:
                yield candidate.entity, found
    for entity in same_id.values():
        number = next(n.number for n in entity.id_numbers if compact_id(n.number) == compact_id(party.id_number))
        for spelling in index.of(entity):
            by_name = features(query, spelling.weighed, spelling.name, spelling.family)
            yield entity, (*by_name, same_id_number(party.id_number, number))


def _hit(party: Party, score: float, entity: ListedEntity, found: tuple[Feature, ...]) -> Hit:
    discriminators = compare(party, entity)
    reason = dismissal(discriminators)
    return Hit(
        hit_id=str(uuid.uuid5(_HIT_IDS, f"{party.party_id}:{entity.dataset}:{entity.entity_id}")),
        party_id=party.party_id, dataset=entity.dataset, entity_id=entity.entity_id, caption=entity.caption, topics=entity.topics,
        score=round(score, 4), features=found, discriminators=discriminators,
        status=HitStatus.OPEN if reason is None else HitStatus.DISMISSED, status_reason=reason or "",
    )  # fmt: skip


def _check(kind: str, topic: str, party: Party, hits: tuple[Hit, ...], versions: tuple[DatasetVersion, ...]) -> Check:
    """HIT while one is open; a list that was not searched makes silence NOT_ASSESSED, never CLEAR."""
    relevant = [hit for hit in hits if topic in hit.topics]
    still_open = sum(hit.status is HitStatus.OPEN for hit in relevant)
    lists = [version for version in versions if version.topic == topic]
    missing = [version for version in lists if version.unavailable_reason]
    if still_open:
        return Check(kind, Outcome.HIT, detail=f"{still_open} open hit(s) on {len(lists) - len(missing)} list(s)", party_id=party.party_id)
    if missing or not lists:
        unconfigured = all(version.unavailable_reason == NOT_CONFIGURED for version in missing)
        names = ", ".join(f"{version.dataset} ({version.unavailable_reason})" for version in missing)
        reason = NOT_CONFIGURED if unconfigured else "LIST_UNAVAILABLE"
        return Check(kind, Outcome.NOT_ASSESSED, reason, f"Not searched: {names}" if names else "No list of this kind is set up", party.party_id)
    detail = f"{len(relevant)} hit(s) dismissed by rule" if relevant else f"No hit on {len(lists)} list(s)"
    return Check(kind, Outcome.CLEAR, detail=detail, party_id=party.party_id)
