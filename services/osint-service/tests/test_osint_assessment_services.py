"""Evidence, Classification, Risk, Verification and Investigation: the assessments of a whole case over a real channel."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from osint_harness import Sandbox, company_subject, osint
from osint_publisher import Reply, publishing
from test_osint_eori_adapter import PATH, result

from trustrelay.common.v1 import assessment_types_pb2 as assessments
from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.common.v1 import objects_pb2 as objects
from trustrelay.common.v1 import requirement_types_pb2 as papers
from trustrelay.devstack.engines.seaweed import SeaweedEngine
from trustrelay.osint.v1 import classification_service_pb2 as classification
from trustrelay.osint.v1 import classification_service_pb2_grpc as classification_stubs
from trustrelay.osint.v1 import evidence_service_pb2 as evidence
from trustrelay.osint.v1 import evidence_service_pb2_grpc as evidence_stubs
from trustrelay.osint.v1 import investigation_service_pb2 as investigation
from trustrelay.osint.v1 import investigation_service_pb2_grpc as investigation_stubs
from trustrelay.osint.v1 import risk_service_pb2 as risk
from trustrelay.osint.v1 import risk_service_pb2_grpc as risk_stubs
from trustrelay.osint.v1 import verification_service_pb2 as verification
from trustrelay.osint.v1 import verification_service_pb2_grpc as verification_stubs
from trustrelay.servicekit.errors import InvalidArgument, PermissionDenied

CLEAR, HIT = evidence_types.CHECK_OUTCOME_CLEAR, evidence_types.CHECK_OUTCOME_HIT
FAILED, NOT_ASSESSED = evidence_types.CHECK_OUTCOME_FAILED, evidence_types.CHECK_OUTCOME_NOT_ASSESSED
OPEN, NOT_APPLICABLE = papers.REQUIREMENT_STATUS_OPEN, papers.REQUIREMENT_STATUS_NOT_APPLICABLE
PERSON = case_types.Subject(
    type=case_types.SUBJECT_TYPE_PERSON, legal_name="Ann Ysewyn", country="BE", birth_date="1961-05-14", nationality="BE"
)  # fmt: skip
IBAN = "BE71096123456769"


def outcomes(checks: Iterable[evidence_types.Check]) -> dict[str, tuple[int, str]]:
    found = list(checks)
    assert all(check.check_time.seconds for check in found)
    return {check.check_id: (check.outcome, check.reason) for check in found}


async def test_a_disagreement_carries_its_severity(sandbox: Sandbox, tmp_path: Path) -> None:
    """A row that agrees has none, one that does not says how much it weighs."""
    company = sandbox.cast.subject
    profiles = [
        case_types.CompanyProfile(source="kbo", legal_name=company.legal_name, registered_address="Kerkstraat 12, 2000 Antwerpen"),
        case_types.CompanyProfile(source="gleif", legal_name=company.legal_name, registered_address="Molenweg 7, 9000 Gent"),
    ]
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        request = evidence.CrossReferenceRequest(subject=company_subject(company), profiles=profiles)
        reply = await evidence_stubs.EvidenceServiceStub(service.channel).CrossReference(request, timeout=10)
        person = await evidence_stubs.EvidenceServiceStub(service.channel).CrossReference(evidence.CrossReferenceRequest(subject=PERSON), timeout=10)
    severities = {row.fact: row.severity for row in reply.matrix}
    assert severities == {"legal_name": evidence_types.SEVERITY_UNSPECIFIED, "registered_address": evidence_types.SEVERITY_MEDIUM}
    assert list(person.findings) == []


async def test_requirements_apply_by_country_and_form_and_come_back(sandbox: Sandbox, tmp_path: Path) -> None:
    """What does not apply keeps its words, what applies again is open again, and no register answers for a person's identity."""
    requirements = [
        papers.Requirement(requirement_id="dutch", why="w", countries=["NL"]),
        papers.Requirement(requirement_id="form", why="w", legal_forms=["naamloze vennootschap"], status=NOT_APPLICABLE),
        papers.Requirement(requirement_id="identity", why="w", answered_by="identity", covered_by_evidence_kinds=["registry_record"]),
        papers.Requirement(requirement_id="verified", answered_by="identity", status=papers.REQUIREMENT_STATUS_SATISFIED),
    ]
    request = evidence.AnalyzeGapsRequest(
        requirements=requirements, subject=company_subject(sandbox.cast.subject),
        evidence=[evidence_types.Evidence(evidence_id="kbo:1", source="kbo", kind="registry_record")],
        profiles=[case_types.CompanyProfile(source="kbo", legal_form="Naamloze vennootschap")],
    )  # fmt: skip
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        reply = await evidence_stubs.EvidenceServiceStub(service.channel).AnalyzeGaps(request, timeout=10)
    assert [(r.requirement_id, r.status, r.why, r.covered_by) for r in reply.requirements] == [
        ("dutch", NOT_APPLICABLE, "w", ""), ("form", OPEN, "w", ""), ("identity", OPEN, "w", ""),
        ("verified", papers.REQUIREMENT_STATUS_SATISFIED, "", ""),
    ]  # fmt: skip


