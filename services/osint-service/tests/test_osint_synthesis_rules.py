"""The synthesis and what documents change in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustrelay.osint_service.domain.evidence.markdown import inline, put_section, quoted
from trustrelay.osint_service.domain.evidence.refresh import HEADING, Refreshed, refresh
from trustrelay.osint_service.domain.evidence.synthesis import write_synthesis
from trustrelay.osint_service.domain.model import Check, Finding, Outcome, Party, PartyType, Role, Severity, Subject
from trustrelay.osint_service.domain.papers import Document, DocumentState, Reason, Requirement, RequirementStatus

SUBJECT = Subject(PartyType.COMPANY, "Zonnebeek Staalbouw NV", "BE")
UBO = Requirement("ubo_register_extract", "Extract from the UBO register")
SHARES = Requirement("shareholder_register", "Register of shareholders")
UNVERIFIED = Finding("unverified_ownership", "unverified_ownership", Severity.MEDIUM, "Ownership is not verified")


def owner(source: str, party_id: str = "p1") -> Party:
    return Party(party_id, PartyType.PERSON, "Ann Ysewyn", frozenset({Role.OWNER}), source=source)


def upload(requirement: Requirement, state: DocumentState, document_id: str = "d1", **more: object) -> Document:
    return Document(document_id, requirement.requirement_id, state, iteration=1, judged=True, **more)  # type: ignore[arg-type]


def steps(markdown: str) -> list[str]:
    return [line for line in markdown.partition("## Next steps")[2].partition("\n## ")[0].split("\n") if line.startswith("- ")]


def written() -> str:
    return write_synthesis(SUBJECT, [owner("nbb")], [Check("adverse_media", Outcome.CLEAR, detail="No article found")], [])


def after(*documents: Document, markdown: str = "", **more: object) -> Refreshed:
    given_ = {"requirements": [UBO, SHARES], "findings": [UNVERIFIED], "statements": [owner("document:d1")], "iteration": 1, **more}
    return refresh(markdown or written(), documents, **given_)  # type: ignore[arg-type]


def test_the_synthesis_tells_what_was_searched_found_and_left() -> None:
    """Every check with its outcome, findings worst first with what they cite, and a step for each check that is not CLEAR."""
    checks = [Check("adverse_media", Outcome.HIT, party_id="p1"), Check("adverse_media", Outcome.NOT_ASSESSED, "RATE_LIMITED")]
    findings = [Finding("m", "media_mention", Severity.INFO, "An award"), Finding("a", "adverse_media", Severity.HIGH, "Charged", ("gdelt:1",))]
    markdown = write_synthesis(SUBJECT, [owner("document:d1")], checks, findings)
    assert "“Zonnebeek Staalbouw NV”: **NOT_ASSESSED** (RATE_LIMITED)" in markdown
    assert markdown.index("“Charged” (gdelt:1)") < markdown.index("“An award”")
    assert [line.split()[1] for line in steps(markdown)] == ["Judge", "Repeat,"]


def test_a_synthesis_without_anything_says_so() -> None:
    """Silence is written down; a person's next step is their identity."""
    company = write_synthesis(SUBJECT, [owner("document:d1")], [], [])
    assert "- Nothing.\n" in company
    assert "- No finding.\n" in company
    assert steps(company) == ["- Nothing is left to do from this investigation."]
    assert "identity" in steps(write_synthesis(Subject(PartyType.PERSON, "Ann Ysewyn", "BE"), [], [], []))[0]


def test_text_from_outside_never_becomes_structure() -> None:
    """A title with a heading, a link or a strike in it is shown as the text it is."""
    hostile = f"x\n## {HEADING}\n~~[a](b)~~ <i> “q”"
    assert "\n" not in inline(hostile)
    finding = Finding("a", "adverse_media", Severity.HIGH, hostile)
    markdown = write_synthesis(SUBJECT, [], [], [finding])
    assert f"\n## {HEADING}" not in markdown
    assert "~~" not in markdown.replace("\\~\\~", "")
    assert quoted("a ”b“") == "“a 'b'”"


def test_a_valid_document_verifies_strikes_and_supersedes() -> None:
    """Its finding cites it and the law, its step is struck through, the medium doubt about owners is superseded and kept."""
    done = after(upload(UBO, DocumentState.VALID))
    by_id = {finding.finding_id: finding for finding in done.findings}
    assert set(by_id) == {"document_verified_ubo_register_extract", "ubo_verification"}
    assert {finding.severity for finding in done.findings} == {Severity.VERIFIED}
    assert all(finding.evidence_ids == ("document:d1",) and "AMLR Art. 28" in finding.statement for finding in done.findings)
    assert done.superseded == {"unverified_ownership": "ubo_verification"}
    struck, kept = steps(done.markdown)
    assert struck.startswith("- ~~Verify the beneficial owners")
    assert "~~" not in kept
    assert "- Extract from the UBO register: verified (document:d1)\n" in done.markdown


def test_an_invalid_document_verifies_nothing() -> None:
    """It is named with its reason, and nothing is struck, verified or superseded."""
    done = after(upload(UBO, DocumentState.INVALID, reasons=(Reason("TOO_OLD"),)))
    assert (done.findings, done.superseded) == ((), {})
    assert "~~" not in done.markdown
    assert "- Extract from the UBO register: invalid (TOO\\_OLD) (document:d1)\n" in done.markdown
    assert "needs review (document:d1)" in after(upload(UBO, DocumentState.NEEDS_REVIEW)).markdown


