"""Activities that store what a shipment's workflow decided."""

from __future__ import annotations

import json
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio import activity

from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.contracts.shipment_workflow import ShipmentStatus, resource
from trustrelay.persistence.v1 import shipment_store_service_pb2 as store
from trustrelay.persistence.v1.audit_service_pb2 import AppendAuditEventsRequest
from trustrelay.persistence.v1.case_store_service_pb2 import AuditEntry, RequestAnswer
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.shipment.records import AuditRecord, Noted, OpenArgs, Opened, Sealed, ShipmentRef, Stored, Transition
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of
from trustrelay.workflow_worker.entrypoints.activities.shipment.shipment_calls import to_summary

_SEALING_SECONDS = 120


class StoreActivities:
    """persistence-service's shipments, for workflows."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._shipments = services.persistence.shipments

    @activity.defn(name="open_shipment")
    async def open_shipment(self, args: OpenArgs) -> Opened:
        """Makes the staged shipment a shipment; one that is open is answered as it is."""
        with on_behalf_of(args.shipment.tenant_id):
            reply = await self._shipments.OpenShipment(store.OpenShipmentRequest(shipment_id=args.shipment.shipment_id, trace_id=args.trace_id))
        header = reply.header
        status = ShipmentStatus(types.ShipmentStatus.Name(header.status).removeprefix("SHIPMENT_STATUS_"))
        return Opened(status, header.state_version, header.round, to_summary(reply.summary))

    @activity.defn(name="update_shipment_status")
    async def update_shipment_status(self, transition: Transition) -> Stored:
        """Stores one step by compare-and-set; on retry the stored version is answered."""
        with on_behalf_of(transition.shipment.tenant_id):
            reply = await self._shipments.RecordShipmentTransition(to_request(transition))
        return Stored(reply.state_version, to_summary(reply.summary))

    @activity.defn(name="persist_shipment_audit_event")
    async def persist_shipment_audit_event(self, noted: Noted) -> int:
        """Appends what is no step; on retry an event that is there already is not appended again."""
        entry = _entry(noted.event_id, noted.record, noted.at)
        with on_behalf_of(noted.shipment.tenant_id):
            request = AppendAuditEventsRequest(resource=resource(noted.shipment.shipment_id), entries=[entry])
            return (await self._services.persistence.audit.AppendAuditEvents(request)).appended

    @activity.defn(name="assemble_shipment_capsule")
    async def assemble_shipment_capsule(self, shipment: ShipmentRef) -> Sealed:
        """Signs and stores the evidence of the end; on retry the stored capsule is answered."""
        with on_behalf_of(shipment.tenant_id):
            request = store.AssembleShipmentCapsuleRequest(shipment_id=shipment.shipment_id)
            reply = await self._shipments.AssembleShipmentCapsule(request, timeout=_SEALING_SECONDS)
        return Sealed(reply.capsule.key, reply.capsule.sha256)


def to_request(transition: Transition) -> store.RecordShipmentTransitionRequest:
    """The same transition always gives the same bytes, so that a retry is recognised by its content."""
    shipment_id, version = transition.shipment.shipment_id, transition.expected_version + 1
    return store.RecordShipmentTransitionRequest(
        shipment_id=shipment_id,
        expected_version=transition.expected_version,
        status=types.ShipmentStatus.Value(f"SHIPMENT_STATUS_{transition.status}"),
        round=transition.round,
        changes=_changes(transition, version),
        audit=[_entry(f"{shipment_id}/{version}/{number}", record, transition.at) for number, record in enumerate(transition.audit)],
        trace_id=transition.trace_id,
    )


def _changes(transition: Transition, version: int) -> list[store.ShipmentChange]:
    changes: list[store.ShipmentChange] = []
    if one := transition.discrepancy:
        status = types.DiscrepancyStatus.Value(f"DISCREPANCY_STATUS_{one.status}")
        said = store.DiscrepancyChange(discrepancy_id=one.discrepancy_id, status=status, actor=one.actor, reason=one.reason)
        changes.append(store.ShipmentChange(discrepancy=said))
    if decided := transition.decision:
        decision = types.ShipmentDecision.Value(f"SHIPMENT_DECISION_{decided.decision}")
        record = types.ShipmentDecisionRecord(decision=decision, actor=decided.actor, reason=decided.reason, decide_time=_stamp(transition.at))
        changes.append(store.ShipmentChange(decision=record))
    if answer := transition.answer:
        # The receipt that the sender gets, so that a repeated request gets the same one from the store.
        receipt = json.dumps({"status": str(transition.status), "state_version": version}, sort_keys=True).encode()
        changes.append(store.ShipmentChange(answer=RequestAnswer(request_id=answer.request_id, body_sha256=answer.body_sha256, answer=receipt)))
    return changes


def _entry(event_id: str, record: AuditRecord, at: datetime) -> AuditEntry:
    data = json.dumps(record.data, sort_keys=True)
    return AuditEntry(event_id=event_id, type=record.type, actor=record.actor, event_time=_stamp(at), data_json=data)


def _stamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