async def test_the_synthesis_is_written_and_then_refreshed(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path
) -> None:
    """Investigate writes it; a valid document marks it, once; earlier findings come back superseded, with all they had."""
    doubt = evidence_types.Finding(
        finding_id="unverified_ownership", kind="unverified_ownership", severity=evidence_types.SEVERITY_MEDIUM, statement="s", evidence_ids=["e"]
    )
    document = papers.CaseDocument(
        document_id="d1", requirement_id="ubo_register_extract", iteration=1, state=papers.DOCUMENT_STATE_VALID,
        validation=papers.ValidationResult(verdict=papers.VALIDATION_VERDICT_VALID),
    )  # fmt: skip
    owner = case_types.Party(
        party_id="p1", type=case_types.SUBJECT_TYPE_PERSON, full_name="x", roles=[case_types.PARTY_ROLE_BENEFICIAL_OWNER], source="document:d1"
    )
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint), loaded=False) as service:
        request = investigation.InvestigateRequest(subject=company_subject(sandbox.cast.subject), destination=grant)
        stub = investigation_stubs.InvestigationServiceStub(service.channel)
        written = [event async for event in stub.Investigate(request, timeout=60)][-1].result.synthesis_markdown
        refresh = evidence.RefreshSynthesisRequest(
            synthesis_markdown=written, documents=[document], party_statements=[owner], findings=[doubt], iteration=1,
            requirements=[papers.Requirement(requirement_id="ubo_register_extract", title="UBO")],
        )  # fmt: skip
        rules = evidence_stubs.EvidenceServiceStub(service.channel)
        once = await rules.RefreshSynthesis(refresh, timeout=10)
        refresh.synthesis_markdown = once.synthesis_markdown
        twice = await rules.RefreshSynthesis(refresh, timeout=10)
        before = await rules.RefreshSynthesis(evidence.RefreshSynthesisRequest(synthesis_markdown=written, documents=[document]), timeout=10)
    assert "## Next steps\n" in written
    assert "- ~~Verify the beneficial owners" in once.synthesis_markdown
    assert "## Document Verification (Post-Portal)\n" in once.synthesis_markdown
    assert twice == once
    assert [finding.finding_id for finding in once.findings] == ["document_verified_ubo_register_extract", "ubo_verification", "unverified_ownership"]
    assert [finding.severity for finding in once.findings[:2]] == [evidence_types.SEVERITY_VERIFIED] * 2
    doubt.superseded_by = "ubo_verification"
    assert once.findings[2] == doubt
    assert (before.synthesis_markdown, list(before.findings)) == (written, [])


