"""Risk factors (structure of EBA/GL/2021/02): weights and floors are data, values are small rules over facts. RULES is model risk-kyb@1."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from trustrelay.osint_service.domain.model import Finding, HitStatus, Outcome, PartyType, Severity
from trustrelay.osint_service.domain.risk.countries import EU_HIGH_RISK, FATF_BLACK, FATF_GREY, lists_naming
from trustrelay.osint_service.domain.risk.model import Facts, Level

MODEL_VERSION = "risk-kyb@1"
SANCTION, PEP = "sanction", "role.pep"
CRITICAL_FINDING = "critical_finding"
GROUP_WEIGHTS = {"customer": 0.4, "geography": 0.25, "product": 0.2, "delivery_channel": 0.15}
_YOUNG_DAYS = 365
# NACE divisions that guidance names as exposed: money, gambling, precious goods, arms, real estate, crypto-adjacent services.
_EXPOSED_DIVISIONS = frozenset({"24", "25", "46", "64", "65", "66", "68", "92"})
_UNKNOWN_ACTIVITY, _ORDINARY_ACTIVITY = 0.4, 0.1
# Onboarding through the portal: nobody met the customer, registers and documents were checked.
_REMOTE = 0.4


@dataclass(frozen=True, slots=True)
class Rule:
    """`weight` is the share inside the group; `floor` is set by any value above 0."""

    group: str
    name: str
    weight: float
    value: Callable[[Facts], float]
    floor: Level | None = None
    check_kind: str = ""


def hit(topic: str, status: HitStatus) -> Callable[[Facts], float]:
    """1 when a hit of that topic has that status."""
    return lambda facts: float(any(topic in hit.topics and hit.status is status for hit in facts.hits))


def outcome(kind: str, is_it: Outcome) -> Callable[[Facts], float]:
    """1 when a check of that kind came out so."""
    return lambda facts: float(any(check.kind == kind and check.outcome is is_it for check in facts.checks))


def _worst(findings: Iterable[Finding]) -> float:
    scale = {Severity.MEDIUM: 0.3, Severity.HIGH: 0.7, Severity.CRITICAL: 1.0}
    return max((scale.get(finding.severity, 0.0) for finding in findings), default=0.0)


def discrepancies(facts: Facts) -> float:
    """By the worst finding that is no article."""
    return _worst(finding for finding in facts.findings if finding.kind != "adverse_media")


def critical(facts: Facts) -> float:
    """1 when any finding is critical."""
    return float(any(finding.severity is Severity.CRITICAL for finding in facts.findings))


def not_assessed(facts: Facts) -> float:
    """1 when nobody made a mandatory check, and no officer accepted that."""
    mandatory = mandatory_kinds(facts.subject.type)
    return float(any(c.outcome is Outcome.NOT_ASSESSED and c.kind in mandatory and not c.overridden for c in facts.checks))


def _opaque_ownership(facts: Facts) -> float:
    """Nobody is known to own the company, or companies own it, or a finding says that nobody verified it."""
    owners = [party for party in facts.parties if party.owns]
    if not owners:
        return 1.0
    unverified = any(finding.kind == "unverified_ownership" for finding in facts.findings)
    return max(0.6 * any(owner.type is PartyType.COMPANY for owner in owners), 0.5 * unverified)


def _young(facts: Facts) -> float:
    starts = [start for profile in facts.profiles if (start := _day(profile.start_date)) is not None]
    return float(bool(starts) and (facts.as_of - min(starts)).days < _YOUNG_DAYS)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def on_lists(*names: str) -> Callable[[Facts], float]:
    """1 when the subject or any party lives in, or is a national of, a country on one of the lists."""

    def value(facts: Facts) -> float:
        itself = {facts.subject.country, facts.subject.nationality}
        countries = itself | {*(p.nationality for p in facts.parties), *(p.nationality for p in facts.subject.declared_parties)}
        return float(any(lists_naming(country, facts.as_of) & set(names) for country in countries))

    return value


def _foreign_parties(facts: Facts) -> float:
    """Share of the parties with another nationality than the subject's country."""
    known = [party for party in facts.parties if party.nationality]
    return sum(party.nationality != facts.subject.country for party in known) / len(known) if known else 0.0


def _activity(facts: Facts) -> float:
    divisions = {code.partition(":")[2][:2] for profile in facts.profiles for code in profile.activity_codes}
    if not divisions:
        return _UNKNOWN_ACTIVITY
    return 1.0 if divisions & _EXPOSED_DIVISIONS else _ORDINARY_ACTIVITY


# Kinds without which nobody knows who the customer is; the case's own policy may demand more before approval.
MANDATORY = frozenset({"registry_status", "vat_vies", "sanctions_screening", "pep_screening", "adverse_media"})
IDENTITY = "identity_verification"
MANDATORY_OF_PERSONS = frozenset({IDENTITY, "sanctions_screening", "pep_screening", "adverse_media"})


def mandatory_kinds(subject: PartyType) -> frozenset[str]:
    """The kinds for this type of subject."""
    return MANDATORY_OF_PERSONS if subject is PartyType.PERSON else MANDATORY


RULES = (
    Rule("customer", "sanction_confirmed", 0.16, hit(SANCTION, HitStatus.TRUE_MATCH), Level.HIGH),
    Rule("customer", "sanction_hit_open", 0.12, hit(SANCTION, HitStatus.OPEN), Level.HIGH),
    Rule("customer", "pep_confirmed", 0.14, hit(PEP, HitStatus.TRUE_MATCH), Level.HIGH),
    Rule("customer", "pep_hit_open", 0.08, hit(PEP, HitStatus.OPEN), Level.MEDIUM),
    Rule("customer", "adverse_media", 0.12, outcome("adverse_media", Outcome.HIT), Level.MEDIUM, "adverse_media"),
    Rule("customer", CRITICAL_FINDING, 0.06, critical, Level.MEDIUM),
    Rule("customer", "discrepancies", 0.10, discrepancies),
    Rule("customer", "opaque_ownership", 0.08, _opaque_ownership),
    Rule("customer", "not_active_in_register", 0.06, outcome("registry_status", Outcome.FAILED), Level.MEDIUM, "registry_status"),
    Rule("customer", "not_assessed", 0.05, not_assessed),
    Rule("customer", "young_company", 0.03, _young),
    Rule("geography", "high_risk_country", 0.6, on_lists(EU_HIGH_RISK, FATF_BLACK), Level.HIGH),
    Rule("geography", "monitored_country", 0.25, on_lists(FATF_GREY), Level.MEDIUM),
    Rule("geography", "foreign_parties", 0.15, _foreign_parties),
    Rule("product", "activity", 1.0, _activity),
    Rule("delivery_channel", "remote_onboarding", 1.0, lambda _: _REMOTE),
)