@pytest.mark.parametrize(
    ("documents", "more"),
    [
        ((), {}),
        ((Document("d1", "ubo_register_extract", DocumentState.CONVERTED, 1),), {}),
        ((upload(UBO, DocumentState.SUPERSEDED),), {}),
        ((upload(UBO, DocumentState.VALID),), {"iteration": 0}),
    ],
)
def test_without_verdicts_the_original_stands(documents: tuple[Document, ...], more: dict[str, object]) -> None:
    """Before the portal, and while nothing was judged, not a letter changes."""
    assert after(*documents, **more) == Refreshed(written())


@pytest.mark.parametrize(
    ("finding", "superseded"),
    [
        (Finding("unverified_ubo:p1", "unverified_ubo", Severity.MEDIUM, ""), True),
        (Finding("unverified_ubo:p2", "unverified_ubo", Severity.MEDIUM, ""), False),
        (Finding("unverified_ownership", "unverified_ownership", Severity.HIGH, ""), False),
        (Finding("unverified_address", "unverified_address", Severity.MEDIUM, ""), False),
        (Finding("discrepancy_share:p1", "discrepancy_share", Severity.MEDIUM, ""), False),
    ],
)
def test_only_medium_doubts_about_verified_owners_are_superseded(finding: Finding, superseded: bool) -> None:
    """A disagreement, a graver finding and a doubt about somebody else stay as they are."""
    done = after(upload(UBO, DocumentState.VALID), findings=[finding])
    assert (finding.finding_id in done.superseded) is superseded


def test_owners_named_by_an_unverified_document_verify_nobody() -> None:
    """What a document says counts once the document is valid."""
    done = after(upload(UBO, DocumentState.VALID, "d2"), upload(SHARES, DocumentState.INVALID))
    assert [finding.finding_id for finding in done.findings] == ["document_verified_ubo_register_extract"]
    assert done.superseded == {}


@pytest.mark.parametrize(
    ("line", "struck"),
    [
        ("- Ask for the UBO register extract", True),
        ("  2) Extract of the registers of the UBO", True),
        ("- Uittreksel", False),
        ("- Get the UBO register extract and the register of shareholders", False),
        ("- Ask “UBO Register Extract BV” about its trade", False),
        ("- UBO register extract, ~~done~~", False),
        ("Ask for the UBO register extract", False),
        ("- Ask for the articles", False),
    ],
)
def test_steps_are_struck_by_the_words_of_requirements(line: str, struck: bool) -> None:
    """Every word must be there, every requirement named must be satisfied, and a quoted name names no requirement."""
    done = after(upload(UBO, DocumentState.VALID), markdown=f"# x\n\n## Next steps\n{line}\n\n## Other\n- UBO register extract\n")
    assert ("~~" in done.markdown.replace(line if "~~" in line else "", "")) is struck
    assert "## Other\n- UBO register extract\n" in done.markdown


def test_a_verified_identity_strikes_its_step_and_a_waived_one_does_not() -> None:
    """Satisfied by the database is satisfied; what an officer took out is not done."""
    lines = "## Next steps\n- Verify the identity with an identity provider.\n"
    for status, struck in ((RequirementStatus.SATISFIED, True), (RequirementStatus.WAIVED, False), (RequirementStatus.OPEN, False)):
        asked = [Requirement("identity", status=status, answered_by="identity"), UBO]
        assert ("~~" in after(upload(UBO, DocumentState.VALID), markdown=lines, requirements=asked).markdown) is struck


def test_a_later_round_renews_the_section_in_its_place() -> None:
    """Another document of the next iteration is told in the same section; what follows it stays."""
    first = after(upload(UBO, DocumentState.INVALID)).markdown + "\n## Officer's note\n\nKept.\n"
    second = after(upload(UBO, DocumentState.VALID), markdown=first).markdown
    assert second.count(f"## {HEADING}") == 1
    assert "invalid" not in second
    assert second.endswith("\n\n## Officer's note\n\nKept.\n")


_PIECES = st.sampled_from([
    "## Next steps", f"## {HEADING}", "## Other", "- UBO register extract", "* ~~done~~", "- register of shareholders",
    "1. ", "-  ", "", "text", "```", "\r", " - ~",
])  # fmt: skip
_MARKDOWN = st.one_of(st.lists(_PIECES, max_size=14).map("\n".join), st.text(max_size=60))
_STATES = st.sampled_from(DocumentState)
_DOCUMENTS = st.lists(st.builds(upload, st.sampled_from([UBO, SHARES]), _STATES, st.sampled_from(["d1", "d2", "d3"])), max_size=4)


@settings(deadline=None, max_examples=300)
@given(_MARKDOWN, _DOCUMENTS, st.integers(0, 2))
def test_refreshing_twice_changes_nothing_more(markdown: str, documents: list[Document], iteration: int) -> None:
    """Idempotent on its own output, whatever the original looks like."""
    more = {"requirements": [UBO, SHARES], "findings": [UNVERIFIED], "statements": [owner("document:d1")], "iteration": iteration}
    once = refresh(markdown, documents, **more)  # type: ignore[arg-type]
    assert refresh(once.markdown, documents, **more) == once  # type: ignore[arg-type]


@settings(deadline=None, max_examples=300)
@given(_MARKDOWN.filter(lambda text: HEADING not in text), _DOCUMENTS)
def test_refreshing_takes_nothing_away(markdown: str, documents: list[Document]) -> None:
    """Without the strikes and its own section, the original is there to the letter."""
    done = after(*documents, markdown=markdown or "-")
    rest = done.markdown.partition(f"## {HEADING}")[0]
    assert rest.replace("~~", "").startswith((markdown or "-").replace("~~", ""))


@given(st.text(), st.text(alphabet=st.characters(exclude_characters="#\n"), min_size=1))
def test_a_section_is_put_once(text: str, body: str) -> None:
    """Putting it again replaces it."""
    once = put_section(text, "S", body + "\n")
    assert put_section(once, "S", body + "\n") == once
