"""Risk of natural persons: same floors as companies, monotone, nothing dominates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustrelay.osint_service.domain.model import Check, Finding, HitStatus, Outcome, Party, PartyType, Role, Severity, Subject
from trustrelay.osint_service.domain.risk import factors as company
from trustrelay.osint_service.domain.risk import persons
from trustrelay.osint_service.domain.risk.assess import HIGH_FROM, assess, level, model_version, rules_for
from trustrelay.osint_service.domain.risk.factors import GROUP_WEIGHTS, MANDATORY_OF_PERSONS
from trustrelay.osint_service.domain.risk.model import Factor, Facts, JudgedHit, Level, Recommendation, Tier
from trustrelay.osint_service.domain.risk.tier import assign_tier

TODAY = date(2026, 11, 22)
PERSON = Subject(PartyType.PERSON, "Ann Ysewyn", "BE", birth_date="1961-05-14", nationality="BE")
CLEAN = Facts(PERSON, (), (), tuple(Check(kind, Outcome.CLEAR) for kind in sorted(MANDATORY_OF_PERSONS)), (), (), TODAY)


def hit(topic: str, status: HitStatus) -> JudgedHit:
    return JudgedHit("p1", (topic,), status)


def value_of(facts: Facts, name: str) -> float:
    return next(factor.value for factor in assess(facts).factors if factor.name == name)


def test_an_identified_resident_is_low_and_approved() -> None:
    """A verified person without hits is LOW; what only companies have (owners, register, age) weighs nothing."""
    result = assess(CLEAN)
    assert (result.level, result.recommendation) == (Level.LOW, Recommendation.APPROVE)
    assert {factor.group for factor in result.factors} == {"customer", "geography", "product", "delivery_channel"}
    assert not {factor.name for factor in result.factors} & {"opaque_ownership", "young_company", "not_active_in_register", "activity"}
    assert (model_version(PartyType.PERSON), model_version(PartyType.COMPANY)) == ("risk-kyc@1", "risk-kyb@1")


def test_the_floors_are_those_of_companies() -> None:
    """A hit or a listed country sets the same least level, whoever the subject is."""
    shared = {rule.name: rule.floor for rule in company.RULES if rule.floor is not None and rule.name != "not_active_in_register"}
    assert shared == {rule.name: rule.floor for rule in persons.RULES if rule.floor is not None and rule.name != "identity_failed"}


@pytest.mark.parametrize(
    ("facts", "least", "recommendation"),
    [
        (replace(CLEAN, hits=(hit("sanction", HitStatus.TRUE_MATCH),)), Level.HIGH, Recommendation.REJECT),
        (replace(CLEAN, hits=(hit("role.pep", HitStatus.TRUE_MATCH),)), Level.HIGH, Recommendation.APPROVE),
        (replace(CLEAN, hits=(hit("role.pep", HitStatus.OPEN),)), Level.MEDIUM, Recommendation.FOLLOW_UP),
        (replace(CLEAN, subject=replace(PERSON, nationality="IR")), Level.HIGH, Recommendation.APPROVE),
        (replace(CLEAN, subject=replace(PERSON, country="KP")), Level.HIGH, Recommendation.APPROVE),
        (replace(CLEAN, subject=replace(PERSON, nationality="KW")), Level.MEDIUM, Recommendation.APPROVE),
        (replace(CLEAN, checks=(Check("adverse_media", Outcome.HIT),)), Level.MEDIUM, Recommendation.APPROVE),
        (replace(CLEAN, checks=(Check("identity_verification", Outcome.FAILED, "IDENTITY_MISMATCH"),)), Level.HIGH, Recommendation.FOLLOW_UP),
        (replace(CLEAN, checks=(Check("identity_verification", Outcome.NOT_ASSESSED, "X"),)), Level.LOW, Recommendation.FOLLOW_UP),
        (replace(CLEAN, checks=(Check("registry_status", Outcome.NOT_ASSESSED, "X"),)), Level.LOW, Recommendation.APPROVE),
        (replace(CLEAN, checks=(Check("field", Outcome.FAILED, "BE_NRN_INVALID", about="nn"),)), Level.LOW, Recommendation.FOLLOW_UP),
    ],
)
def test_what_is_known_of_a_person_sets_level_and_recommendation(facts: Facts, least: Level, recommendation: Recommendation) -> None:
    """Nationality and residence count alike; another's identity is high risk; what was not checked is no approval."""
    result = assess(facts)
    assert (result.level, result.recommendation) == (least, recommendation)


