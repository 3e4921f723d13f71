"""Small scripted servers of osint-service's contracts; each unary call is clear unless the world says otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from worker_world import CLEAR, NOT_ASSESSED, World

from trustrelay.osint.v1 import classification_service_pb2 as classification
from trustrelay.osint.v1 import classification_service_pb2_grpc as classification_grpc
from trustrelay.osint.v1 import evidence_service_pb2 as evidence
from trustrelay.osint.v1 import evidence_service_pb2_grpc as evidence_grpc
from trustrelay.osint.v1 import investigation_service_pb2_grpc as investigation_grpc
from trustrelay.osint.v1 import registry_service_pb2_grpc as registry_grpc
from trustrelay.osint.v1 import risk_service_pb2 as risk
from trustrelay.osint.v1 import risk_service_pb2_grpc as risk_grpc
from trustrelay.osint.v1 import screening_service_pb2 as screening
from trustrelay.osint.v1 import screening_service_pb2_grpc as screening_grpc
from trustrelay.osint.v1 import verification_service_pb2 as verification
from trustrelay.osint.v1 import verification_service_pb2_grpc as verification_grpc
from trustrelay.servicekit.grpc_server import Registration


@dataclass
class Registry(registry_grpc.RegistryServiceServicer):
    """Registers."""

    world: World

    async def CollectRegistry(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for event in self.world.play("registry", request):
            yield event


@dataclass
class Investigation(investigation_grpc.InvestigationServiceServicer):
    """Media and the web."""

    world: World

    async def Investigate(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for event in self.world.play("investigation", request):
            yield event

    async def ScrapeWebsite(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for event in self.world.play("website", request):
            yield event


@dataclass
class Verification(verification_grpc.VerificationServiceServicer):
    """Verifications."""

    world: World

    async def RunChecks(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for event in self.world.play("verification", request):
            yield event

    async def VerifyEori(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, _clear(verification.VerifyEoriResponse(), "eori"))

    async def VerifyPeppol(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, _clear(verification.VerifyPeppolResponse(), "peppol_participant"))

    async def VerifyWithholding(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, _clear(verification.VerifyWithholdingResponse(), "withholding_social", "withholding_fiscal"))

    async def VerifyPayee(self, request: Any, context: Any) -> Any:
        reply = verification.VerifyPayeeResponse()
        for account in request.subject.bank_accounts:
            reply.checks.add(check_id=f"iban_format:{account.purpose}", kind="iban_format", outcome=CLEAR)
            reply.checks.add(check_id=f"payee:{account.purpose}", kind="payee", outcome=NOT_ASSESSED, reason="VOP_NOT_CONFIGURED")
        if not request.subject.bank_accounts:
            reply.checks.add(check_id="iban_format", kind="iban_format", outcome=NOT_ASSESSED, reason="ACCOUNT_NOT_DECLARED")
        return self.world.reply(request, reply)

    async def VerifyIdentity(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, _clear(verification.VerifyIdentityResponse(), "identity_verification"))

    async def ValidateFields(self, request: Any, context: Any) -> Any:
        reply = verification.ValidateFieldsResponse()
        for question in request.answers:
            reply.checks.add(check_id=f"field:{question}", kind="field", outcome=CLEAR)
        return self.world.reply(request, reply)


def _clear(reply: Any, *kinds: str) -> Any:
    for kind in kinds:
        reply.checks.add(check_id=kind, kind=kind, outcome=CLEAR)
    return reply


@dataclass
class Screening(screening_grpc.ScreeningServiceServicer):
    """Lists."""

    world: World

    async def ScreenBatch(self, request_iterator: Any, context: Any) -> AsyncIterator[Any]:
        parties = [request.request.party async for request in request_iterator]
        for step in self.world.script.get("screening", []):
            raise step
        for party in parties[: len(parties) - self.world.unanswered_screenings]:
            self.world.note(party)
            response = screening.ScreenResponse()
            response.record.party_id = party.party_id
            response.checks.add(check_id=f"sanctions_screening:{party.party_id}", kind="sanctions_screening", outcome=CLEAR)
            yield screening.ScreenBatchResponse(response=response)


@dataclass
class Evidence(evidence_grpc.EvidenceServiceServicer):
    """Comparison of sources and what follows."""

    world: World

    async def CrossReference(self, request: Any, context: Any) -> Any:
        reply = evidence.CrossReferenceResponse()
        reply.findings.add(finding_id="address", kind="discrepancy")
        reply.matrix.add(fact="legal_name", values={"kbo": "Brasserie Voorbeeld"}, agrees=True)
        return self.world.reply(request, reply)

    async def AnalyzeGaps(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, evidence.AnalyzeGapsResponse(requirements=request.requirements))

    async def RefreshSynthesis(self, request: Any, context: Any) -> Any:
        reply = evidence.RefreshSynthesisResponse(synthesis_markdown=f"{request.synthesis_markdown}\n## Document Verification (Post-Portal)")
        reply.findings.add(finding_id="document_verified_articles", kind="document_verified_articles", severity="SEVERITY_VERIFIED")
        return self.world.reply(request, reply)

    async def SuggestTasks(self, request: Any, context: Any) -> Any:
        reply = evidence.SuggestTasksResponse()
        reply.tasks.add(task_id="task/articles", kind="upload_document", requirement_id="articles", text=f"Stuur het ({request.language}).")
        for question in request.unanswered_question_ids:
            reply.tasks.add(task_id=f"answer/{question}", kind="follow_up", text="Antwoord.")
        return self.world.reply(request, reply)

    async def BuildTradeProfile(self, request: Any, context: Any) -> Any:
        reply = evidence.BuildTradeProfileResponse()
        reply.profile.services.extend(request.subject.selected_services)
        return self.world.reply(request, reply)


@dataclass
class Classification(classification_grpc.ClassificationServiceServicer):
    """Which business it is."""

    world: World

    async def ClassifyMcc(self, request: Any, context: Any) -> Any:
        reply = classification.ClassifyMccResponse()
        made = reply.classification
        if request.officer_mcc:
            made.mcc, made.outcome, made.set_by = request.officer_mcc, CLEAR, "officer"
        else:
            made.outcome, made.reason = NOT_ASSESSED, "CLASSIFIER_NOT_AVAILABLE"
        return self.world.reply(request, reply)

    async def ReconcileNace(self, request: Any, context: Any) -> Any:
        reply = classification.ReconcileNaceResponse(classification=request.classification)
        reply.classification.reconciliation, reply.classification.reconciliation_reason = "CHECK_OUTCOME_HIT", "DIVERGES"
        return self.world.reply(request, reply)


@dataclass
class Risk(risk_grpc.RiskServiceServicer):
    """Rules that score."""

    world: World

    async def AssessRisk(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, risk.AssessRiskResponse())

    async def AssignTier(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, risk.AssignTierResponse(tier="AUTOMATION_TIER_ASSISTED", rule="governance/earned"))

    async def ComputeConfidence(self, request: Any, context: Any) -> Any:
        reply = risk.ComputeConfidenceResponse()
        reply.confidence.score = 0.5
        return self.world.reply(request, reply)

    async def ScoreQuality(self, request: Any, context: Any) -> Any:
        reply = risk.ScoreQualityResponse()
        reply.quality.score = 0.9
        return self.world.reply(request, reply)


def osint_registrations(world: World) -> list[Registration]:
    """All of osint-service."""
    o = "trustrelay.osint.v1"
    return [
        Registration(registry_grpc.add_RegistryServiceServicer_to_server, Registry(world), f"{o}.RegistryService"),
        Registration(investigation_grpc.add_InvestigationServiceServicer_to_server, Investigation(world), f"{o}.InvestigationService"),
        Registration(verification_grpc.add_VerificationServiceServicer_to_server, Verification(world), f"{o}.VerificationService"),
        Registration(screening_grpc.add_ScreeningServiceServicer_to_server, Screening(world), f"{o}.ScreeningService"),
        Registration(evidence_grpc.add_EvidenceServiceServicer_to_server, Evidence(world), f"{o}.EvidenceService"),
        Registration(classification_grpc.add_ClassificationServiceServicer_to_server, Classification(world), f"{o}.ClassificationService"),
        Registration(risk_grpc.add_RiskServiceServicer_to_server, Risk(world), f"{o}.RiskService"),
    ]
