"""Goods controls: which entries of control lists apply to the goods of a shipment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from trustrelay.osint_service.domain.model import Outcome, Severity
from trustrelay.osint_service.domain.trade.goods import commodity_codes, is_code
from trustrelay.osint_service.domain.trade.model import Direction, Discrepancy, Shipment, Stated, discrepancy

DATASET, ABOUT = "goods_controls", "goods_controls"
NOT_CONFIGURED = "GOODS_CONTROLS_NOT_CONFIGURED"


@dataclass(frozen=True, slots=True)
class Control:
    """One entry. No direction or country = every one; no last day = still in force. `country` is where the goods come from (import) or go to."""

    list: str
    code_prefix: str
    direction: Direction | None
    country: str
    first_day: date
    last_day: date | None
    act: str

    def in_force(self, day: date) -> bool:
        """Both days count."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class ControlLists:
    """What is loaded; without controls, `unavailable_reason` says why. `sha256` covers the file."""

    controls: tuple[Control, ...] = ()
    sha256: str = ""
    loaded_at: datetime | None = None
    unavailable_reason: str = ""


@dataclass(frozen=True, slots=True)
class ControlHit:
    """A control that applies, and the documents that state the code."""

    control: Control
    code: str
    document_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Controlled:
    """Whether controls apply. `reason` is set unless CLEAR."""

    outcome: Outcome
    explanation: str
    reason: str = ""
    hits: tuple[ControlHit, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()


def check_controls(lists: ControlLists, shipment: Shipment, day: date) -> Controlled:
    """CLEAR only when a list was there, every code could be looked up in full and nothing applies."""
    values = commodity_codes(shipment)
    if lists.unavailable_reason:
        return _not_assessed(shipment, lists.unavailable_reason, "No goods control list is loaded, so nobody has looked")
    if not values:
        return _not_assessed(shipment, "COMMODITY_CODE_MISSING", "No paper states a commodity code, so none could be looked up")
    if bad := next((one for one in values if not is_code(one.value)), None):
        return _not_assessed(shipment, "COMMODITY_CODE_UNREADABLE", f"The {bad.title} states “{bad.value}”, which is no commodity code")
    candidates = [one for one in lists.controls if one.in_force(day) and _concerns(one, shipment)]
    goods = distinct_goods(values)
    hits = tuple(hit for code in sorted(goods) for hit in _hits(candidates, code, goods[code]))
    undecided = _undecided(candidates, goods)
    waiting = tuple(_discrepancy(shipment, hit) for hit in hits)
    if undecided:
        doubt = _not_assessed(shipment, "COMMODITY_CODE_TOO_SHORT", _too_short(undecided))
        if not hits:
            return doubt
        waiting += doubt.discrepancies
    if hits:
        told = "; ".join(_told(hit) for hit in hits)
        return Controlled(Outcome.HIT, f"A goods control applies: {told}. Two officers must release the shipment.", "GOODS_CONTROL", hits, waiting)
    codes = ", ".join(sorted({one.value for one in values}))
    return Controlled(
        Outcome.CLEAR,
        f"None of {len(lists.controls)} list entries in force on {day} applies to {codes} ({shipment.direction.value.lower()}"
        f" {shipment.country_of_dispatch} to {shipment.country_of_destination}).",
    )


def longest(candidates: Iterable[Control], code: str) -> list[Control]:
    """Per list, the entries whose prefix of `code` is the longest."""
    best: dict[str, list[Control]] = {}
    for one in candidates:
        if code.startswith(one.code_prefix):
            found = best.setdefault(one.list, [])
            if found and len(found[0].code_prefix) < len(one.code_prefix):
                found.clear()
            if not found or len(found[0].code_prefix) == len(one.code_prefix):
                found.append(one)
    return [one for name in sorted(best) for one in best[name]]


def _concerns(one: Control, shipment: Shipment) -> bool:
    if one.direction not in (None, shipment.direction):
        return False
    return not one.country or one.country in _countries(shipment)


def _countries(shipment: Shipment) -> frozenset[str]:
    """Countries that a control may name: of origin and dispatch for an import, of destination for an export, all of them in transit.

    What papers say counts beside what the shipment was registered with: suspicion is added, never removed.
    """
    papers = shipment.papers
    origins = {one.value for paper in papers for one in (*paper.every("origin"), *paper.items("origin"))}
    origins |= {shipment.country_of_dispatch, *(paper.fields.get("country_of_dispatch", "") for paper in papers)}
    goals = {shipment.country_of_destination, *(paper.fields.get("country_of_destination", "") for paper in papers)}
    match shipment.direction:
        case Direction.IMPORT:
            return frozenset(origins)
        case Direction.EXPORT:
            return frozenset(goals)
        case Direction.TRANSIT:
            return frozenset(origins | goals)


def distinct_goods(values: Sequence[Stated]) -> dict[str, tuple[str, ...]]:
    """The codes to look up, each with the documents that state it in full or in part.

    A code that another paper states at greater length is the same goods; one whose own paper states the longer one too is other goods.
    """
    stated: dict[str, set[str]] = {}
    for one in values:
        stated.setdefault(one.value, set()).add(one.document_id)
    longer = {code: [other for other in stated if other != code and other.startswith(code)] for code in stated}
    told = {code: frozenset(document for other in longer[code] for document in stated[other]) for code in stated}
    kept = [code for code in stated if not longer[code] or stated[code] & told[code]]
    return {code: tuple(sorted(document for other in stated if code.startswith(other) for document in stated[other])) for code in kept}


def _hits(candidates: Sequence[Control], code: str, documents: Sequence[str]) -> list[ControlHit]:
    return [ControlHit(control, code, tuple(dict.fromkeys(documents))) for control in longest(candidates, code)]


def _undecided(candidates: Sequence[Control], goods: Iterable[str]) -> tuple[tuple[str, Control], ...]:
    """Codes that end where a list goes on."""
    return tuple((code, one) for code in sorted(goods) for one in candidates if len(one.code_prefix) > len(code) and one.code_prefix.startswith(code))


def _too_short(undecided: Sequence[tuple[str, Control]]) -> str:
    code, control = undecided[0]
    return f"The code {code} is too short to tell whether {control.list} applies, which names {control.code_prefix}"


def _told(hit: ControlHit) -> str:
    one = hit.control
    where = f", {one.country}" if one.country else ""
    return f"{hit.code} falls under {one.code_prefix} of {one.list}{where} ({one.act}, in force since {one.first_day})"


def _discrepancy(shipment: Shipment, hit: ControlHit) -> Discrepancy:
    one = hit.control
    what = (one.list, one.code_prefix, one.direction.value if one.direction else "", one.country, one.act)
    about = f"{one.list}/{hit.code}"
    sentence = f"A goods control applies: {_told(hit)}."
    return discrepancy(shipment.shipment_id, "goods_control", about, Severity.CRITICAL, sentence, what)


def _not_assessed(shipment: Shipment, reason: str, sentence: str) -> Controlled:
    """Nobody looked, or not at everything: two officers must say why the goods may move all the same."""
    codes = sorted({one.value for one in commodity_codes(shipment)})
    told = f"Goods controls: {sentence}. Not assessed."
    waiting = discrepancy(shipment.shipment_id, "not_assessed", ABOUT, Severity.CRITICAL, told, (reason, *codes))
    return Controlled(Outcome.NOT_ASSESSED, told, reason, (), (waiting,))
