"""How the papers of a shipment are compared, field by field."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from osint_papers import CLEAN, DECLARED, RULES, compared, outcome, row, shipment

from trustrelay.osint_service.adapters.trade_rules import RulesInvalid, load_rules, parse_rules
from trustrelay.osint_service.domain.model import Outcome, Severity
from trustrelay.osint_service.domain.trade.compare import cross_reference
from trustrelay.osint_service.domain.trade.goods import same_code
from trustrelay.osint_service.domain.trade.model import plain
from trustrelay.osint_service.domain.trade.quantities import deviation_percent

CLEAR, FAILED, NOT_ASSESSED = Outcome.CLEAR, Outcome.FAILED, Outcome.NOT_ASSESSED
OWN = Path(__file__).parents[1] / "src/trustrelay/osint_service/rules/shipment_rules.yaml"
T1, H1, COO = "transit_declaration", "import_declaration", "certificate_of_origin"


def test_osint_papers_that_agree_leave_nothing_open() -> None:
    """In transit, and with an import declaration beside it."""
    for changes in ({}, {H1: DECLARED}):
        found = compared(changes)
        assert [one.explanation for one in found.discrepancies] == []
        assert {one.field for one in found.comparisons if one.outcome is FAILED} == set()
        assert all(one.explanation.endswith(".") for one in found.comparisons)


@pytest.mark.parametrize(("field", "changes", "reason"), [
    ("consignor", {"cmr": {"consignor.name": "Boreal Fishing Ltd"}}, "NAMES_DIFFER"),
    ("consignee", {T1: {"consignee.name": "Zandkasteel Bouw BV"}}, "NAMES_DIFFER"),
    ("eori_declarant", {H1: {**DECLARED, "declarant.eori": "BE0999999922"}}, "VALUES_DIFFER"),
    ("gross_mass_kg", {"cmr": {"gross_mass_kg": "840"}}, "DEVIATION_TOO_LARGE"),
    ("gross_mass_kg", {"cmr": {"gross_mass_kg": "820"}}, "DEVIATION"),
    ("gross_not_below_net", {"packing_list": {"net_mass_kg": "813"}}, "NET_ABOVE_GROSS"),
    ("gross_not_below_net", {"packing_list": {"items[0].net_mass_kg": "501"}}, "NET_ABOVE_GROSS"),
    ("house_gross_mass_kg", {T1: {"house_gross_mass_kg": "812.4"}}, "ITEMS_ABOVE_HOUSE"),
    ("packages", {"packing_list": {"packages": "25"}}, "VALUES_DIFFER"),
    ("total_amount", {H1: {**DECLARED, "total_amount": "1240.52"}}, "AMOUNTS_DIFFER"),
    ("line_amounts", {"invoice": {"total_amount": "1240.53"}}, "LINES_DIFFER_FROM_TOTAL"),
    ("currency", {H1: {**DECLARED, "currency": "USD"}}, "VALUES_DIFFER"),
    ("incoterm", {H1: {**DECLARED, "incoterm": "EXW"}}, "VALUES_DIFFER"),
    ("incoterm", {"invoice": {"incoterm": "DAT"}}, "INCOTERM_UNKNOWN"),
    ("incoterm_place", {H1: {**DECLARED, "incoterm_place": "Izmir"}}, "VALUES_DIFFER"),
    ("origin", {COO: {"origin": "SY"}}, "VALUES_DIFFER"),
    ("preference_proof", {H1: DECLARED, COO: None}, "PROOF_MISSING"),
    ("preference_proof", {H1: {**DECLARED, "proof_number": "A 999"}}, "PROOF_DIFFERS"),
    ("commodity_codes", {COO: {"commodity_codes[1]": "8803"}}, "CODES_DIFFER"),
    ("date_order", {"invoice": {"invoice_date": "2026-11-05"}}, "DATES_OUT_OF_ORDER"),
    ("date_order", {T1: {"issue_date": "2026-11-03"}}, "DATES_OUT_OF_ORDER"),
    ("invoice_number", {T1: {"invoice_number": "AT-2026/118"}}, "REFERENCE_DIFFERS"),
    ("cmr_number", {T1: {"cmr_number": "CMR 9002"}}, "REFERENCE_DIFFERS"),
    ("transport_id", {T1: {"transport_id": "34 ANK 78"}}, "REFERENCE_DIFFERS"),
    ("country_of_dispatch", {T1: {"country_of_dispatch": "SY"}}, "ROUTE_DIFFERS"),
])  # fmt: skip
def test_osint_each_disagreement_is_found_and_told(field: str, changes: dict[str, Any], reason: str) -> None:
    """One changed field is one FAILED row with its reason, the values in the sentence, and a discrepancy that clearance waits for."""
    found = row(field, changes)
    assert (found.outcome, found.reason, found.waits) == (FAILED, reason, True)
    assert found.severity is not None
    assert len(found.explanation) > 40
    told = [one for one in compared(changes).discrepancies if one.about == field]
    assert [(one.kind, one.explanation) for one in told] == [("field", found.explanation)]


@pytest.mark.parametrize(("field", "changes"), [
    ("consignor", {"cmr": {"consignor.name": "Tekstil Anka AS"}}),
    ("gross_mass_kg", {"cmr": {"gross_mass_kg": "815"}}),
    ("line_amounts", {"invoice": {"total_amount": "1240.52"}}),
    ("line_amounts", {"invoice": {"incoterm": "CIF", "total_amount": "1390.50", "freight_amount": "120", "insurance_amount": "30"}}),
    ("total_amount", {"invoice": {"incoterm": "CIF"}, H1: {**DECLARED, "incoterm": "CIF", "total_amount": "1090.50", "freight_amount": "120",
                                                          "insurance_amount": "30"}}),
    ("preference_proof", {H1: {**DECLARED, "preference": "100"}, COO: None}),
    ("origin", {"invoice": {"origin": None, "items[0].origin": "TR", "items[1].origin": "TR"}}),
    ("date_order", {"invoice": {"invoice_date": "2026-11-04"}}),
    ("transport_id", {T1: {"transport_id": "34-ank-77"}}),
    ("packages", {"invoice#2": {}, "packing_list": {"packages": "20"}, "packing_list#2": {"packages": "4", "gross_mass_kg": "0"}}),
])  # fmt: skip
def test_osint_what_may_differ_does_not_count(field: str, changes: dict[str, Any]) -> None:
    """Legal forms, small deviations, cents per line, costs that the price includes, several papers of one kind: they agree."""
    assert outcome(field, changes) == (CLEAR, "")


def test_osint_freight_is_not_added_back_where_the_price_excludes_it() -> None:
    """FCA: the buyer pays freight, so an invoice that adds it does not come to its lines."""
    changes = {"invoice": {"total_amount": "1360.50", "freight_amount": "120"}}
    assert outcome("line_amounts", changes) == (FAILED, "LINES_DIFFER_FROM_TOTAL")


@pytest.mark.parametrize(("field", "changes", "reason", "waits"), [
    ("gross_mass_kg", {"packing_list": {"gross_mass_kg": None}, "cmr": {"gross_mass_kg": None}, COO: None}, "FEWER_THAN_TWO_DOCUMENTS", True),
    ("origin", {COO: {"origin": None}}, "FEWER_THAN_TWO_DOCUMENTS", True),
    ("origin", {COO: None}, "FEWER_THAN_TWO_DOCUMENTS", False),
    ("currency", {}, "FEWER_THAN_TWO_DOCUMENTS", False),
    ("packages", {"cmr": {"packages": "many"}}, "VALUE_UNREADABLE", True),
    ("net_mass_kg", {T1: {"net_mass_kg": "-3"}}, "VALUE_UNREADABLE", True),
    ("date_order", {"cmr": {"issue_date": "yesterday"}}, "VALUE_UNREADABLE", True),
    ("commodity_codes", {"invoice": {"commodity_codes[0]": "see list"}}, "VALUE_UNREADABLE", True),
    ("line_amounts", {"invoice": {"items[0].amount": None, "items[1].amount": None}}, "NOT_STATED", True),
    ("country_of_dispatch", {T1: {"country_of_dispatch": None}}, "NOT_STATED", True),
    ("container_numbers", {}, "FEWER_THAN_TWO_DOCUMENTS", False),
])  # fmt: skip
def test_osint_what_could_not_be_compared_is_never_clear(field: str, changes: dict[str, Any], reason: str, waits: bool) -> None:
    """Fewer than two papers, or a value that is none: NOT_ASSESSED, and a mandatory one waits for an officer."""
    found = row(field, changes)
    assert (found.outcome, found.reason, found.waits) == (NOT_ASSESSED, reason, waits)
    kinds = [one.kind for one in compared(changes).discrepancies if one.about == field]
    assert kinds == (["not_assessed"] if waits else [])


@pytest.mark.parametrize(("gone", "label"), [("invoice", "commercial invoice"), ("cmr", "transport document"), (T1, "customs declaration")])
def test_osint_a_missing_paper_is_a_discrepancy(gone: str, label: str) -> None:
    """Without invoice, transport document or declaration nothing is cleared by itself."""
    missing = [one for one in compared({gone: None}).discrepancies if one.kind == "document"]
    assert [(one.about, one.severity) for one in missing] == [(label, Severity.HIGH)]


def test_osint_the_weight_sentence_names_papers_values_limit_and_verdict() -> None:
    """What an officer reads."""
    assert row("gross_mass_kg", {"cmr": {"gross_mass_kg": "840"}}).explanation == (
        "Gross mass: packing list 812.5 kg, CMR 840 kg, transit declaration 812.500 kg, certificate of origin 812.5 kg;"
        " they differ by 3.27 %, more than the 2 % allowed."
    )


def test_osint_a_discrepancy_is_the_same_only_while_the_same_values_disagree() -> None:
    """An officer's word on 840 kg is none on 900 kg, and stays where nothing changed."""

    def weight(value: str) -> str:
        return next(one.discrepancy_id for one in compared({"cmr": {"gross_mass_kg": value}}).discrepancies if one.about == "gross_mass_kg")

    assert weight("840") == weight("840") != weight("900")


