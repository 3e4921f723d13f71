"""What operators can search workflows by: codes only, never names."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import CaseInput, Status, Tier
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState

CASE_STATUS = SearchAttributeKey.for_keyword("CaseStatus")
AUTOMATION_TIER = SearchAttributeKey.for_keyword("AutomationTier")
TENANT = SearchAttributeKey.for_keyword("TenantId")
TEMPLATE = SearchAttributeKey.for_keyword("TemplateId")
COUNTRY = SearchAttributeKey.for_keyword("Country")


def show_in_search(state: WorkflowState) -> None:
    """Keeps status and tier searchable, writing only what changed."""
    current = workflow.info().typed_search_attributes
    updates = [
        key.value_set(value) for key, value in ((CASE_STATUS, str(state.status)), (AUTOMATION_TIER, str(state.tier))) if current.get(key) != value
    ]
    if updates:
        workflow.upsert_search_attributes(updates)


def of_new_case(case: CaseInput) -> TypedSearchAttributes:
    """As case-api sets them when it starts a case."""
    values = {CASE_STATUS: str(Status.CREATED), AUTOMATION_TIER: str(Tier.UNSPECIFIED), TENANT: case.tenant_id, TEMPLATE: case.template_id}
    return TypedSearchAttributes([SearchAttributePair(key, value) for key, value in (values | {COUNTRY: case.country}).items()])
