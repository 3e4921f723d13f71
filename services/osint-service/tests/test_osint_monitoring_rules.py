"""Which differences matter between two looks, and how much."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustrelay.osint_service.domain.model import HitStatus, Outcome, Party, PartyType, Profile, Role, Severity
from trustrelay.osint_service.domain.monitoring.changes import Before, before, changes
from trustrelay.osint_service.domain.monitoring.facts import (
    decided_facts,
    hit_key,
    number_seen,
    people_facts,
    registry_seen,
    screening_seen,
    vat_facts,
)
from trustrelay.osint_service.domain.monitoring.model import EORI, REGISTRY, SCREENING, VAT, KnownHit, Seen, listed, members
from trustrelay.osint_service.domain.screening.model import PEP, SANCTION, DatasetVersion, Hit

LOADED = (DatasetVersion("ofac_sdn", SANCTION, "ab"), DatasetVersion("pep", PEP, "cd"))


def then(**facts: str) -> Before:
    return Before({REGISTRY: facts}, frozenset())


def now(**facts: str) -> tuple[Seen, ...]:
    return (Seen(REGISTRY, Outcome.CLEAR, facts=facts),)


def hit(entity: str = "e-1", status: HitStatus = HitStatus.OPEN, topic: str = SANCTION) -> Hit:
    return Hit(f"hit-{entity}", "party-1", "ofac_sdn", entity, "Listed Person", (topic,), 0.97, status=status)


@pytest.mark.parametrize(("before_", "after", "severity"), [
    ("active", "opening van faillissement", Severity.CRITICAL),
    ("active", "stopped", Severity.CRITICAL),
    ("active", "not in the register", Severity.CRITICAL),
    ("opening van faillissement", "stopped", Severity.HIGH),
    ("stopped", "active", Severity.LOW),
])  # fmt: skip
def test_osint_status_that_is_active_no_more_weighs_most(before_: str, after: str, severity: Severity) -> None:
    """Whoever was approved and ends is critical; what ends further is high; what comes back is worth a line."""
    (change,) = changes(then(status=before_), now(status=after))
    assert (change.kind, change.severity, change.check_kind) == ("REGISTRY_CHANGED", severity, REGISTRY)
    assert [(one.fact, one.before, one.after) for one in change.facts] == [("status", before_, after)]


def test_osint_first_look_that_finds_an_end_is_news() -> None:
    """An approved company counts as active where nobody kept the register's word."""
    assert [change.severity for change in changes(Before({}, frozenset()), now(status="stopped"))] == [Severity.CRITICAL]
    assert changes(Before({}, frozenset()), now(status="active")) == ()


@pytest.mark.parametrize(("fact", "before_", "after", "severity"), [
    ("directors", "Ada Vermeiren", "Ada Vermeiren; Bo Claes", Severity.MEDIUM),
    ("owners", "Ada Vermeiren", "Bo Claes", Severity.MEDIUM),
    ("legal_name", "Zandloper Textiel", "Kwikzilver Logistiek", Severity.MEDIUM),
    ("legal_form", "Naamloze vennootschap", "Besloten Vennootschap", Severity.LOW),
    ("registered_address", "Dorpsstraat 1, 9000 Gent", "Kaai 8, 2000 Antwerpen", Severity.LOW),
    ("activity_codes", "2025:13200", "2025:46410", Severity.LOW),
])  # fmt: skip
def test_osint_each_fact_has_its_weight(fact: str, before_: str, after: str, severity: Severity) -> None:
    """One change per fact, so that each is told once whatever else changes on another day."""
    (change,) = changes(then(**{fact: before_}), now(**{fact: after}))
    assert change.severity is severity


@pytest.mark.parametrize(("fact", "before_", "after"), [
    ("directors", "Ada Vermeiren; Bo Claes", "BO CLAES; Ada Vermeiren"),
    ("legal_name", "Zandloper Textiel BV", "zandloper textiel"),
    ("registered_address", "Dorpsstraat 1, 9000 Gent", "DORPSSTRAAT 1\n9000 GENT"),
    ("legal_form", "Naamloze  vennootschap", "naamloze vennootschap"),
])  # fmt: skip
def test_osint_another_way_to_write_it_is_no_change(fact: str, before_: str, after: str) -> None:
    """Case, blanks, order and the ways to write a name or an address say nothing."""
    assert changes(then(**{fact: before_}), now(**{fact: after})) == ()


def test_osint_fact_that_one_look_lacks_is_not_compared() -> None:
    """Nobody looked: neither the same nor another."""
    assert changes(then(directors="Ada Vermeiren"), now(status="active")) == ()
    assert changes(then(), now(directors="Ada Vermeiren")) == ()


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["status", "directors", "owners", "legal_name", "legal_form"]), st.text(max_size=20)))
def test_osint_same_look_twice_changes_nothing(facts: dict[str, str]) -> None:
    """Whatever a register says: said again it is no news."""
    assert changes(then(**facts), now(**facts)) == ()


