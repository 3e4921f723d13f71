"""VerificationService and InvestigationService over a real channel, against a real sandbox and a real S3 server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from osint_harness import Running, Sandbox, company_subject, osint

from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.common.v1 import objects_pb2 as objects
from trustrelay.devstack.engines.seaweed import SeaweedEngine
from trustrelay.osint.v1 import investigation_service_pb2 as media_messages
from trustrelay.osint.v1 import investigation_service_pb2_grpc as media_stubs
from trustrelay.osint.v1 import verification_service_pb2 as messages
from trustrelay.osint.v1 import verification_service_pb2_grpc as stubs
from trustrelay.sandbox.model import Company, Person

CLEAR, HIT = evidence_types.CHECK_OUTCOME_CLEAR, evidence_types.CHECK_OUTCOME_HIT
FAILED, NOT_ASSESSED = evidence_types.CHECK_OUTCOME_FAILED, evidence_types.CHECK_OUTCOME_NOT_ASSESSED


async def run_checks(service: Running, subject: case_types.Subject, grant: objects.WriteGrant) -> messages.RunChecksResult:
    """The one result of a call."""
    request = messages.RunChecksRequest(subject=subject, destination=grant)
    events = [event async for event in stubs.VerificationServiceStub(service.channel).RunChecks(request, timeout=60)]
    assert {event.progress.source for event in events[:-1]} == {"vies", "gleif"}
    return events[-1].result


async def investigate(
    service: Running, subject: case_types.Subject, parties: list[case_types.Party], grant: objects.WriteGrant
) -> media_messages.InvestigateResult:
    """The one result of a call."""
    request = media_messages.InvestigateRequest(subject=subject, parties=parties, destination=grant)
    events = [event async for event in media_stubs.InvestigationServiceStub(service.channel).Investigate(request, timeout=60)]
    assert {event.progress.source for event in events[:-1]} == {"gdelt"}
    return events[-1].result


def outcomes(result: Any) -> dict[str, tuple[int, str]]:
    return {check.check_id: (check.outcome, check.reason) for check in result.checks}


def party(who: Person) -> case_types.Party:
    return case_types.Party(party_id=who.key, type=case_types.SUBJECT_TYPE_PERSON, full_name=who.name)


async def test_a_sound_company_is_confirmed_by_both(sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path) -> None:
    """VAT number and LEI are CLEAR when they belong to the declared name; both answers are kept, both profiles returned."""
    company = sandbox.cast.subject
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint), loaded=False) as service:
        declared = await run_checks(service, company_subject(company), grant)
        searched = await run_checks(service, company_subject(company, lei=""), grant)
    for result in (declared, searched):
        assert outcomes(result) == {"vat_vies": (CLEAR, ""), "lei_gleif": (CLEAR, "")}
        assert {(p.source, p.lei) for p in result.profiles} == {("vies", ""), ("gleif", company.lei)}
        assert {item.kind for item in result.evidence} == {"vat_confirmation", "lei_record"}
        assert [(f.kind, f.severity) for f in result.findings] == [("lei_parent", evidence_types.SEVERITY_INFO)]
        assert all(check.evidence_ids for check in result.checks)


async def test_a_requester_gets_the_same_verdict_by_post(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path
) -> None:
    """With our own VAT number configured the POST form is used, whose verdict has another name."""
    settings = sandbox.settings(tmp_path, s3_engine.endpoint, vies_requester=sandbox.cast.outsider.vat)
    async with osint(settings, loaded=False) as service:
        good = await run_checks(service, company_subject(sandbox.cast.subject), grant)
        bad = await run_checks(service, company_subject(sandbox.cast.subject, vat_number="BE0403019261"), grant)
        odd = await run_checks(service, company_subject(sandbox.cast.subject, vat_number="BE12"), grant)
    assert outcomes(good)["vat_vies"] == (CLEAR, "")
    assert outcomes(bad)["vat_vies"] == (FAILED, "VAT_NUMBER_INVALID")
    assert outcomes(odd)["vat_vies"] == (FAILED, "VAT_FORMAT_INVALID")


@pytest.mark.parametrize(
    ("changed", "check", "expected"),
    [
        ({"vat_number": ""}, "vat_vies", (NOT_ASSESSED, "VAT_NOT_DECLARED")),
        ({"vat_number": "US123456"}, "vat_vies", (NOT_ASSESSED, "VAT_COUNTRY_UNSUPPORTED")),
        ({"vat_number": "BE0403019261"}, "vat_vies", (FAILED, "VAT_NUMBER_INVALID")),
        ({"vat_number": "BE77"}, "vat_vies", (FAILED, "VAT_FORMAT_INVALID")),
        ({"legal_name": "Nobody Else Holdings NV"}, "vat_vies", (FAILED, "NAME_MISMATCH")),
        ({"legal_name": "Nobody Else Holdings NV"}, "lei_gleif", (FAILED, "NAME_MISMATCH")),
        ({"registration_number": "0403019261"}, "lei_gleif", (FAILED, "REGISTRATION_NUMBER_MISMATCH")),
        ({"lei": "5493001KJTIIGC8Y1R12"}, "lei_gleif", (FAILED, "LEI_NOT_FOUND")),
        ({"lei": "not a lei"}, "lei_gleif", (FAILED, "LEI_NOT_FOUND")),
    ],
)
async def test_what_does_not_fit_the_declaration_is_told(
    sandbox: Sandbox,
    s3_engine: SeaweedEngine,
    grant: objects.WriteGrant,
    tmp_path: Path,
    changed: dict[str, str],
    check: str,
    expected: tuple[int, str],
) -> None:
    """Every way in which a number can be missing, wrong or another's has a reason of its own."""
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint), loaded=False) as service:
        result = await run_checks(service, company_subject(sandbox.cast.subject, **changed), grant)
    assert outcomes(result)[check] == expected


