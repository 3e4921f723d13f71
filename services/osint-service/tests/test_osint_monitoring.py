"""Looking again at a decided subject, against the sandbox: what changed is told, what could not be looked at is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from osint_harness import Running, Sandbox, company_subject, osint, sandbox_process

from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence
from trustrelay.contracts.parties import party_id
from trustrelay.osint.v1 import monitoring_service_pb2 as messages
from trustrelay.osint.v1 import monitoring_service_pb2_grpc as stubs
from trustrelay.osint.v1 import screening_service_pb2 as screening_messages
from trustrelay.osint.v1 import screening_service_pb2_grpc as screening_stubs
from trustrelay.sandbox.model import Company
from trustrelay.servicekit.errors import InvalidArgument

CLEAR, HIT, FAILED, NOT_ASSESSED = 1, 2, 3, 4
SEED = 11
ALL = ("registry", "vat", "screening")


@pytest.fixture(scope="module")
def world() -> Iterator[Sandbox]:
    """A sandbox of this module's own: its world changes."""
    with sandbox_process(SEED) as started:
        yield started


@pytest_asyncio.fixture
async def service(world: Sandbox, tmp_path: Path) -> AsyncIterator[Running]:
    """The service, asking publishers each time."""
    settings = world.settings(tmp_path, "localhost:1", kbo_watch_age_seconds=0)
    async with osint(settings) as running:
        yield running


def change(world: Sandbox, **said: object) -> None:
    httpx.post(f"{world.base}/admin/change", json=said).raise_for_status()


def around(company: Company) -> list[case_types.Party]:
    """Owners of a company as its case knows them."""
    person = case_types.SUBJECT_TYPE_PERSON
    return [
        case_types.Party(
            party_id=party_id(one.person.name, "PERSON"), type=person, full_name=one.person.name, birth_date=one.person.birth_date.isoformat(),
            nationality=one.person.nationality, id_number=one.person.id_number, gender=one.person.gender,
        )
        for one in company.owners
    ]  # fmt: skip


async def observe(service: Running, company: Company, *, checks: tuple[str, ...] = ALL, **more: object) -> messages.ObserveResult:
    request = messages.ObserveRequest(
        **{"subject": company_subject(company), "parties": around(company), "enabled_checks": checks} | more  # type: ignore[arg-type]
    )
    results = [event.result async for event in stubs.MonitoringServiceStub(service.channel).Observe(request) if event.HasField("result")]
    assert len(results) == 1
    return results[0]


def looks(result: messages.ObserveResult) -> dict[str, tuple[int, str]]:
    return {one.check_kind: (one.outcome, one.reason) for one in result.observations}


def told(result: messages.ObserveResult) -> dict[tuple[str, str], tuple[int, str, str]]:
    return {(one.kind, fact.fact): (one.severity, fact.before, fact.after) for one in result.changes for fact in one.changes}


async def refresh(service: Running) -> None:
    stub = screening_stubs.ScreeningServiceStub(service.channel)
    async for _ in stub.RefreshDatasets(screening_messages.RefreshDatasetsRequest()):
        pass


async def test_osint_first_look_at_a_sound_company_finds_nothing(service: Running, world: Sandbox) -> None:
    """Everything answers, nothing has changed, and the facts are there for the next look."""
    company = world.cast.fillers[0]
    result = await observe(service, company)
    assert looks(result) == dict.fromkeys(ALL, (CLEAR, ""))
    assert not result.changes
    facts = dict(result.observations[0].facts)
    assert facts["status"] == "active"
    assert facts["directors"] == company.directors[0].person.name
    assert {one.dataset for one in result.observations[2].datasets} == {"ofac_sdn", "un_consolidated", "eu_fsf", "pep"}
    again = await observe(service, company, last=result.observations)
    assert not again.changes


