"""Calls that the activities of a shipment repeat: its file, grants for its folder, and its facts in the workflow's words."""

from __future__ import annotations

from collections.abc import Iterator

from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.common.v1.requirement_types_pb2 import DocumentState
from trustrelay.persistence.v1 import shipment_store_service_pb2 as store
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.shipment.papers import Paper
from trustrelay.workflow_worker.domain.shipment.records import ShipmentRef
from trustrelay.workflow_worker.domain.shipment.state import Summary


def to_summary(summary: types.ShipmentSummary) -> Summary:
    """The facts as the workflow keeps them."""
    return Summary(
        unprocessed=tuple(summary.unprocessed_document_ids),
        document_count=summary.document_count,
        open=tuple(summary.open_discrepancy_ids),
        critical=tuple(summary.critical_discrepancy_ids),
        explained_by=dict(sorted(summary.explained_by.items())),
        holding=tuple(summary.holding_discrepancy_ids),
    )


async def shipment_file(services: Services, shipment: ShipmentRef) -> types.ShipmentFile:
    """Everything stored about the shipment."""
    return (await services.persistence.shipments.GetShipment(store.GetShipmentRequest(shipment_id=shipment.shipment_id))).shipment


async def read_grant(services: Services, shipment: ShipmentRef, stored: ObjectRef) -> ReadGrant:
    """A presigned read of one object of the shipment."""
    request = store.GrantShipmentReadRequest(shipment_id=shipment.shipment_id, objects=[stored])
    return (await services.persistence.shipments.GrantShipmentRead(request)).grants[0]


async def write_grant(services: Services, shipment: ShipmentRef, folder: str) -> WriteGrant:
    """Where a conversion is stored, below the round's folder."""
    request = store.GrantShipmentWriteRequest(shipment_id=shipment.shipment_id, round=shipment.round, folder=folder)
    return (await services.persistence.shipments.GrantShipmentWrite(request)).grant


async def record_document(services: Services, shipment: ShipmentRef, update: types.ShipmentDocument) -> Summary:
    """What became of one document; the same again changes nothing."""
    request = store.RecordShipmentDocumentRequest(shipment_id=shipment.shipment_id, document=update)
    return to_summary((await services.persistence.shipments.RecordShipmentDocument(request)).summary)


async def stored_summary(services: Services, shipment: ShipmentRef) -> Summary:
    """The facts as they are now: opening a shipment that is open changes nothing."""
    reply = await services.persistence.shipments.OpenShipment(store.OpenShipmentRequest(shipment_id=shipment.shipment_id))
    return to_summary(reply.summary)


def in_state(file: types.ShipmentFile, state: DocumentState.ValueType) -> Iterator[types.ShipmentDocument]:
    """Documents in one state."""
    return (document for document in file.documents if document.state == state)


def paper_of(document: types.ShipmentDocument) -> Paper:
    """The document in the words of the rules."""
    state = DocumentState.Name(document.state).removeprefix("DOCUMENT_STATE_")
    return Paper(document.document_id, document.document_type, state, document.round)
