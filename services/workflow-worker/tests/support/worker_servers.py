"""Small scripted servers of the five services' contracts, behind a real gRPC channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from trustrelay.common.v1 import requirement_types_pb2 as types
from trustrelay.common.v1.case_file_pb2 import CaseFile, CaseHeader, CaseSummary
from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.document.v1 import conversion_service_pb2 as conversion
from trustrelay.document.v1 import conversion_service_pb2_grpc as conversion_grpc
from trustrelay.document.v1 import document_intelligence_service_pb2 as intelligence
from trustrelay.document.v1 import document_intelligence_service_pb2_grpc as intelligence_grpc
from trustrelay.osint.v1 import evidence_service_pb2 as cross
from trustrelay.osint.v1 import evidence_service_pb2_grpc as cross_grpc
from trustrelay.osint.v1 import investigation_service_pb2 as investigation
from trustrelay.osint.v1 import investigation_service_pb2_grpc as investigation_grpc
from trustrelay.osint.v1 import registry_service_pb2 as registry
from trustrelay.osint.v1 import registry_service_pb2_grpc as registry_grpc
from trustrelay.osint.v1 import risk_service_pb2 as risk
from trustrelay.osint.v1 import risk_service_pb2_grpc as risk_grpc
from trustrelay.osint.v1 import screening_service_pb2 as screening
from trustrelay.osint.v1 import screening_service_pb2_grpc as screening_grpc
from trustrelay.osint.v1 import verification_service_pb2 as verification
from trustrelay.osint.v1 import verification_service_pb2_grpc as verification_grpc
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.persistence.v1 import case_store_service_pb2_grpc as store_grpc
from trustrelay.persistence.v1 import evidence_service_pb2 as capsules
from trustrelay.persistence.v1 import evidence_service_pb2_grpc as capsules_grpc
from trustrelay.persistence.v1 import object_service_pb2 as objects
from trustrelay.persistence.v1 import object_service_pb2_grpc as objects_grpc
from trustrelay.servicekit import context
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import Registration, running
from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.application.services import Services


@dataclass
class World:
    """What the servers know and were asked. `script` gives a stream's events: messages, exceptions to raise, or seconds of silence."""

    file: CaseFile
    script: dict[str, list[Any]] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    tenants: set[str] = field(default_factory=set)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    # Verdict and reason codes by requirement; others are valid company extracts.
    verdicts: dict[str, types.ValidationResult] = field(default_factory=dict)
    unanswered_screenings: int = 0

    def note(self, request: Any) -> None:
        """Remembers a request and for whom it came."""
        self.asked.append(request)
        self.tenants.add(context.current().tenant_id)

    def requests(self, kind: type) -> list[Any]:
        """Requests of one type, in order."""
        return [request for request in self.asked if isinstance(request, kind)]

    async def play(self, name: str, request: Any) -> AsyncIterator[Any]:
        """The scripted stream; `closed` tells that the caller went away in the middle of it."""
        self.note(request)
        try:
            for step in self.script[name]:
                if isinstance(step, BaseException):
                    raise step
                if isinstance(step, int | float):
                    await asyncio.sleep(step)
                else:
                    yield step
        except (asyncio.CancelledError, GeneratorExit):
            self.closed.set()
            raise


