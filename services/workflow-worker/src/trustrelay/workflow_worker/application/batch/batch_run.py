"""BatchRiskReEvaluationWorkflow: the current risk model over a portfolio, a page at a time."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    # The sandbox knows only modules that this one imports by name, and resolves the types of activity results in them.
    import trustrelay.contracts.batch_workflow
    import trustrelay.workflow_worker.domain.batch.records
    import trustrelay.workflow_worker.domain.batch.state  # noqa: F401
    from trustrelay.contracts.batch_workflow import (
        WORKFLOW,
        BatchInput,
        BatchProgress,
        BatchReceipt,
        BatchUpdate,
        CancelBatch,
        PauseBatch,
        ResumeBatch,
        RunStatus,
        StartBatch,
    )
    from trustrelay.workflow_worker.application.admission import Admission, claimed_sender
    from trustrelay.workflow_worker.application.assertion_keys import verifier
    from trustrelay.workflow_worker.application.batch.catalogue import RECORD_BATCH_REFUSAL
    from trustrelay.workflow_worker.application.batch.continuing import carried_by, continue_as_new, is_long_enough
    from trustrelay.workflow_worker.application.batch.pages import Pages
    from trustrelay.workflow_worker.application.batch.reception import Reception
    from trustrelay.workflow_worker.application.batch.recorder import Recorder
    from trustrelay.workflow_worker.application.living import lived
    from trustrelay.workflow_worker.application.running import is_final, run_until_done
    from trustrelay.workflow_worker.domain.batch.message_table import ROLES
    from trustrelay.workflow_worker.domain.batch.records import RefusedMessage, RunRef

# A page takes less than a second; one that is tried again and again is not waited for by whoever cancels the run.
_PAGES_END_WITHIN = timedelta(seconds=5)
_LARGEST_PAGE, _WIDEST_WINDOW = 1000, 20


@workflow.defn(name=WORKFLOW, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class BatchRiskReEvaluationWorkflow:
    """The writer of a run's status; the results and their counters are the store's."""

    @workflow.init
    def __init__(self, run: BatchInput) -> None:
        self._run = run
        self._state = carried_by(run)
        self._ref = RunRef(run.tenant_id, run.run_id)
        self._recorder = Recorder(self._ref, self._state)
        self._reception = Reception(self._state, Admission(run.tenant_id, run.run_id, ROLES, verifier), self._recorder)
        page_size, window = min(max(run.page_size, 1), _LARGEST_PAGE), min(max(run.window, 1), _WIDEST_WINDOW)
        self._pages = Pages(self._ref, self._state, page_size, window, is_long_enough)
        # The store does not know the run, or refused it for good: there is nothing to wait for.
        self._unknown = False

    @workflow.run
    async def run(self, run: BatchInput) -> BatchReceipt:
        """Where it ended. A cancellation from Temporal itself carries no assertion, so it ends nothing: it is noted and refused."""
        if not await lived(self._live(), self._refuse_cancellation):
            continue_as_new(run, self._state)
        return self._state.receipt()

    async def _refuse_cancellation(self) -> None:
        await self._note_refusal("cancel_workflow", "ASSERTION_MISSING")

    async def _live(self) -> bool:
        """Whether the run has ended; False = it goes on in a new run of the workflow."""
        await workflow.wait_condition(lambda: self._state.started or self._unknown)
        while not (self._state.ended or self._unknown):
            await workflow.wait_condition(lambda: self._may_score() or self._state.ended or self._may_continue())
            if self._may_continue() and not self._state.ended:
                return False
            if self._may_score():
                await self._score()
        await self._pages.drained()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return True

    async def _score(self) -> None:
        """Pages until something else is to be done: the end, a pause, a new run of the workflow, or people."""
        finished = await self._pages.score()
        if failure := self._pages.take_failure():
            await self._recorder.settle(RunStatus.FAILED, failure.reason, lambda: self._state.status in (RunStatus.RUNNING, RunStatus.PAUSED))
        elif finished:
            await self._recorder.settle(RunStatus.COMPLETED, "", lambda: self._state.status is RunStatus.RUNNING)
        elif is_long_enough():
            # Messages in hand are finished first; they know nothing of a new run.
            await workflow.wait_condition(workflow.all_handlers_finished)

    def _may_score(self) -> bool:
        return self._state.status is RunStatus.RUNNING and not self._pages.held

    def _may_continue(self) -> bool:
        return is_long_enough() and not self._pages.running and not self._recorder.lock.locked() and workflow.all_handlers_finished()

    async def _note_refusal(self, message: str, reason: str) -> None:
        self._state.notes += 1
        event_id = f"{self._run.run_id}/refused/{self._state.notes}"
        await run_until_done(RECORD_BATCH_REFUSAL, RefusedMessage(self._ref, message, reason, event_id, workflow.now()))

    @workflow.update(name=BatchUpdate.START)
    async def start_batch(self, message: StartBatch) -> BatchReceipt:
        """Reads what the run is about, which is stored already, and begins."""
        return await self._reception.handle(BatchUpdate.START, message, self._begin)

    @start_batch.validator
    def _may_start(self, message: StartBatch) -> None:
        self._reception.judge(BatchUpdate.START, message)

    async def _begin(self) -> None:
        try:
            await self._recorder.load()
        except ActivityError as error:
            self._unknown = is_final(error)
            raise

    @workflow.update(name=BatchUpdate.PAUSE)
    async def pause_batch(self, message: PauseBatch) -> BatchReceipt:
        """No further page begins; those that run finish."""
        return await self._change(BatchUpdate.PAUSE, message, RunStatus.PAUSED)

    @pause_batch.validator
    def _may_pause(self, message: PauseBatch) -> None:
        self._reception.judge(BatchUpdate.PAUSE, message)

    @workflow.update(name=BatchUpdate.RESUME)
    async def resume_batch(self, message: ResumeBatch) -> BatchReceipt:
        """Goes on where it paused, or where it failed."""
        return await self._change(BatchUpdate.RESUME, message, RunStatus.RUNNING)

    @resume_batch.validator
    def _may_resume(self, message: ResumeBatch) -> None:
        self._reception.judge(BatchUpdate.RESUME, message)

    @workflow.update(name=BatchUpdate.CANCEL)
    async def cancel_batch(self, message: CancelBatch) -> BatchReceipt:
        """Ends it after the pages that run; what was scored stays."""
        return await self._change(BatchUpdate.CANCEL, message, RunStatus.CANCELLED)

    @cancel_batch.validator
    def _may_cancel(self, message: CancelBatch) -> None:
        self._reception.judge(BatchUpdate.CANCEL, message)

    async def _change(self, kind: BatchUpdate, message: PauseBatch | ResumeBatch | CancelBatch, status: RunStatus) -> BatchReceipt:
        async def store() -> None:
            if status is RunStatus.CANCELLED:
                await self._pages.hold(_PAGES_END_WITHIN)
            try:
                await self._recorder.change(status, claimed_sender(message.envelope).actor, message.reason, message.envelope.request_id)
            finally:
                self._pages.held = False

        return await self._reception.handle(kind, message, store)

    @workflow.query(name="get_progress")
    def get_progress(self) -> BatchProgress:
        """For debugging and tests; everyone else reads Postgres."""
        state = self._state
        return BatchProgress(state.status, state.state_version, state.cases_scored, state.pages_done, state.after_case_id)
