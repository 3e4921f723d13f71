"""Traces of a case.

A case lives 60 days, so no span ever covers more than one stage.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import CaseInput, Status
    from trustrelay.workflow_worker.application.tracing import current_traceparent, span_of_stage, trace_id_of
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState

__all__ = ["current_traceparent", "stage_span", "trace_id_of"]


@contextmanager
def stage_span(state: WorkflowState, case: CaseInput, status: Status) -> Iterator[None]:
    """The span of one stage; activities started inside belong to it. Consumes `state.stage_trace`."""
    parent, state.stage_trace = state.stage_trace, ""
    attributes: dict[str, str | int] = {
        "case.id": case.case_id,
        "tenant.id": case.tenant_id,
        "case.status": str(status),
        "case.iteration": state.current_iteration,
    }
    with span_of_stage(f"stage {status}", parent=parent, linked_to=state.case_trace, attributes=attributes):
        yield
