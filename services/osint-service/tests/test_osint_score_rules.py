"""Classification, confidence and quality, by example and by property."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustrelay.osint_service.domain.classification.codes import ActivityCode, Classification, UnknownMcc, classify
from trustrelay.osint_service.domain.classification.nace_mcc import RANGES
from trustrelay.osint_service.domain.classification.reconcile import reconcile
from trustrelay.osint_service.domain.evidence.crossref import Row
from trustrelay.osint_service.domain.model import Check, Finding, Outcome, Profile, Severity
from trustrelay.osint_service.domain.scoring import confidence, quality
from trustrelay.osint_service.domain.scoring.confidence import Aged, Confidence

NOW = datetime(2026, 11, 22)
KBO = Profile("kbo", activity_codes=("2008:62.010", "2003:72100", "2025:", "2008:62010"))


def test_codes_are_merged_in_order_of_precedence_each_once() -> None:
    """Officer before pre-enrichment before registers; punctuation is no difference; whoever says it first is its origin."""
    enriched = [ActivityCode("2008", "62010", "whoever"), ActivityCode("mcc", "7372", "")]
    found = classify("7372", enriched, [KBO, KBO])
    assert found.codes == (
        ActivityCode("mcc", "7372", "officer"), ActivityCode("2008", "62010", "pre_enrichment"), ActivityCode("2003", "72100", "osint"),
    )  # fmt: skip
    assert (found.mcc, found.outcome, found.reason, found.set_by) == ("7372", Outcome.CLEAR, "", "officer")


def test_without_an_officer_nobody_can_say() -> None:
    """There is no classifier: no category is made up, and the codes are kept."""
    found = classify("", [ActivityCode("mcc", "7372", "pre_enrichment")], [KBO])
    assert (found.mcc, found.outcome, found.reason) == ("", Outcome.NOT_ASSESSED, "CLASSIFIER_NOT_AVAILABLE")
    assert found.set_by == "rule:classify-mcc@1"
    assert len(found.codes) == 3


@pytest.mark.parametrize("code", ["123", "12345", "12a4", "0000", "７３７２", "-123", "9876"])
def test_an_officer_code_that_is_no_category_is_refused(code: str) -> None:
    """Four ASCII digits that ISO 18245 or a card network has given a meaning."""
    with pytest.raises(UnknownMcc):
        classify(code, [], [])


def classified(mcc: str, *codes: str, outcome: Outcome = Outcome.CLEAR) -> Classification:
    activity = tuple(ActivityCode(*text.split(":"), "osint") for text in codes)
    return Classification(mcc, outcome, "", "officer", activity)


@pytest.mark.parametrize(
    ("given_", "outcome", "reason"),
    [
        (classified("7372", "2008:62010"), Outcome.CLEAR, ""),
        (classified("5812", "2008:62010", "2025:5610"), Outcome.CLEAR, ""),
        (classified("7995", "2008:62010", "2008:56101"), Outcome.HIT, "DIVERGES"),
        (classified("7372", "2003:62010"), Outcome.NOT_ASSESSED, "NACE_CODES_MISSING"),
        (classified("7372", "mcc:7372"), Outcome.NOT_ASSESSED, "NACE_CODES_MISSING"),
        (classified("7372", "2008:6"), Outcome.NOT_ASSESSED, "NACE_CODES_MISSING"),
        (classified("7372", "2008:04000"), Outcome.NOT_ASSESSED, "NACE_DIVISION_NOT_MAPPED"),
        (classified("", "2008:62010", outcome=Outcome.NOT_ASSESSED), Outcome.NOT_ASSESSED, "MCC_NOT_CLASSIFIED"),
        (classified("", "2008:62010"), Outcome.NOT_ASSESSED, "MCC_NOT_CLASSIFIED"),
    ],
)
def test_activity_and_category_go_together_or_diverge(given_: Classification, outcome: Outcome, reason: str) -> None:
    """One division that admits the category is enough; codes of another revision say nothing."""
    found = reconcile(given_)
    assert (found.reconciliation, found.reconciliation_reason) == (outcome, reason)
    assert replace(found, reconciliation=None, reconciliation_reason="") == given_


def test_the_policy_table_is_whole() -> None:
    """Every division of NACE Rev. 2 has ranges of four-digit codes, in order."""
    gaps = {"04", "34", "40", "44", "48", "54", "57", "67", "76", "83", "89"}
    assert set(RANGES) == {f"{n:02}" for n in range(1, 100)} - gaps
    assert all(1 <= first <= last <= 9999 for ranges in RANGES.values() for first, last in ranges)
    assert all(RANGES.values())


def row(agrees: bool, severity: Severity = Severity.HIGH) -> Row:
    return Row("f", {}, agrees, None if agrees else severity)


def aged(source: str, days: float | None) -> Aged:
    return Aged(source, None if days is None else NOW - timedelta(days=days))


CLEAR, UNSEEN = Check("vat_vies", Outcome.CLEAR), Check("lei_gleif", Outcome.NOT_ASSESSED, "NO_LEI_ON_RECORD")


def test_confidence_is_the_product_of_its_parts() -> None:
    """Half the checks, half the matrix, mean reliability of the sources, age of the evidence: each part is returned."""
    found = confidence.compute([CLEAR, UNSEEN], ["vat_vies", "lei_gleif"], [row(True), row(False)], [aged("kbo", 10), aged("gdelt", 400)], NOW)
    assert (found.coverage, found.agreement, found.reliability, found.freshness) == (0.5, 0.5, 0.725, 0.5)
    assert found.score == pytest.approx(0.5 * 0.5 * 0.725 * 0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("checks", "kinds", "expected"),
    [
        ([CLEAR], ["vat_vies", "lei_gleif"], 0.5),
        ([CLEAR, UNSEEN], [], 0.5),
        ([CLEAR], ["vat_vies", "vat_vies"], 1.0),
        ([Check("k", Outcome.HIT, party_id="a"), Check("k", Outcome.NOT_ASSESSED, "X", party_id="b")], ["k"], 0.5),
        ([Check("k", Outcome.FAILED, "X")], ["k"], 1.0),
        ([Check("k", Outcome.NOT_ASSESSED, "X", overridden=True)], ["k"], 0.0),
        ([], [], 0.0),
    ],
)
def test_coverage_counts_what_was_looked_at(checks: list[Check], kinds: list[str], expected: float) -> None:
    """A HIT was looked at; a check that is missing, not assessed or overridden was not; nothing asked covers nothing."""
    assert confidence.compute(checks, kinds, [row(True)], [aged("kbo", 0)], NOW).coverage == expected


@pytest.mark.parametrize(("days", "expected"), [(0, 1.0), (-5, 1.0), (30, 1.0), (365, 0.0), (3650, 0.0), (197.5, 0.5), (None, 0.0)])
def test_evidence_ages(days: float | None, expected: float) -> None:
    """Fresh for a month, worthless after a year; without a date nobody knows how old it is."""
    assert confidence.compute([], [], [], [aged("kbo", days)], NOW).freshness == expected


def test_nothing_is_no_reason_for_confidence() -> None:
    """No checks, no matrix, no evidence: 0, and never an error. A source counts once; an unknown one is half believed."""
    assert confidence.compute([], [], [], [], NOW) == Confidence(0, 0, 0, 0, 0)
    assert confidence.compute([], [], [], [aged("kbo", 0), aged("odd", 0), aged("odd", 1)], NOW).reliability == 0.725


_CHECKS = st.lists(
    st.builds(Check, st.sampled_from("abc"), st.sampled_from(Outcome), st.just("R"), party_id=st.sampled_from(["", "p", "q"])), max_size=6
)
_ROWS = st.lists(st.builds(row, st.booleans(), st.sampled_from(Severity)), max_size=6)
_EVIDENCE = st.lists(st.builds(aged, st.sampled_from(["kbo", "gdelt", "odd"]), st.one_of(st.none(), st.floats(-1e4, 1e4))), max_size=6)
_KINDS = st.lists(st.sampled_from("abcd"), max_size=5)


@settings(deadline=None)
@given(_CHECKS, _KINDS, _ROWS, _EVIDENCE)
def test_confidence_is_bounded_and_no_part_exceeds_another(checks: list[Check], kinds: list[str], rows: list[Row], evidence: list[Aged]) -> None:
    """Every part and the score lie in 0..1, and the score is no greater than its least part."""
    found = confidence.compute(checks, kinds, rows, evidence, NOW)
    parts = (found.coverage, found.agreement, found.reliability, found.freshness)
    assert all(0 <= part <= 1 for part in parts)
    assert 0 <= found.score <= min(parts)


@settings(deadline=None)
@given(_CHECKS.filter(bool), _KINDS, _ROWS, _EVIDENCE, st.data())
def test_looking_away_never_raises_confidence(
    checks: list[Check], kinds: list[str], rows: list[Row], evidence: list[Aged], data: st.DataObject
) -> None:
    """A check that becomes NOT_ASSESSED, or a row that stops agreeing, lowers the score or leaves it."""
    n = data.draw(st.integers(0, len(checks) - 1))
    unseen = [*checks[:n], replace(checks[n], outcome=Outcome.NOT_ASSESSED), *checks[n + 1 :]]
    before = confidence.compute(checks, kinds, rows, evidence, NOW).score
    assert confidence.compute(unseen, kinds, rows, evidence, NOW).score <= before
    assert confidence.compute(checks, kinds, [*rows[1:], *([row(False)] if rows else [])], evidence, NOW).score <= before


CITED, BARE = Finding("a", "k", Severity.HIGH, "", ("e",)), Finding("b", "k", Severity.HIGH, "")


@pytest.mark.parametrize(
    ("checks", "findings", "matrix", "parts", "flag"),
    [
        ([CLEAR], [], [row(True)], (1.0, 1.0, 1.0), ""),
        ([CLEAR], [CITED, BARE], [row(True)], (1.0, 1.0, 0.5), ""),
        ([CLEAR], [BARE], [row(True)], (1.0, 1.0, 0.0), "FINDINGS_UNCITED"),
        ([CLEAR], [BARE], [row(True), row(False, Severity.HIGH)], (1.0, 0.25, 0.0), "SOURCES_INCONSISTENT"),
        ([CLEAR], [], [row(True), row(False, Severity.LOW)], (1.0, 0.5, 1.0), ""),
        ([UNSEEN], [BARE], [], (0.0, 0.0, 0.0), "INVESTIGATION_INCOMPLETE"),
    ],
)
def test_quality_has_parts_and_a_flag(
    checks: list[Check], findings: list[Finding], matrix: list[Row], parts: tuple[float, float, float], flag: str
) -> None:
    """Complete, consistent (by how much a disagreement weighs), cited; the gravest shortcoming is the flag."""
    found = quality.score(checks, [checks[0].kind], findings, matrix)
    assert (found.completeness, found.consistency, found.citation) == parts
    assert found.score == pytest.approx(sum(parts) / 3, abs=1e-4)
    assert found.flag == flag


@settings(deadline=None)
@given(_CHECKS, _KINDS, _ROWS, st.lists(st.sampled_from([CITED, BARE]), max_size=5))
def test_quality_is_bounded_and_a_disagreement_never_raises_it(checks: list[Check], kinds: list[str], rows: list[Row], found: list[Finding]) -> None:
    """0..1, whatever comes; one more row that disagrees lowers it or leaves it."""
    before = quality.score(checks, kinds, found, rows)
    assert all(0 <= part <= 1 for part in (before.score, before.completeness, before.consistency, before.citation))
    assert quality.score(checks, kinds, found, [*rows, row(False)]).score <= before.score
