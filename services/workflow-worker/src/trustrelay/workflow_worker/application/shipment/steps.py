"""One step of a shipment: what it changes, and the transition that stores it."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.messages import Envelope
    from trustrelay.contracts.shipment_workflow import ShipmentStatus
    from trustrelay.workflow_worker.application.admission import claimed_sender
    from trustrelay.workflow_worker.domain.shipment.records import (
        AnswerChange,
        AuditRecord,
        DecisionChange,
        DiscrepancyChange,
        ShipmentRef,
        Transition,
    )
    from trustrelay.workflow_worker.domain.shipment.state import ShipmentState

# Who does what no person asked for.
MACHINE = "workflow"


@dataclass
class Step:
    """What one step changes; fields left alone stay as they are."""

    audit: tuple[AuditRecord, ...]
    status: ShipmentStatus | None = None
    discrepancy: DiscrepancyChange | None = None
    decision: DecisionChange | None = None
    answer: AnswerChange | None = None
    # Sets fields of the state it is given: first of a copy, to say what will be true, then of the state itself, once that is stored.
    apply: Callable[[ShipmentState], None] = field(default=lambda _: None)

    def change(self, state: ShipmentState) -> None:
        """Makes this step true in `state`."""
        self.apply(state)
        if self.status is not None:
            state.status = self.status


def transition_of(step: Step, state: ShipmentState, shipment: ShipmentRef, at: datetime, trace_id: str) -> Transition:
    """What the store is asked to write: the state after `step`, and everything that belongs to it. `state` stays as it is."""
    after = copy(state)
    step.change(after)
    return Transition(
        shipment, state.state_version, after.status, after.round, at, step.audit, step.discrepancy, step.decision, step.answer, trace_id
    )


def audit(kind: str, envelope: Envelope, **data: str) -> AuditRecord:
    """The audit event of a message, under its sender's name."""
    return AuditRecord(kind, claimed_sender(envelope).actor, {"request_id": envelope.request_id, **data})