async def test_tasks_and_trade_profile_over_the_wire(sandbox: Sandbox, tmp_path: Path) -> None:
    """Tasks in the case's language under repeatable ids; the profile with its rule's version."""
    tasks = evidence.SuggestTasksRequest(
        requirements=[papers.Requirement(requirement_id="proof_of_address", title="Adresbewijs", why="Waar u woont.", status=OPEN, mandatory=True)],
        questions=[papers.Question(question_id="nrn", title="Rijksregisternummer", kind="be_nrn", mandatory=True)],
        unanswered_question_ids=["nrn"], language="nl",
    )  # fmt: skip
    client = company_subject(sandbox.cast.subject, vat_number="")
    client.selected_services.append("import_clearance")
    client.bank_accounts.add(iban=IBAN, purpose="company")
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        stub = evidence_stubs.EvidenceServiceStub(service.channel)
        suggested = await stub.SuggestTasks(tasks, timeout=10)
        built = await stub.BuildTradeProfile(evidence.BuildTradeProfileRequest(subject=client), timeout=10)
    assert [(task.task_id, task.kind, task.requirement_id) for task in suggested.tasks] == [
        ("reupload/proof_of_address", "reupload_document", "proof_of_address"), ("answer/nrn", "follow_up", ""),
    ]  # fmt: skip
    assert suggested.tasks[0].text == "Gelieve op te laden: Adresbewijs. Waarom: Waar u woont."
    assert (list(built.profile.missing), built.profile.rule_version) == (["eori", "vat_number"], "trade-profile@1")
    assert [finding.finding_id for finding in built.findings] == ["trade_need_missing:eori", "trade_need_missing:vat_number"]


async def test_classification_over_the_wire(sandbox: Sandbox, tmp_path: Path) -> None:
    """An officer's category is reconciled with the register's codes; without one both answers are NOT_ASSESSED; a wrong one is refused."""
    profile = case_types.CompanyProfile(source="kbo", activity_codes=["2008:62010"])
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        stub = classification_stubs.ClassificationServiceStub(service.channel)
        found = {}
        for mcc in ("7372", "7995", ""):
            answer = await stub.ClassifyMcc(classification.ClassifyMccRequest(officer_mcc=mcc, profiles=[profile]), timeout=10)
            assert answer.classification.reconciliation == evidence_types.CHECK_OUTCOME_UNSPECIFIED
            found[mcc] = (
                await stub.ReconcileNace(classification.ReconcileNaceRequest(classification=answer.classification), timeout=10)
            ).classification
        with pytest.raises(InvalidArgument) as refused:
            await stub.ClassifyMcc(classification.ClassifyMccRequest(officer_mcc="99"), timeout=10)
        silent = classification.ReconcileNaceRequest(classification=assessments.MccClassification(mcc="7372", codes=found["7372"].codes))
        unspecified = (await stub.ReconcileNace(silent, timeout=10)).classification
    assert refused.value.reason == "MCC_UNKNOWN"
    assert {mcc: (f.outcome, f.reason, f.reconciliation, f.reconciliation_reason) for mcc, f in found.items()} == {
        "7372": (CLEAR, "", CLEAR, ""),
        "7995": (CLEAR, "", HIT, "DIVERGES"),
        "": (NOT_ASSESSED, "CLASSIFIER_NOT_AVAILABLE", NOT_ASSESSED, "MCC_NOT_CLASSIFIED"),
    }
    assert [(code.revision, code.code, code.origin) for code in found["7372"].codes] == [("mcc", "7372", "officer"), ("2008", "62010", "osint")]
    assert unspecified.reconciliation_reason == "MCC_NOT_CLASSIFIED"


