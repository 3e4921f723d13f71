"""DocumentExtraction: converts the official documents of one iteration in the background of its case."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    # The sandbox knows only modules that this one imports by name, and resolves the types of arguments and results in them.
    import trustrelay.contracts.case_workflow
    import trustrelay.workflow_worker.domain.compliance.records
    import trustrelay.workflow_worker.domain.compliance.state  # noqa: F401
    from trustrelay.contracts.case_workflow import EXTRACTION_FINISHED, EXTRACTION_WORKFLOW, workflow_id
    from trustrelay.workflow_worker.application.compliance.catalogue import EXTRACT_DOCUMENTS_MARKDOWN, RECORD_NOT_ASSESSED
    from trustrelay.workflow_worker.application.running import reason_of, run_activity
    from trustrelay.workflow_worker.domain.compliance.records import CaseRef, NotAssessed


@workflow.defn(name=EXTRACTION_WORKFLOW, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class DocumentExtraction:
    """Hours at most, and only two commands long.

    AUTO_UPGRADE, although short workflows are usually PINNED: a pinned child would need a worker of its old version for as long as it runs (three
    hours when document-service is away); without one it would hang, and its case wait in vain. Its path can only change by a step before or after
    its one activity; `patched()` and its committed history hold that.
    """

    @workflow.run
    async def run(self, case: CaseRef) -> str:
        """CLEAR, or NOT_ASSESSED/reason. Tells the case that it ended either way."""
        outcome = await self._extract(case)
        parent = workflow.get_external_workflow_handle(workflow_id(case.tenant_id, case.case_id))
        try:
            await parent.signal(EXTRACTION_FINISHED)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.info("the case is closed already", extra={"case.id": case.case_id})
        return outcome

    async def _extract(self, case: CaseRef) -> str:
        try:
            assessed = await run_activity(EXTRACT_DOCUMENTS_MARKDOWN, case)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            reason = reason_of(error)
            await self._note(case, reason)
            return f"NOT_ASSESSED/{reason}"
        return f"{assessed.outcome}/{assessed.reason}" if assessed.reason else assessed.outcome

    async def _note(self, case: CaseRef, reason: str) -> None:
        try:
            await run_activity(RECORD_NOT_ASSESSED, NotAssessed(case, EXTRACT_DOCUMENTS_MARKDOWN.name, reason))
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            # A case that was decided meanwhile takes no more facts; this workflow's own result still says what happened.
            workflow.logger.warning("not assessed, and not stored", extra={"case.id": case.case_id, "reason": reason_of(error)})
