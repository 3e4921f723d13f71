"""EvidenceService, RiskService and the process itself over a real channel."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from osint_harness import Sandbox, company_subject, osint

from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.common.v1 import decision_types_pb2 as decision_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.common.v1 import objects_pb2 as objects
from trustrelay.common.v1 import requirement_types_pb2 as requirement_types
from trustrelay.devstack.engines.seaweed import SeaweedEngine
from trustrelay.osint.v1 import evidence_service_pb2 as evidence_messages
from trustrelay.osint.v1 import evidence_service_pb2_grpc as evidence_stubs
from trustrelay.osint.v1 import investigation_service_pb2 as media_messages
from trustrelay.osint.v1 import investigation_service_pb2_grpc as media_stubs
from trustrelay.osint.v1 import registry_service_pb2 as registry_messages
from trustrelay.osint.v1 import registry_service_pb2_grpc as registry_stubs
from trustrelay.osint.v1 import risk_service_pb2 as risk_messages
from trustrelay.osint.v1 import risk_service_pb2_grpc as risk_stubs
from trustrelay.osint.v1 import screening_service_pb2 as screening_messages
from trustrelay.osint.v1 import screening_service_pb2_grpc as screening_stubs
from trustrelay.osint.v1 import verification_service_pb2 as verification_messages
from trustrelay.osint.v1 import verification_service_pb2_grpc as verification_stubs
from trustrelay.servicekit.context import CallContext, use
from trustrelay.servicekit.errors import InvalidArgument
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.health import ask

OPEN, COVERED = requirement_types.REQUIREMENT_STATUS_OPEN, requirement_types.REQUIREMENT_STATUS_COVERED


async def test_cross_reference_over_the_wire(sandbox: Sandbox, tmp_path: Path) -> None:
    """Rows and discrepancies arrive as the contract says."""
    company = sandbox.cast.subject
    owner = case_types.Party(
        party_id="p1", type=case_types.SUBJECT_TYPE_PERSON, full_name="x", roles=[case_types.PARTY_ROLE_OWNER], share="0.6", source="nbb"
    )
    request = evidence_messages.CrossReferenceRequest(
        subject=company_subject(company), profiles=[case_types.CompanyProfile(source="kbo", legal_name="Nobody Else Holdings")], parties=[owner]
    )
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        reply = await evidence_stubs.EvidenceServiceStub(service.channel).CrossReference(request, timeout=10)
    assert [(row.fact, row.agrees) for row in reply.matrix] == [("legal_name", False), ("share:p1", True)]
    assert dict(reply.matrix[1].values) == {"nbb": "0.6"}
    assert [(f.finding_id, f.severity) for f in reply.findings] == [("discrepancy_legal_name", evidence_types.SEVERITY_HIGH)]


async def test_gaps_over_the_wire(sandbox: Sandbox, tmp_path: Path) -> None:
    """Undecided requirements come back OPEN or COVERED; what a person decided stays, and a superseded finding counts no more."""
    request = evidence_messages.AnalyzeGapsRequest(
        requirements=[
            requirement_types.Requirement(requirement_id="shareholder_register", covered_by_evidence_kinds=["annual_accounts"], why="w"),
            requirement_types.Requirement(requirement_id="proof_of_address", why="w"),
            requirement_types.Requirement(requirement_id="other", status=requirement_types.REQUIREMENT_STATUS_WAIVED, why="kept"),
        ],
        evidence=[evidence_types.Evidence(evidence_id="nbb:1", source="nbb", kind="annual_accounts")],
        findings=[evidence_types.Finding(finding_id="f", kind="discrepancy_share", severity=evidence_types.SEVERITY_HIGH, superseded_by="g")],
    )
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        reply = await evidence_stubs.EvidenceServiceStub(service.channel).AnalyzeGaps(request, timeout=10)
    judged = [(r.requirement_id, r.status, r.covered_by) for r in reply.requirements]
    assert judged == [
        ("shareholder_register", COVERED, "nbb:1"), ("proof_of_address", OPEN, ""), ("other", requirement_types.REQUIREMENT_STATUS_WAIVED, ""),
    ]  # fmt: skip
    assert reply.requirements[2].why == "kept"


async def test_risk_and_tier_over_the_wire(sandbox: Sandbox, tmp_path: Path) -> None:
    """A confirmed sanction is HIGH and REJECT with its factor; the tier names its rule."""
    hit = evidence_types.Hit(hit_id="h", topics=["sanction"], status=evidence_types.HIT_STATUS_TRUE_MATCH)
    unjudged = evidence_types.Hit(hit_id="i", topics=["role.pep"])
    unset = evidence_types.Check(kind="sanctions_screening")
    request = risk_messages.AssessRiskRequest(
        subject=company_subject(sandbox.cast.subject), hits=[hit, unjudged], checks=[unset], as_of_date="2026-11-22", checkpoint="post_osint"
    )
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        stub = risk_stubs.RiskServiceStub(service.channel)
        risk = (await stub.AssessRisk(request, timeout=10)).assessment
        tier = await stub.AssignTier(risk_messages.AssignTierRequest(risk=risk, hits=[hit]), timeout=10)
        unknown = await stub.AssignTier(risk_messages.AssignTierRequest(decided_cases=60, agreement=1.0), timeout=10)
    assert (risk.level, risk.recommendation) == (decision_types.RISK_LEVEL_HIGH, decision_types.DECISION_REJECT)
    assert (risk.model_version, risk.checkpoint) == ("risk-kyb@1", "post_osint")
    values = {factor.name: factor.value for factor in risk.factors}
    assert values["sanction_confirmed"] == values["pep_hit_open"] == values["not_assessed"] == 1.0
    assert (tier.tier, tier.rule) == (case_types.AUTOMATION_TIER_FULL_REVIEW, "governance/list-hit@1")
    assert unknown.rule == "governance/risk-unknown@1"


@pytest.mark.parametrize(
    ("day", "reason"), [("", "AS_OF_DATE_INVALID"), ("22/11/2026", "AS_OF_DATE_INVALID"), ("2025-01-01", "AS_OF_DATE_UNSUPPORTED")]
)
async def test_risk_needs_a_day_for_which_lists_are_known(sandbox: Sandbox, tmp_path: Path, day: str, reason: str) -> None:
    """A day without country lists would silently clear every country."""
    request = risk_messages.AssessRiskRequest(subject=company_subject(sandbox.cast.subject), as_of_date=day)
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        with pytest.raises(InvalidArgument) as refused:
            await risk_stubs.RiskServiceStub(service.channel).AssessRisk(request, timeout=10)
    assert refused.value.reason == reason


async def test_an_impossible_agreement_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    """A share of cases lies between 0 and 1."""
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        with pytest.raises(InvalidArgument) as refused:
            await risk_stubs.RiskServiceStub(service.channel).AssignTier(risk_messages.AssignTierRequest(agreement=1.1), timeout=10)
    assert refused.value.reason == "AGREEMENT_OUT_OF_RANGE"


async def test_the_process_serves_tells_nobody_and_stops_on_sigterm(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path
) -> None:
    """`python -m trustrelay.osint_service` becomes healthy by itself, works, retries, names nobody in its log and drains on SIGTERM."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = sandbox.settings(tmp_path / "cache", s3_engine.endpoint, port=port, log_level="DEBUG")
    chosen = {f"TRUSTRELAY_{name.upper()}": str(value) for name, value in settings.model_dump(exclude_none=True).items()}
    log = tmp_path / "log"
    with log.open("wb") as out:
        command = (sys.executable, "-m", "trustrelay.osint_service")
        process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **chosen}, stderr=out, stdout=out)
    try:
        async with asyncio.timeout(60):
            while not await ask(f"127.0.0.1:{port}", "trustrelay.osint.v1.ScreeningService"):
                assert process.returncode is None
                await asyncio.sleep(0.2)
        await _work(f"127.0.0.1:{port}", sandbox, grant)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    text = log.read_text()
    assert '"list.loaded"' in text
    company = sandbox.cast.subject
    secrets = {company.name, company.enterprise_number, company.lei or "", *(person.family for person in sandbox.cast.persons)}
    assert [secret for secret in secrets if secret.casefold() in text.casefold()] == []


