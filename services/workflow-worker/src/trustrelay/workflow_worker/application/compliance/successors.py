"""An escalated case goes on as another one, with another owner; each of the two knows the other."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError, is_cancelled_exception
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import TASK_QUEUE, WORKFLOW, CaseInput, workflow_id
    from trustrelay.workflow_worker.application.compliance.catalogue import STAGE_SUCCESSOR
    from trustrelay.workflow_worker.application.compliance.notes import Notes
    from trustrelay.workflow_worker.application.compliance.recorder import Recorder
    from trustrelay.workflow_worker.application.compliance.search_attributes import of_new_case
    from trustrelay.workflow_worker.application.running import reason_of, run_until_done
    from trustrelay.workflow_worker.domain.compliance.records import Successor


@dataclass
class Successors:
    """Of one escalated case there is one, however often this is asked."""

    case: CaseInput
    recorder: Recorder
    notes: Notes

    async def begin(self) -> None:
        """Stages it, and starts its workflow beside this one. A refusal for good is kept on record: the escalation itself stands."""
        try:
            staged = await run_until_done(STAGE_SUCCESSOR, self.recorder.case_ref())
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            await self.notes.add("successor_refused", reason=reason_of(error))
            return
        await self._start(self._input(staged))

    def _input(self, staged: Successor) -> CaseInput:
        return CaseInput(
            case_id=staged.case_id,
            tenant_id=self.case.tenant_id,
            template_id=staged.template_id,
            template_version=staged.template_version,
            country=staged.country,
            created_by=staged.created_by,
            language=staged.language,
            policy=staged.policy,
            owner=staged.owner,
            predecessor_case_id=self.case.case_id,
        )

    async def _start(self, successor: CaseInput) -> None:
        try:
            await workflow.start_child_workflow(
                WORKFLOW,
                successor,
                id=workflow_id(successor.tenant_id, successor.case_id),
                task_queue=TASK_QUEUE,
                parent_close_policy=ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=of_new_case(successor),
            )
        except WorkflowAlreadyStartedError:
            return
