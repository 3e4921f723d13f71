"""ScreeningService over a real channel, against the lists of a real sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from osint_harness import OTHER_SEED, SEED, Running, Sandbox, osint, sandbox_process, until

from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.osint.v1 import screening_service_pb2 as messages
from trustrelay.osint.v1 import screening_service_pb2_grpc as stubs
from trustrelay.sandbox.model import Person
from trustrelay.servicekit.errors import InvalidArgument, Unavailable

CLEAR, HIT, NOT_ASSESSED = evidence_types.CHECK_OUTCOME_CLEAR, evidence_types.CHECK_OUTCOME_HIT, evidence_types.CHECK_OUTCOME_NOT_ASSESSED
OPEN, DISMISSED = evidence_types.HIT_STATUS_OPEN, evidence_types.HIT_STATUS_DISMISSED
DATASETS = ["ofac_sdn", "un_consolidated", "eu_fsf", "pep"]


def person(who: Person, **changed: str) -> case_types.Party:
    """Everything that is known about a person of the cast."""
    facts = {
        "party_id": who.key, "full_name": who.name, "birth_date": who.birth_date.isoformat(), "nationality": who.nationality, "gender": who.gender,
        "id_number": who.id_number,
    }  # fmt: skip
    return case_types.Party(type=case_types.SUBJECT_TYPE_PERSON, **{**facts, **changed})


def name_only(who: Person) -> case_types.Party:
    """What annual accounts say."""
    return person(who, birth_date="", nationality="", gender="", id_number="")


async def screen(service: Running, party: case_types.Party, threshold: float = 0.0) -> messages.ScreenResponse:
    """One call."""
    return await stubs.ScreeningServiceStub(service.channel).Screen(messages.ScreenRequest(party=party, threshold=threshold), timeout=10)


def outcomes(response: messages.ScreenResponse) -> dict[str, tuple[int, str]]:
    return {check.kind: (check.outcome, check.reason) for check in response.checks}


@pytest.fixture(params=[SEED, OTHER_SEED, 1])
def world(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """The same promises hold for every cast."""
    with sandbox_process(request.param) as started:
        yield started


async def test_verdicts_of_a_cast(world: Sandbox, tmp_path: Path) -> None:
    """A namesake is dismissed by contradicting facts, the listed owner and the official stay open, everybody else is clear."""
    cast = world.cast
    async with osint(world.settings(tmp_path, "store:1")) as service:
        namesake = await screen(service, person(cast.subject.owners[0].person))
        nameless = await screen(service, name_only(cast.subject.owners[0].person))
        listed = await screen(service, person(cast.listed.owners[0].person))
        official = await screen(service, person(cast.pep.person))
        bystander = await screen(service, person(cast.subject.directors[0].person))
        company = await screen(service, case_types.Party(type=case_types.SUBJECT_TYPE_COMPANY, full_name=cast.subject.legal_name))
        listed_company = await screen(service, case_types.Party(type=case_types.SUBJECT_TYPE_COMPANY, full_name=cast.lists.ofac_companies[0].name))
    hit = next(h for h in namesake.record.hits if h.dataset == "ofac_sdn")
    assert hit.status == DISMISSED
    assert hit.status_reason.startswith("auto-dismiss/two-contradicting-discriminators@1: birth_date, nationality")
    assert outcomes(namesake)["sanctions_screening"] == (CLEAR, "")
    assert [h.status for h in nameless.record.hits if h.dataset == "ofac_sdn"] == [OPEN]
    assert outcomes(nameless)["sanctions_screening"] == (HIT, "")
    assert [(h.dataset, h.status) for h in listed.record.hits] == [("un_consolidated", OPEN)]
    assert outcomes(listed) == {"sanctions_screening": (HIT, ""), "pep_screening": (CLEAR, "")}
    assert outcomes(official)["pep_screening"] == (HIT, "")
    for clear in (bystander, company):
        assert outcomes(clear) == {"sanctions_screening": (CLEAR, ""), "pep_screening": (CLEAR, "")}
    assert outcomes(listed_company)["sanctions_screening"] == (HIT, "")


async def test_a_hit_explains_itself_and_a_retry_writes_the_same_row(sandbox: Sandbox, tmp_path: Path) -> None:
    """Features give the score, discriminators show both sides, lists carry their hash, ids do not change between calls."""
    party = person(sandbox.cast.listed.owners[0].person)
    async with osint(sandbox.settings(tmp_path, "store:1")) as service:
        first, again = await screen(service, party), await screen(service, party)
    assert [h.hit_id for h in first.record.hits] == [h.hit_id for h in again.record.hits]
    assert [c.check_id for c in first.checks] == [f"sanctions_screening:{party.party_id}", f"pep_screening:{party.party_id}"]
    hit = first.record.hits[0]
    positive = [f for f in hit.features if f.weight > 0]
    mean = sum(f.weight * f.score for f in positive) / sum(f.weight for f in positive)
    assert hit.score == pytest.approx(min(1, mean + sum(f.weight * f.score for f in hit.features if f.weight < 0)), abs=1e-4)
    strong = {d.kind: d.agreement for d in hit.discriminators if d.strong}
    assert strong == {"birth_date": evidence_types.AGREEMENT_AGREES, "id_number": evidence_types.AGREEMENT_AGREES}
    assert [d.dataset for d in first.record.datasets] == DATASETS
    assert all(len(d.sha256) == 64 and d.entity_count and not d.unavailable_reason for d in first.record.datasets)
    assert (first.record.threshold, first.record.algorithm) == (0.85, "trustrelay-names")


async def test_a_batch_answers_in_order(sandbox: Sandbox, tmp_path: Path) -> None:
    """Answer n belongs to request n."""
    people = [sandbox.cast.pep.person, sandbox.cast.subject.directors[0].person, sandbox.cast.listed.owners[0].person]

    async def requests() -> AsyncIterator[messages.ScreenBatchRequest]:
        for who in people:
            yield messages.ScreenBatchRequest(request=messages.ScreenRequest(party=person(who)))

    async with osint(sandbox.settings(tmp_path, "store:1")) as service:
        answers = [a.response.record.party_id async for a in stubs.ScreeningServiceStub(service.channel).ScreenBatch(requests(), timeout=10)]
    assert answers == [who.key for who in people]


@pytest.mark.parametrize("mode", ["503", "garbage"])
async def test_lists_that_cannot_be_loaded_are_not_assessed(sandbox: Sandbox, tmp_path: Path, mode: str) -> None:
    """Nobody is cleared by a list that was not searched, and the list says why."""
    with sandbox.failing("lists", mode):
        async with osint(sandbox.settings(tmp_path, "store:1")) as service:
            response = await screen(service, person(sandbox.cast.listed.owners[0].person))
    assert outcomes(response) == {"sanctions_screening": (NOT_ASSESSED, "LIST_UNAVAILABLE"), "pep_screening": (NOT_ASSESSED, "LIST_UNAVAILABLE")}
    assert all(d.unavailable_reason for d in response.record.datasets)


async def test_one_missing_list_spoils_silence_but_not_a_hit(sandbox: Sandbox, tmp_path: Path) -> None:
    """A hit on a loaded list counts; the absence of hits does not, while a list of that kind is missing."""
    async with osint(sandbox.settings(tmp_path, "store:1", list_eu_url="")) as service:
        listed = await screen(service, person(sandbox.cast.listed.owners[0].person))
        bystander = await screen(service, person(sandbox.cast.subject.directors[0].person))
    assert outcomes(listed)["sanctions_screening"] == (HIT, "")
    assert outcomes(bystander) == {"sanctions_screening": (NOT_ASSESSED, "ACCESS_NOT_CONFIGURED"), "pep_screening": (CLEAR, "")}


async def test_a_failed_refresh_keeps_the_version_that_was_loaded(sandbox: Sandbox, tmp_path: Path) -> None:
    """A refresh that ends in garbage tells so for each list, and screening goes on with what it had."""
    async with osint(sandbox.settings(tmp_path, "store:1")) as service:
        stub = stubs.ScreeningServiceStub(service.channel)
        before = await stub.ListDatasets(messages.ListDatasetsRequest(), timeout=10)
        with sandbox.failing("lists", "garbage"):
            told = [each.dataset async for each in stub.RefreshDatasets(messages.RefreshDatasetsRequest(), timeout=60)]
        after = await stub.ListDatasets(messages.ListDatasetsRequest(), timeout=10)
        recovered = [each.dataset async for each in stub.RefreshDatasets(messages.RefreshDatasetsRequest(datasets=["pep"]), timeout=60)]
    assert [(each.dataset, each.unavailable_reason) for each in told] == [(name, "BODY_UNPARSABLE") for name in DATASETS]
    assert [each.sha256 for each in after.datasets] == [each.sha256 for each in before.datasets]
    assert [(each.dataset, each.unavailable_reason) for each in recovered] == [("pep", "")]


async def test_a_restart_during_an_outage_uses_the_copy_on_disk(sandbox: Sandbox, tmp_path: Path) -> None:
    """Lists fetched within the week survive a restart while their publisher is down."""
    async with osint(sandbox.settings(tmp_path, "store:1")):
        pass
    with sandbox.failing("lists", "503"):
        async with osint(sandbox.settings(tmp_path, "store:1")) as service:
            response = await screen(service, person(sandbox.cast.listed.owners[0].person))
    assert outcomes(response)["sanctions_screening"] == (HIT, "")


async def test_before_the_lists_are_loaded_nobody_is_screened(sandbox: Sandbox, tmp_path: Path) -> None:
    """While the first load runs, screening is UNAVAILABLE and health is not serving; afterwards both are."""
    with sandbox.failing("lists", "timeout"):
        async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
            assert not service.service.desk.ready
            listed = await stubs.ScreeningServiceStub(service.channel).ListDatasets(messages.ListDatasetsRequest(), timeout=10)
            with pytest.raises(Unavailable) as refused:
                await stubs.ScreeningServiceStub(service.channel).Screen(messages.ScreenRequest(party=person(sandbox.cast.pep.person)), timeout=2)
    assert refused.value.reason == "LISTS_LOADING"
    assert {each.unavailable_reason for each in listed.datasets} == {"NOT_LOADED_YET"}


@pytest.mark.parametrize(
    ("party", "threshold", "reason"),
    [
        (case_types.Party(type=case_types.SUBJECT_TYPE_PERSON, full_name="  "), 0.0, "PARTY_NAME_MISSING"),
        (case_types.Party(full_name="Ann Ysewyn"), 0.0, "PARTY_TYPE_MISSING"),
        (case_types.Party(type=case_types.SUBJECT_TYPE_PERSON, full_name="Ann Ysewyn"), 1.5, "THRESHOLD_OUT_OF_RANGE"),
    ],
)
async def test_a_party_that_cannot_be_screened_is_refused(
    sandbox: Sandbox, tmp_path: Path, party: case_types.Party, threshold: float, reason: str
) -> None:
    """A missing name or type and an impossible threshold are the caller's mistakes."""
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        with pytest.raises(InvalidArgument) as refused:
            await screen(service, party, threshold)
    assert refused.value.reason == reason


async def test_an_unknown_list_cannot_be_refreshed(sandbox: Sandbox, tmp_path: Path) -> None:
    """A misspelled list is told, not ignored."""
    async with osint(sandbox.settings(tmp_path, "store:1")) as service:
        stub = stubs.ScreeningServiceStub(service.channel)
        with pytest.raises(InvalidArgument) as refused:
            [each async for each in stub.RefreshDatasets(messages.RefreshDatasetsRequest(datasets=["ofac"]), timeout=10)]
    assert refused.value.reason == "DATASET_UNKNOWN"


def test_until_is_bounded() -> None:
    """The harness never waits without end."""
    with pytest.raises(AssertionError, match="not reached"):
        until(lambda: False, 0.1)