async def test_osint_company_that_fails_is_told_at_once(service: Running, world: Sandbox) -> None:
    """Bankruptcy is critical, a new seat is not; the extract that was downloaded before does not hide them."""
    company = world.cast.fillers[1]
    before = (await observe(service, company)).observations
    place = {"street": "Verhuisweg", "number": "77", "postcode": "3500", "city": "Hasselt"}
    change(world, kind="company", company=company.enterprise_number, standing="bankrupt", address=place)
    result = await observe(service, company, last=before)
    assert looks(result)["registry"] == (FAILED, "COMPANY_NOT_ACTIVE")
    severity, then, now = told(result)["REGISTRY_CHANGED", "status"]
    assert (severity, then, now) == (evidence.SEVERITY_CRITICAL, "active", "opening van faillissement")
    assert told(result)["REGISTRY_CHANGED", "registered_address"][0] == evidence.SEVERITY_LOW
    assert not (await observe(service, company, last=result.observations)).changes


async def test_osint_stopped_company_loses_its_vat_number_too(service: Running, world: Sandbox) -> None:
    """Two sources, two changes; the profile of the decision stands where no run has looked before."""
    company = world.cast.fillers[2]
    profiles = [case_types.CompanyProfile(source="kbo", status="active"), case_types.CompanyProfile(source="vies", legal_name=company.name)]
    change(world, kind="company", company=company.enterprise_number, standing="stopped")
    result = await observe(service, company, profiles=profiles)
    assert looks(result)["registry"] == (FAILED, "COMPANY_NOT_FOUND")
    assert looks(result)["vat"] == (FAILED, "VAT_NUMBER_INVALID")
    assert told(result)["REGISTRY_CHANGED", "status"] == (evidence.SEVERITY_CRITICAL, "active", "not in the register")
    assert told(result)["VAT_CHANGED", "valid"] == (evidence.SEVERITY_HIGH, "yes", "no")


async def test_osint_new_director_is_told_and_screened_the_same_day(service: Running, world: Sandbox) -> None:
    """Who joins the board today is looked up on today's lists, though the case does not know them."""
    company, listed = world.cast.fillers[3], world.cast.true_match.person
    before = (await observe(service, company)).observations
    change(world, kind="company", company=company.enterprise_number, add_director=listed.key)
    result = await observe(service, company, last=before)
    severity, then, now = told(result)["REGISTRY_CHANGED", "directors"]
    assert severity == evidence.SEVERITY_MEDIUM
    assert set(now.split("; ")) - set(then.split("; ")) == {listed.name}
    severity, _, what = told(result)["LIST_HIT_NEW", "hits"]
    assert severity == evidence.SEVERITY_CRITICAL
    assert what.startswith(listed.name)


async def test_osint_new_list_entry_is_a_hit_once_and_a_known_one_none(service: Running, world: Sandbox) -> None:
    """A list that gains the owner is told; the same hit in the next run, or one that an officer knows, is no news."""
    company = world.cast.fillers[4]
    before = (await observe(service, company)).observations
    change(world, kind="list", list="un", person=company.owners[0].person.key)
    assert not (await observe(service, company, last=before)).changes
    await refresh(service)
    result = await observe(service, company, last=before)
    assert looks(result)["screening"] == (HIT, "")
    assert told(result)["LIST_HIT_NEW", "hits"][0] == evidence.SEVERITY_CRITICAL
    versions = [{one.dataset: one.sha256 for one in look.datasets} for look in (before[2], result.observations[2])]
    assert versions[0]["un_consolidated"] != versions[1]["un_consolidated"]
    assert not (await observe(service, company, last=result.observations)).changes
    dataset, entity, party = result.observations[2].facts["hits"].split("/")
    known = evidence.Hit(party_id=party, dataset=dataset, entity_id=entity, status=evidence.HIT_STATUS_FALSE_POSITIVE)
    assert not (await observe(service, company, hits=[known], last=before)).changes


async def test_osint_namesake_that_the_rule_dismisses_is_no_news(service: Running, world: Sandbox) -> None:
    """Two facts tell them apart, one of them strong: no alert."""
    result = await observe(service, world.cast.subject, checks=("screening",))
    assert not result.changes
    assert looks(result) == {"screening": (CLEAR, "")}


