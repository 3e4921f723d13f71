"""Score, floors, level, recommendation."""

from __future__ import annotations

from collections.abc import Sequence

from trustrelay.osint_service.domain.model import HitStatus, Outcome
from trustrelay.osint_service.domain.risk.factors import GROUP_WEIGHTS, MANDATORY, RULES, SANCTION, Rule
from trustrelay.osint_service.domain.risk.model import Assessment, Factor, Facts, Level, Recommendation

MEDIUM_FROM, HIGH_FROM = 0.3, 0.55


def assess(facts: Facts) -> Assessment:
    """Score = Σ weight × value; then the highest floor of any factor present. A floor is never outweighed."""
    factors = tuple(_factor(rule, facts) for rule in RULES)
    score = sum(factor.weight * factor.value for factor in factors)
    return Assessment(level(score, factors), round(score, 4), factors, recommend(facts))


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
    """REJECT for a confirmed sanction; FOLLOW_UP while a hit is open, a mandatory check was not made or the company is not active."""
    sanctioned = any(SANCTION in hit.topics and hit.status is HitStatus.TRUE_MATCH for hit in facts.hits)
    if sanctioned:
        return Recommendation.REJECT
    still_open = any(hit.status is HitStatus.OPEN for hit in facts.hits)
    blocked = any(
        (c.outcome is Outcome.NOT_ASSESSED and not c.overridden) or c.outcome is Outcome.FAILED for c in facts.checks if c.kind in MANDATORY
    )
    return Recommendation.FOLLOW_UP if still_open or blocked else Recommendation.APPROVE
