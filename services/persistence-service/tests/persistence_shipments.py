"""Shipments for the tests of this service: staged, filled with papers, compared, decided."""

from __future__ import annotations

import uuid
from typing import Any

from persistence_harness import Caller, post, sha

from trustrelay.common.v1 import evidence_types_pb2 as evidence
from trustrelay.common.v1 import requirement_types_pb2 as papers
from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.persistence.v1 import case_store_service_pb2 as cases
from trustrelay.persistence.v1 import shipment_store_service_pb2 as pb

RECEIVED, PROCESSING, DISCREPANCIES, CLEARED, HELD, REJECTED = range(1, 7)
CLEAR, HOLD, REJECT = range(1, 4)
OPEN, EXPLAINED, RESOLVED, SUPERSEDED = range(1, 5)
PDF = b"%PDF-1.7\n" + b"y" * 900
RULE = "rule:all-agree/1"


async def staged(caller: Caller, request_id: str = "", body: str = "a", **more: Any) -> pb.StageShipmentResponse:
    facts = {"reference": "ORDER-7", "direction": types.TRADE_DIRECTION_IMPORT, "country_of_dispatch": "TR", "country_of_destination": "BE"} | more
    request = pb.StageShipmentRequest(request_id=request_id or str(uuid.uuid4()), body_sha256=sha(body.encode()), **facts)
    return await caller.call(caller.shipments.StageShipment, request)


async def opened(caller: Caller, **more: Any) -> str:
    shipment_id = (await staged(caller, **more)).shipment_id
    await caller.call(caller.shipments.OpenShipment, pb.OpenShipmentRequest(shipment_id=shipment_id, trace_id="b" * 32))
    return shipment_id


async def move(caller: Caller, shipment_id: str, expected: int, status: int, *changes: pb.ShipmentChange, **more: Any) -> Any:
    request = pb.RecordShipmentTransitionRequest(
        shipment_id=shipment_id, expected_version=expected, status=status, changes=changes, **({"round": 1} | more)
    )
    return await caller.call(caller.shipments.RecordShipmentTransition, request)


async def wish(caller: Caller, shipment_id: str, **more: Any) -> pb.CreateShipmentUploadResponse:
    values = {"request_id": str(uuid.uuid4()), "file_name": "Invoice of Femke Zandstra.pdf", "size_bytes": len(PDF), "uploaded_by": "officer:ines"}
    return await caller.call(caller.shipments.CreateShipmentUpload, pb.CreateShipmentUploadRequest(shipment_id=shipment_id, **(values | more)))


async def complete(caller: Caller, shipment_id: str, upload_id: str) -> types.ShipmentDocument:
    request = pb.CompleteShipmentUploadRequest(shipment_id=shipment_id, upload_id=upload_id)
    return (await caller.call(caller.shipments.CompleteShipmentUpload, request)).document


async def uploaded(caller: Caller, shipment_id: str, body: bytes = PDF) -> types.ShipmentDocument:
    given = await wish(caller, shipment_id, size_bytes=len(body))
    assert (await post(given.grant, body)).status_code in (200, 204)
    return await complete(caller, shipment_id, given.upload_id)


async def read(caller: Caller, shipment_id: str, document_id: str, **more: Any) -> types.ShipmentSummary:
    """What processing says of a document: it was read in round 1."""
    said = {"state": papers.DOCUMENT_STATE_VALID, "document_type": "invoice", "round": 1} | more
    request = pb.RecordShipmentDocumentRequest(shipment_id=shipment_id, document=types.ShipmentDocument(document_id=document_id, **said))
    return (await caller.call(caller.shipments.RecordShipmentDocument, request)).summary


def discrepancy(name: str = "d-1", severity: int = evidence.SEVERITY_MEDIUM, kind: str = "field", about: str = "gross_mass_kg") -> types.Discrepancy:
    return types.Discrepancy(discrepancy_id=name, kind=kind, about=about, severity=severity, explanation="120 kg against 100 kg")


def comparison(field: str = "gross_mass_kg", outcome: int = evidence.CHECK_OUTCOME_CLEAR, *, mandatory: bool = True) -> types.FieldComparison:
    return types.FieldComparison(field=field, rule="gross-mass/1", outcome=outcome, mandatory=mandatory, explanation="compared")


async def compared(caller: Caller, shipment_id: str, *found: types.Discrepancy, operation: str = "op-1", **more: Any) -> types.ShipmentSummary:
    controls = types.GoodsControlResult(outcome=evidence.CHECK_OUTCOME_CLEAR)
    facts = {"round": 1, "rules_version": "trade/1", "comparisons": [comparison()], "goods_controls": controls} | more
    request = pb.RecordComparisonRequest(shipment_id=shipment_id, operation_id=operation, discrepancies=found, **facts)
    return (await caller.call(caller.shipments.RecordComparison, request)).summary


async def processing(caller: Caller) -> str:
    """A shipment in PROCESSING, version 2, round 1, with one paper that was read."""
    shipment_id = await opened(caller)
    document = await uploaded(caller, shipment_id)
    await move(caller, shipment_id, 1, PROCESSING)
    await read(caller, shipment_id, document.document_id)
    return shipment_id


def said(status: int, actor: str = "officer:ines", name: str = "d-1", reason: str = "the scale was wrong") -> pb.ShipmentChange:
    return pb.ShipmentChange(discrepancy=pb.DiscrepancyChange(discrepancy_id=name, status=status, actor=actor, reason=reason))


def decided(decision: int, actor: str = RULE, reason: str = "nothing is open") -> pb.ShipmentChange:
    return pb.ShipmentChange(decision=types.ShipmentDecisionRecord(decision=decision, actor=actor, reason=reason))


def answered(request_id: str, body: str = "a") -> pb.ShipmentChange:
    return pb.ShipmentChange(answer=cases.RequestAnswer(request_id=request_id, body_sha256=sha(body.encode()), answer=b"{}"))


async def file(caller: Caller, shipment_id: str) -> types.ShipmentFile:
    return (await caller.call(caller.shipments.GetShipment, pb.GetShipmentRequest(shipment_id=shipment_id))).shipment