def test_osint_no_papers_at_all_clear_nothing() -> None:
    """An empty shipment waits for everything that is mandatory."""
    found = cross_reference(RULES, shipment(dict.fromkeys(CLEAN)))
    assert {one.about for one in found.discrepancies} >= {"gross_mass_kg", "commodity_codes", "consignor", "commercial invoice"}


masses = st.decimals(min_value=Decimal("0.001"), max_value=Decimal(10**7), places=3)


@given(masses, masses)
@example(Decimal(1000), Decimal(995))
@example(Decimal(1000), Decimal("994.9"))
@example(Decimal(1000), Decimal(980))
@example(Decimal(1000), Decimal("979.9"))
def test_osint_mass_limits_hold_exactly(one: Decimal, other: Decimal) -> None:
    """Above 2 % of the larger it fails, above 0.5 % it warns, below it passes; whichever paper says which."""
    percent = abs(one - other) / max(one, other) * 100
    wanted = (FAILED, "DEVIATION_TOO_LARGE") if percent > 2 else (FAILED, "DEVIATION") if percent > Decimal("0.5") else (CLEAR, "")
    only = {COO: {"gross_mass_kg": None}, T1: {"gross_mass_kg": None}}
    assert outcome("gross_mass_kg", {**only, "cmr": {"gross_mass_kg": str(one)}, "packing_list": {"gross_mass_kg": str(other)}}) == wanted
    assert deviation_percent([one, other]) == deviation_percent([other, one])