@pytest.mark.parametrize("mode", ["503", "garbage"])
async def test_osint_unreachable_register_is_not_assessed_and_never_a_change(service: Running, world: Sandbox, mode: str) -> None:
    """The extract of an hour ago is not what the register says today; what answered is still compared."""
    company = world.cast.fillers[5]
    before = (await observe(service, company)).observations
    with world.failing("kbo", mode):
        result = await observe(service, company, last=before)
    outcome, reason = looks(result)["registry"]
    assert outcome == NOT_ASSESSED
    assert reason in ("SOURCE_UNAVAILABLE", "BODY_UNPARSABLE")
    assert not result.changes
    assert "status" not in result.observations[0].facts
    assert result.observations[0].facts["directors"]
    assert looks(result)["vat"] == (CLEAR, "")


async def test_osint_change_is_found_though_another_source_is_silent(service: Running, world: Sandbox) -> None:
    """Half an answer is compared, and is no state to compare with afterwards."""
    company = world.cast.fillers[6]
    before = (await observe(service, company)).observations
    change(world, kind="company", company=company.enterprise_number, standing="bankrupt")
    with world.failing("nbb", "503"), world.failing("vies", "ms_unavailable"):
        result = await observe(service, company, last=before)
    assert looks(result)["registry"][0] == NOT_ASSESSED
    assert looks(result)["vat"] == (NOT_ASSESSED, "MS_UNAVAILABLE")
    assert [fact for _, fact in told(result)] == ["status"]
    # A caller that hands it on as a state is not believed.
    assert told(await observe(service, company, last=result.observations)).keys() == {("REGISTRY_CHANGED", "status")}


async def test_osint_silent_publisher_is_not_asked_for_every_company(world: Sandbox, tmp_path: Path) -> None:
    """A register that hangs costs a run its time once, not once per case."""
    settings = world.settings(tmp_path, "localhost:1", kbo_watch_age_seconds=0)
    async with osint(settings) as running:
        with world.failing("kbo", "503"):
            first = await observe(running, world.cast.fillers[7], checks=("registry",))
        # It answers again, but was found silent a moment ago.
        second, third = await asyncio.gather(*(observe(running, world.cast.fillers[7], checks=("registry",)) for _ in range(2)))
    assert looks(first) == looks(second) == looks(third) == {"registry": (NOT_ASSESSED, "SOURCE_UNAVAILABLE")}


async def test_osint_list_that_is_missing_is_not_assessed(world: Sandbox, tmp_path: Path) -> None:
    """A subject is not clear of a list that nobody could read."""
    with world.failing("lists", "503"):
        async with osint(world.settings(tmp_path, "localhost:1", list_pep_url=""), loaded=True) as running:
            result = await observe(running, world.cast.fillers[0], checks=("screening",))
    assert looks(result) == {"screening": (NOT_ASSESSED, "LIST_UNAVAILABLE")}


async def test_osint_what_has_nothing_to_look_at_says_so(service: Running, world: Sandbox) -> None:
    """A person has no register, a company without numbers none to check; another country's register is not connected."""
    person = case_types.Subject(type=case_types.SUBJECT_TYPE_PERSON, legal_name="Ada Vermeiren", country="BE")
    result = await observe(service, world.cast.subject, checks=("registry", "vat", "eori"), subject=person, parties=[])
    assert looks(result) == {
        "registry": (NOT_ASSESSED, "NOT_APPLICABLE"),
        "vat": (NOT_ASSESSED, "NOT_APPLICABLE"),
        "eori": (NOT_ASSESSED, "EORI_NOT_DECLARED"),
    }
    foreign = company_subject(world.cast.subject, country="FR", vat_number="", eori="BE1234")
    result = await observe(service, world.cast.subject, checks=("registry", "vat", "eori"), subject=foreign)
    assert looks(result)["registry"] == (NOT_ASSESSED, "COUNTRY_UNSUPPORTED")
    assert looks(result)["vat"] == (NOT_ASSESSED, "VAT_NOT_DECLARED")


async def test_osint_unknown_check_is_refused(service: Running, world: Sandbox) -> None:
    """A check that nobody makes would be silence."""
    with pytest.raises(InvalidArgument) as caught:
        await observe(service, world.cast.subject, checks=("weather",))
    assert caught.value.reason == "CHECK_UNKNOWN"
