"""Comparisons of what the goods are: commodity codes, origin's proof, and the order of the papers' dates."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from trustrelay.osint_service.domain.trade.model import CERTIFICATE, CMR, DECLARATIONS, INVOICE, Comparison, Shipment, Stated
from trustrelay.osint_service.domain.trade.names import folded, writers
from trustrelay.osint_service.domain.trade.rules import Rule, Rules
from trustrelay.osint_service.domain.trade.wording import clear, failed, label, not_compared, says, unreadable

_SHORTEST_CODE, _LONGEST_CODE = 4, 10


def commodity_codes(shipment: Shipment) -> tuple[Stated, ...]:
    """Every code that a paper states, each once per paper."""
    found: dict[tuple[str, str], Stated] = {}
    for paper in shipment.papers:
        for one in (*paper.every("commodity_codes"), *paper.items("commodity_code")):
            if one.value:
                found.setdefault((one.document_id, one.value), one)
    return tuple(found.values())


def same_code(left: str, right: str) -> bool:
    """Equal at the length of the shorter: 870899 is what 87089990 begins with."""
    shorter = min(len(left), len(right))
    return left[:shorter] == right[:shorter]


def is_code(text: str) -> bool:
    """HS and CN codes have 4 to 10 digits."""
    return text.isascii() and text.isdigit() and _SHORTEST_CODE <= len(text) <= _LONGEST_CODE


def compare_codes(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """Every code of a paper has its counterpart in every other paper that states codes."""
    values = commodity_codes(shipment)
    if bad := next((one for one in values if not is_code(one.value)), None):
        return unreadable(rules, rule, shipment, values, bad)
    if writers(values) < 2:
        return not_compared(rules, rule, shipment, values)
    papers = {one.document_id: one.title for one in values}
    for one in values:
        for other, title in papers.items():
            if not any(same_code(one.value, another.value) for another in values if another.document_id == other):
                sentence = f"{label(rule)}: {says(values)}; {one.value} of the {one.title} has no counterpart on the {title}."
                return failed(rule, shipment, values, sentence, "CODES_DIFFER")
    return clear(rule, shipment, values, f"{label(rule)}: {says(values)}; they must agree at the length of the shorter code, and do.")


def compare_preference(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """Whoever claims a preferential tariff shows the proof of origin that it rests on, and the one it names."""
    claims = tuple(one for paper in shipment.papers if (one := paper.stated("preference")).value and not one.value.startswith(rules.no_preference))
    proofs = shipment.having([CERTIFICATE])
    if not claims:
        return clear(rule, shipment, (), f"{label(rule)}: no paper claims a preferential tariff, so none needs a proof of origin.", papers=0)
    if not proofs:
        sentence = f"{label(rule)}: the {says(claims)} claims a preference, and no certificate of origin is there."
        return failed(rule, shipment, claims, sentence, "PROOF_MISSING", papers=0)
    named = tuple(one for paper in shipment.papers if (one := paper.stated("proof_number")).value)
    shown = {folded(one.value) for one in named if one.document_type == CERTIFICATE}
    if foreign := [one for one in named if shown and folded(one.value) not in shown]:
        sentence = f"{label(rule)}: {says(named)}; {says(foreign)} is not the certificate that is there."
        return failed(rule, shipment, (*claims, *named), sentence, "PROOF_DIFFERS", papers=0)
    sentence = f"{label(rule)}: the {says(claims)} claims a preference, and a certificate of origin is there."
    return clear(rule, shipment, (*claims, *named), sentence, papers=0)


def compare_dates(rules: Rules, rule: Rule, shipment: Shipment) -> Comparison:
    """Goods are invoiced, then taken over by the carrier, then declared; on one day at the earliest."""
    steps = tuple(_dates(shipment, [kind], name) for kind, name in ((INVOICE, "invoice_date"), (CMR, "issue_date")))
    steps += (_dates(shipment, DECLARATIONS, "issue_date"),)
    values = tuple(one for step in steps for one in step)
    if bad := next((one for one in values if day(one.value) is None), None):
        return unreadable(rules, rule, shipment, values, bad)
    told = [step for step in steps if step]
    if len(told) < 2:
        return not_compared(rules, rule, shipment, values)
    for earlier, later in pairwise(told):
        late, early = max(earlier, key=lambda one: one.value), min(later, key=lambda one: one.value)
        if late.value > early.value:
            sentence = f"{label(rule)}: the {late.title} is of {late.value}, the {early.title} of {early.value}; it must not be earlier."
            return failed(rule, shipment, values, sentence, "DATES_OUT_OF_ORDER")
    return clear(rule, shipment, values, f"{label(rule)}: {says(values)}; they are in the order invoice, transport, declaration.")


def day(text: str) -> date | None:
    """An ISO date; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _dates(shipment: Shipment, kinds: tuple[str, ...] | list[str], name: str) -> tuple[Stated, ...]:
    return tuple(one for paper in shipment.having(kinds) if (one := paper.stated(name)).value)
