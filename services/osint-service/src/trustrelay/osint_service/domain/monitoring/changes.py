"""Which differences matter, and how much. Deterministic: the same two looks give the same changes.

A fact that one of the two looks does not have is not compared: nobody looked, which is neither the same nor another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from trustrelay.osint_service.domain.evidence.agree import same_address, same_company_name
from trustrelay.osint_service.domain.model import HitStatus, Severity
from trustrelay.osint_service.domain.monitoring.facts import ACTIVE, NO, YES, hit_key
from trustrelay.osint_service.domain.monitoring.model import EORI, REGISTRY, SCREENING, VAT, Change, FactChange, KnownHit, Seen, listed, members
from trustrelay.osint_service.domain.screening.model import SANCTION, Hit

RULES_VERSION = "trustrelay-monitoring@1"
REGISTRY_CHANGED, LIST_HIT_NEW = "REGISTRY_CHANGED", "LIST_HIT_NEW"
_NUMBER_CHANGED = {VAT: "VAT_CHANGED", EORI: "EORI_CHANGED"}

# How much a change of each fact of the register weighs. A status has a rule of its own.
_REGISTRY_SEVERITY = {
    "directors": Severity.MEDIUM,
    "owners": Severity.MEDIUM,
    "legal_name": Severity.MEDIUM,
    "legal_form": Severity.LOW,
    "registered_address": Severity.LOW,
    "activity_codes": Severity.LOW,
}
_LISTS = frozenset({"directors", "owners", "activity_codes"})


@dataclass(frozen=True, slots=True)
class Before:
    """What today is compared with: facts per kind, and hits that are no news."""

    facts: Mapping[str, Mapping[str, str]]
    known_hits: frozenset[str]


def before(decided: Mapping[str, Mapping[str, str]], last: Mapping[str, Mapping[str, str]], known: Iterable[KnownHit]) -> Before:
    """The last look of a kind, else what was known at the decision. A hit that an earlier look saw is no news either."""
    facts = {**decided, **last}
    seen = members(last.get(SCREENING, {}).get("hits", ""))
    return Before(facts, frozenset(map(hit_key, known)) | seen)


def changes(then: Before, seen: Iterable[Seen], hits: Iterable[Hit] = (), names: Mapping[str, str] | None = None) -> tuple[Change, ...]:
    """Every change between `then` and what was seen now; `names` are the parties' by id, for the officer who reads it."""
    found: list[Change] = []
    for look in seen:
        match look.check_kind:
            case kind if kind == REGISTRY:
                found += _registry(then.facts.get(kind, {}), look.facts)
            case kind if kind in _NUMBER_CHANGED:
                found += _number(kind, then.facts.get(kind, {}), look.facts)
            case kind if kind == SCREENING:
                found += _new_hits(then.known_hits, hits, names or {})
    return tuple(found)


def _registry(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    """One change per fact, so that each is told once, whatever else changes on another day."""
    if "status" in now and (weight := _status_severity(then.get("status", ACTIVE), now["status"])) is not None:
        yield _change(REGISTRY_CHANGED, weight, REGISTRY, "status", then.get("status", ""), now["status"])
    for fact, severity in _REGISTRY_SEVERITY.items():
        if fact in then and fact in now and not _same(fact, then[fact], now[fact]):
            yield _change(REGISTRY_CHANGED, severity, REGISTRY, fact, then[fact], now[fact])


def _status_severity(then: str, now: str) -> Severity | None:
    """None when nothing changed. What was approved was active, even where nobody kept the word: a first look that finds an end is news."""
    if then == now:
        return None
    if now == ACTIVE:
        return Severity.LOW
    return Severity.CRITICAL if then == ACTIVE else Severity.HIGH


def _number(check_kind: str, then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    """A number that is not valid any more, or is another's now. What was approved counts as valid where nobody looked before."""
    if not now:
        return
    was, valid = then.get("valid", YES), now.get("valid", "")
    if valid and was != valid:
        severity = Severity.HIGH if valid == NO else Severity.LOW
        yield _change(_NUMBER_CHANGED[check_kind], severity, check_kind, "valid", then.get("valid", ""), valid)
    if "name" in then and "name" in now and not same_company_name(then["name"], now["name"]):
        yield _change(_NUMBER_CHANGED[check_kind], Severity.MEDIUM, check_kind, "name", then["name"], now["name"])


def _new_hits(known: frozenset[str], hits: Iterable[Hit], names: Mapping[str, str]) -> Iterator[Change]:
    """Open hits at or above the threshold that nobody has seen. What the automatic rule dismisses is none; sanctions weigh most."""
    for hit in hits:
        if hit.status is not HitStatus.OPEN or hit_key(hit) in known:
            continue
        severity = Severity.CRITICAL if SANCTION in hit.topics else Severity.HIGH
        told = f"{names.get(hit.party_id, hit.party_id)} ~ {hit.caption} ({hit.dataset} {hit.entity_id})"
        yield _change(LIST_HIT_NEW, severity, SCREENING, "hits", "", told)


def _same(fact: str, then: str, now: str) -> bool:
    """Case, blanks and order say nothing; nor do the ways to write one address or one company."""
    if fact in _LISTS:
        return {one.casefold() for one in members(then)} == {one.casefold() for one in members(now)}
    if fact == "registered_address":
        return same_address(then, now)
    if fact == "legal_name":
        return same_company_name(then, now)
    return " ".join(then.casefold().split()) == " ".join(now.casefold().split())


def _change(kind: str, severity: Severity, check_kind: str, fact: str, then: str, now: str) -> Change:
    if fact in _LISTS:
        then, now = listed(tuple(members(then))), listed(tuple(members(now)))
    return Change(kind, severity, check_kind, (FactChange(fact, then, now),))
