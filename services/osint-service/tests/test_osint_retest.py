"""Dismissed hits against the lists as they are now: the rule, and the service over a sandbox whose list changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osint_harness import SEED, Running, Sandbox, osint, sandbox_process

from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.common.v1 import portfolio_types_pb2 as portfolio_types
from trustrelay.osint.v1 import screening_service_pb2 as messages
from trustrelay.osint.v1 import screening_service_pb2_grpc as stubs
from trustrelay.osint_service.domain.model import Outcome, Party, PartyType
from trustrelay.osint_service.domain.screening.dismissal import dismissal
from trustrelay.osint_service.domain.screening.model import SANCTION, Agreement, BirthDate, DatasetVersion, Discriminator, IdNumber, ListedEntity
from trustrelay.osint_service.domain.screening.retest import DismissedHit, Retest, officers_word_holds, retest
from trustrelay.osint_service.domain.screening.screen import Snapshot
from trustrelay.servicekit.errors import InvalidArgument

CLEAR, HIT, NOT_ASSESSED = evidence_types.CHECK_OUTCOME_CLEAR, evidence_types.CHECK_OUTCOME_HIT, evidence_types.CHECK_OUTCOME_NOT_ASSESSED
PARTY = Party("p1", PartyType.PERSON, "Odalric Vantongerloo", birth_date="1961-05-14", nationality="BE", gender="male")  # type: ignore[call-arg]
LOADED = DatasetVersion("ofac_sdn", SANCTION, "a" * 64, datetime(2026, 11, 22, tzinfo=UTC), 1)
MISSING = DatasetVersion("eu_fsf", SANCTION, unavailable_reason="SOURCE_UNREACHABLE")
KINDS = ("birth_date", "id_number", "gender", "nationality", "country")
DISCRIMINATORS = st.lists(
    st.builds(
        Discriminator,
        kind=st.sampled_from(KINDS),
        query_value=st.text(),
        list_value=st.text(),
        agreement=st.sampled_from(Agreement),
        strong=st.booleans(),
    )
)


def listed(born: date, country: str = "BE", gender: str = "male", **facts: object) -> ListedEntity:
    """An entry of the party's name."""
    given_facts = {"birth_dates": (BirthDate.on(born),), "countries": (country,), "genders": (gender,), **facts}
    return ListedEntity("ofac_sdn", "7", "VANTONGERLOO, Odalric", PartyType.PERSON, (SANCTION,), (), **given_facts)  # type: ignore[arg-type]


def verdict_on(entry: ListedEntity | None, *, by_officer: bool, dataset: str = "ofac_sdn") -> Retest:
    """The party's dismissed hit against a list with that entry."""
    return retest(DismissedHit(PARTY, dataset, "7", by_officer), Snapshot((LOADED, MISSING), () if entry is None else (entry,)))


@pytest.mark.parametrize(
    ("entry", "automatic", "officer"),
    [
        (listed(date(1948, 2, 2), "IQ"), (Outcome.CLEAR, ""), (Outcome.CLEAR, "")),
        (listed(date(1948, 2, 2)), (Outcome.HIT, "DISCRIMINATORS_INSUFFICIENT"), (Outcome.CLEAR, "")),
        (listed(date(1961, 5, 14), "IQ", "female"), (Outcome.HIT, "DISCRIMINATORS_AGREE"), (Outcome.HIT, "DISCRIMINATORS_AGREE")),
        (listed(date(1948, 2, 2), "IQ", birth_dates=()), (Outcome.HIT, "DISCRIMINATORS_INSUFFICIENT"), (Outcome.HIT, "DISCRIMINATORS_INSUFFICIENT")),
        (
            listed(date(1948, 2, 2), "IQ", "female", birth_dates=()),
            (Outcome.HIT, "DISCRIMINATORS_INSUFFICIENT"),
            (Outcome.HIT, "DISCRIMINATORS_INSUFFICIENT"),
        ),
        (listed(date(1961, 5, 14), "IQ", id_numbers=(IdNumber("X1"),)), (Outcome.HIT, "DISCRIMINATORS_AGREE"), (Outcome.HIT, "DISCRIMINATORS_AGREE")),
        (None, (Outcome.CLEAR, "ENTRY_REMOVED"), (Outcome.CLEAR, "ENTRY_REMOVED")),
    ],
)
def test_a_dismissal_is_judged_by_the_rule_that_made_it(
    entry: ListedEntity | None, automatic: tuple[Outcome, str], officer: tuple[Outcome, str]
) -> None:
    """The automatic rule needs its two contradictions again, an officer's word one that tells; gender and nationality hold neither."""
    for by_officer, expected in ((False, automatic), (True, officer)):
        verdict = verdict_on(entry, by_officer=by_officer)
        assert (verdict.outcome, verdict.reason, verdict.version) == (*expected, LOADED)
        assert bool(verdict.discriminators) is (entry is not None)


