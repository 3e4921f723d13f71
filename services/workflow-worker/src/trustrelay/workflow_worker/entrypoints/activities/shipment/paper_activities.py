"""Activities that convert, classify and read a shipment's papers."""

from __future__ import annotations

from temporalio import activity

from trustrelay.common.v1 import requirement_types_pb2 as states
from trustrelay.common.v1.evidence_types_pb2 import SEVERITY_HIGH
from trustrelay.common.v1.shipment_types_pb2 import ShipmentDocument
from trustrelay.document.v1.conversion_service_pb2 import ConversionResult, ConvertRequest
from trustrelay.document.v1.document_intelligence_service_pb2 import ClassifyRequest, DocumentType, ExtractRequest
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.texts import UNREADABLE_REASONS
from trustrelay.workflow_worker.domain.shipment.papers import kind_refused, replaced
from trustrelay.workflow_worker.domain.shipment.records import ShipmentRef
from trustrelay.workflow_worker.domain.shipment.state import Summary
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.shipment import shipment_calls as calls
from trustrelay.workflow_worker.entrypoints.activities.streaming import SILENCE_SECONDS, result_event

_READING_SECONDS = 60


class PaperActivities:
    """document-service, for shipments. What is done is stored document by document, so a retry goes on where the last attempt ended."""

    def __init__(self, services: Services, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._services = services
        self._silence = silence_seconds

    @activity.defn(name="process_shipment_documents")
    async def process_shipment_documents(self, shipment: ShipmentRef) -> Summary:
        """Converts every stored upload; one that cannot be opened is stored as unreadable, with the reason."""
        with on_behalf_of(shipment.tenant_id):
            file = await calls.shipment_file(self._services, shipment)
            for document in calls.in_state(file, states.DOCUMENT_STATE_STORED):
                await self._convert(shipment, document)
            return await calls.stored_summary(self._services, shipment)

    @activity.defn(name="classify_shipment_documents")
    async def classify_shipment_documents(self, shipment: ShipmentRef) -> Summary:
        """Says what each converted document is; a paper of a kind that an earlier round had takes its place."""
        with on_behalf_of(shipment.tenant_id):
            file = await calls.shipment_file(self._services, shipment)
            for document in calls.in_state(file, states.DOCUMENT_STATE_CONVERTED):
                if not document.document_type:
                    await self._classify(shipment, document)
            file = await calls.shipment_file(self._services, shipment)
            for document_id in replaced([calls.paper_of(document) for document in file.documents], shipment.round):
                gone = ShipmentDocument(document_id=document_id, state=states.DOCUMENT_STATE_SUPERSEDED)
                await calls.record_document(self._services, shipment, gone)
            return await calls.stored_summary(self._services, shipment)

    @activity.defn(name="extract_shipment_data")
    async def extract_shipment_data(self, shipment: ShipmentRef) -> Summary:
        """Reads typed values from every classified document; one of which nothing could be read needs an officer's look."""
        with on_behalf_of(shipment.tenant_id):
            file = await calls.shipment_file(self._services, shipment)
            for document in calls.in_state(file, states.DOCUMENT_STATE_CONVERTED):
                if document.document_type:
                    await self._extract(shipment, document)
            return await calls.stored_summary(self._services, shipment)

    async def _convert(self, shipment: ShipmentRef, document: ShipmentDocument) -> None:
        destination = await calls.write_grant(self._services, shipment, f"converted/{document.document_id}")
        source = await calls.read_grant(self._services, shipment, document.original)
        request = ConvertRequest(source=source, destination=destination)
        update = ShipmentDocument(document_id=document.document_id)
        try:
            stream = self._services.documents.conversion.Convert(request, timeout=time_limit())
            result = (await result_event(stream, document.document_id, silence=self._silence)).result
        except ServiceError as error:
            if error.reason not in UNREADABLE_REASONS:
                raise
            update.state, update.reason, update.round = states.DOCUMENT_STATE_UNREADABLE, error.reason, shipment.round
        else:
            update.markdown.CopyFrom(result.markdown)
            update.docling_json.CopyFrom(result.docling_json)
            update.pipeline, update.quality, update.state = result.pipeline, result.quality, states.DOCUMENT_STATE_CONVERTED
            # Kept with the document whatever is read of it: an officer looks before the goods move.
            update.reason = _doubt(result)
        await calls.record_document(self._services, shipment, update)

    async def _classify(self, shipment: ShipmentRef, document: ShipmentDocument) -> None:
        grant = await calls.read_grant(self._services, shipment, document.docling_json)
        reply = await self._services.documents.intelligence.Classify(ClassifyRequest(docling_json=grant), timeout=_READING_SECONDS)
        kind = DocumentType.Name(reply.document_type).removeprefix("DOCUMENT_TYPE_").lower()
        update = ShipmentDocument(document_id=document.document_id, document_type=kind, confidence=reply.confidence)
        if refused := kind_refused(kind, reply.confidence):
            update.state, update.reason, update.round = states.DOCUMENT_STATE_NEEDS_REVIEW, refused, shipment.round
        await calls.record_document(self._services, shipment, update)

    async def _extract(self, shipment: ShipmentRef, document: ShipmentDocument) -> None:
        grant = await calls.read_grant(self._services, shipment, document.docling_json)
        kind = DocumentType.Value(f"DOCUMENT_TYPE_{document.document_type.upper()}")
        request = ExtractRequest(docling_json=grant, document_type=kind, document_id=document.document_id)
        reply = await self._services.documents.intelligence.Extract(request, timeout=_READING_SECONDS)
        update = ShipmentDocument(document_id=document.document_id, fields=reply.fields, round=shipment.round, state=states.DOCUMENT_STATE_VALID)
        if not reply.fields:
            update.state, update.reason = states.DOCUMENT_STATE_NEEDS_REVIEW, "NOTHING_READ"
        await calls.record_document(self._services, shipment, update)


def _doubt(result: ConversionResult) -> str:
    """Why a person must look at a paper that could be opened, UPPER_SNAKE: hidden or instruction-like text, poor legibility; empty = none found."""
    if not result.needs_review:
        return ""
    found = (finding.kind.upper() for finding in result.findings if finding.severity >= SEVERITY_HIGH)
    return next(found, "HARD_TO_READ")
