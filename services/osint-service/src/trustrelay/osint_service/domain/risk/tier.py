"""How much of the requirements gate a machine may open: earned by agreement, capped by governance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trustrelay.osint_service.domain.model import HitStatus
from trustrelay.osint_service.domain.risk.factors import CRITICAL_FINDING
from trustrelay.osint_service.domain.risk.model import Factor, JudgedHit, Level, Tier

# (tier, decided cases at least, agreement above), the most demanding first.
_EARNED = ((Tier.AUTONOMOUS, 50, 0.92), (Tier.ASSISTED, 20, 0.85))


@dataclass(frozen=True, slots=True)
class TierVerdict:
    """`rule` is the id of the rule that set the tier."""

    tier: Tier
    rule: str


def assign_tier(level: Level | None, factors: Sequence[Factor], hits: Iterable[JudgedHit], decided_cases: int, agreement: float) -> TierVerdict:
    """`level` None = risk was not assessed: an officer looks. `agreement` 0..1.

    No model of the probability of a floor is calibrated yet, and none is made up: a floor that applies is certain, and needs an officer.
    """
    if any(hit.status in (HitStatus.OPEN, HitStatus.TRUE_MATCH) for hit in hits):
        return TierVerdict(Tier.FULL_REVIEW, "governance/list-hit@1")
    if any(factor.name == CRITICAL_FINDING and factor.value > 0 for factor in factors):
        return TierVerdict(Tier.FULL_REVIEW, "governance/critical-finding@1")
    if any(factor.floor is not None and factor.value > 0 for factor in factors):
        return TierVerdict(Tier.FULL_REVIEW, "governance/risk-floor@1")
    if level is None:
        return TierVerdict(Tier.FULL_REVIEW, "governance/risk-unknown@1")
    earned = _earned(decided_cases, agreement)
    if level is Level.HIGH and earned.tier > Tier.ASSISTED:
        return TierVerdict(Tier.ASSISTED, "governance/high-risk@1")
    return earned


def _earned(decided_cases: int, agreement: float) -> TierVerdict:
    for tier, cases, above in _EARNED:
        if decided_cases >= cases and agreement > above:
            return TierVerdict(tier, f"earned/{tier.name.lower()}@1")
    return TierVerdict(Tier.FULL_REVIEW, "earned/not-yet@1")
