"""The cross-reference of a shipment's papers: every rule, each with its explanation, and what clearance must wait for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trustrelay.osint_service.domain.model import Outcome, Severity
from trustrelay.osint_service.domain.trade.amounts import compare_incoterms, compare_lines, compare_totals
from trustrelay.osint_service.domain.trade.goods import compare_codes, compare_dates, compare_preference
from trustrelay.osint_service.domain.trade.model import TITLES, Comparison, Discrepancy, Shipment, discrepancy
from trustrelay.osint_service.domain.trade.names import compare_names, compare_references, compare_route, compare_sets, compare_texts
from trustrelay.osint_service.domain.trade.quantities import compare_counts, compare_gross_and_net, compare_house_mass, compare_masses
from trustrelay.osint_service.domain.trade.rules import RequiredPaper, Rule, Rules

Compare = Callable[[Rules, Rule, Shipment], Comparison]
# What `kind` of a rule may be.
KINDS: Mapping[str, Compare] = {
    "name": compare_names,
    "text": compare_texts,
    "set": compare_sets,
    "reference": compare_references,
    "route": compare_route,
    "mass": compare_masses,
    "count": compare_counts,
    "gross_and_net": compare_gross_and_net,
    "house_mass": compare_house_mass,
    "total": compare_totals,
    "lines": compare_lines,
    "incoterm": compare_incoterms,
    "commodity": compare_codes,
    "preference": compare_preference,
    "dates": compare_dates,
}


@dataclass(frozen=True, slots=True)
class CrossReference:
    """The matrix and what clearance must wait for."""

    comparisons: tuple[Comparison, ...]
    discrepancies: tuple[Discrepancy, ...]


def cross_reference(rules: Rules, shipment: Shipment) -> CrossReference:
    """Deterministic: the same papers and rules give the same matrix, sentences and ids."""
    comparisons = tuple(KINDS[rule.kind](rules, rule, shipment) for rule in rules.rules)
    missing = [_missing(required, shipment) for required in rules.required if not shipment.having(required.any_of)]
    return CrossReference(comparisons, (*missing, *(_waiting(one, shipment) for one in comparisons if one.waits)))


def _waiting(one: Comparison, shipment: Shipment) -> Discrepancy:
    kind = "field" if one.outcome is Outcome.FAILED else "not_assessed"
    said = sorted(f"{value.document_type}={value.field}={value.value}" for value in one.values)
    return discrepancy(shipment.shipment_id, kind, one.field, one.severity or Severity.HIGH, one.explanation, (one.rule, one.reason, *said))


def _missing(required: RequiredPaper, shipment: Shipment) -> Discrepancy:
    wanted = " or ".join(TITLES.get(kind, kind) for kind in required.any_of)
    sentence = f"No {required.label} is among the papers ({wanted}): nothing could be compared with it."
    return discrepancy(shipment.shipment_id, "document", required.label, required.severity, sentence, required.any_of)
