"""Score, floors, level, recommendation."""

from __future__ import annotations

from collections.abc import Sequence

from trustrelay.osint_service.domain.model import Check, HitStatus, Outcome, PartyType
from trustrelay.osint_service.domain.risk import factors as company
from trustrelay.osint_service.domain.risk import persons
from trustrelay.osint_service.domain.risk.factors import GROUP_WEIGHTS, IDENTITY, SANCTION, Rule, mandatory_kinds
from trustrelay.osint_service.domain.risk.model import Assessment, Factor, Facts, Level, Recommendation

MEDIUM_FROM, HIGH_FROM = 0.3, 0.55
# What was declared and proved wrong is no approval, even where a template does not demand the check.
_FAILURE_STOPS = frozenset({"eori", "iban_format", "field", IDENTITY})


def assess(facts: Facts) -> Assessment:
    """Score = Σ weight × value; then the highest floor of any factor present. A floor is never outweighed."""
    factors = tuple(_factor(rule, facts) for rule in rules_for(facts.subject.type))
    score = sum(factor.weight * factor.value for factor in factors)
    return Assessment(level(score, factors), round(score, 4), factors, recommend(facts))


def rules_for(subject: PartyType) -> tuple[Rule, ...]:
    """The rules of the model that judges this type of subject."""
    return persons.RULES if subject is PartyType.PERSON else company.RULES


def model_version(subject: PartyType) -> str:
    """Name and version of that model."""
    return persons.MODEL_VERSION if subject is PartyType.PERSON else company.MODEL_VERSION


def _factor(rule: Rule, facts: Facts) -> Factor:
    value = rule.value(facts)
    ids = tuple(i for check in facts.checks if value and rule.check_kind and check.kind == rule.check_kind for i in check.evidence_ids)
    floor = rule.floor if value > 0 else None
    return Factor(rule.group, rule.name, value, GROUP_WEIGHTS[rule.group] * rule.weight, floor, tuple(dict.fromkeys(ids)))


def level(score: float, factors: Sequence[Factor]) -> Level:
    """The level of the score, raised to the highest floor."""
    by_score = Level.HIGH if score >= HIGH_FROM else Level.MEDIUM if score >= MEDIUM_FROM else Level.LOW
    return max(by_score, *(factor.floor for factor in factors if factor.floor is not None), Level.LOW)


def recommend(facts: Facts) -> Recommendation:
    """REJECT for a confirmed sanction; FOLLOW_UP while a hit is open, a mandatory check was not made, or what was declared failed its check."""
    sanctioned = any(SANCTION in hit.topics and hit.status is HitStatus.TRUE_MATCH for hit in facts.hits)
    if sanctioned:
        return Recommendation.REJECT
    still_open = any(hit.status is HitStatus.OPEN for hit in facts.hits)
    mandatory = mandatory_kinds(facts.subject.type)
    return Recommendation.FOLLOW_UP if still_open or any(_stops(check, mandatory) for check in facts.checks) else Recommendation.APPROVE


def _stops(check: Check, mandatory: frozenset[str]) -> bool:
    if check.outcome is Outcome.FAILED:
        return check.kind in mandatory | _FAILURE_STOPS
    return check.outcome is Outcome.NOT_ASSESSED and check.kind in mandatory and not check.overridden
