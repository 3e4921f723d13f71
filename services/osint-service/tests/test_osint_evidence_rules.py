"""Corroboration and gap rules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from trustrelay.osint_service.domain.evidence.agree import all_agree, same_address, same_company_name, same_share, share
from trustrelay.osint_service.domain.evidence.crossref import CrossReference, cross_reference
from trustrelay.osint_service.domain.evidence.gaps import Asked, analyze_gaps
from trustrelay.osint_service.domain.model import Evidence, Finding, Party, PartyType, Profile, Role, Severity, StoredObject, Subject

SUBJECT = Subject(PartyType.COMPANY, "Zonnebeek Staalbouw NV", "BE", "0403019261")


def owner(party_id: str, share_text: str, source: str, **more: str) -> Party:
    return Party(party_id, PartyType.PERSON, "Ann Ysewyn", frozenset({Role.OWNER}), share=share_text, source=source, **more)


def rows(found: CrossReference) -> dict[str, bool]:
    return {row.fact: row.agrees for row in found.matrix}


def findings(found: CrossReference) -> dict[str, Severity]:
    return {finding.finding_id: finding.severity for finding in found.findings}


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Zonnebeek Staalbouw NV", "NV Zonnebeek Staalbouw", True),
        ("Zonnebeek Staalbouw", "ZONNEBEEK STAALBOUW NAAMLOZE VENNOOTSCHAP", True),
        ("Café Müller BV", "Cafe Muller", True),
        ("Zonnebeek Staalbouw NV", "Zonnebeekstaalbouw NV", True),
        ("Zonnebeek Staalbouw NV", "Maanbeek Textiel NV", False),
        ("Zonnebeek Staalbouw NV", "Zonnebeek Logistics NV", False),
        ("", "", True),
        ("!!", "Maanbeek", False),
    ],
)
def test_company_names_agree_but_for_form_case_and_order(left: str, right: str, same: bool) -> None:
    """Legal form, accents, case and blanks never make a discrepancy; another word does."""
    assert same_company_name(left, right) is same


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Kerkstraat 12, 2000 Antwerpen", "KERKSTRAAT 12\n2000 ANTWERPEN", True),
        ("Kerkstraat 12 bus 3, 2000 Antwerpen", "Kerkstraat 12, 2000 Antwerpen", True),
        ("Kerkstraat 12, 2000 Antwerpen", "Kerkstraat 14, 2000 Antwerpen", False),
        ("Kerkstraat 12, 2000 Antwerpen", "Molenweg 12, 2000 Turnhout", False),
    ],
)
def test_addresses_agree_on_numbers_and_words(left: str, right: str, same: bool) -> None:
    """A box more or less is the same door; another house number or street is not."""
    assert same_address(left, right) is same


def test_shares_agree_within_half_a_percent() -> None:
    """Rounding is no discrepancy, and what is no fraction equals nothing."""
    assert same_share("0.6", "0.604")
    assert not same_share("0.6", "0.61")
    assert not same_share("0.6", "sixty")
    assert [share(text) for text in ("1.2", "-0.1", "NaN", "")] == [None] * 4
    assert all_agree([], same_share)


def test_sources_that_agree_leave_no_finding() -> None:
    """Two registers, the VAT service and a document that say the same make a matrix of agreements."""
    profiles = [
        Profile("kbo", "Zonnebeek Staalbouw", registered_address="Kerkstraat 12, 2000 Antwerpen", status="active"),
        Profile("gleif", "Zonnebeek Staalbouw NV", registered_address="Kerkstraat 12, 2000 ANTWERPEN", status="ACTIVE"),
        Profile("vies", "NV Zonnebeek Staalbouw"),
    ]
    parties = [owner("p1", "0.6", "nbb"), owner("p1", "0.6", "document:d1")]
    found = cross_reference(SUBJECT, profiles, parties)
    assert found.findings == ()
    assert rows(found) == {"legal_name": True, "vat_name": True, "registered_address": True, "status": True, "share:p1": True}
    assert found.matrix[0].values == {"declared": SUBJECT.legal_name, "kbo": "Zonnebeek Staalbouw", "gleif": "Zonnebeek Staalbouw NV"}


def test_disagreements_are_findings_by_severity() -> None:
    """Name and ownership weigh HIGH, the address MEDIUM; worst first."""
    profiles = [
        Profile("kbo", "Maanbeek Textiel", registered_address="Kerkstraat 12, 2000 Antwerpen", status="active"),
        Profile("gleif", "Zonnebeek Staalbouw", registered_address="Molenweg 7, 9000 Gent", status="inactive"),
        Profile("vies", "Maanbeek Textiel"),
    ]
    parties = [owner("p1", "0.6", "nbb", birth_date="1961-05-14"), owner("p1", "0.4", "document:d1", birth_date="1961-06"), owner("p1", "", "")]
    found = cross_reference(SUBJECT, profiles, parties)
    assert findings(found) == {
        "discrepancy_legal_name": Severity.HIGH, "discrepancy_vat_name": Severity.HIGH, "discrepancy_registered_address": Severity.MEDIUM,
        "discrepancy_status": Severity.HIGH, "discrepancy_share:p1": Severity.HIGH, "discrepancy_birth_date:p1": Severity.MEDIUM,
    }  # fmt: skip
    assert [f.severity for f in found.findings] == sorted((f.severity for f in found.findings), reverse=True)
    assert "nbb: 0.6" in next(f.statement for f in found.findings if f.kind == "discrepancy_share")


def test_a_partial_birth_date_agrees_with_the_date_it_begins() -> None:
    """1961-05 and 1961-05-14 are one date at two precisions."""
    parties = [owner("p1", "", "nbb", birth_date="1961-05"), owner("p1", "", "document:d1", birth_date="1961-05-14")]
    assert rows(cross_reference(SUBJECT, [], parties))["birth_date:p1"]


def test_an_owner_missing_in_the_document_is_critical_from_a_quarter_on() -> None:
    """A registered owner of 25 % or more whom the UBO document leaves out is the worst discrepancy there is."""
    parties = [owner("p1", "0.25", "nbb"), owner("p2", "0.2", "nbb"), owner("p3", "", "nbb"), owner("p4", "0.55", "document:d1")]
    found = findings(cross_reference(SUBJECT, [], parties))
    assert found["discrepancy_owner_missing:p1"] is Severity.CRITICAL
    assert found["discrepancy_owner_missing:p2"] is Severity.HIGH
    assert found["discrepancy_owner_missing:p3"] is Severity.HIGH
    assert found["discrepancy_owner_unregistered:p4"] is Severity.HIGH


def test_ownership_that_only_the_customer_states_is_unverified() -> None:
    """A declaration alone verifies nothing; while one side is silent, nobody is missing."""
    declared = Subject(PartyType.COMPANY, "Zonnebeek NV", "BE", declared_parties=(owner("p1", "0.6", "declared"),))
    assert findings(cross_reference(declared, [], [])) == {"unverified_ownership": Severity.MEDIUM}
    assert findings(cross_reference(declared, [], [owner("p1", "0.6", "nbb")])) == {}
    anonymous = Subject(PartyType.COMPANY, "", "BE")
    assert rows(cross_reference(anonymous, [], [])) == {}


def evidence(kind: str) -> Evidence:
    return Evidence(f"nbb:{kind}", "nbb", "https://nbb.example", datetime(2026, 11, 22, tzinfo=UTC), StoredObject("k", "v", "s", 1, "t"), kind)


def test_evidence_covers_a_requirement_and_says_so() -> None:
    """Annual accounts from the register need not be asked for again."""
    asked = [Asked("annual_accounts", "To know the means.", ("annual_accounts",), ("statement", "annual_accounts")), Asked("ubo", "", ("ubo",), ())]
    covered, still_open = analyze_gaps(asked, [evidence("annual_accounts")], [])
    assert (covered.covered_by, covered.why) == ("nbb:annual_accounts", "Covered by annual_accounts from nbb")
    assert (still_open.covered_by, still_open.why) == ("", "")


def test_a_serious_finding_reopens_and_a_lesser_one_explains() -> None:
    """Doubtful ownership keeps its requirement open whatever evidence there is; what bears on other facts does not."""
    asked = Asked("shareholder_register", "To know the owners.", ("shareholder_register",), ("annual_accounts",))
    doubt = Finding("f", "discrepancy_share", Severity.HIGH, "Sources disagree on share")
    unverified = Finding("g", "unverified_ownership", Severity.MEDIUM, "Ownership is not verified")
    elsewhere = Finding("h", "discrepancy_registered_address", Severity.HIGH, "Sources disagree on address")
    [reopened] = analyze_gaps([asked], [evidence("annual_accounts")], [doubt, elsewhere])
    assert (reopened.covered_by, reopened.why) == ("", "To know the owners. Sources disagree on share")
    [covered] = analyze_gaps([asked], [evidence("annual_accounts")], [unverified])
    assert covered.covered_by == "nbb:annual_accounts"
    [explained] = analyze_gaps([asked], [], [unverified])
    assert explained.why == "To know the owners. Ownership is not verified"
