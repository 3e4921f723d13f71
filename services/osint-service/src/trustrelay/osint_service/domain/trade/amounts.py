"""Comparisons of money: totals, lines, and what an Incoterm's price includes."""

from __future__ import annotations

from decimal import Decimal

from trustrelay.osint_service.domain.trade.model import Comparison, Paper, Shipment, Stated, plain
from trustrelay.osint_service.domain.trade.names import folded, stated_values, writers
from trustrelay.osint_service.domain.trade.quantities import broken, by_kind
from trustrelay.osint_service.domain.trade.rules import Rule, Rules
from trustrelay.osint_service.domain.trade.wording import clear, failed, label, not_compared, says, unreadable


def compare_totals(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """The invoices' total is the declared one; freight and insurance that the Incoterm's price includes may be told apart."""
    values = stated_values(rule, shipment)
    extra = tuple(one for paper in shipment.having(rule.stated_by) for one in add_back(rules, shipment, paper))
    if bad := broken((*values, *extra)):
        return unreadable(rules, rule, shipment, values, bad)
    totals = by_kind(values)
    if len(totals) < 2:
        return not_compared(rules, rule, shipment, values)
    apart = max(totals.values()) - min(totals.values())
    told = f"{label(rule)}: {says(values)}"
    if apart <= rule.tolerance:
        return clear(rule, shipment, values, f"{told}; they must agree within {plain(rule.tolerance)}, and do.")
    costs = max(by_kind(extra).values(), default=Decimal(0))
    if costs and abs(apart - costs) <= rule.tolerance:
        sentence = f"{told}; they differ by the {plain(costs)} of freight and insurance that the price includes."
        return clear(rule, shipment, (*values, *extra), sentence)
    sentence = f"{told}; they must agree within {plain(rule.tolerance)}, and differ by {plain(apart)}."
    return failed(rule, shipment, (*values, *extra), sentence, "AMOUNTS_DIFFER")


def compare_lines(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """On every invoice the lines come to its total, within `tolerance` per line, with or without the costs that its Incoterm's price includes."""
    seen: list[Stated] = []
    sentences: list[str] = []
    for paper in shipment.having(rule.stated_by):
        total, lines, extra = paper.stated("total_amount"), paper.items("amount"), add_back(rules, shipment, paper)
        if not total.value or not lines:
            continue
        values = (total, *lines, *extra)
        if bad := broken(values):
            return unreadable(rules, rule, shipment, values, bad)
        told, agrees = _lines(rule, total, lines, extra)
        if not agrees:
            return failed(rule, shipment, values, told, "LINES_DIFFER_FROM_TOTAL", papers=1)
        seen.extend(values)
        sentences.append(told)
    if not seen:
        return not_compared(rules, rule, shipment, (), papers=1)
    return clear(rule, shipment, seen, " ".join(sentences), papers=1)


def _lines(rule: Rule, total: Stated, lines: tuple[Stated, ...], extra: tuple[Stated, ...]) -> tuple[str, bool]:
    """The sentence, and whether it adds up."""
    stated, tolerance = total.number or Decimal(0), rule.tolerance * len(lines)
    sum_of_lines, costs = _sum(lines), _sum(extra)
    agrees = abs(stated - sum_of_lines) <= tolerance or bool(costs and abs(stated - sum_of_lines - costs) <= tolerance)
    with_costs = f", {plain(sum_of_lines + costs)} with freight and insurance" if costs else ""
    told = f"{label(rule)}: the {len(lines)} lines of the {total.title} come to {plain(sum_of_lines)}{with_costs}; its total is {total.value}"
    verdict = "agrees" if agrees else "does not agree"
    return f"{told}, which {verdict} within {plain(rule.tolerance)} per line.", agrees


def compare_incoterms(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """Each is a code of Incoterms 2020, and all are the same."""
    values = stated_values(rule, shipment)
    if old := next((one for one in values if folded(one.value) not in rules.incoterms), None):
        sentence = f"{label(rule)}: the {old.title} says {old.value}, which is no code of Incoterms 2020."
        return failed(rule, shipment, values, sentence, "INCOTERM_UNKNOWN")
    if writers(values) < 2:
        return not_compared(rules, rule, shipment, values)
    if len({folded(one.value) for one in values}) == 1:
        return clear(rule, shipment, values, f"{label(rule)}: {says(values)}; they must be the same code of Incoterms 2020, and are.")
    return failed(rule, shipment, values, f"{label(rule)}: {says(values)}; they must be the same code, and are not.", "VALUES_DIFFER")


def add_back(rules: Rules, shipment: Shipment, paper: Paper) -> tuple[Stated, ...]:
    """Freight and insurance on `paper`, as far as the shipment's Incoterm puts them into the price."""
    terms = [one.fields.get("incoterm", "") for one in (paper, *shipment.papers)]
    code = next((folded(term) for term in terms if term), "")
    return tuple(one for name in rules.add_back.get(code, ()) if (one := paper.stated(name)).value)


def _sum(values: tuple[Stated, ...]) -> Decimal:
    return sum((one.number or Decimal(0) for one in values), Decimal(0))