def test_ordinary_factors_see_their_own_facts() -> None:
    """Living abroad, an unverified identity and findings raise their factor alone."""
    assert value_of(replace(CLEAN, subject=replace(PERSON, nationality="PT")), "lives_abroad") == 1.0
    assert value_of(replace(CLEAN, subject=replace(PERSON, nationality="")), "lives_abroad") == 0.0
    assert value_of(replace(CLEAN, checks=()), "remote_onboarding") > value_of(CLEAN, "remote_onboarding")
    assert value_of(replace(CLEAN, findings=(Finding("f", "identity_mismatch", Severity.CRITICAL, ""),)), "critical_finding") == 1.0
    assert value_of(replace(CLEAN, checks=(Check("pep_screening", Outcome.NOT_ASSESSED, "X"),)), "not_assessed") == 1.0


def test_a_failed_number_of_a_customs_client_is_no_approval() -> None:
    """A wrong EORI or IBAN asks for follow-up, though no company check failed; one that nobody could verify does not by itself."""
    client = replace(CLEAN, subject=Subject(PartyType.COMPANY, "Zonnebeek NV", "BE"))
    for kind in ("eori", "iban_format"):
        assert assess(replace(client, checks=(Check(kind, Outcome.FAILED, "X"),))).recommendation is Recommendation.FOLLOW_UP
        assert assess(replace(client, checks=(Check(kind, Outcome.NOT_ASSESSED, "X"),))).recommendation is Recommendation.APPROVE


def test_the_weights_of_persons_are_a_whole_and_nothing_dominates() -> None:
    """Weights sum to one; no single factor decides by its score; HIGH can be reached by score alone."""
    weights = [GROUP_WEIGHTS[rule.group] * rule.weight for rule in persons.RULES]
    assert sum(weights) == pytest.approx(1.0)
    assert max(weights) <= 0.2
    assert sum(weights) >= HIGH_FROM


_VALUES = st.lists(st.floats(0, 1), min_size=len(persons.RULES), max_size=len(persons.RULES))


def _level(values: list[float]) -> Level:
    rules = rules_for(PartyType.PERSON)
    factors = [
        Factor(rule.group, rule.name, value, GROUP_WEIGHTS[rule.group] * rule.weight, rule.floor if value > 0 else None)
        for rule, value in zip(rules, values, strict=True)
    ]
    return level(sum(f.weight * f.value for f in factors), factors)


@settings(deadline=None)
@given(_VALUES, st.integers(0, len(persons.RULES) - 1), st.floats(0, 1))
def test_more_risk_never_lowers_a_persons_level(values: list[float], position: int, higher: float) -> None:
    """Monotone in every factor, and never below the floor of one that is present."""
    raised = [*values]
    raised[position] = max(values[position], higher)
    assert _level(raised) >= _level(values)
    assert all(_level(values) >= rule.floor for rule, value in zip(persons.RULES, values, strict=True) if rule.floor is not None and value > 0)


_HITS = st.builds(JudgedHit, st.just("p1"), st.sampled_from([("sanction",), ("role.pep",)]), st.sampled_from(HitStatus))
_COUNTRIES = st.sampled_from(["BE", "PT", "KW", "IR"])
_PARTIES = st.builds(Party, st.just("p2"), st.just(PartyType.PERSON), st.just("x"), st.just(frozenset({Role.DIRECTOR})), nationality=_COUNTRIES)


@settings(deadline=None)
@given(st.sampled_from(list(PartyType)), _COUNTRIES, st.lists(_HITS, max_size=3), st.lists(_PARTIES, max_size=2), _HITS, st.sampled_from(Severity))
def test_more_suspicion_never_lowers_risk_of_anybody(
    kind: PartyType, country: str, hits: list[JudgedHit], parties: list[Party], more: JudgedHit, severity: Severity
) -> None:
    """Another hit and another finding add risk or leave it, for persons and companies alike."""
    subject = replace(PERSON, type=kind, nationality=country)
    before = assess(replace(CLEAN, subject=subject, hits=tuple(hits), parties=tuple(parties)))
    worse = Finding("f", "discrepancy_share", severity, "")
    after = assess(replace(CLEAN, subject=subject, hits=(*hits, more), parties=tuple(parties), findings=(worse,)))
    assert after.level >= before.level
    assert after.score >= before.score


def test_a_floor_that_applies_needs_an_officer() -> None:
    """Its probability is certain, so that no earned tier opens the gate; a factor without value has no floor."""
    floor = Factor("geography", "monitored_country", 1.0, 0.06, Level.MEDIUM)
    assert assign_tier(Level.MEDIUM, [floor], [], 100, 1.0).rule == "governance/risk-floor@1"
    assert assign_tier(Level.MEDIUM, [replace(floor, value=0.0)], [], 100, 1.0).tier is Tier.AUTONOMOUS
