"""RegistryService over a real channel, against a real sandbox and a real S3 server."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from osint_harness import PREFIX, SEED, Running, Sandbox, company_subject, osint, sandbox_process

from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.common.v1 import objects_pb2 as objects
from trustrelay.contracts.parties import party_id
from trustrelay.devstack.engines.seaweed import EVIDENCE, SeaweedEngine
from trustrelay.osint.v1 import registry_service_pb2 as messages
from trustrelay.osint.v1 import registry_service_pb2_grpc as stubs
from trustrelay.servicekit.errors import InvalidArgument, PermissionDenied, Unavailable

CLEAR, FAILED, NOT_ASSESSED = evidence_types.CHECK_OUTCOME_CLEAR, evidence_types.CHECK_OUTCOME_FAILED, evidence_types.CHECK_OUTCOME_NOT_ASSESSED


async def collect(
    service: Running, subject: case_types.Subject, grant: objects.WriteGrant
) -> tuple[list[tuple[str, str]], messages.CollectRegistryResult]:
    """(progress, result) of one call."""
    request = messages.CollectRegistryRequest(subject=subject, destination=grant)
    events = [event async for event in stubs.RegistryServiceStub(service.channel).CollectRegistry(request, timeout=60)]
    results = [event.result for event in events if event.WhichOneof("event") == "result"]
    assert len(results) == 1
    assert events[-1].WhichOneof("event") == "result"
    return [(e.progress.source, e.progress.stage) for e in events[:-1]], results[0]


def checks(result: messages.CollectRegistryResult) -> dict[str, tuple[int, str]]:
    return {check.kind: (check.outcome, check.reason) for check in result.checks}


async def test_a_known_company_comes_with_profiles_parties_and_stored_evidence(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path
) -> None:
    """KBO and NBB give profiles, directors and owners; every raw body lies in the object store under its hash."""
    company = sandbox.cast.subject
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint)) as service:
        progress, result = await collect(service, company_subject(company), grant)
    assert {source for source, _ in progress} == {"kbo", "nbb"}
    assert ("kbo", "started") in progress
    assert ("nbb", "done") in progress
    assert checks(result) == {"registry_status": (CLEAR, ""), "registry_kbo": (CLEAR, ""), "registry_nbb": (CLEAR, "")}
    kbo = next(profile for profile in result.profiles if profile.source == "kbo")
    assert (kbo.legal_name, kbo.status, kbo.start_date) == (company.name, "active", company.founded_on.isoformat())
    assert kbo.registered_address == company.address.line
    assert f"2008:{company.activity.nace_2008}" in kbo.activity_codes
    expected = {party_id(person.name, "PERSON") for person in company.persons}
    assert {party.party_id for party in result.parties} == expected
    shares = {party.party_id: party.share for party in result.parties if party.share}
    assert shares == {party_id(s.person.name, "PERSON"): str(s.percent / 100) for s in company.owners}
    kinds = sorted(item.kind for item in result.evidence)
    assert kinds == ["annual_accounts", "annual_accounts", "filing_references", "registry_record"]
    for item in result.evidence:
        assert item.object.key.startswith(f"{PREFIX}{item.source}-{item.object.sha256[:12]}.")
        stored = s3_engine.client().get_object(EVIDENCE, item.object.key).read()
        assert hashlib.sha256(stored).hexdigest() == item.object.sha256
        assert len(stored) == item.object.size_bytes
    assert any(item.object.media_type == "application/pdf" for item in result.evidence)


async def test_another_seed_gives_the_same_verdicts(s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path) -> None:
    """Nothing depends on the names and numbers of one cast."""
    with sandbox_process(SEED + 16) as other:
        async with osint(other.settings(tmp_path, s3_engine.endpoint)) as service:
            _, result = await collect(service, company_subject(other.cast.listed), grant)
    assert {outcome for outcome, _ in checks(result).values()} == {CLEAR}
    assert len(result.parties) == 1


async def test_an_unknown_number_fails_the_status_check(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path
) -> None:
    """A number that the register does not know is FAILED there, and no verdict of the accounts register."""
    subject = company_subject(sandbox.cast.subject, registration_number="0403.019.261")
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint)) as service:
        _, result = await collect(service, subject, grant)
    assert checks(result) == {
        "registry_status": (FAILED, "COMPANY_NOT_FOUND"),
        "registry_kbo": (FAILED, "COMPANY_NOT_FOUND"),
        "registry_nbb": (NOT_ASSESSED, "NO_FILING_ON_RECORD"),
    }


@pytest.mark.parametrize(
    ("mode", "reason"),
    [("503", "SOURCE_UNAVAILABLE"), ("429", "RATE_LIMITED"), ("garbage", "BODY_UNPARSABLE"), ("timeout", "SOURCE_TIMEOUT")],
)
async def test_a_register_that_fails_is_not_assessed_with_its_reason(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path, mode: str, reason: str
) -> None:
    """An accounts register that is down, throttling, broken or silent never looks like an answer, and the other register still counts."""
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint)) as service:
        with sandbox.failing("nbb", mode):
            progress, result = await collect(service, company_subject(sandbox.cast.subject), grant)
    assert checks(result)["registry_nbb"] == (NOT_ASSESSED, reason)
    assert checks(result)["registry_status"] == (CLEAR, "")
    assert ("nbb", "not_assessed") in progress


@pytest.mark.parametrize(("mode", "reason"), [("503", "SOURCE_UNAVAILABLE"), ("garbage", "BODY_UNPARSABLE")])
async def test_an_extract_that_cannot_be_read_leaves_the_status_not_assessed(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path, mode: str, reason: str
) -> None:
    """Without the register of enterprises nobody knows whether the company is active, and a broken download is not kept."""
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint)) as service:
        with sandbox.failing("kbo", mode):
            _, result = await collect(service, company_subject(sandbox.cast.subject), grant)
        assert checks(result)["registry_status"] == (NOT_ASSESSED, reason)
        _, again = await collect(service, company_subject(sandbox.cast.subject), grant)
        assert checks(again)["registry_status"] == (CLEAR, "")


async def test_a_source_without_address_is_not_assessed(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path
) -> None:
    """What is not configured was not looked at."""
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint, kbo_url="", nbb_key="")) as service:
        _, result = await collect(service, company_subject(sandbox.cast.subject), grant)
    assert set(checks(result).values()) == {(NOT_ASSESSED, "ACCESS_NOT_CONFIGURED")}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"country": "CZ"}, "COUNTRY_UNSUPPORTED"),
        ({"registration_number": "0403.019.262"}, "REGISTRATION_NUMBER_INVALID"),
        ({"registration_number": ""}, "REGISTRATION_NUMBER_INVALID"),
        ({"registration_number": "not a number"}, "REGISTRATION_NUMBER_INVALID"),
    ],
)
async def test_a_request_that_cannot_be_served_is_refused(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path, changed: dict[str, str], reason: str
) -> None:
    """Another country or a malformed number is the caller's mistake, told as such."""
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint), loaded=False) as service:
        with pytest.raises(InvalidArgument) as refused:
            await collect(service, company_subject(sandbox.cast.subject, **changed), grant)
    assert refused.value.reason == reason