async def test_no_lei_on_record_is_not_assessed(sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path) -> None:
    """A company without a LEI has done nothing wrong, and nobody has verified anything."""
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint), loaded=False) as service:
        result = await run_checks(service, company_subject(sandbox.cast.listed), grant)
    assert outcomes(result)["lei_gleif"] == (NOT_ASSESSED, "NO_LEI_ON_RECORD")


async def test_a_subsidiary_shows_its_parent(sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path) -> None:
    """A consolidating parent becomes a finding with its LEI."""
    child, parent = sandbox.cast.fillers[1], sandbox.cast.fillers[0]
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint), loaded=False) as service:
        result = await run_checks(service, company_subject(child), grant)
    assert parent.lei is not None
    assert [parent.lei in finding.statement for finding in result.findings] == [True]


async def test_an_undisclosed_name_neither_confirms_nor_contradicts(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path
) -> None:
    """ "---" is silence; Greece is asked under its own prefix."""
    hidden, greek = sandbox.cast.foreign_traders
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint), loaded=False) as service:
        secret = await run_checks(service, company_subject(sandbox.cast.subject, vat_number=f"{hidden.country}{hidden.number}"), grant)
        named = await run_checks(service, company_subject(sandbox.cast.subject, vat_number=f"GR{greek.number}", legal_name=greek.name or ""), grant)
    assert outcomes(secret)["vat_vies"] == (CLEAR, "")
    assert next(p for p in secret.profiles if p.source == "vies").legal_name == ""
    assert outcomes(named)["vat_vies"] == (CLEAR, "")