async def _work(target: str, sandbox: Sandbox, grant: objects.WriteGrant) -> None:
    """A check that retries, a press search and a screening, all with names in them."""
    subject = company_subject(sandbox.cast.subject, lei="")
    with use(CallContext("acme", "tester")):
        async with channel(target) as opened:
            with sandbox.failing("vies", "ms_unavailable"):
                checks = verification_messages.RunChecksRequest(subject=subject, destination=grant)
                assert [e async for e in verification_stubs.VerificationServiceStub(opened).RunChecks(checks, timeout=60)]
            search = media_messages.InvestigateRequest(subject=subject, destination=grant)
            assert [e async for e in media_stubs.InvestigationServiceStub(opened).Investigate(search, timeout=60)]
            collect = registry_messages.CollectRegistryRequest(subject=subject, destination=grant)
            assert [e async for e in registry_stubs.RegistryServiceStub(opened).CollectRegistry(collect, timeout=60)]
            who = case_types.Party(type=case_types.SUBJECT_TYPE_PERSON, full_name=sandbox.cast.listed.owners[0].person.name)
            assert await screening_stubs.ScreeningServiceStub(opened).Screen(screening_messages.ScreenRequest(party=who), timeout=10)


def test_missing_settings_are_named(tmp_path: Path) -> None:
    """A start without a required setting says which one, and exits with 2."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TRUSTRELAY_")}
    done = subprocess.run([sys.executable, "-m", "trustrelay.osint_service"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "TRUSTRELAY_OBJECT_STORE_HOSTS" in done.stderr
