"""Messages of ShipmentComplianceWorkflow, shared by case-api (sender) and workflow-worker (receiver).

Every update takes one dataclass and answers with a `ShipmentReceipt`; refusals are as for cases (contracts.messages). In the actor assertion the
shipment's id stands where a case's would.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from trustrelay.contracts.messages import Envelope

WORKFLOW = "ShipmentComplianceWorkflow"
TASK_QUEUE = "shipment"
DEPLOYMENT = "trustrelay-shipment"


def workflow_id(tenant_id: str, shipment_id: str) -> str:
    """The one workflow of a shipment."""
    return f"shipment/{tenant_id}/{shipment_id}"


def resource(shipment_id: str) -> str:
    """The shipment in the audit log."""
    return f"shipment/{shipment_id}"


class ShipmentStatus(StrEnum):
    """Where a shipment stands; the value is the name of common.v1.ShipmentStatus without its prefix."""

    RECEIVED = "RECEIVED"
    PROCESSING = "PROCESSING"
    DISCREPANCIES = "DISCREPANCIES"
    CLEARED = "CLEARED"
    HELD = "HELD"
    REJECTED = "REJECTED"


TERMINAL = frozenset({ShipmentStatus.CLEARED, ShipmentStatus.REJECTED})


class ShipmentDecision(StrEnum):
    """The value is the name of common.v1.ShipmentDecision without its prefix."""

    CLEAR = "CLEAR"
    HOLD = "HOLD"
    REJECT = "REJECT"


class ShipmentUpdate(StrEnum):
    """Names of the updates; also the `action` of the actor assertion."""

    OPEN = "open_shipment"
    DOCUMENTS_SUBMITTED = "shipment_documents_submitted"
    RESOLVE_DISCREPANCY = "resolve_discrepancy"
    CONFIRM_RESOLUTION = "confirm_resolution"
    DECIDE = "decide_shipment"


@dataclass(frozen=True)
class ShipmentInput:
    """What a shipment starts with: references only."""

    shipment_id: str
    tenant_id: str
    created_by: str
    # The worker's own state (its JSON form), carried over when a long history continues as new; None for a new shipment.
    carried: dict[str, Any] | None = None


@dataclass(frozen=True)
class OpenShipment:
    """Stores the shipment's row and its first audit event before it answers."""

    envelope: Envelope


@dataclass(frozen=True)
class ShipmentDocumentsSubmitted:
    """All papers of this round are there."""

    envelope: Envelope


@dataclass(frozen=True)
class ResolveDiscrepancy:
    """An officer says why a discrepancy may pass."""

    envelope: Envelope
    discrepancy_id: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ConfirmResolution:
    """Four eyes on a CRITICAL discrepancy: another officer confirms, or returns it."""

    envelope: Envelope
    discrepancy_id: str = ""
    confirmed: bool = False
    reason: str = ""


@dataclass(frozen=True)
class DecideShipment:
    """An officer clears what nothing holds any more, holds, or rejects."""

    envelope: Envelope
    decision: ShipmentDecision = ShipmentDecision.HOLD
    reason: str = ""


@dataclass(frozen=True)
class ShipmentReceipt:
    """What an accepted message answers, after it was stored."""

    status: ShipmentStatus
    state_version: int


@dataclass(frozen=True)
class ShipmentStatusView:
    """Answer of query get_status; for debugging and tests."""

    status: ShipmentStatus
    state_version: int
    round: int
    open_discrepancies: tuple[str, ...] = ()
    outcomes: dict[str, str] = field(default_factory=dict)
