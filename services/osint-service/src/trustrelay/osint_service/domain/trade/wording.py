"""The sentence that an officer reads under a comparison, and the comparison around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trustrelay.osint_service.domain.model import Outcome, Severity
from trustrelay.osint_service.domain.trade.model import Comparison, Shipment, Stated
from trustrelay.osint_service.domain.trade.rules import Rule, Rules

MISSING, UNREADABLE = "FEWER_THAN_TWO_DOCUMENTS", "VALUE_UNREADABLE"


def clear(rule: Rule, shipment: Shipment, values: Sequence[Stated], sentence: str, papers: int = 2) -> Comparison:
    """They agree."""
    return Comparison(rule.name, rule.rule_id, Outcome.CLEAR, sentence, tuple(values), mandatory=rule.is_mandatory(shipment, papers))


def failed(
    rule: Rule, shipment: Shipment, values: Sequence[Stated], sentence: str, reason: str, severity: Severity | None = None, papers: int = 2
) -> Comparison:
    """They do not."""
    mandatory = rule.is_mandatory(shipment, papers)
    return Comparison(rule.name, rule.rule_id, Outcome.FAILED, sentence, tuple(values), reason, severity or rule.severity, mandatory)


def not_compared(rules: Rules, rule: Rule, shipment: Shipment, values: Sequence[Stated], papers: int = 2) -> Comparison:
    """Fewer papers state it than a comparison needs."""
    who = f"only the {says(values)} states it" if values else "no paper states it"
    need = "needs two papers that state it" if papers > 1 else "cannot be made"
    sentence = f"{label(rule)}: {who}; the comparison {need}. Not assessed."
    mandatory = rule.is_mandatory(shipment, papers)
    return Comparison(
        rule.name, rule.rule_id, Outcome.NOT_ASSESSED, sentence, tuple(values), MISSING if papers > 1 else "NOT_STATED",
        rules.not_assessed_severity, mandatory,
    )  # fmt: skip


def unreadable(rules: Rules, rule: Rule, shipment: Shipment, values: Sequence[Stated], broken: Stated) -> Comparison:
    """A value that is there, and is none of its kind: it keeps the shipment waiting, whatever the rule says of absent ones."""
    sentence = f"{label(rule)}: the {broken.title} says “{broken.value}”, which cannot be read as a value of its kind. Not assessed."
    return Comparison(rule.name, rule.rule_id, Outcome.NOT_ASSESSED, sentence, tuple(values), UNREADABLE, rules.not_assessed_severity, True)


def label(rule: Rule) -> str:
    """The field as a sentence begins with it."""
    words = rule.name.removesuffix("_kg").replace("_", " ").replace("eori", "EORI")
    return words[0].upper() + words[1:]


def says(values: Iterable[Stated], unit: str = "") -> str:
    """ "packing list 1200 kg, CMR 1260 kg"."""
    return ", ".join(f"{one.title} {one.value}{f' {unit}' if unit else ''}" for one in values)
