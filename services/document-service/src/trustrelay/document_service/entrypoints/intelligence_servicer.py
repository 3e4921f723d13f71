"""document.v1.DocumentIntelligenceService."""

from __future__ import annotations

import grpc

from trustrelay.document.v1 import document_intelligence_service_pb2 as pb2
from trustrelay.document.v1 import document_intelligence_service_pb2_grpc as pb2_grpc

from ..application.intelligence import DocumentIntelligence
from . import mapping
from .errors import typed_errors


class IntelligenceServicer(pb2_grpc.DocumentIntelligenceServiceServicer):
    """Parse, one use case, reply."""

    def __init__(self, intelligence: DocumentIntelligence) -> None:
        self._intelligence = intelligence

    async def Classify(
        self, request: pb2.ClassifyRequest, context: grpc.aio.ServicerContext[pb2.ClassifyRequest, pb2.ClassifyResponse]
    ) -> pb2.ClassifyResponse:
        grant = mapping.read_grant("docling_json", request.docling_json)
        with typed_errors():
            found = await self._intelligence.classify(grant)
        return pb2.ClassifyResponse(
            document_type=mapping.document_type_message(found.type),
            confidence=found.confidence,
            evidence=[mapping.span_message(span) for span in found.evidence],
        )

    async def Validate(
        self, request: pb2.ValidateRequest, context: grpc.aio.ServicerContext[pb2.ValidateRequest, pb2.ValidateResponse]
    ) -> pb2.ValidateResponse:
        grant = mapping.read_grant("docling_json", request.docling_json)
        requirement = mapping.requirement(request.requirement)
        subject, day = mapping.subject(request.subject), mapping.as_of(request.as_of_date)
        with typed_errors():
            found = await self._intelligence.validate(grant, requirement, subject, day, request.language, request.quality)
        return pb2.ValidateResponse(validation=mapping.validation_message(found))

    async def Extract(
        self, request: pb2.ExtractRequest, context: grpc.aio.ServicerContext[pb2.ExtractRequest, pb2.ExtractResponse]
    ) -> pb2.ExtractResponse:
        grant = mapping.read_grant("docling_json", request.docling_json)
        kind = mapping.document_type(request.document_type)
        with typed_errors():
            fields, parties = await self._intelligence.extract(grant, kind, request.document_id)
        return pb2.ExtractResponse(
            fields=[mapping.field_message(field) for field in fields],
            parties=[mapping.party_message(party) for party in parties],
        )
