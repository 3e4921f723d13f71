"""Risk and automation rules, by example and by property."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustrelay.osint_service.domain.model import Check, Finding, HitStatus, Outcome, Party, PartyType, Profile, Role, Severity, Subject
from trustrelay.osint_service.domain.risk.assess import HIGH_FROM, assess, level
from trustrelay.osint_service.domain.risk.countries import EU_HIGH_RISK, FATF_BLACK, FATF_GREY, TABLE, lists_naming
from trustrelay.osint_service.domain.risk.factors import GROUP_WEIGHTS, MANDATORY, RULES
from trustrelay.osint_service.domain.risk.model import Assessment, Factor, Facts, JudgedHit, Level, Recommendation, Tier
from trustrelay.osint_service.domain.risk.tier import assign_tier

TODAY = date(2026, 11, 22)
OWNER = Party("p1", PartyType.PERSON, "Ann Ysewyn", frozenset({Role.OWNER}), nationality="BE", share="1")
CLEAN = Facts(
    subject=Subject(PartyType.COMPANY, "Zonnebeek NV", "BE"),
    profiles=(Profile("kbo", start_date="2009-02-01", activity_codes=("2008:62010",)),),
    parties=(OWNER,),
    checks=tuple(Check(kind, Outcome.CLEAR) for kind in sorted(MANDATORY)),
    findings=(),
    hits=(),
    as_of=TODAY,
)


def hit(topic: str, status: HitStatus) -> JudgedHit:
    return JudgedHit("p1", (topic,), status)


def value_of(assessment: Assessment, name: str) -> float:
    return next(factor.value for factor in assessment.factors if factor.name == name)


def test_a_clean_company_is_low_and_approved() -> None:
    """Known owners, ordinary trade, no hits: LOW, APPROVE, every factor shown."""
    result = assess(CLEAN)
    assert (result.level, result.recommendation) == (Level.LOW, Recommendation.APPROVE)
    assert [factor.name for factor in result.factors] == [rule.name for rule in RULES]
    assert result.score == pytest.approx(sum(f.value * f.weight for f in result.factors), abs=1e-4)


@pytest.mark.parametrize(
    ("topic", "status", "least", "recommendation"),
    [
        ("sanction", HitStatus.TRUE_MATCH, Level.HIGH, Recommendation.REJECT),
        ("sanction", HitStatus.OPEN, Level.HIGH, Recommendation.FOLLOW_UP),
        ("sanction", HitStatus.DISMISSED, Level.LOW, Recommendation.APPROVE),
        ("sanction", HitStatus.FALSE_POSITIVE, Level.LOW, Recommendation.APPROVE),
        ("role.pep", HitStatus.TRUE_MATCH, Level.HIGH, Recommendation.APPROVE),
        ("role.pep", HitStatus.OPEN, Level.MEDIUM, Recommendation.FOLLOW_UP),
    ],
)
def test_hits_set_floors_and_recommendation(topic: str, status: HitStatus, least: Level, recommendation: Recommendation) -> None:
    """A confirmed sanction rejects, a confirmed official is high risk yet approvable, a dismissed namesake weighs nothing."""
    result = assess(replace(CLEAN, hits=(hit(topic, status),)))
    assert (result.level, result.recommendation) == (least, recommendation)


def test_adverse_media_is_at_least_medium_and_cites_its_evidence() -> None:
    """The factor names the evidence that its check rests on, each once."""
    check = Check("adverse_media", Outcome.HIT, party_id="p1", evidence_ids=("gdelt:1", "gdelt:1"))
    result = assess(replace(CLEAN, checks=(*CLEAN.checks, check)))
    factor = next(f for f in result.factors if f.name == "adverse_media")
    assert (result.level, factor.evidence_ids, factor.floor) == (Level.MEDIUM, ("gdelt:1",), Level.MEDIUM)


@pytest.mark.parametrize("facts", [
    replace(CLEAN, subject=replace(CLEAN.subject, country="IR")),
    replace(CLEAN, parties=(replace(OWNER, nationality="KP"),)),
    replace(CLEAN, subject=replace(CLEAN.subject, declared_parties=(replace(OWNER, nationality="AF"),))),
])  # fmt: skip
def test_a_high_risk_country_cannot_be_outweighed(facts: Facts) -> None:
    """Of the subject or of any party."""
    assert assess(facts).level is Level.HIGH


def test_a_monitored_country_is_at_least_medium() -> None:
    """Increased monitoring is no prohibition."""
    assert assess(replace(CLEAN, parties=(replace(OWNER, nationality="KW"),))).level is Level.MEDIUM


def test_country_lists_are_dated() -> None:
    """A country is on a list from a day until a day."""
    assert FATF_GREY not in lists_naming("IQ", date(2026, 5, 31))
    assert FATF_GREY in lists_naming("iq", date(2026, 6, 1))
    assert FATF_GREY in lists_naming("DZ", date(2026, 5, 31))
    assert lists_naming("DZ", date(2026, 6, 1)) == {EU_HIGH_RISK}
    assert lists_naming("KP", TODAY) == {EU_HIGH_RISK, FATF_BLACK}
    assert lists_naming("BE", TODAY) == lists_naming("", TODAY) == frozenset()
    assert all(row.act and (row.until is None or row.since < row.until) for row in TABLE)


@pytest.mark.parametrize(
    ("facts", "factor", "value"),
    [
        (replace(CLEAN, parties=()), "opaque_ownership", 1.0),
        (replace(CLEAN, parties=(replace(OWNER, type=PartyType.COMPANY),)), "opaque_ownership", 0.6),
        (replace(CLEAN, findings=(Finding("u", "unverified_ownership", Severity.MEDIUM, ""),)), "opaque_ownership", 0.5),
        (replace(CLEAN, findings=(Finding("d", "discrepancy_share", Severity.HIGH, ""),)), "discrepancies", 0.7),
        (replace(CLEAN, findings=(Finding("a", "adverse_media", Severity.HIGH, ""),)), "discrepancies", 0.0),
        (replace(CLEAN, findings=(Finding("c", "discrepancy_owner_missing", Severity.CRITICAL, ""),)), "critical_finding", 1.0),
        (replace(CLEAN, profiles=(Profile("kbo", start_date="2026-06-01"),)), "young_company", 1.0),
        (replace(CLEAN, profiles=(Profile("kbo", start_date="soon"),)), "young_company", 0.0),
        (replace(CLEAN, profiles=()), "activity", 0.4),
        (replace(CLEAN, profiles=(Profile("kbo", activity_codes=("2008:92000",)),)), "activity", 1.0),
        (replace(CLEAN, parties=(OWNER, replace(OWNER, nationality="PT"))), "foreign_parties", 0.5),
        (replace(CLEAN, parties=(replace(OWNER, nationality=""),)), "foreign_parties", 0.0),
        (replace(CLEAN, checks=(Check("registry_status", Outcome.FAILED, "COMPANY_NOT_FOUND"),)), "not_active_in_register", 1.0),
        (replace(CLEAN, checks=(Check("pep_screening", Outcome.NOT_ASSESSED, "LIST_UNAVAILABLE"),)), "not_assessed", 1.0),
        (replace(CLEAN, checks=(Check("lei_gleif", Outcome.NOT_ASSESSED, "NO_LEI_ON_RECORD"),)), "not_assessed", 0.0),
    ],
)
def test_factors(facts: Facts, factor: str, value: float) -> None:
    """Each factor sees its own facts."""
    assert value_of(assess(facts), factor) == pytest.approx(value)


def test_a_mandatory_check_that_was_not_made_asks_for_follow_up_until_overridden() -> None:
    """Nobody looked is no approval; an officer's override lifts it; a company that is not active is not approved."""
    missing = Check("sanctions_screening", Outcome.NOT_ASSESSED, "LIST_UNAVAILABLE")
    assert assess(replace(CLEAN, checks=(missing,))).recommendation is Recommendation.FOLLOW_UP
    overridden = replace(missing, overridden=True)
    assert assess(replace(CLEAN, checks=(overridden,))).recommendation is Recommendation.APPROVE
    stopped = Check("registry_status", Outcome.FAILED, "COMPANY_NOT_ACTIVE")
    assert assess(replace(CLEAN, checks=(stopped,))).recommendation is Recommendation.FOLLOW_UP