async def test_confidence_and_quality_over_the_wire(sandbox: Sandbox, tmp_path: Path) -> None:
    """Parts and rule version are returned; a superseded finding counts no more; without a time nothing is judged."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    item = evidence_types.Evidence(evidence_id="kbo:1", source="kbo")
    item.fetch_time.FromDatetime(now)
    checks = [evidence_types.Check(kind="vat_vies", outcome=CLEAR), evidence_types.Check(kind="lei_gleif")]
    matrix = [assessments.CorroborationRow(fact="legal_name", agrees=True), assessments.CorroborationRow(fact="status")]
    undated = risk.ComputeConfidenceRequest(checks=checks, check_kinds=["vat_vies", "lei_gleif"], matrix=matrix, evidence=[item])
    dated = risk.ComputeConfidenceRequest()
    dated.CopyFrom(undated)
    dated.as_of_time.FromDatetime(now)
    findings = [evidence_types.Finding(finding_id="a", evidence_ids=["kbo:1"]), evidence_types.Finding(finding_id="b", superseded_by="a")]
    quality = risk.ScoreQualityRequest(checks=checks, check_kinds=["vat_vies"], findings=findings, matrix=matrix)
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        stub = risk_stubs.RiskServiceStub(service.channel)
        confidence = (await stub.ComputeConfidence(dated, timeout=10)).confidence
        scored = (await stub.ScoreQuality(quality, timeout=10)).quality
        with pytest.raises(InvalidArgument) as refused:
            await stub.ComputeConfidence(undated, timeout=10)
    assert refused.value.reason == "AS_OF_TIME_MISSING"
    parts = (confidence.score, confidence.coverage, confidence.agreement, confidence.reliability, confidence.freshness, confidence.rule_version)
    assert parts == (0.2375, 0.5, 0.5, 0.95, 1.0, "confidence@1")
    assert (scored.completeness, scored.consistency, scored.citation, scored.flag, scored.rule_version) == (1.0, 0.5, 1.0, "", "quality@1")


async def test_a_person_is_assessed_by_the_model_for_persons(sandbox: Sandbox, tmp_path: Path) -> None:
    """Nationality counts, the model names itself, and a floor that applies leaves the gate to an officer."""
    foreign = case_types.Subject()
    foreign.CopyFrom(PERSON)
    foreign.nationality = "ir"
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        stub = risk_stubs.RiskServiceStub(service.channel)
        plain = (await stub.AssessRisk(risk.AssessRiskRequest(subject=PERSON, as_of_date="2026-11-22"), timeout=10)).assessment
        listed = (await stub.AssessRisk(risk.AssessRiskRequest(subject=foreign, as_of_date="2026-11-22"), timeout=10)).assessment
        tier = await stub.AssignTier(risk.AssignTierRequest(risk=listed, decided_cases=100, agreement=1.0), timeout=10)
    assert (plain.level, plain.model_version) == (1, "risk-kyc@1")
    assert listed.level == 3
    assert tier.rule == "governance/risk-floor@1"


async def test_what_nobody_can_verify_yet_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    """EORI, Peppol, withholding and payee: a typed reason each, and never CLEAR."""
    client = company_subject(sandbox.cast.subject)
    client.eori = f"BE{sandbox.cast.subject.enterprise_number}"
    client.bank_accounts.add(iban=IBAN, purpose="guarantee")
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        stub = verification_stubs.VerificationServiceStub(service.channel)
        found = [
            *(await stub.VerifyEori(verification.VerifyEoriRequest(subject=client), timeout=10)).checks,
            *(await stub.VerifyPeppol(verification.VerifyPeppolRequest(subject=client), timeout=10)).checks,
            *(await stub.VerifyWithholding(verification.VerifyWithholdingRequest(subject=client), timeout=10)).checks,
            *(await stub.VerifyPayee(verification.VerifyPayeeRequest(subject=client), timeout=10)).checks,
        ]
    assert outcomes(found) == {
        "eori": (NOT_ASSESSED, "EORI_SERVICE_NOT_CONFIGURED"),
        "peppol_participant": (NOT_ASSESSED, "PEPPOL_LOOKUP_NOT_AVAILABLE"),
        "withholding_social": (NOT_ASSESSED, "WITHHOLDING_ACCESS_NOT_CONFIGURED"),
        "withholding_fiscal": (NOT_ASSESSED, "WITHHOLDING_ACCESS_NOT_CONFIGURED"),
        "iban_format:guarantee": (CLEAR, ""),
        "payee:guarantee": (NOT_ASSESSED, "VOP_NOT_CONFIGURED"),
    }
    assert {check.check_id: check.kind for check in found}["payee:guarantee"] == "payee"


async def test_a_configured_eori_service_decides(sandbox: Sandbox, tmp_path: Path) -> None:
    """With an address the register is asked; a number that cannot exist is not sent."""
    number = f"BE{sandbox.cast.subject.enterprise_number}"
    with publishing() as publisher:
        publisher.replies[PATH] = Reply(result("0", eori=number), media_type="text/xml")
        async with osint(sandbox.settings(tmp_path, "store:1", eori_url=publisher.base + PATH), loaded=False) as service:
            stub = verification_stubs.VerificationServiceStub(service.channel)
            good = await stub.VerifyEori(verification.VerifyEoriRequest(subject=company_subject(sandbox.cast.subject, eori=number)), timeout=10)
            bad = await stub.VerifyEori(
                verification.VerifyEoriRequest(subject=company_subject(sandbox.cast.subject, eori="BE0403019262")), timeout=10
            )
        assert publisher.asked[PATH] == 1
    assert outcomes(good.checks) == {"eori": (CLEAR, "")}
    assert outcomes(bad.checks) == {"eori": (FAILED, "EORI_INVALID")}


async def test_identity_and_fields_over_the_wire(sandbox: Sandbox, tmp_path: Path) -> None:
    """No identity is not assessed, the right one CLEAR, another's FAILED with a critical finding; each answer has its check."""
    right = assessments.IdentityResult(assurance="high", full_name="Ysewyn Ann", birth_date="1961-05-14")
    wrong = assessments.IdentityResult(assurance="high", full_name="Piet Maenhout", birth_date="1961-05-14")
    questions = [papers.Question(question_id="nrn", kind="be_nrn", mandatory=True), papers.Question(question_id="iban", kind="iban")]
    fields = verification.ValidateFieldsRequest(questions=questions, answers={"nrn": "61051400122", "iban": "BE00"})
    async with osint(sandbox.settings(tmp_path, "store:1"), loaded=False) as service:
        stub = verification_stubs.VerificationServiceStub(service.channel)

        async def verified(**identity: Any) -> verification.VerifyIdentityResponse:
            return await stub.VerifyIdentity(verification.VerifyIdentityRequest(subject=PERSON, **identity), timeout=10)

        none, good, bad = await verified(), await verified(identity=right), await verified(identity=wrong)
        answers = await stub.ValidateFields(fields, timeout=10)
    assert outcomes(none.checks) == {"identity_verification": (NOT_ASSESSED, "IDENTITY_NOT_PROVIDED")}
    assert outcomes(good.checks) == {"identity_verification": (CLEAR, "")}
    assert outcomes(bad.checks) == {"identity_verification": (FAILED, "IDENTITY_MISMATCH")}
    assert [finding.severity for finding in bad.findings] == [evidence_types.SEVERITY_CRITICAL]
    assert outcomes(answers.checks) == {"field:nrn": (CLEAR, ""), "field:iban": (FAILED, "IBAN_INVALID")}