@given(st.lists(st.decimals(min_value=0, max_value=10**6, places=2), min_size=1, max_size=40), st.integers(-60, 60))
def test_osint_lines_come_to_the_total_within_a_cent_per_line(lines: list[Decimal], cents: int) -> None:
    """In decimals, so that no sum is off by what floats lose."""
    total = sum(lines, Decimal(0)) + Decimal(cents) / 100
    invoice: dict[str, str | None] = {f"items[{n}].amount": str(line) for n, line in enumerate(lines)}
    if len(lines) == 1:
        invoice["items[1].amount"] = None
    wanted = CLEAR if abs(cents) <= len(lines) else FAILED
    if total >= 0:
        assert outcome("line_amounts", {"invoice": {**invoice, "total_amount": str(total)}})[0] is wanted


codes = st.text("0123456789", min_size=4, max_size=10)


@given(codes, codes)
def test_osint_codes_agree_exactly_when_one_begins_with_the_other(left: str, right: str) -> None:
    """Prefix equality at the shorter length, either way round."""
    assert same_code(left, right) == same_code(right, left) == (left.startswith(right) or right.startswith(left))


@given(st.decimals(min_value=0, max_value=10**9, places=3))
def test_osint_numbers_are_written_plainly(value: Decimal) -> None:
    """No exponent, and the same number."""
    assert Decimal(plain(value)) == value
    assert "E" not in plain(value)


@pytest.mark.parametrize(("change", "where"), [
    (("version:", "edition:"), "version"), (("kind: mass", "kind: guess"), "comparisons"),
    (('fail_percent: "2"', 'fail_percent: "0.1"'), "comparisons"),
    (("severity: HIGH", "severity: SEVERE"), "severity"), (("name: consignee", "name: consignor"), "once"),
    (("any_of: [cmr]", "any_of: [poem]"), "any_of"),
    (("version:", "version: ["), "YAML"),
])  # fmt: skip
def test_osint_rules_that_are_none_are_refused_with_the_place(change: tuple[str, str], where: str) -> None:
    """A customs office's own file is checked before anything is compared by it."""
    with pytest.raises(RulesInvalid, match=where):
        parse_rules(OWN.read_text().replace(*change), "mine.yaml")


def test_osint_own_rules_replace_the_products(tmp_path: Path) -> None:
    """Another limit is another verdict, under another version."""
    strict = tmp_path / "rules.yaml"
    strict.write_text(OWN.read_text().replace('version: "1"', 'version: "acme-3"').replace('fail_percent: "2"', 'fail_percent: "0.5"'))
    rules = load_rules(strict)
    assert rules.version.startswith("shipment-rules/acme-3@")
    assert rules.version != RULES.version
    found = next(one for one in cross_reference(rules, shipment({"cmr": {"gross_mass_kg": "820"}})).comparisons if one.field == "gross_mass_kg")
    assert found.reason == "DEVIATION_TOO_LARGE"
