"""A case that got long goes on as a new run: same workflow id, fresh history, the whole state carried."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporalio.converter import value_to_type

    from trustrelay.contracts.case_workflow import CaseInput
    from trustrelay.workflow_worker.application.compliance.recorder import Recorder
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState

# Events of one run. A replay takes the same decision at the same event, so for cases that are open a change of this number is a change of the
# path: it goes behind workflow.patched().
max_events = 4_000


class ContinueLater(Exception):
    """The path stops here; the same case goes on from its state in a new run."""


def is_due(recorder: Recorder) -> bool:
    """Whether this run should end: it is long, nothing is being stored or in doubt, and no message is in hand.

    Asked only while people are waited for. A message that comes after this was asked makes the server repeat the workflow task, and a signal is
    never lost by it; an update that was admitted but not seen is sent again by the client to the new run, which knows every answer given before.
    """
    info = workflow.info()
    long = info.is_continue_as_new_suggested() or info.get_current_history_length() >= max_events
    return long and recorder.at_rest and workflow.all_handlers_finished()


def carried_by(case: CaseInput) -> WorkflowState:
    """The state a run begins with. What a starter claims is ignored: only Temporal itself says that a run continues another."""
    if case.carried is None or workflow.info().continued_run_id is None:
        return WorkflowState()
    state: WorkflowState = value_to_type(WorkflowState, case.carried)
    return state


def continue_as_new(case: CaseInput, state: WorkflowState) -> None:
    """Ends this run and begins the next. Raises temporalio ContinueAsNewError, always."""
    next_input = replace(case, carried=_as_json(state))
    workflow.continue_as_new(next_input, search_attributes=workflow.info().typed_search_attributes)


def _as_json(state: WorkflowState) -> dict[str, Any]:
    """As temporalio's own converter writes it."""
    payload = workflow.payload_converter().to_payload(state)
    told: dict[str, Any] = json.loads(payload.data)
    return told
