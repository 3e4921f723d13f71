"""Comparisons of texts: names of parties, numbers of parties, references, places, countries."""

from __future__ import annotations

import re
from itertools import combinations

from trustrelay.osint_service.domain.evidence.agree import company_name_score
from trustrelay.osint_service.domain.trade.model import Comparison, Shipment, Stated
from trustrelay.osint_service.domain.trade.rules import Rule, Rules
from trustrelay.osint_service.domain.trade.wording import clear, failed, label, not_compared, says

_NOT_A_LETTER = re.compile(r"[^A-Z0-9]")


def stated_values(rule: Rule, shipment: Shipment) -> tuple[Stated, ...]:
    """Every value of the rule's fields, in the order of the papers."""
    return tuple(one for paper in shipment.papers for name in rule.fields for one in paper.every(name) if one.value)


def writers(values: tuple[Stated, ...]) -> int:
    """How many papers say something."""
    return len({one.document_id for one in values})


def compare_names(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """Every pair of names reaches the rule's threshold, by the comparison that screening uses (without legal forms, accents, order)."""
    values = stated_values(rule, shipment)
    if writers(values) < 2:
        return not_compared(rules, rule, shipment, values)
    score, left, right = min(((company_name_score(a.value, b.value), a, b) for a, b in combinations(values, 2)), key=lambda one: one[0])
    limit = f"{rule.threshold:.2f} is required"
    if score >= rule.threshold:
        return clear(rule, shipment, values, f"{label(rule)}: {says(values)}; the least alike score {score:.2f}, {limit}. They agree.")
    sentence = f"{label(rule)}: {left.title} “{left.value}” and {right.title} “{right.value}” score {score:.2f}; {limit}. They do not agree."
    return failed(rule, shipment, values, sentence, "NAMES_DIFFER")


def compare_texts(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """All the same, but for case and separators."""
    values = stated_values(rule, shipment)
    if writers(values) < 2:
        return not_compared(rules, rule, shipment, values)
    if len({folded(one.value) for one in values}) == 1:
        return clear(rule, shipment, values, f"{label(rule)}: {says(values)}; they must be the same, and are.")
    return failed(rule, shipment, values, f"{label(rule)}: {says(values)}; they must be the same, and are not.", "VALUES_DIFFER")


def compare_sets(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """Each paper names the same set: the country of every item counts as said by its paper."""
    values = stated_values(rule, shipment) + tuple(one for paper in shipment.papers for name in rule.fields for one in paper.items(name) if one.value)
    if writers(values) < 2:
        return not_compared(rules, rule, shipment, values)
    by_paper = {document: frozenset(folded(one.value) for one in values if one.document_id == document) for document in _documents(values)}
    if len(set(by_paper.values())) == 1:
        return clear(rule, shipment, values, f"{label(rule)}: {_told(values)}; they must be the same, and are.")
    return failed(rule, shipment, values, f"{label(rule)}: {_told(values)}; they must be the same, and are not.", "VALUES_DIFFER")


def compare_references(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """Whoever refers to a paper names one that is there; without the paper that issues it, all name the same."""
    values = stated_values(rule, shipment)
    if writers(values) < 2:
        return not_compared(rules, rule, shipment, values)
    issued = {folded(one.value) for one in values if one.document_type == rule.issued_by}
    known = issued or {folded(values[0].value)}
    foreign = [one for one in values if folded(one.value) not in known]
    if not foreign:
        return clear(rule, shipment, values, f"{label(rule)}: {says(values)}; every reference is to a paper of this shipment.")
    sentence = f"{label(rule)}: {says(values)}; {says(foreign)} is not what the {values[0].title if not issued else issuer(rule)} says."
    return failed(rule, shipment, values, sentence, "REFERENCE_DIFFERS")


def compare_route(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """What the declaration says of the route is what the shipment was registered with: goods controls follow from it."""
    values = stated_values(rule, shipment)
    wanted = getattr(shipment, rule.name)
    if not values:
        return not_compared(rules, rule, shipment, values, papers=1)
    if all(folded(one.value) == wanted for one in values):
        return clear(rule, shipment, values, f"{label(rule)}: {says(values)}, as the shipment was registered.", papers=1)
    sentence = f"{label(rule)}: {says(values)}, while the shipment was registered with {wanted}."
    return failed(rule, shipment, values, sentence, "ROUTE_DIFFERS", papers=1)


def folded(text: str) -> str:
    """Upper case, without blanks and punctuation; as it is when nothing else is left."""
    return _NOT_A_LETTER.sub("", text.upper()) or text


def issuer(rule: Rule) -> str:
    """The issuing paper's title."""
    return Stated("", rule.issued_by, "", "").title


def _documents(values: tuple[Stated, ...]) -> list[str]:
    return list(dict.fromkeys(one.document_id for one in values))


def _told(values: tuple[Stated, ...]) -> str:
    """One part per paper: "invoice CN and TR, certificate of origin CN"."""
    parts: list[str] = []
    for document in _documents(values):
        mine = [one for one in values if one.document_id == document]
        parts.append(f"{mine[0].title} {' and '.join(sorted({one.value for one in mine}))}")
    return ", ".join(parts)