def test_weights_are_a_whole_and_nothing_dominates() -> None:
    """Weights sum to one; no single factor decides the level by its score; HIGH can be reached by score alone."""
    weights = [GROUP_WEIGHTS[rule.group] * rule.weight for rule in RULES]
    assert sum(weights) == pytest.approx(1.0)
    assert max(weights) <= 0.2
    assert sum(weights) >= HIGH_FROM


_VALUES = st.lists(st.floats(0, 1), min_size=len(RULES), max_size=len(RULES))


def _factors(values: list[float]) -> list[Factor]:
    return [
        Factor(rule.group, rule.name, value, GROUP_WEIGHTS[rule.group] * rule.weight, rule.floor if value > 0 else None)
        for rule, value in zip(RULES, values, strict=True)
    ]


def _level(values: list[float]) -> Level:
    factors = _factors(values)
    return level(sum(f.weight * f.value for f in factors), factors)


@settings(deadline=None)
@given(_VALUES, st.integers(0, len(RULES) - 1), st.floats(0, 1))
def test_more_risk_never_lowers_the_level(values: list[float], position: int, higher: float) -> None:
    """Monotone in every factor."""
    raised = [*values]
    raised[position] = max(values[position], higher)
    assert _level(raised) >= _level(values)


@settings(deadline=None)
@given(_VALUES)
def test_a_floor_is_never_outweighed(values: list[float]) -> None:
    """Whatever else is true, the level is at least the floor of each factor present."""
    assert all(_level(values) >= rule.floor for rule, value in zip(RULES, values, strict=True) if rule.floor is not None and value > 0)


