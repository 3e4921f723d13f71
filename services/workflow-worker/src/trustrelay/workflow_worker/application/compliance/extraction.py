"""The background conversion of official documents, as the case sees it: begun, detached, and awaited only where it matters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import EXTRACTION_WORKFLOW, extraction_workflow_id
    from trustrelay.workflow_worker.application.compliance.catalogue import EXTRACT_DOCUMENTS_MARKDOWN
    from trustrelay.workflow_worker.application.compliance.recorder import Recorder
    from trustrelay.workflow_worker.application.compliance.work import NOT_ASSESSED, Work
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState

_LONGEST_WAIT = timedelta(minutes=30)


@dataclass
class Extraction:
    """A child per iteration; it outlives this run, and says itself when it has ended."""

    state: WorkflowState
    recorder: Recorder
    work: Work

    async def begin(self, iteration: int) -> None:
        """Starts it; one that still runs for this iteration, from a stage that is done again, is the one."""
        case = self.recorder.case_ref(iteration)
        workflow_id = extraction_workflow_id(case.tenant_id, case.case_id, iteration)
        try:
            await workflow.start_child_workflow(EXTRACTION_WORKFLOW, case, id=workflow_id, parent_close_policy=ParentClosePolicy.ABANDON)
        except WorkflowAlreadyStartedError:
            return
        self.state.extractions_pending += 1

    def one_finished(self) -> None:
        """A child says that it ended. Carries nothing, so it only ends a wait."""
        self.state.extractions_pending = max(0, self.state.extractions_pending - 1)

    async def finished(self) -> None:
        """Waits for all of it, half an hour at most: then NOT_ASSESSED says that documents were not read in time."""
        try:
            await workflow.wait_condition(lambda: not self.state.extractions_pending, timeout=_LONGEST_WAIT)
        except TimeoutError:
            self.work.note(EXTRACT_DOCUMENTS_MARKDOWN, NOT_ASSESSED, "EXTRACTION_PENDING")