@pytest.mark.parametrize("kind", [VAT, EORI])
def test_osint_number_that_is_valid_no_more_is_high(kind: str) -> None:
    """It was valid when the case was approved, also where no look is on record; back to valid is worth a line; another holder is more."""
    gone = (number_seen(kind, vat_facts(valid=False), "NOT_FOUND"),)
    back = (number_seen(kind, vat_facts(valid=True, name="Zandloper Textiel")),)
    assert [(one.kind, one.severity) for one in changes(Before({}, frozenset()), gone)] == [(f"{kind.upper()}_CHANGED", Severity.HIGH)]
    assert [one.severity for one in changes(Before({kind: {"valid": "no"}}, frozenset()), back)] == [Severity.LOW]
    assert [one.severity for one in changes(Before({kind: {"valid": "yes", "name": "Kwikzilver Logistiek"}}, frozenset()), back)] == [Severity.MEDIUM]
    assert changes(Before({kind: {"valid": "yes", "name": "zandloper textiel bv"}}, frozenset()), back) == ()
    assert changes(Before({kind: {"valid": "yes"}}, frozenset()), (Seen(kind, Outcome.NOT_ASSESSED, "SOURCE_TIMEOUT"),)) == ()


def test_osint_new_open_hit_is_news_and_no_other() -> None:
    """What a rule dismisses, what an officer knows and what an earlier look told is none; sanctions weigh more than office."""
    look = (screening_seen([hit()], LOADED),)
    known = KnownHit("party-1", "ofac_sdn", "e-1")
    assert [one.severity for one in changes(Before({}, frozenset()), look, [hit()])] == [Severity.CRITICAL]
    assert [one.severity for one in changes(Before({}, frozenset()), look, [hit(topic=PEP)])] == [Severity.HIGH]
    assert changes(Before({}, frozenset()), look, [hit(status=HitStatus.DISMISSED)]) == ()
    assert changes(before({}, {}, [known]), look, [hit()]) == ()
    assert changes(before({}, {SCREENING: look[0].facts}, []), look, [hit()]) == ()
    assert len(changes(before({}, {SCREENING: look[0].facts}, []), look, [hit(), hit("e-2")])) == 1


def test_osint_hit_is_told_with_who_and_where() -> None:
    """An officer reads the party, the entry and the list."""
    (change,) = changes(Before({}, frozenset()), (screening_seen([hit()], LOADED),), [hit()], {"party-1": "Ada Vermeiren"})
    assert change.facts[0].after == "Ada Vermeiren ~ Listed Person (ofac_sdn e-1)"


def test_osint_screening_without_a_list_is_not_assessed() -> None:
    """Silence of three lists is not that of four; a name that no list can be searched for is not clear either."""
    missing = (LOADED[0], DatasetVersion("pep", PEP, unavailable_reason="SOURCE_UNAVAILABLE"))
    unconfigured = (LOADED[0], DatasetVersion("pep", PEP, unavailable_reason="ACCESS_NOT_CONFIGURED"))
    assert [screening_seen([], one).reason for one in (missing, unconfigured, (), LOADED)] == [
        "LIST_UNAVAILABLE",
        "ACCESS_NOT_CONFIGURED",
        "ACCESS_NOT_CONFIGURED",
        "",
    ]
    assert screening_seen([], LOADED, unreadable=1).outcome is Outcome.NOT_ASSESSED
    assert screening_seen([hit()], LOADED).outcome is Outcome.HIT
    assert members(screening_seen([hit()], LOADED).facts["hits"]) == {hit_key(hit())}


def test_osint_what_was_known_at_the_decision_is_the_first_state() -> None:
    """KBO speaks for the company, NBB for its people, VIES for the number; other sources' words are not compared."""
    profiles = [Profile("kbo", legal_name="Zandloper", status="active"), Profile("gleif", legal_name="Z"), Profile("vies", legal_name="Zandloper")]
    director = Party("p", PartyType.PERSON, "Ada Vermeiren", frozenset({Role.DIRECTOR}), source="nbb")
    declared = Party("q", PartyType.PERSON, "Bo Claes", frozenset({Role.DIRECTOR}), source="declared")
    known = decided_facts(profiles, [director, declared])
    assert known[REGISTRY] == {"status": "active", "legal_name": "Zandloper", "directors": "Ada Vermeiren"}
    assert known[VAT] == {"valid": "yes", "name": "Zandloper"}
    assert people_facts([]) == {}


@pytest.mark.parametrize(("facts", "unanswered", "outcome", "reason"), [
    ({"status": "active"}, "", Outcome.CLEAR, ""),
    ({"status": "stopped"}, "", Outcome.FAILED, "COMPANY_NOT_ACTIVE"),
    ({"status": "not in the register"}, "", Outcome.FAILED, "COMPANY_NOT_FOUND"),
    ({"status": "active"}, "SOURCE_TIMEOUT", Outcome.NOT_ASSESSED, "SOURCE_TIMEOUT"),
])  # fmt: skip
def test_osint_registry_look_is_typed(facts: dict[str, str], unanswered: str, outcome: Outcome, reason: str) -> None:
    """Half an answer is NOT_ASSESSED, with what was said kept."""
    seen = registry_seen(facts, unanswered)
    assert (seen.outcome, seen.reason, dict(seen.facts)) == (outcome, reason, facts)


def test_osint_look_without_a_verdict_needs_a_reason() -> None:
    """Nobody can record a silent NOT_ASSESSED; other checks than the two numbers are no numbers."""
    with pytest.raises(ValueError, match="needs a reason"):
        Seen(REGISTRY, Outcome.NOT_ASSESSED)
    with pytest.raises(ValueError, match="registry"):
        number_seen(REGISTRY, {})


def test_osint_list_is_one_text_in_a_stable_order() -> None:
    """The same members make the same text."""
    assert listed(("b", "a", "b")) == "a; b"
    assert members(listed(("b", "a"))) == {"a", "b"}
    assert members("") == frozenset()