_HITS = st.builds(JudgedHit, st.just("p1"), st.sampled_from([("sanction",), ("role.pep",)]), st.sampled_from(HitStatus))
_FINDINGS = st.builds(Finding, st.text(max_size=3), st.sampled_from(["adverse_media", "discrepancy_share"]), st.sampled_from(Severity), st.just(""))


@settings(deadline=None)
@given(st.lists(_HITS, max_size=3), st.lists(_FINDINGS, max_size=3), _HITS, _FINDINGS)
def test_another_hit_or_finding_never_lowers_risk(hits: list[JudgedHit], found: list[Finding], more: JudgedHit, worse: Finding) -> None:
    """Adding suspicion adds risk or leaves it."""
    before = assess(replace(CLEAN, hits=tuple(hits), findings=tuple(found)))
    after = assess(replace(CLEAN, hits=(*hits, more), findings=(*found, worse)))
    assert after.level >= before.level
    assert after.score >= before.score


@pytest.mark.parametrize(
    ("cases", "agreement", "tier", "rule"),
    [
        (0, 0.0, Tier.FULL_REVIEW, "earned/not-yet@1"),
        (19, 1.0, Tier.FULL_REVIEW, "earned/not-yet@1"),
        (20, 0.85, Tier.FULL_REVIEW, "earned/not-yet@1"),
        (20, 0.86, Tier.ASSISTED, "earned/assisted@1"),
        (50, 0.92, Tier.ASSISTED, "earned/assisted@1"),
        (50, 0.93, Tier.AUTONOMOUS, "earned/autonomous@1"),
    ],
)
def test_tiers_are_earned(cases: int, agreement: float, tier: Tier, rule: str) -> None:
    """By enough decided cases and enough agreement, both above the line."""
    verdict = assign_tier(Level.LOW, (), (), cases, agreement)
    assert (verdict.tier, verdict.rule) == (tier, rule)


@pytest.mark.parametrize(
    ("risk", "factors", "hits", "tier", "rule"),
    [
        (Level.LOW, (), (hit("role.pep", HitStatus.OPEN),), Tier.FULL_REVIEW, "governance/list-hit@1"),
        (Level.LOW, (), (hit("sanction", HitStatus.TRUE_MATCH),), Tier.FULL_REVIEW, "governance/list-hit@1"),
        (Level.LOW, (), (hit("sanction", HitStatus.DISMISSED),), Tier.AUTONOMOUS, "earned/autonomous@1"),
        (Level.LOW, (Factor("customer", "critical_finding", 1.0, 0.02),), (), Tier.FULL_REVIEW, "governance/critical-finding@1"),
        (Level.LOW, (Factor("customer", "critical_finding", 0.0, 0.02),), (), Tier.AUTONOMOUS, "earned/autonomous@1"),
        (None, (), (), Tier.FULL_REVIEW, "governance/risk-unknown@1"),
        (Level.HIGH, (), (), Tier.ASSISTED, "governance/high-risk@1"),
        (Level.MEDIUM, (), (), Tier.AUTONOMOUS, "earned/autonomous@1"),
    ],
)
def test_governance_caps_what_was_earned(risk: Level | None, factors: tuple[Factor, ...], hits: tuple[JudgedHit, ...], tier: Tier, rule: str) -> None:
    """Hits, critical findings and unknown risk need an officer; high risk is never autonomous."""
    verdict = assign_tier(risk, factors, hits, 100, 1.0)
    assert (verdict.tier, verdict.rule) == (tier, rule)
