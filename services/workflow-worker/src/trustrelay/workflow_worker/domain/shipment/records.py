"""Arguments and results of a shipment's activities: references, counts, reasons. They are in Temporal's history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from trustrelay.contracts.shipment_workflow import ShipmentDecision, ShipmentStatus
from trustrelay.workflow_worker.domain.shipment.state import Summary


@dataclass(frozen=True)
class ShipmentRef:
    """A shipment as activities take it. `as_of`: the workflow's own date, ISO 8601, on which controls are judged."""

    tenant_id: str
    shipment_id: str
    round: int = 0
    as_of: str = ""


@dataclass(frozen=True)
class AuditRecord:
    """One event for the audit log; `data` holds facts by key, no names."""

    type: str
    actor: str
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DiscrepancyChange:
    """An officer's word; `status` is OPEN, EXPLAINED or RESOLVED."""

    discrepancy_id: str
    status: str
    actor: str
    reason: str


@dataclass(frozen=True)
class DecisionChange:
    """Whose decision: an officer's, or rule:<id with version>."""

    decision: ShipmentDecision
    actor: str
    reason: str


@dataclass(frozen=True)
class AnswerChange:
    """What a repeated request gets again."""

    request_id: str
    body_sha256: str


@dataclass(frozen=True)
class OpenArgs:
    """Whose shipment is opened, in which trace."""

    shipment: ShipmentRef
    trace_id: str = ""


@dataclass(frozen=True)
class Opened:
    """The shipment as it is stored."""

    status: ShipmentStatus
    state_version: int
    round: int
    summary: Summary


@dataclass(frozen=True)
class Transition:
    """One step as the store is asked to write it."""

    shipment: ShipmentRef
    expected_version: int
    status: ShipmentStatus
    round: int
    at: datetime
    audit: tuple[AuditRecord, ...] = ()
    discrepancy: DiscrepancyChange | None = None
    decision: DecisionChange | None = None
    answer: AnswerChange | None = None
    trace_id: str = ""


@dataclass(frozen=True)
class Stored:
    """The version that was stored, and the facts with it."""

    state_version: int
    summary: Summary


@dataclass(frozen=True)
class GivenUp:
    """An activity that was tried for as long as its class allows. `reason` is UPPER_SNAKE."""

    shipment: ShipmentRef
    activity: str
    reason: str


@dataclass(frozen=True)
class Compared:
    """What a round came to: outcome of the goods controls, and how many rows were FAILED or NOT_ASSESSED."""

    summary: Summary
    controls: str = ""
    failed: int = 0
    not_assessed: int = 0


@dataclass(frozen=True)
class Noted:
    """Audit events that are no step: their ids are deterministic."""

    shipment: ShipmentRef
    at: datetime
    event_id: str
    record: AuditRecord


@dataclass(frozen=True)
class Sealed:
    """Where the capsule is."""

    key: str
    sha256: str
