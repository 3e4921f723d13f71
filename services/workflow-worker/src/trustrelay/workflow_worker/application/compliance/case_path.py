"""The path of a case: which stage follows is read from the state alone, so that it can be taken up anywhere."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import CaseInput, Path, Status
    from trustrelay.workflow_worker.application.compliance.catalogue import PERSIST
    from trustrelay.workflow_worker.application.compliance.extraction import Extraction
    from trustrelay.workflow_worker.application.compliance.recorder import Recorder
    from trustrelay.workflow_worker.application.compliance.stages.company import GapAnalysis, Inquiry, Investigation, PreInvestigation
    from trustrelay.workflow_worker.application.compliance.stages.customs import CustomsInquiry
    from trustrelay.workflow_worker.application.compliance.stages.documents import Documents
    from trustrelay.workflow_worker.application.compliance.stages.gate import Gate
    from trustrelay.workflow_worker.application.compliance.stages.opening import Opening
    from trustrelay.workflow_worker.application.compliance.stages.person import PersonGaps, PersonInvestigation
    from trustrelay.workflow_worker.application.compliance.stages.portal import Portal
    from trustrelay.workflow_worker.application.compliance.stages.review import FollowUp, ForPeople
    from trustrelay.workflow_worker.application.compliance.stages.stage import Move, Stage, Tools, noted
    from trustrelay.workflow_worker.application.compliance.steps import Step, failing
    from trustrelay.workflow_worker.application.compliance.tracing import stage_span
    from trustrelay.workflow_worker.application.running import BETWEEN_OUTAGES, reason_of
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState


def stages_of(tools: Tools, extraction: Extraction) -> dict[Status, Stage]:
    """The stage table: every status that is not terminal has one."""
    shared: dict[Status, Stage] = {
        Status.REQUIREMENTS_REVIEW: Gate(tools),
        Status.AWAITING_DOCUMENTS: Portal(tools),
        Status.PROCESSING_DOCUMENTS: Documents(tools),
        Status.REVIEW_PENDING: ForPeople(tools),
        Status.AWAITING_SECOND_APPROVAL: ForPeople(tools),
        Status.FOLLOW_UP: FollowUp(tools),
        Status.FAILED: ForPeople(tools),
    }
    if tools.policy.path is Path.KYC:
        own: dict[Status, Stage] = {
            Status.CREATED: Opening(tools, Status.DOCUMENT_GAP_ANALYSIS),
            Status.DOCUMENT_GAP_ANALYSIS: PersonGaps(tools),
            Status.INVESTIGATING: PersonInvestigation(tools),
        }
        return shared | own
    inquiry = (CustomsInquiry if tools.policy.path is Path.CUSTOMS else Inquiry)(tools, extraction)
    return shared | {
        Status.CREATED: Opening(tools, Status.PRE_INVESTIGATION),
        Status.PRE_INVESTIGATION: PreInvestigation(tools, inquiry),
        Status.DOCUMENT_GAP_ANALYSIS: GapAnalysis(tools),
        Status.INVESTIGATING: Investigation(tools, inquiry),
    }


class CasePath:
    """Drives one case from wherever it stands to its end."""

    def __init__(self, case: CaseInput, state: WorkflowState, recorder: Recorder, stages: dict[Status, Stage]) -> None:
        self._case = case
        self._state = state
        self._recorder = recorder
        self._stages = stages
        # Where the stage that is at work began: a message or a failure may lead the case elsewhere meanwhile.
        self._here = state.status

    async def run(self) -> None:
        """Until the case is closed. What is given up makes it FAILED, from where a manager resumes it. Raises ContinueLater."""
        move: Move | None = None
        while not self._state.closed:
            try:
                move = await self._go(move)
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                move = None
                await self._fail(error)

    async def _go(self, move: Move | None) -> Move | None:
        """Makes the move, works in the stage that it leads to, waits there; the next move, or None to look where the case stands."""
        if move is None:
            stage = self._arrived()
            if stage.works:
                with stage_span(self._state, self._case, self._here):
                    return await stage.work()
            return await stage.wait()
        with stage_span(self._state, self._case, move.status):
            if not await self._enter(move):
                return move.otherwise
            if self._state.closed:
                return None
            stage = self._arrived()
            if stage.works:
                return await stage.work()
        return await stage.wait()

    def _arrived(self) -> Stage:
        self._here = self._state.status
        return self._stages[self._here]

    async def _enter(self, move: Move) -> bool:
        """Stores the move, unless the case is elsewhere by then or `when` says no. Nothing follows once a message has closed the case."""

        def due() -> Step | None:
            if self._state.closed:
                raise asyncio.CancelledError
            if self._state.status is not self._here or not move.when():
                return None
            audit = (*noted("status_changed", status=move.status), *move.audit)
            return Step(audit, status=move.status, tasks=move.tasks, apply=move.apply)

        await self._recorder.store(due)
        return self._state.status is move.status

    async def _fail(self, error: FailureError) -> None:
        """Stops the case with what was given up and why, unless a message closed it at the same moment. An outage of the store delays it.

        Raises what the store says when it refuses even that: then the workflow itself fails, in everybody's sight.
        """
        activity, reason = _what_failed(error)

        def due() -> Step | None:
            stopped = self._state.closed or self._state.status is Status.FAILED
            return None if stopped else failing(activity, reason, self._state.status)

        while True:
            try:
                await self._recorder.store(due)
            except ActivityError as outage:
                if is_cancelled_exception(outage):
                    raise
                await workflow.sleep(BETWEEN_OUTAGES)
            else:
                return


def _what_failed(error: FailureError) -> tuple[str, str]:
    if isinstance(error, ActivityError):
        return error.activity_type, reason_of(error)
    if isinstance(error, ApplicationError) and error.type:
        return PERSIST.name, error.type
    return PERSIST.name, type(error).__name__
