"""Requests about shipments, checked and in canonical form. Each function raises InvalidArgument with every mistake of its request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from trustrelay.case.v1 import shipment_service_pb2 as pb
from trustrelay.case_api.application.messages import Message, Payload
from trustrelay.case_api.application.shipments import ShipmentStaging, ShipmentUpload
from trustrelay.case_api.domain import fields
from trustrelay.case_api.domain.digests import body_sha256
from trustrelay.case_api.domain.problems import Problems
from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.contracts import shipment_workflow as wf
from trustrelay.contracts.messages import Envelope
from trustrelay.servicekit import context as call_context

_DIRECTIONS = {value: name.removeprefix("TRADE_DIRECTION_") for name, value in types.TradeDirection.items() if value}
_DECISIONS = {getattr(types, f"SHIPMENT_DECISION_{d}"): str(d) for d in wf.ShipmentDecision}
_MAX_FILE_NAME = 255

Request = pb.SubmitShipmentDocumentsRequest | pb.ResolveDiscrepancyRequest | pb.ConfirmResolutionRequest | pb.DecideShipmentRequest


def staging(request: pb.CreateShipmentRequest) -> ShipmentStaging:
    """A new shipment."""
    problems = Problems()
    request_id = fields.request_id(request.request_id, problems)
    reference = fields.text("reference", request.reference, problems, limit=fields.MAX_NAME)
    fields.choice("direction", request.direction, _DIRECTIONS, problems)
    dispatch = fields.country_code("country_of_dispatch", request.country_of_dispatch, problems)
    destination = fields.country_code("country_of_destination", request.country_of_destination, problems)
    problems.refuse_if_any()
    client = fields.resource_id("client_case_id", request.client_case_id, "CASE_NOT_FOUND") if request.client_case_id.strip() else ""
    canonical = pb.CreateShipmentRequest(
        reference=reference, direction=request.direction, country_of_dispatch=dispatch, country_of_destination=destination, client_case_id=client
    )
    return ShipmentStaging(request_id, body_sha256(canonical), reference, request.direction, dispatch, destination, client)


def upload(request: pb.CreateShipmentUploadRequest) -> ShipmentUpload:
    """An officer's paper; the size itself is judged by the store."""
    problems = Problems()
    request_id = fields.request_id(request.request_id, problems)
    file_name = fields.text("file_name", request.file_name, problems, limit=_MAX_FILE_NAME)
    found = shipment_id(request.shipment_id, problems)
    problems.refuse_if_any()
    return ShipmentUpload(found, request_id, file_name, request.size_bytes, f"officer:{call_context.current().actor}")


def submit(request: pb.SubmitShipmentDocumentsRequest) -> Message:
    """All papers of this round are there."""
    return _message(request, wf.ShipmentUpdate.DOCUMENTS_SUBMITTED, Problems(), wf.ShipmentDocumentsSubmitted)


def resolve(request: pb.ResolveDiscrepancyRequest) -> Message:
    """Why a discrepancy may pass."""
    problems = Problems()
    discrepancy = fields.text("discrepancy_id", request.discrepancy_id, problems, limit=fields.MAX_NAME)
    reason = fields.text("reason", request.reason, problems)
    payload = partial(wf.ResolveDiscrepancy, discrepancy_id=discrepancy, reason=reason)
    return _message(request, wf.ShipmentUpdate.RESOLVE_DISCREPANCY, problems, payload)


def confirm(request: pb.ConfirmResolutionRequest) -> Message:
    """The second pair of eyes; whoever returns it says why."""
    problems = Problems()
    discrepancy = fields.text("discrepancy_id", request.discrepancy_id, problems, limit=fields.MAX_NAME)
    reason = fields.text("reason", request.reason, problems)
    payload = partial(wf.ConfirmResolution, discrepancy_id=discrepancy, confirmed=request.confirmed, reason=reason)
    return _message(request, wf.ShipmentUpdate.CONFIRM_RESOLUTION, problems, payload)


def decide(request: pb.DecideShipmentRequest) -> Message:
    """A decision on what its officer saw: the etag is required."""
    problems = Problems()
    fields.text("etag", request.etag, problems, limit=fields.MAX_NAME)
    decision = fields.choice("decision", request.decision, _DECISIONS, problems)
    reason = fields.text("reason", request.reason, problems)
    return _message(request, wf.ShipmentUpdate.DECIDE, problems, lambda e: wf.DecideShipment(e, wf.ShipmentDecision(decision), reason))


def shipment_id(value: str, problems: Problems | None = None) -> str:
    """NotFound / SHIPMENT_NOT_FOUND when it cannot be an id."""
    return fields.resource_id("shipment_id", value, "SHIPMENT_NOT_FOUND", problems)


def _message(request: Request, update: wf.ShipmentUpdate, problems: Problems, payload: Callable[[Envelope], Payload]) -> Message:
    request_id = fields.request_id(request.request_id, problems)
    if not request.shipment_id.strip():
        problems.add("shipment_id", "is required")
    problems.refuse_if_any()
    return Message(update, shipment_id(request.shipment_id), request_id, request.etag, payload)
