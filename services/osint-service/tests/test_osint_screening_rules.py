"""Names, blocking, scores, discriminators, dismissal: invented names only."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustrelay.osint_service.domain.media import adverse
from trustrelay.osint_service.domain.model import Check, HitStatus, Outcome, Party, PartyType
from trustrelay.osint_service.domain.screening.discriminators import compare
from trustrelay.osint_service.domain.screening.dismissal import dismissal
from trustrelay.osint_service.domain.screening.index import MAX_CANDIDATES, NameIndex
from trustrelay.osint_service.domain.screening.model import (
    PEP,
    SANCTION,
    Agreement,
    BirthDate,
    DatasetVersion,
    Discriminator,
    IdNumber,
    ListedEntity,
    ListedName,
)
from trustrelay.osint_service.domain.screening.names import name_form, press_name
from trustrelay.osint_service.domain.screening.scorer import total
from trustrelay.osint_service.domain.screening.screen import Snapshot, screen

PERSON, COMPANY = PartyType.PERSON, PartyType.COMPANY
AGREES, CONTRADICTS, UNKNOWN = Agreement.AGREES, Agreement.CONTRADICTS, Agreement.UNKNOWN
LOADED = (
    DatasetVersion("ofac_sdn", SANCTION, "a" * 64, datetime(2026, 11, 22, tzinfo=UTC), 1),
    DatasetVersion("pep", PEP, "b" * 64, datetime(2026, 11, 22, tzinfo=UTC), 1),
)


def entity(*names: str | ListedName, kind: PartyType | None = PERSON, entity_id: str = "1", **facts: object) -> ListedEntity:
    listed = tuple(name if isinstance(name, ListedName) else ListedName(name) for name in names)
    given_facts = {"topics": (SANCTION,), **facts}
    return ListedEntity("ofac_sdn", entity_id, listed[0].text, kind, names=listed, **given_facts)  # type: ignore[arg-type]


def party(name: str, kind: PartyType = PERSON, **facts: str) -> Party:
    return Party("p1", kind, name, **facts)  # type: ignore[arg-type]


def words(name: str, kind: PartyType = PERSON) -> list[str]:
    return [word.text for word in name_form(name, kind).words]


def score_of(query: str, listed: str | ListedName, kind: PartyType = PERSON) -> float:
    """The best score of the query against a list of that one name."""
    found = screen(party(query, kind), Snapshot(LOADED, [entity(listed, kind=kind)]), 0.01).hits
    return found[0].score if found else 0.0


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("YSEWYN, Ann", PERSON, ["ysewyn", "ann"]),
        ("Dr. Ann Ysewyn", PERSON, ["ann", "ysewyn"]),
        ("Tomé Araújo", PERSON, ["tome", "araujo"]),
        ("Зорана Петрић", PERSON, ["zorana", "petric"]),
        ("Abd al-Rahim Qasimi", PERSON, ["abdrahim", "qasimi"]),
        ("Abdul Rahim Qasimi", PERSON, ["abdrahim", "qasimi"]),
        ("Abdulrahim Qasimi", PERSON, ["abdrahim", "qasimi"]),
        ("Qasimi Abdul", PERSON, ["qasimi", "abd"]),
        ("Abdul", PERSON, ["abdul"]),
        ("Jan van den Bergh", PERSON, ["jan", "bergh"]),
        ("Van Den", PERSON, ["van", "den"]),
        ("Zonnebeek Staalbouw NV", COMPANY, ["zonnebeek", "staalbouw"]),
        ("NV", COMPANY, ["nv"]),
        ("???", PERSON, []),
    ],
)
def test_names_become_comparable_words(name: str, kind: PartyType, expected: list[str]) -> None:
    """Latin letters, no accents, titles, particles or legal forms, unless nothing would be left."""
    assert words(name, kind) == expected


def test_the_press_writes_no_legal_forms() -> None:
    """The search phrase is the name without its form, in its own spelling."""
    assert press_name("Zonnebeek Staalbouw NV", COMPANY) == "Zonnebeek Staalbouw"
    assert press_name("Ann Ysewyn", PERSON) == "Ann Ysewyn"
    assert press_name(" NV ", COMPANY) == "NV"


@pytest.mark.parametrize(
    ("query", "listed", "kind"),
    [
        ("Ann Ysewyn", "YSEWYN, Ann", PERSON),
        ("Tome Araujo", "Tomé Araújo", PERSON),
        ("Zorana Petric", "Зорана Петрић", PERSON),
        ("Jussef Karimov", "Yusef Karimov", PERSON),
        ("Mohamad Qasimi", "Muhammad Qasimi", PERSON),
        ("Aleksandr Qasimi", "Alexander Qasimi", PERSON),
        ("Ann Maria Ysewyn", "Ann Ysewyn", PERSON),
        ("A. Vandenhoucke", "Ann Vandenhoucke", PERSON),
        ("Ann Vandenhouke", "Ann Vandenhoucke", PERSON),
        ("Zonnebeekstaalbouw NV", "Zonnebeek Staalbouw", COMPANY),
        ("Zonnebeek Staalbouw BV", "STAALBOUW ZONNEBEEK LIMITED", COMPANY),
    ],
)
def test_spellings_of_one_name_are_hits(query: str, listed: str, kind: PartyType) -> None:
    """Order, case, accents, script, transliteration, a middle name, an initial and a typing error stay above the threshold."""
    assert score_of(query, listed, kind) >= 0.85


@pytest.mark.parametrize(
    ("query", "listed", "kind"),
    [
        ("Ivan Petrovich Sidorenko", "Petr Ivanovich Sidorenko", PERSON),
        ("Paulo Araujo", "Paula Araujo", PERSON),
        ("Ann Ysewyn", "Bob Ysewyn", PERSON),
        ("Ann Ysewyn", "Ann Karimov", PERSON),
        ("Zonnebeek Logistics", "Zonnebeek Staalbouw", COMPANY),
        ("Werf 12 NV", "Werf 13 NV", COMPANY),
        ("Kim Bo", "Kim Ba", PERSON),
    ],
)
def test_other_names_are_not_hits(query: str, listed: str, kind: PartyType) -> None:
    """A swapped patronymic, another gender, another given or family name, another number stay below."""
    assert score_of(query, listed, kind) < 0.85


def test_a_weak_alias_scores_less_than_a_good_one() -> None:
    """The list itself says that the nickname is unreliable."""
    assert score_of("Ann Ysewyn", ListedName("Ann Ysewyn", weak=True)) == pytest.approx(score_of("Ann Ysewyn", "Ann Ysewyn") - 0.08)


def test_a_missing_family_name_costs() -> None:
    """When the list marks the family name, given names alone match less."""
    marked = ListedName("QASIMI, Ann Maria Louisa", family="QASIMI")
    assert score_of("Ann Maria Louisa", marked) < score_of("Ann Maria Louisa", "QASIMI, Ann Maria Louisa")


def test_the_total_is_the_documented_sum_of_its_features() -> None:
    """Mean of the positive features plus the negative ones; explained to the last digit."""
    [hit] = screen(party("Zorana Petric"), Snapshot(LOADED, [entity(ListedName("Зорана Петрић", weak=True))])).hits
    assert {f.name for f in hit.features} == {"name_alignment", "exact_name", "transliteration", "weak_alias"}
    assert hit.score == pytest.approx(total(hit.features))
    assert hit.score == pytest.approx(1.0 - 0.01 - 0.08)


def test_a_snapshot_scores_every_spelling_of_one_entity_once() -> None:
    """A spelling that cannot reach the threshold, or scores less than another one, adds nothing."""
    snapshot = Snapshot(LOADED, [entity("Ann Ysewyn", "Ann Ysewyn Maria"), entity("Ann Wittevrongel", entity_id="2")])
    assert [(hit.entity_id, hit.score) for hit in screen(party("Ann Ysewyn"), snapshot).hits] == [("1", 1.0)]


def test_check_ids_are_kind_and_party() -> None:
    """A retry writes the same row."""
    assert Check("adverse_media", Outcome.CLEAR, party_id="p1").check_id == "adverse_media:p1"
    assert Check("vat_vies", Outcome.CLEAR).check_id == "vat_vies"


def test_candidates_are_bounded_and_kinds_do_not_mix() -> None:
    """At most 200 names are scored, and a person is never compared with a company or a vessel."""
    many = [entity(f"Ann Ysewyn{chr(97 + n % 26)}{chr(97 + n // 26)}", entity_id=str(n)) for n in range(2000)]
    index = NameIndex(PERSON, many)
    assert len(index) == 2000
    assert len(index.candidates(name_form("Ann Ysewyn", PERSON))) == MAX_CANDIDATES
    snapshot = Snapshot(LOADED, [entity("Ann Ysewyn", kind=COMPANY), entity("Ann Ysewyn", kind=None)])
    assert screen(party("Ann Ysewyn"), snapshot).hits == ()


def test_the_best_spelling_of_an_entity_is_its_hit() -> None:
    """One entity is one hit, whatever its aliases."""
    snapshot = Snapshot(LOADED, [entity("Ann Ysewynn", "Ann Ysewyn", "Ann Maria Ysewyn")])
    [hit] = screen(party("Ann Ysewyn"), snapshot).hits
    assert hit.score == 1.0


def test_an_identity_number_carries_a_hit_through_another_spelling() -> None:
    """The same passport under a quite different name is a hit that no rule may dismiss."""
    listed = entity("Annelore Ysewyn", id_numbers=(IdNumber("EX-12 345", "PT"), IdNumber("--")), birth_dates=(BirthDate.on(date(1961, 5, 14)),))
    query = party("Ann Ysewyn", id_number="ex12345", birth_date="1970-01-01", nationality="BE")
    [hit] = screen(query, Snapshot(LOADED, [listed])).hits
    assert "id_number" in {f.name for f in hit.features}
    assert hit.status is HitStatus.OPEN


@pytest.mark.parametrize(
    ("said", "listed", "agreement", "strong"),
    [
        ("1961-05-14", (BirthDate.on(date(1961, 5, 14)),), AGREES, True),
        ("1961-05-14", (BirthDate.on(date(1970, 1, 2)),), CONTRADICTS, True),
        ("1961-05-04", (BirthDate.on(date(1961, 4, 5)),), UNKNOWN, False),
        ("1961-05-14", (BirthDate.on(date(1970, 1, 2)), BirthDate.on(date(1961, 5, 14))), AGREES, True),
        ("1961-05-14", (BirthDate.on(date(1970, 1, 2)), BirthDate(1980, 1980)), CONTRADICTS, False),
        ("1961-05-14", (BirthDate(1961, 1961),), AGREES, False),
        ("1961", (BirthDate.on(date(1961, 5, 14)),), AGREES, False),
        ("1962", (BirthDate(1958, 1961),), UNKNOWN, False),
        ("1975-05", (BirthDate(1958, 1961),), CONTRADICTS, False),
        ("1961-02-30", (BirthDate.on(date(1961, 5, 14)),), AGREES, False),
        ("", (BirthDate(1961, 1961),), UNKNOWN, False),
        ("long ago", (BirthDate(1961, 1961),), UNKNOWN, False),
        ("1961-05-14", (), UNKNOWN, False),
    ],
)
def test_birth_dates(said: str, listed: tuple[BirthDate, ...], agreement: Agreement, strong: bool) -> None:
    """Full dates on both sides are strong; years tolerate one; day and month swapped is a transcription; silence is UNKNOWN."""
    found = compare(party("Ann Ysewyn", birth_date=said), entity("x", birth_dates=listed))[0]
    assert (found.kind, found.agreement, found.strong) == ("birth_date", agreement, strong)


@pytest.mark.parametrize(
    ("said", "country", "listed", "agreement", "strong"),
    [
        ("AB12345", "PT", IdNumber("AB-12345", "PT"), AGREES, True),
        ("AB12345", "PT", IdNumber("AB54321", "PT"), CONTRADICTS, True),
        ("AB12345", "", IdNumber("CD54321", "PT"), CONTRADICTS, True),
        ("AB12345", "BE", IdNumber("AB54321", "PT"), UNKNOWN, False),
        ("AB12345", "PT", IdNumber("12345678901", "PT"), UNKNOWN, False),
        ("", "PT", IdNumber("AB54321", "PT"), UNKNOWN, False),
    ],
)
def test_id_numbers(said: str, country: str, listed: IdNumber, agreement: Agreement, strong: bool) -> None:
    """Equal numbers agree; different ones contradict only where they could be the same document."""
    found = compare(party("Ann Ysewyn", id_number=said, nationality=country), entity("x", id_numbers=(listed,)))[2]
    assert (found.kind, found.agreement, found.strong) == ("id_number", agreement, strong)


def test_weak_discriminators() -> None:
    """Nationality and gender agree, contradict or are unknown, and are never strong; the values of both sides are shown."""
    listed = entity("x", countries=("PT", "ES"), genders=("female",))
    same = compare(party("Ann Ysewyn", nationality="ES", gender="Female"), listed)
    other = compare(party("Ann Ysewyn", nationality="BE", gender="male"), listed)
    silent = compare(party("Ann Ysewyn"), listed)
    assert [d.agreement for d in same] == [UNKNOWN, AGREES, UNKNOWN, AGREES]
    assert [d.agreement for d in other] == [UNKNOWN, CONTRADICTS, UNKNOWN, CONTRADICTS]
    assert {d.agreement for d in silent} == {UNKNOWN}
    assert compare(party("Ann Ysewyn", nationality="PORTUGUESE"), listed)[1].agreement is UNKNOWN
    assert not any(d.strong for d in (*same, *other))
    assert (other[1].query_value, other[1].list_value) == ("BE", "PT; ES")


def test_companies_are_told_apart_by_country_and_number() -> None:
    """Birth date and gender are no facts of a company."""
    found = compare(party("Zonnebeek", COMPANY, nationality="BE"), entity("Zonnebeek", kind=COMPANY, countries=("PT",)))
    assert [(d.kind, d.agreement) for d in found] == [("country", CONTRADICTS), ("id_number", UNKNOWN)]


def fact(kind: str, agreement: Agreement, *, strong: bool = False) -> Discriminator:
    return Discriminator(kind, "a", "b", agreement, strong)


_ANY = st.builds(fact, st.sampled_from(["birth_date", "nationality", "id_number", "gender"]), st.sampled_from(Agreement), strong=st.booleans())


@settings(deadline=None)
@given(st.lists(_ANY, max_size=5))
def test_dismissal_needs_two_contradictions_one_of_them_strong(facts: list[Discriminator]) -> None:
    """Exactly then, and never against a strong agreement."""
    contradicting = [f for f in facts if f.agreement is CONTRADICTS]
    allowed = len(contradicting) >= 2 and any(f.strong for f in contradicting) and not any(f.strong and f.agreement is AGREES for f in facts)
    assert (dismissal(facts) is not None) is allowed


def test_gender_and_nationality_never_suffice() -> None:
    """Neither tells two persons apart."""
    assert dismissal([fact("gender", CONTRADICTS), fact("nationality", CONTRADICTS)]) is None
    assert dismissal([fact("birth_date", CONTRADICTS, strong=True), fact("gender", CONTRADICTS)]) == (
        "auto-dismiss/two-contradicting-discriminators@1: birth_date, gender"
    )


def outcome(checks: tuple[Check, ...], kind: str) -> tuple[Outcome, str]:
    [check] = [check for check in checks if check.kind == kind]
    return check.outcome, check.reason


def test_a_name_without_words_is_not_assessed() -> None:
    """What cannot be compared was not screened."""
    done = screen(party("???"), Snapshot(LOADED, []))
    assert outcome(done.checks, "sanctions_screening") == (Outcome.NOT_ASSESSED, "NAME_NOT_COMPARABLE")


def test_silence_of_lists_that_are_not_there_is_not_clear() -> None:
    """No list of a kind, a list that failed, a list without address: each NOT_ASSESSED with its reason."""
    sanctions = DatasetVersion("ofac_sdn", SANCTION, unavailable_reason="SOURCE_TIMEOUT")
    unset = DatasetVersion("eu_fsf", SANCTION, unavailable_reason="ACCESS_NOT_CONFIGURED")
    done = screen(party("Ann Ysewyn"), Snapshot([sanctions, unset], []))
    assert outcome(done.checks, "sanctions_screening") == (Outcome.NOT_ASSESSED, "LIST_UNAVAILABLE")
    assert outcome(done.checks, "pep_screening") == (Outcome.NOT_ASSESSED, "ACCESS_NOT_CONFIGURED")


def test_a_check_without_reason_cannot_be_made() -> None:
    """FAILED and NOT_ASSESSED always say why."""
    with pytest.raises(ValueError, match="needs a reason"):
        Check("vat_vies", Outcome.NOT_ASSESSED)


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_two_names_have_a_score_between_zero_and_one(left: str, right: str) -> None:
    """No input breaks the scorer."""
    done = screen(party(left), Snapshot(LOADED, [entity(right or "x")]), 0.01)
    assert all(0 <= hit.score <= 1 for hit in done.hits)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["ann", "ysewyn", "tome", "araujo", "zorana"]), min_size=1, max_size=4, unique=True), st.randoms())
def test_order_of_words_does_not_matter(parts: list[str], rng: object) -> None:
    """A name in another order is the same name."""
    shuffled = [*parts]
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score_of(" ".join(parts), " ".join(shuffled)) == 1.0


def test_birth_dates_are_written_as_the_list_gives_them() -> None:
    """A day, a year, or a span."""
    assert [str(BirthDate.on(date(1961, 5, 14))), str(BirthDate(1961, 1961)), str(BirthDate(1958, 1961))] == ["1961-05-14", "1961", "1958/1961"]


@pytest.mark.parametrize(
    ("title", "bad"),
    [
        ("Prosecutors charge owner with laundering", True),
        ("Assets frozen after listing", True),
        ("Zaakvoerder veroordeeld wegens fraude", True),
        ("Le dirigeant condamné pour escroquerie", True),
        ("Firm wins regional award", False),
        ("Second warehouse opens", False),
        ("", False),
    ],
)
def test_adverse_titles(title: str, bad: bool) -> None:
    """Titles in the languages of the press are read without accents."""
    assert adverse(title) is bad
