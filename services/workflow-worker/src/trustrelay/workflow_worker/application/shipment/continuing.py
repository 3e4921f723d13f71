"""A shipment that got long goes on as a new run: same workflow id, fresh history, the whole state carried."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporalio.converter import value_to_type

    from trustrelay.contracts.shipment_workflow import ShipmentInput
    from trustrelay.workflow_worker.application.shipment.recorder import Recorder
    from trustrelay.workflow_worker.domain.shipment.state import ShipmentState

# Events of one run. A replay takes the same decision at the same event: a change of this number goes behind workflow.patched().
max_events = 4_000


class ContinueLater(Exception):
    """The path stops here; the same shipment goes on from its state in a new run."""


def is_due(recorder: Recorder) -> bool:
    """Whether this run should end: it is long, nothing is being stored, and no message is in hand. Asked only while people are waited for."""
    info = workflow.info()
    long = info.is_continue_as_new_suggested() or info.get_current_history_length() >= max_events
    return long and recorder.at_rest and workflow.all_handlers_finished()


def carried_by(shipment: ShipmentInput) -> ShipmentState:
    """The state a run begins with. What a starter claims is ignored: only Temporal itself says that a run continues another."""
    if shipment.carried is None or workflow.info().continued_run_id is None:
        return ShipmentState()
    state: ShipmentState = value_to_type(ShipmentState, shipment.carried)
    return state


def continue_as_new(shipment: ShipmentInput, state: ShipmentState) -> None:
    """Ends this run and begins the next. Raises temporalio ContinueAsNewError, always."""
    told: dict[str, Any] = json.loads(workflow.payload_converter().to_payload(state).data)
    workflow.continue_as_new(replace(shipment, carried=told), search_attributes=workflow.info().typed_search_attributes)
