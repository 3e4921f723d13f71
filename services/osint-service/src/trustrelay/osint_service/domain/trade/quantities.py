"""Comparisons of numbers: masses, packages, amounts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from trustrelay.osint_service.domain.trade.model import Comparison, Paper, Shipment, Stated, plain
from trustrelay.osint_service.domain.trade.names import stated_values
from trustrelay.osint_service.domain.trade.rules import Rule, Rules
from trustrelay.osint_service.domain.trade.wording import clear, failed, label, not_compared, says, unreadable

_HUNDRED = Decimal(100)


def deviation_percent(values: Iterable[Decimal]) -> Decimal:
    """How far the extremes lie apart, in percent of the largest; 0 when all are 0."""
    found = tuple(values)
    largest = max(found)
    return (largest - min(found)) / largest * _HUNDRED if largest else Decimal(0)


def broken(values: Iterable[Stated]) -> Stated | None:
    """The first that is no number."""
    return next((one for one in values if one.number is None), None)


def by_kind(values: Iterable[Stated]) -> dict[str, Decimal]:
    """Totals per kind of paper: two invoices of one shipment count together."""
    totals: dict[str, Decimal] = {}
    for one in values:
        totals[one.document_type] = totals.get(one.document_type, Decimal(0)) + (one.number or Decimal(0))
    return totals


def compare_masses(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """Above warn_percent it is told, above fail_percent it weighs in full."""
    values = stated_values(rule, shipment)
    if bad := broken(values):
        return unreadable(rules, rule, shipment, values, bad)
    totals = by_kind(values)
    if len(totals) < 2:
        return not_compared(rules, rule, shipment, values)
    apart = deviation_percent(totals.values())
    told = f"{label(rule)}: {says(values, rule.unit)}; they differ by {plain(round(apart, 2))} %"
    if apart > rule.fail_percent:
        return failed(rule, shipment, values, f"{told}, more than the {plain(rule.fail_percent)} % allowed.", "DEVIATION_TOO_LARGE")
    if apart > rule.warn_percent:
        sentence = f"{told}: within the {plain(rule.fail_percent)} % allowed, but more than the {plain(rule.warn_percent)} % expected."
        return failed(rule, shipment, values, sentence, "DEVIATION", rules.warn_severity)
    return clear(rule, shipment, values, f"{told}, within the {plain(rule.warn_percent)} % expected.")


def compare_counts(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """Exactly the same number, within `tolerance`."""
    values = stated_values(rule, shipment)
    if bad := broken(values):
        return unreadable(rules, rule, shipment, values, bad)
    totals = by_kind(values)
    if len(totals) < 2:
        return not_compared(rules, rule, shipment, values)
    apart = max(totals.values()) - min(totals.values())
    limit = f"within {plain(rule.tolerance)}" if rule.tolerance else "exactly"
    if apart <= rule.tolerance:
        return clear(rule, shipment, values, f"{label(rule)}: {says(values, rule.unit)}; they must agree {limit}, and do.")
    sentence = f"{label(rule)}: {says(values, rule.unit)}; they must agree {limit}, and differ by {plain(apart)}."
    return failed(rule, shipment, values, sentence, "VALUES_DIFFER")


def compare_gross_and_net(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """In no paper, nor in any of its items, do the goods weigh more without their packing than with it."""
    pairs = [pair for paper in shipment.papers for pair in _gross_and_net(paper)]
    values = tuple(one for pair in pairs for one in pair)
    if bad := broken(values):
        return unreadable(rules, rule, shipment, values, bad)
    if not pairs:
        return not_compared(rules, rule, shipment, values, papers=1)
    for gross, net in pairs:
        if (gross.number or 0) < (net.number or 0):
            sentence = f"{label(rule)}: the {gross.title} says gross {gross.value} kg and net {net.value} kg; net can never be more than gross."
            return failed(rule, shipment, values, sentence, "NET_ABOVE_GROSS", papers=1)
    return clear(rule, shipment, values, f"{label(rule)}: wherever a paper states both, gross mass is at least net mass.", papers=1)


def compare_house_mass(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """The house consignment's gross mass is at least that of its items together (rule of the transit declaration)."""
    for paper in shipment.having(rule.stated_by):
        house, items = paper.stated("house_gross_mass_kg"), paper.items("gross_mass_kg")
        if not house.value or not items:
            continue
        if bad := broken((house, *items)):
            return unreadable(rules, rule, shipment, (house, *items), bad)
        total = sum((one.number or Decimal(0) for one in items), Decimal(0))
        told = f"{label(rule)}: the {paper.title} says {house.value} kg for the house consignment and {plain(total)} kg for its {len(items)} items"
        if (house.number or Decimal(0)) < total:
            return failed(rule, shipment, (house, *items), f"{told}; the items cannot weigh more.", "ITEMS_ABOVE_HOUSE", papers=1)
        return clear(rule, shipment, (house, *items), f"{told}; it must be at least as much, and is.", papers=1)
    return not_compared(rules, rule, shipment, (), papers=1)


def _gross_and_net(paper: Paper) -> list[tuple[Stated, Stated]]:
    names = [("gross_mass_kg", "net_mass_kg")]
    for gross in paper.items("gross_mass_kg"):
        names.append((gross.field, gross.field.replace("gross", "net")))
    pairs = [(paper.stated(gross), paper.stated(net)) for gross, net in names]
    return [pair for pair in pairs if pair[0].value and pair[1].value]