@pytest.mark.parametrize(("dataset", "reason"), [("eu_fsf", "SOURCE_UNREACHABLE"), ("of_nobody", "DATASET_UNKNOWN")])
def test_a_list_that_is_not_there_tests_nothing(dataset: str, reason: str) -> None:
    """Neither still dismissed nor open again: nobody looked, and it says why."""
    verdict = verdict_on(listed(date(1948, 2, 2), "IQ"), by_officer=True, dataset=dataset)
    assert (verdict.outcome, verdict.reason, verdict.version) == (Outcome.NOT_ASSESSED, reason, None)


@given(DISCRIMINATORS)
def test_no_rule_rests_on_what_millions_share(facts: list[Discriminator]) -> None:
    """Whatever gender, nationality and country contradict: no officer's word stands on them, and nothing weak dismisses by itself."""
    shared = [one for one in facts if one.kind not in {"birth_date", "id_number"}]
    assert not officers_word_holds(shared)
    weak = [Discriminator(one.kind, one.query_value, one.list_value, one.agreement, strong=False) for one in facts]
    assert dismissal(weak) is None


@given(DISCRIMINATORS)
def test_a_strong_agreement_ends_every_rule(facts: list[Discriminator]) -> None:
    """The same full birth date or id number: no contradiction elsewhere dismisses it."""
    same = [*facts, Discriminator("id_number", "7", "7", Agreement.AGREES, strong=True)]
    assert not officers_word_holds(same)
    assert dismissal(same) is None


@pytest.fixture
def changing() -> Iterator[Sandbox]:
    """A sandbox of this test alone."""
    with sandbox_process(SEED) as started:
        yield started


async def refresh(service: Running) -> None:
    """Load the lists anew."""
    stub = stubs.ScreeningServiceStub(service.channel)
    [each async for each in stub.RefreshDatasets(messages.RefreshDatasetsRequest(), timeout=60)]


async def test_a_changed_birth_date_on_the_list_opens_the_hit(changing: Sandbox, tmp_path: Path) -> None:
    """The namesake's dismissal holds on the list that it was made on, and fails once the list tells the owner's birth date."""
    owner, namesake = changing.cast.subject.owners[0].person, changing.cast.namesake.person
    party = case_types.Party(
        type=case_types.SUBJECT_TYPE_PERSON, party_id="p", full_name=owner.name, birth_date=owner.birth_date.isoformat(),
        nationality=owner.nationality, gender=owner.gender, id_number=owner.id_number,
    )  # fmt: skip
    async with osint(changing.settings(tmp_path, "store:1")) as service:
        stub = stubs.ScreeningServiceStub(service.channel)
        screened = await stub.Screen(messages.ScreenRequest(party=party), timeout=20)
        hit = next(one for one in screened.record.hits if one.dataset == "ofac_sdn")
        asked = [portfolio_types.HitToRetest(case_id="c", hit=hit, party=party, rule_id=rule) for rule in ("", "r-1")]

        async def told() -> list[tuple[int, str, str, str]]:
            reply = await stub.RetestHits(messages.RetestHitsRequest(hits=asked), timeout=20)
            return [(one.outcome, one.reason, one.rule_id, one.tested_against.sha256) for one in reply.hits]

        first = await told()
        _change(changing, person=namesake.key, action="correct", birth_date=owner.birth_date.isoformat())
        await refresh(service)
        agreeing = await told()
        _change(changing, person=namesake.key, action="correct", birth_date=(owner.birth_date - timedelta(days=9000)).isoformat())
        await refresh(service)
        apart = await told()
    assert [(outcome, reason, rule) for outcome, reason, rule, _ in first] == [(CLEAR, "", ""), (CLEAR, "", "r-1")]
    assert [(outcome, reason) for outcome, reason, *_ in agreeing] == [(HIT, "DISCRIMINATORS_AGREE")] * 2
    assert [outcome for outcome, *_ in apart] == [CLEAR, CLEAR]
    assert len({sha for each in (first, agreeing, apart) for *_, sha in each}) == 3


def _change(sandbox: Sandbox, **told: str) -> None:
    httpx.post(f"{sandbox.base}/admin/change", json={"kind": "list", "list": "ofac", **told}).raise_for_status()


async def test_a_retest_is_bounded_and_typed(sandbox: Sandbox, tmp_path: Path) -> None:
    """Too many hits at once and a party of no kind are the caller's mistakes."""
    untyped = portfolio_types.HitToRetest(case_id="c", hit=evidence_types.Hit(dataset="ofac_sdn", entity_id="7"))
    async with osint(sandbox.settings(tmp_path, "store:1")) as service:
        stub = stubs.ScreeningServiceStub(service.channel)
        for hits, reason in (([untyped], "PARTY_TYPE_MISSING"), ([untyped] * 1001, "TOO_MANY_HITS")):
            with pytest.raises(InvalidArgument) as refused:
                await stub.RetestHits(messages.RetestHitsRequest(hits=hits), timeout=20)
            assert refused.value.reason == reason