async def test_evidence_goes_to_no_other_host(sandbox: Sandbox, grant: objects.WriteGrant, tmp_path: Path) -> None:
    """A grant for a host outside the allow-list is refused before any source is asked."""
    async with osint(sandbox.settings(tmp_path, "store.example:443"), loaded=False) as service:
        with pytest.raises(PermissionDenied) as refused:
            await collect(service, company_subject(sandbox.cast.subject), grant)
    assert refused.value.reason == "OBJECT_STORE_HOST_REFUSED"


@pytest.mark.parametrize("broken", ["prefix", "url"])
async def test_an_object_store_that_refuses_is_unavailable(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path, broken: str
) -> None:
    """Without stored evidence there is no answer: a refusal and a dead store alike are UNAVAILABLE."""
    hosts = f"{s3_engine.endpoint},127.0.0.1:9"
    if broken == "prefix":
        grant.key_prefix = "tenant/other/"
    else:
        grant.url = "http://127.0.0.1:9/evidence"
    async with osint(sandbox.settings(tmp_path, hosts), loaded=False) as service:
        with pytest.raises(Unavailable) as refused:
            await collect(service, company_subject(sandbox.cast.subject), grant)
    assert refused.value.reason == "OBJECT_STORE_UNAVAILABLE"


async def test_the_register_record_names_the_extract_it_is_from(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path
) -> None:
    """An auditor can find the very file that the verdict rests on."""
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint)) as service:
        _, result = await collect(service, company_subject(sandbox.cast.subject), grant)
    record = next(item for item in result.evidence if item.kind == "registry_record")
    body = json.loads(s3_engine.client().get_object(EVIDENCE, record.object.key).read())
    assert body["rows"]["enterprise"][0]["Status"] == "AC"
    assert len(body["extract"]["sha256"]) == 64
