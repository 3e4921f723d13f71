"""Risk factors of model risk-kyc@1, for natural persons: the company model's groups and floors, without what only companies have."""

from __future__ import annotations

from trustrelay.osint_service.domain.model import HitStatus, Outcome
from trustrelay.osint_service.domain.risk.countries import EU_HIGH_RISK, FATF_BLACK, FATF_GREY
from trustrelay.osint_service.domain.risk.factors import (
    CRITICAL_FINDING,
    IDENTITY,
    PEP,
    SANCTION,
    Rule,
    critical,
    discrepancies,
    hit,
    not_assessed,
    on_lists,
    outcome,
)
from trustrelay.osint_service.domain.risk.model import Facts, Level

MODEL_VERSION = "risk-kyc@1"
# Nothing in the case says which product the person wants.
_UNKNOWN_PRODUCT = 0.4
# Nobody met the customer: less of a risk once an identity provider has vouched for them.
_REMOTE_VERIFIED, _REMOTE_UNVERIFIED = 0.2, 0.8


def _lives_abroad(facts: Facts) -> float:
    return float(bool(facts.subject.nationality) and facts.subject.nationality != facts.subject.country)


def _delivery(facts: Facts) -> float:
    return _REMOTE_VERIFIED if outcome(IDENTITY, Outcome.CLEAR)(facts) else _REMOTE_UNVERIFIED


RULES = (
    Rule("customer", "sanction_confirmed", 0.18, hit(SANCTION, HitStatus.TRUE_MATCH), Level.HIGH),
    Rule("customer", "sanction_hit_open", 0.13, hit(SANCTION, HitStatus.OPEN), Level.HIGH),
    Rule("customer", "pep_confirmed", 0.16, hit(PEP, HitStatus.TRUE_MATCH), Level.HIGH),
    Rule("customer", "pep_hit_open", 0.10, hit(PEP, HitStatus.OPEN), Level.MEDIUM),
    Rule("customer", "adverse_media", 0.13, outcome("adverse_media", Outcome.HIT), Level.MEDIUM, "adverse_media"),
    Rule("customer", CRITICAL_FINDING, 0.06, critical, Level.MEDIUM),
    Rule("customer", "discrepancies", 0.08, discrepancies),
    Rule("customer", "identity_failed", 0.11, outcome(IDENTITY, Outcome.FAILED), Level.HIGH, IDENTITY),
    Rule("customer", "not_assessed", 0.05, not_assessed),
    Rule("geography", "high_risk_country", 0.6, on_lists(EU_HIGH_RISK, FATF_BLACK), Level.HIGH),
    Rule("geography", "monitored_country", 0.25, on_lists(FATF_GREY), Level.MEDIUM),
    Rule("geography", "lives_abroad", 0.15, _lives_abroad),
    Rule("product", "product_unknown", 1.0, lambda _: _UNKNOWN_PRODUCT),
    Rule("delivery_channel", "remote_onboarding", 1.0, _delivery),
)
