"""Alerts that policy wants reviewed become cases of their own, which go on when the run is long over."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import Priority, WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError, is_cancelled_exception
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import TASK_QUEUE, WORKFLOW, CaseInput, workflow_id
    from trustrelay.workflow_worker.application.compliance.search_attributes import of_new_case
    from trustrelay.workflow_worker.application.monitoring.catalogue import STAGE_REVIEW
    from trustrelay.workflow_worker.application.running import reason_of, run_activity
    from trustrelay.workflow_worker.domain.monitoring.records import ReviewCase, StageReview

# Cases that customers and officers wait for go first; among reviews, tenants take turns.
_LOWEST_PRIORITY = 5
_LONGEST_FAIRNESS_KEY = 64


async def review(tenant_id: str, alert_id: str) -> None:
    """Stages the review and starts its workflow beside this one; a review under way takes the alert along.

    A refusal (an officer has dealt with the alert in between) or an outage leaves the alert open: the next run tells of it again.
    """
    try:
        staged = await run_activity(STAGE_REVIEW, StageReview(tenant_id, alert_id))
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.warning("monitoring.review_refused", extra={"alert.id": alert_id, "reason": reason_of(error)})
        return
    if not staged.opened:
        await _start(_input(tenant_id, alert_id, staged))


def _input(tenant_id: str, alert_id: str, staged: ReviewCase) -> CaseInput:
    return CaseInput(
        case_id=staged.case_id,
        tenant_id=tenant_id,
        template_id=staged.template_id,
        template_version=staged.template_version,
        country=staged.country,
        created_by=staged.created_by,
        language=staged.language,
        policy=staged.policy,
        owner=staged.owner,
        review_of_alert_id=alert_id,
    )


async def _start(case: CaseInput) -> None:
    try:
        await workflow.start_child_workflow(
            WORKFLOW,
            case,
            id=workflow_id(case.tenant_id, case.case_id),
            task_queue=TASK_QUEUE,
            parent_close_policy=ParentClosePolicy.ABANDON,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=of_new_case(case),
            priority=Priority(priority_key=_LOWEST_PRIORITY, fairness_key=case.tenant_id[:_LONGEST_FAIRNESS_KEY]),
        )
    except WorkflowAlreadyStartedError:
        return
