"""The workflow's transitions: compare-and-set of a shipment's state with everything that belongs to it."""

import hashlib
from dataclasses import replace
from datetime import datetime

from trustrelay.common.v1.evidence_types_pb2 import SEVERITY_CRITICAL
from trustrelay.common.v1.shipment_types_pb2 import SHIPMENT_DECISION_HOLD, Discrepancy, ShipmentDecisionRecord, ShipmentSummary
from trustrelay.persistence.v1.case_store_service_pb2 import RequestAnswer
from trustrelay.persistence.v1.shipment_store_service_pb2 import DiscrepancyChange, RecordShipmentTransitionRequest, ShipmentChange
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, DomainEvent, Store, Unit
from trustrelay.persistence_service.application.shipments.ports import ShipmentAnswer, ShipmentVersion
from trustrelay.persistence_service.application.transitions import audit_entry
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.enums import DISCREPANCY_STATUS, SHIPMENT_DECISION, SHIPMENT_STATUS
from trustrelay.persistence_service.domain.shipments import HOLD, Shipment
from trustrelay.servicekit.errors import Aborted, AlreadyExists, FailedPrecondition

_OFFICERS_WORDS = frozenset({"OPEN", "EXPLAINED", "RESOLVED"})


async def record_transition(
    store: Store, clock: Clock, tenant: str, actor: str, request: RecordShipmentTransitionRequest
) -> tuple[Shipment, ShipmentSummary]:
    """The shipment after the transition. Known (shipment, expected_version) with equal content: a success that stores nothing.

    Changes come first, the shipment last: the constraints on a status look at the words and decisions that come with it.
    Raises STATE_VERSION_CONFLICT, and whatever the database's constraints refuse; then nothing of it is stored.
    """
    status = _checked(request)
    digest = content_sha256(request)
    entries = [audit_entry(entry, actor, clock(), request.trace_id) for entry in request.audit]
    async with store.unit(tenant) as unit:
        before = await unit.shipments.locked(request.shipment_id)
        if before.state_version == request.expected_version:
            now = clock()
            after = replace(
                before, status=status, state_version=before.state_version + 1, round=request.round, updated_at=now,
                trace_id=request.trace_id or before.trace_id,
            )  # fmt: skip
            for change in request.changes:
                await _apply(unit, after, change, now)
            await unit.shipments.advance(ShipmentVersion(after, digest, actor, now, _event(before, after, request)))
            await unit.resources.append(after.resource, entries or [_plain_entry(before, after, actor, now)])
        elif await unit.shipments.transition_digest(before.shipment_id, request.expected_version + 1) == digest:
            after = replace(before, state_version=request.expected_version + 1)
        else:
            raise Aborted("STATE_VERSION_CONFLICT", "the shipment has changed since", metadata={"state_version": str(before.state_version)})
        return after, await unit.shipments.summary(request.shipment_id)


def content_sha256(request: RecordShipmentTransitionRequest) -> str:
    """What makes two transitions the same: everything but the trace and the wall clock of audit entries, which differ between retries."""
    bare = RecordShipmentTransitionRequest()
    bare.CopyFrom(request)
    bare.ClearField("trace_id")
    for entry in bare.audit:
        entry.ClearField("event_time")
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).hexdigest()


def _checked(request: RecordShipmentTransitionRequest) -> str:
    """Status name. Raises FIELD_INVALID."""
    try:
        status = SHIPMENT_STATUS.name(request.status)
    except ValueError:
        status = "UNSPECIFIED"
    if status == "UNSPECIFIED":
        raise checks.invalid("status", "must be a known status")
    if request.expected_version < 1 or request.round < 0:
        raise checks.invalid("expected_version", "must be at least 1, round at least 0")
    return status


async def _apply(unit: Unit, after: Shipment, change: ShipmentChange, now: datetime) -> None:
    match change.WhichOneof("change"):
        case "discrepancy":
            await _say(unit, after, change.discrepancy, now)
        case "decision":
            await _decide(unit, after, change.decision, now)
        case "answer":
            await _answer(unit, after.shipment_id, change.answer, now)
        case _:
            raise checks.invalid("changes", "holds an empty change")


async def _say(unit: Unit, after: Shipment, change: DiscrepancyChange, now: datetime) -> None:
    if DISCREPANCY_STATUS.name(change.status) not in _OFFICERS_WORDS:
        raise checks.invalid("discrepancy.status", "must be OPEN, EXPLAINED or RESOLVED")
    checks.need_text("discrepancy.actor", change.actor, longest=200)
    checks.need_text("discrepancy.reason", change.reason)
    if not await unit.shipment_papers.say(after.shipment_id, after.state_version, change, now):
        raise FailedPrecondition("DISCREPANCY_NOT_FOUND", "the shipment has no such discrepancy", metadata={"discrepancy_id": change.discrepancy_id})


async def _decide(unit: Unit, after: Shipment, record: ShipmentDecisionRecord, now: datetime) -> None:
    """HOLD makes something that two officers must release: a CRITICAL discrepancy of its own."""
    if SHIPMENT_DECISION.name(record.decision) == "UNSPECIFIED":
        raise checks.invalid("decision.decision", "is required")
    checks.need_text("decision.actor", record.actor, longest=200)
    checks.need_text("decision.reason", record.reason)
    await unit.shipment_papers.add_decision(after.shipment_id, after.state_version, record, checks.optional_moment(record, "decide_time") or now)
    if record.decision == SHIPMENT_DECISION_HOLD:
        stop = Discrepancy(
            discrepancy_id=ids.derived(HOLD, after.shipment_id, str(after.state_version)), kind=HOLD, severity=SEVERITY_CRITICAL, round=after.round,
            explanation=f"{record.actor} stopped the shipment: {record.reason}",
        )  # fmt: skip
        await unit.shipment_papers.find(after.shipment_id, stop)


async def _answer(unit: Unit, shipment_id: str, answer: RequestAnswer, now: datetime) -> None:
    """One answer per request of a tenant: a second body under the same id is somebody's mistake."""
    request_id = checks.need_uuid4("answer.request_id", answer.request_id)
    given = ShipmentAnswer(request_id, checks.need_sha256("answer.body_sha256", answer.body_sha256), shipment_id, answer.answer)
    stored = await unit.shipments.remember(given, now)
    if (stored.body_sha256, stored.shipment_id) != (given.body_sha256, given.shipment_id):
        raise AlreadyExists("REQUEST_ID_REUSED", "this request_id was used with another body")


def _plain_entry(before: Shipment, after: Shipment, actor: str, now: datetime) -> Entry:
    """No transition without a trace in the audit log, even when the caller sent none."""
    facts = {"from": before.status, "to": after.status, "state_version": after.state_version}
    return Entry(ids.derived("transition", after.shipment_id, str(after.state_version)), "status_changed", actor, now, facts, after.trace_id)


def _event(before: Shipment, after: Shipment, request: RecordShipmentTransitionRequest) -> DomainEvent:
    """One event per transition; caused by the message that it answers, if it answers one."""
    facts = {"from": before.status, "to": after.status, "state_version": after.state_version, "round": after.round}
    cause = next((change.answer.request_id for change in request.changes if change.WhichOneof("change") == "answer"), "")
    kind = "shipment.updated" if before.status == after.status else "shipment.status_changed"
    return DomainEvent(ids.derived("event", after.shipment_id, str(after.state_version)), kind, after.shipment_id, cause, facts)
