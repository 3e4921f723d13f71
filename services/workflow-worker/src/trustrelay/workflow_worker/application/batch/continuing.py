"""A run that got long goes on in a new run of its workflow: same id, fresh history, the whole state carried."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporalio.converter import value_to_type

    from trustrelay.contracts.batch_workflow import BatchInput
    from trustrelay.workflow_worker.domain.batch.state import BatchState

# Events of one run: about a hundred pages. A replay takes the same decision at the same event, so a change of this number goes behind patched().
max_events = 1_000


def is_long_enough() -> bool:
    """Whether no further page should begin in this run of the workflow."""
    info = workflow.info()
    return info.is_continue_as_new_suggested() or info.get_current_history_length() >= max_events


def carried_by(run: BatchInput) -> BatchState:
    """The state it begins with. What a starter claims is ignored: only Temporal itself says that one run continues another."""
    if run.carried is None or workflow.info().continued_run_id is None:
        return BatchState()
    state: BatchState = value_to_type(BatchState, run.carried)
    return state


def continue_as_new(run: BatchInput, state: BatchState) -> None:
    """Raises temporalio ContinueAsNewError, always."""
    payload = workflow.payload_converter().to_payload(state)
    carried: dict[str, Any] = json.loads(payload.data)
    workflow.continue_as_new(replace(run, carried=carried), search_attributes=workflow.info().typed_search_attributes)
