"""PROCESSING_DOCUMENTS: one round with the customer's documents, and whether they are good enough."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import Status
    from trustrelay.workflow_worker.application.compliance import catalogue
    from trustrelay.workflow_worker.application.compliance.stages.portal import take_round, to_portal
    from trustrelay.workflow_worker.application.compliance.stages.stage import Move, Stage, noted
    from trustrelay.workflow_worker.application.running import run_activity
    from trustrelay.workflow_worker.domain.compliance import texts
    from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement, TaskChange, Validated
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState

# What a document did not satisfy must come again; these are asked for without one.
_NO_DOCUMENT = frozenset({"MISSING", "ANSWER_MISSING", "IDENTITY_MISSING"})
# Another round: a submission came in that must be judged together with what is here.
_AGAIN = Move(Status.PROCESSING_DOCUMENTS, apply=take_round)


@dataclass
class Documents(Stage):
    """After a skip, what was uploaded is processed all the same."""

    async def work(self) -> Move:
        """On to the investigation, or back to the customer without an officer, as long as the template's bounces last."""
        state = self.tools.state
        validated = await self._read()
        if state.submission_waits:
            return _AGAIN
        if validated.failed and not state.round_skipped and state.bounces < self.tools.policy.max_bounces:
            return await self._bounce(validated.failed)
        return Move(Status.INVESTIGATING, when=lambda: not state.submission_waits, otherwise=_AGAIN)

    async def _read(self) -> Validated:
        work = self.tools.work
        await work.refresh(catalogue.PROCESS_DOCUMENTS)
        validated = await run_activity(catalogue.VALIDATE_DOCUMENTS, self.tools.recorder.case_ref())
        self.tools.state.summary = validated.summary
        self.tools.state.validation_results = _verdicts(validated)
        if validated.valid_documents:
            await work.refresh(catalogue.EXTRACT_DOCUMENT_DATA)
        return validated

    async def _bounce(self, failed: tuple[FailedRequirement, ...]) -> Move:
        state = self.tools.state
        suggested = (await run_activity(catalogue.GENERATE_FOLLOW_UP_TASKS, self.tools.recorder.case_ref())).tasks
        named = {task.requirement_id for task in suggested}
        generic = tuple(_reupload_task(one, self.tools.case.language) for one in failed if one.requirement_id not in named)

        def apply(after: WorkflowState) -> None:
            after.bounces = state.bounces + 1
            after.asked_again = tuple(one.requirement_id for one in failed if not _NO_DOCUMENT.issuperset(one.codes))

        codes = {f"requirement.{one.requirement_id}": ",".join(one.codes) for one in failed}
        audit = noted("validation_bounce_back", bounce=str(state.bounces + 1), **codes)
        return to_portal(audit, tasks=suggested + generic, apply=apply, when=lambda: not state.submission_waits, otherwise=_AGAIN)


def _verdicts(validated: Validated) -> dict[str, str]:
    valid = dict.fromkeys(validated.valid_documents, "VALID")
    return valid | {one.requirement_id: ",".join(one.codes) for one in validated.failed if not _NO_DOCUMENT.issuperset(one.codes)}


def _reupload_task(failed: FailedRequirement, language: str) -> TaskChange:
    missing = failed.codes == ("MISSING",)
    return TaskChange(
        task_id=f"reupload/{failed.requirement_id}",
        kind="reupload_document",
        requirement_id=failed.requirement_id,
        text=texts.reupload(language, missing=missing),
    )
