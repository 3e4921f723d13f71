"""Small scripted servers of persistence- and document-service's contracts, and all services' behind one real gRPC channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from worker_osint_servers import osint_registrations
from worker_world import World

from trustrelay.common.v1 import requirement_types_pb2 as types
from trustrelay.common.v1.case_file_pb2 import CaseHeader
from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.document.v1 import conversion_service_pb2_grpc as conversion_grpc
from trustrelay.document.v1 import document_intelligence_service_pb2 as intelligence
from trustrelay.document.v1 import document_intelligence_service_pb2_grpc as intelligence_grpc
from trustrelay.persistence.v1 import audit_service_pb2 as audit
from trustrelay.persistence.v1 import audit_service_pb2_grpc as audit_grpc
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.persistence.v1 import case_store_service_pb2_grpc as store_grpc
from trustrelay.persistence.v1 import evidence_service_pb2 as capsules
from trustrelay.persistence.v1 import evidence_service_pb2_grpc as capsules_grpc
from trustrelay.persistence.v1 import graph_service_pb2 as graph
from trustrelay.persistence.v1 import graph_service_pb2_grpc as graph_grpc
from trustrelay.persistence.v1 import object_service_pb2 as objects
from trustrelay.persistence.v1 import object_service_pb2_grpc as objects_grpc
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import Registration, running
from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.application.services import Services


@dataclass
class Store(store_grpc.CaseStoreServiceServicer):
    """persistence-service's case store: keeps evidence, findings and documents, by their ids."""

    world: World

    async def OpenCase(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, store.OpenCaseResponse(header=CaseHeader(state_version=1), summary=self.world.file.summary))

    async def RecordTransition(self, request: Any, context: Any) -> Any:
        done = store.RecordTransitionResponse(state_version=request.expected_version + 1, summary=self.world.file.summary)
        return self.world.reply(request, done)

    async def RecordInvestigation(self, request: Any, context: Any) -> Any:
        reply = self.world.reply(request, store.RecordInvestigationResponse(summary=self.world.file.summary))
        file = self.world.file
        _upsert(file.evidence, request.evidence, "evidence_id")
        _upsert(file.findings, request.findings, "finding_id")
        return reply

    async def SetRequirements(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, store.SetRequirementsResponse(summary=self.world.file.summary))

    async def RecordDocument(self, request: Any, context: Any) -> Any:
        reply = self.world.reply(request, store.RecordDocumentResponse(summary=self.world.file.summary))
        for document in self.world.file.documents:
            if document.document_id == request.document.document_id:
                document.MergeFrom(request.document)
        return reply

    async def GetCaseFile(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, store.GetCaseFileResponse(case_file=self.world.file))

    async def StageSuccessor(self, request: Any, context: Any) -> Any:
        staged = store.StageSuccessorResponse(case_id="case-2", template_id="kyb_standard", template_version=2, country="BE")
        staged.created_by, staged.owner, staged.language = "officer-one", "officer-two", "nl"
        staged.policy.path, staged.policy.max_bounces = "kyb", 4
        return self.world.reply(request, staged)

    async def GetTrackRecord(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, store.GetTrackRecordResponse(decided_cases=24, agreement=0.875))


def _upsert(stored: Any, written: Any, key: str) -> None:
    for one in written:
        known = next((other for other in stored if getattr(other, key) == getattr(one, key)), None)
        (known if known is not None else stored.add()).CopyFrom(one)


@dataclass
class Objects(objects_grpc.ObjectServiceServicer):
    """persistence-service's object grants."""

    world: World

    async def GrantRead(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, objects.GrantReadResponse(grants=[ReadGrant(object=one) for one in request.objects]))

    async def GrantWrite(self, request: Any, context: Any) -> Any:
        grant = WriteGrant(key_prefix=f"iteration-{request.iteration}/{request.folder}/")
        return self.world.reply(request, objects.GrantWriteResponse(grant=grant))


@dataclass
class Capsules(capsules_grpc.EvidenceServiceServicer):
    """persistence-service's capsules."""

    world: World

    async def AssembleCapsule(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, capsules.AssembleCapsuleResponse(capsule=ObjectRef(key="capsule.json", sha256="ab" * 32)))


@dataclass
class Audit(audit_grpc.AuditServiceServicer):
    """persistence-service's audit log."""

    world: World

    async def AppendAuditEvents(self, request: Any, context: Any) -> Any:
        new = {entry.event_id for entry in request.entries} - self.world.audit
        self.world.audit |= new
        return self.world.reply(request, audit.AppendAuditEventsResponse(appended=len(new)))


@dataclass
class Graph(graph_grpc.GraphServiceServicer):
    """persistence-service's graph, which took everything."""

    world: World

    async def UpsertBaseline(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, graph.UpsertBaselineResponse(outcome=_stored()))

    async def PopulateGraph(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, graph.PopulateGraphResponse(outcome=_stored()))

    async def PopulateGoamlEntities(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, graph.PopulateGoamlEntitiesResponse(outcome=_stored()))

    async def ConsolidateMemory(self, request: Any, context: Any) -> Any:
        return self.world.reply(request, graph.ConsolidateMemoryResponse(outcome=_stored()))


def _stored() -> graph.GraphOutcome:
    return graph.GraphOutcome(outcome="CHECK_OUTCOME_CLEAR", stored_entities=2)


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
        good = types.ValidationResult(verdict=types.VALIDATION_VERDICT_VALID, document_type="company_extract", confidence=0.9)
        verdict = self.world.verdicts.get(request.requirement.requirement_id, good)
        return self.world.reply(request, intelligence.ValidateResponse(validation=verdict))

    async def Extract(self, request: Any, context: Any) -> Any:
        fields = [types.ExtractedField(name="legal_name", value="Brasserie Voorbeeld")]
        return self.world.reply(request, intelligence.ExtractResponse(fields=fields))


def _registrations(world: World) -> list[Registration]:
    p, d = "trustrelay.persistence.v1", "trustrelay.document.v1"
    return [
        Registration(store_grpc.add_CaseStoreServiceServicer_to_server, Store(world), f"{p}.CaseStoreService"),
        Registration(objects_grpc.add_ObjectServiceServicer_to_server, Objects(world), f"{p}.ObjectService"),
        Registration(capsules_grpc.add_EvidenceServiceServicer_to_server, Capsules(world), f"{p}.EvidenceService"),
        Registration(audit_grpc.add_AuditServiceServicer_to_server, Audit(world), f"{p}.AuditService"),
        Registration(graph_grpc.add_GraphServiceServicer_to_server, Graph(world), f"{p}.GraphService"),
        Registration(conversion_grpc.add_ConversionServiceServicer_to_server, Conversion(world), f"{d}.ConversionService"),
        Registration(intelligence_grpc.add_DocumentIntelligenceServiceServicer_to_server, Intelligence(world), f"{d}.DocumentIntelligenceService"),
        *osint_registrations(world),
    ]


@asynccontextmanager
async def serving_services(world: World) -> AsyncIterator[Services]:
    """All of them on one free port, reached through the channel that production uses."""
    async with running(_registrations(world)) as target, channel(target) as open_channel:
        yield services(open_channel, open_channel, open_channel)