@pytest.mark.parametrize(
    ("source", "mode", "check", "reason"),
    [
        ("vies", "ms_unavailable", "vat_vies", "MS_UNAVAILABLE"),
        ("vies", "503", "vat_vies", "SOURCE_UNAVAILABLE"),
        ("vies", "429", "vat_vies", "RATE_LIMITED"),
        ("vies", "garbage", "vat_vies", "BODY_UNPARSABLE"),
        ("vies", "timeout", "vat_vies", "SOURCE_TIMEOUT"),
        ("gleif", "429", "lei_gleif", "RATE_LIMITED"),
        ("gleif", "garbage", "lei_gleif", "BODY_UNPARSABLE"),
        ("gleif", "503", "lei_gleif", "SOURCE_UNAVAILABLE"),
        ("gleif", "timeout", "lei_gleif", "SOURCE_TIMEOUT"),
    ],
)
async def test_a_service_that_fails_is_not_assessed(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path, source: str, mode: str, check: str, reason: str
) -> None:
    """Down, throttled, broken or silent: never CLEAR and never FAILED, with the reason; the other check is not touched."""
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint), loaded=False) as service:
        with sandbox.failing(source, mode):
            result = await run_checks(service, company_subject(sandbox.cast.subject), grant)
    found = outcomes(result)
    assert found.pop(check) == (NOT_ASSESSED, reason)
    assert set(found.values()) == {(CLEAR, "")}


async def test_only_adverse_articles_are_hits(sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path) -> None:
    """Charges and frozen assets are a HIT with a finding each; an award is a mention; no article is CLEAR."""
    owner = sandbox.cast.listed.owners[0].person
    director = sandbox.cast.subject.directors[0].person
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint), loaded=False) as service:
        bad = await investigate(service, company_subject(sandbox.cast.listed), [party(owner)], grant)
        good = await investigate(service, company_subject(sandbox.cast.subject), [party(director), party(director)], grant)
    assert outcomes(bad) == {"adverse_media": (CLEAR, ""), f"adverse_media:{owner.key}": (HIT, "")}
    assert [f.severity for f in bad.findings if f.kind == "adverse_media"] == [evidence_types.SEVERITY_HIGH] * 2
    assert outcomes(good) == {"adverse_media": (CLEAR, ""), f"adverse_media:{director.key}": (CLEAR, "")}
    assert [(f.kind, f.severity) for f in good.findings] == [("media_mention", evidence_types.SEVERITY_INFO)]
    assert {item.kind for item in good.evidence} == {"media_search"}


async def test_a_subject_among_the_parties_is_searched_once(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path
) -> None:
    """When the parties hold the subject, its check carries that party's id."""
    company: Company = sandbox.cast.subject
    itself = case_types.Party(party_id="s", type=case_types.SUBJECT_TYPE_COMPANY, full_name=company.legal_name, roles=[case_types.PARTY_ROLE_SUBJECT])
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint), loaded=False) as service:
        result = await investigate(service, company_subject(company), [itself], grant)
    assert outcomes(result) == {"adverse_media:s": (CLEAR, "")}


@pytest.mark.parametrize(
    ("mode", "reason"), [("garbage", "SEARCH_REFUSED"), ("429", "RATE_LIMITED"), ("503", "SOURCE_UNAVAILABLE"), ("timeout", "SOURCE_TIMEOUT")]
)
async def test_a_search_that_was_refused_is_not_assessed(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path, mode: str, reason: str
) -> None:
    """Text instead of JSON, with whatever status, is no empty result."""
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint), loaded=False) as service:
        with sandbox.failing("gdelt", mode):
            result = await investigate(service, company_subject(sandbox.cast.subject), [], grant)
    assert outcomes(result) == {"adverse_media": (NOT_ASSESSED, reason)}


async def test_a_name_too_short_to_search_is_not_assessed(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path
) -> None:
    """The search service refuses it in a text with status 200."""
    short = case_types.Subject(type=case_types.SUBJECT_TYPE_COMPANY, legal_name="", country="BE")
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint, gdelt_url=""), loaded=False) as service:
        result = await investigate(service, short, [], grant)
    assert outcomes(result) == {"adverse_media": (NOT_ASSESSED, "ACCESS_NOT_CONFIGURED")}