@dataclass
class Store(store_grpc.CaseStoreServiceServicer):
    """persistence-service's case store."""

    world: World

    async def OpenCase(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        return store.OpenCaseResponse(header=CaseHeader(state_version=1), summary=self.world.file.summary)

    async def RecordTransition(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        return store.RecordTransitionResponse(state_version=request.expected_version + 1, summary=self.world.file.summary)

    async def RecordInvestigation(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        return store.RecordInvestigationResponse(summary=self.world.file.summary)

    async def SetRequirements(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        return store.SetRequirementsResponse(summary=self.world.file.summary)

    async def RecordDocument(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        for document in self.world.file.documents:
            if document.document_id == request.document.document_id:
                document.MergeFrom(request.document)
        return store.RecordDocumentResponse(summary=self.world.file.summary)

    async def GetCaseFile(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        return store.GetCaseFileResponse(case_file=self.world.file)


@dataclass
class Objects(objects_grpc.ObjectServiceServicer):
    """persistence-service's object grants."""

    world: World

    async def GrantRead(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        return objects.GrantReadResponse(grants=[ReadGrant(object=one) for one in request.objects])

    async def GrantWrite(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        return objects.GrantWriteResponse(grant=WriteGrant(key_prefix=f"iteration-{request.iteration}/{request.folder}/"))


@dataclass
class Capsules(capsules_grpc.EvidenceServiceServicer):
    """persistence-service's capsules."""

    world: World

    async def AssembleCapsule(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        return capsules.AssembleCapsuleResponse(capsule=ObjectRef(key="capsule.json", sha256="ab" * 32))


@dataclass
class Conversion(conversion_grpc.ConversionServiceServicer):
    """document-service's conversion; the script is chosen by the document's key."""

    world: World

    async def Convert(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for event in self.world.play(request.source.object.key, request):
            yield event


@dataclass
class Intelligence(intelligence_grpc.DocumentIntelligenceServiceServicer):
    """document-service's reading."""

    world: World

    async def Validate(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        good = types.ValidationResult(verdict=types.VALIDATION_VERDICT_VALID, document_type="company_extract", confidence=0.9)
        return intelligence.ValidateResponse(validation=self.world.verdicts.get(request.requirement.requirement_id, good))

    async def Extract(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        return intelligence.ExtractResponse(fields=[types.ExtractedField(name="legal_name", value="Brasserie Voorbeeld")])


@dataclass
class Registry(registry_grpc.RegistryServiceServicer):
    """osint-service's registers."""

    world: World

    async def CollectRegistry(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for event in self.world.play("registry", request):
            yield event


@dataclass
class Investigation(investigation_grpc.InvestigationServiceServicer):
    """osint-service's media search."""

    world: World

    async def Investigate(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for event in self.world.play("investigation", request):
            yield event


@dataclass
class Verification(verification_grpc.VerificationServiceServicer):
    """osint-service's verifications."""

    world: World

    async def RunChecks(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for event in self.world.play("verification", request):
            yield event


@dataclass
class Screening(screening_grpc.ScreeningServiceServicer):
    """osint-service's lists."""

    world: World

    async def ScreenBatch(self, request_iterator: Any, context: Any) -> AsyncIterator[Any]:
        parties = [request.request.party async for request in request_iterator]
        for party in parties[: len(parties) - self.world.unanswered_screenings]:
            self.world.note(party)
            response = screening.ScreenResponse()
            response.record.party_id = party.party_id
            response.checks.add(check_id=f"sanctions_screening:{party.party_id}", kind="sanctions_screening")
            yield screening.ScreenBatchResponse(response=response)


@dataclass
class Cross(cross_grpc.EvidenceServiceServicer):
    """osint-service's comparison of sources."""

    world: World

    async def CrossReference(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        reply = cross.CrossReferenceResponse()
        reply.findings.add(finding_id="address", kind="discrepancy")
        return reply

    async def AnalyzeGaps(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        return cross.AnalyzeGapsResponse(requirements=request.requirements)


@dataclass
class Risk(risk_grpc.RiskServiceServicer):
    """osint-service's risk rules."""

    world: World

    async def AssessRisk(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        return risk.AssessRiskResponse()

    async def AssignTier(self, request: Any, context: Any) -> Any:
        self.world.note(request)
        return risk.AssignTierResponse(tier="AUTOMATION_TIER_ASSISTED", rule="governance/earned")


def _registrations(world: World) -> list[Registration]:
    p, d, o = "trustrelay.persistence.v1", "trustrelay.document.v1", "trustrelay.osint.v1"
    return [
        Registration(store_grpc.add_CaseStoreServiceServicer_to_server, Store(world), f"{p}.CaseStoreService"),
        Registration(objects_grpc.add_ObjectServiceServicer_to_server, Objects(world), f"{p}.ObjectService"),
        Registration(capsules_grpc.add_EvidenceServiceServicer_to_server, Capsules(world), f"{p}.EvidenceService"),
        Registration(conversion_grpc.add_ConversionServiceServicer_to_server, Conversion(world), f"{d}.ConversionService"),
        Registration(intelligence_grpc.add_DocumentIntelligenceServiceServicer_to_server, Intelligence(world), f"{d}.DocumentIntelligenceService"),
        Registration(registry_grpc.add_RegistryServiceServicer_to_server, Registry(world), f"{o}.RegistryService"),
        Registration(investigation_grpc.add_InvestigationServiceServicer_to_server, Investigation(world), f"{o}.InvestigationService"),
        Registration(verification_grpc.add_VerificationServiceServicer_to_server, Verification(world), f"{o}.VerificationService"),
        Registration(screening_grpc.add_ScreeningServiceServicer_to_server, Screening(world), f"{o}.ScreeningService"),
        Registration(cross_grpc.add_EvidenceServiceServicer_to_server, Cross(world), f"{o}.EvidenceService"),
        Registration(risk_grpc.add_RiskServiceServicer_to_server, Risk(world), f"{o}.RiskService"),
    ]


@asynccontextmanager
async def serving_services(world: World) -> AsyncIterator[Services]:
    """All of them on one free port, reached through the channel that production uses."""
    async with running(_registrations(world)) as target, channel(target) as open_channel:
        yield services(open_channel, open_channel, open_channel)


def a_case_file() -> CaseFile:
    """An invented company with one director, two requirements and one upload each."""
    file = CaseFile(header=CaseHeader(case_id="case-1"), summary=CaseSummary(document_count=2))
    file.subject.legal_name, file.subject.registration_number, file.subject.country = "Brasserie Voorbeeld", "0000000000", "BE"
    file.parties.add(party_id="director-1", full_name="Odalric Vantongerloo")
    for requirement in ("company_extract", "articles"):
        file.requirements.add(requirement_id=requirement, mandatory=True, status=types.REQUIREMENT_STATUS_SUBMITTED, media_types=["application/pdf"])
        file.documents.add(
            document_id=f"document-{requirement}",
            requirement_id=requirement,
            state=types.DOCUMENT_STATE_STORED,
            original=ObjectRef(key=requirement),
        )
    return file


def converted(markdown: str = "converted.md") -> list[Any]:
    """Progress, then the result of a conversion."""
    progress = conversion.ConvertResponse(progress=conversion.ConversionProgress(stage="converting"))
    result = conversion.ConversionResult(markdown=ObjectRef(key=markdown), docling_json=ObjectRef(key="converted.json"), quality=0.8)
    return [progress, conversion.ConvertResponse(result=result)]


def collected() -> list[Any]:
    """Progress, then what the registers said."""
    result = registry.CollectRegistryResult()
    result.checks.add(check_id="registry_status", kind="registry_status")
    result.profiles.add(legal_name="Brasserie Voorbeeld", source="kbo")
    progress = registry.CollectRegistryResponse(progress=registry.SourceProgress(source="kbo", stage="started"))
    return [progress, registry.CollectRegistryResponse(result=result)]


def verified() -> list[Any]:
    """What the verification services said."""
    result = verification.RunChecksResult()
    result.checks.add(check_id="vat_vies", kind="vat_vies")
    return [verification.RunChecksResponse(result=result)]


def investigated() -> list[Any]:
    """What the media said."""
    result = investigation.InvestigateResult()
    result.checks.add(check_id="adverse_media", kind="adverse_media")
    return [investigation.InvestigateResponse(result=result)]