@pytest.mark.parametrize(("website", "reason"), [("", "NO_WEBSITE"), ("https://zonnebeek.example", "WEBSITE_CRAWLER_NOT_AVAILABLE")])
async def test_a_website_is_not_assessed(
    sandbox: Sandbox, s3_engine: SeaweedEngine, grant: objects.WriteGrant, tmp_path: Path, website: str, reason: str
) -> None:
    """Streams like every outside call: progress, then one check with its reason; a foreign store is refused."""
    request = investigation.ScrapeWebsiteRequest(subject=company_subject(sandbox.cast.subject, website=website), destination=grant)
    async with osint(sandbox.settings(tmp_path, s3_engine.endpoint), loaded=False) as service:
        stub = investigation_stubs.InvestigationServiceStub(service.channel)
        events = [event async for event in stub.ScrapeWebsite(request, timeout=30)]
        request.destination.url = "http://other.example:1/evidence"
        with pytest.raises(PermissionDenied) as refused:
            [event async for event in stub.ScrapeWebsite(request, timeout=30)]
    assert [event.progress.stage for event in events[:-1]] == ["not_assessed"]
    assert outcomes(events[-1].result.checks) == {"website": (NOT_ASSESSED, reason)}
    assert refused.value.reason == "OBJECT_STORE_HOST_REFUSED"
