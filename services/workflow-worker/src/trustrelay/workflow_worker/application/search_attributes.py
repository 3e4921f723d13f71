"""What operators can search workflows by: codes only, never names."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from trustrelay.workflow_worker.domain.state import WorkflowState

CASE_STATUS = SearchAttributeKey.for_keyword("CaseStatus")
AUTOMATION_TIER = SearchAttributeKey.for_keyword("AutomationTier")


def show_in_search(state: WorkflowState) -> None:
    """Keeps status and tier searchable, writing only what changed."""
    current = workflow.info().typed_search_attributes
    updates = [
        key.value_set(value) for key, value in ((CASE_STATUS, str(state.status)), (AUTOMATION_TIER, str(state.tier))) if current.get(key) != value
    ]
    if updates:
        workflow.upsert_search_attributes(updates)
