"""Stores every step of a case before anyone is told of it, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import CaseInput, Receipt
    from trustrelay.workflow_worker.application.admission import as_error
    from trustrelay.workflow_worker.application.compliance.catalogue import OPEN_CASE, PERSIST, READ_CASE_SUMMARY
    from trustrelay.workflow_worker.application.compliance.search_attributes import show_in_search
    from trustrelay.workflow_worker.application.compliance.steps import Step, failing, transition_of
    from trustrelay.workflow_worker.application.compliance.tracing import current_traceparent, trace_id_of
    from trustrelay.workflow_worker.application.running import is_final, reason_of, run_activity, run_until_done
    from trustrelay.workflow_worker.domain.compliance.records import AnswerChange, CaseRef, OpenCaseArgs, Stored, Transition
    from trustrelay.workflow_worker.domain.compliance.state import Answer, WorkflowState
    from trustrelay.workflow_worker.domain.refusals import Refused

_CONFLICT = "STATE_VERSION_CONFLICT"


class Recorder:
    """Serialises writes: version n + 1 is asked for only when n is stored.

    Whoever holds the lock is never cancelled: the path is only cancelled once a handler has closed the case, and from then on nothing of it is due.
    A write that was given up after a day may have been stored all the same (its answer was lost). It is kept in doubt: when the store says that the
    version has moved, the doubtful write is asked for once more, which stores nothing new and tells whether it was this one that moved it.
    """

    def __init__(self, case: CaseInput, state: WorkflowState) -> None:
        self._case = case
        self._state = state
        self._lock = asyncio.Lock()
        self._doubtful: list[tuple[Step, Transition]] = []

    @property
    def at_rest(self) -> bool:
        """Nothing is being stored, and what is stored is known."""
        return not self._lock.locked() and not self._doubtful

    def case_ref(self, iteration: int | None = None) -> CaseRef:
        """The case as activities take it, with the workflow's own date."""
        number = self._state.current_iteration if iteration is None else iteration
        return CaseRef(self._case.tenant_id, self._case.case_id, number, workflow.now().date().isoformat(), self._case.language)

    async def open(self, actor: str, trace: str, expire_at: datetime, answer: AnswerChange | None) -> Receipt:
        """Stores the case row; a second opening that waited for the first gets the answer as the case is then.

        Raises ApplicationError with the store's reason when it refuses, ActivityError when it could not be reached for a day.
        """
        state = self._state
        async with self._lock:
            if state.opened:
                return state.receipt()
            opened_at = workflow.now()
            try:
                opened = await run_activity(OPEN_CASE, OpenCaseArgs(self.case_ref(iteration=0), expire_at, actor, trace_id_of(trace)))
            except ActivityError as error:
                raise _as_raised(error) from error.cause
            state.case_trace = state.stage_trace = trace
            state.opened_at, state.expire_at = opened_at, expire_at
            state.owner = self._case.owner or self._case.created_by
            state.state_version, state.summary = opened.state_version, opened.summary
            show_in_search(state)
            return self._answered(answer)

    async def reread(self) -> None:
        """Reads the stored facts again. Whatever is judged from now on waits for them: a step is built when its turn comes.

        Raises ActivityError when the store refuses to tell them.
        """
        async with self._lock:
            if self._state.opened and not self._state.closed:
                self._state.summary = await run_until_done(READ_CASE_SUMMARY, self.case_ref())

    async def store(self, due: Callable[[], Step | None]) -> Receipt:
        """Stores what is due, then makes it true in the state.

        `due` is asked when it is this step's turn, never before: what it judges may have changed while it waited. What it raises ends the
        step; None = nothing is to be stored any more, and the receipt tells the state as it is.
        Raises ApplicationError with the store's reason when the store refuses (four eyes, forbidden transition), ActivityError when it
        could not be reached for a day.
        """
        async with self._lock:
            while True:
                step = due()
                if step is None:
                    return self._state.receipt()
                if receipt := await self._try(step):
                    return receipt

    async def _try(self, step: Step) -> Receipt | None:
        """The receipt of the stored step; None when it turned out that an earlier one was stored after all: then this one is judged anew."""
        transition = self._transition(step)
        try:
            stored = await run_activity(PERSIST, transition)
        except ActivityError as error:
            refused = _refusal_in(error)
            if refused is None:
                if not is_cancelled_exception(error):
                    self._doubtful.append((step, transition))
                raise
            if refused.type == _CONFLICT:
                if await self._an_earlier_one_was_stored():
                    return None
                await self._stop_out_of_step()
            raise refused from error
        return await self._complete(step, stored)

    async def _an_earlier_one_was_stored(self) -> bool:
        """Asks for each doubtful step again: the version has moved, so the store answers only for the one that moved it."""
        for step, transition in self._doubtful:
            try:
                stored = await run_activity(PERSIST, transition)
            except ActivityError as error:
                if not is_final(error):
                    raise
            else:
                await self._complete(step, stored)
                return True
        return False

    async def _stop_out_of_step(self) -> None:
        """Something that is not ours was stored: the case stops as FAILED on top of it, where people see it. Raises as `store` does."""
        opened = await run_activity(
            OPEN_CASE, OpenCaseArgs(self.case_ref(iteration=0), self._state.expire_at or workflow.now(), self._case.created_by)
        )
        self._state.state_version = opened.state_version
        step = failing(PERSIST.name, _CONFLICT, self._state.status)
        try:
            stored = await run_activity(PERSIST, self._transition(step))
        except ActivityError as error:
            raise _as_raised(error) from error.cause
        await self._complete(step, stored)

    async def _complete(self, step: Step, stored: Stored) -> Receipt:
        state = self._state
        step.change(state)
        state.state_version, state.summary = stored.state_version, stored.summary
        self._doubtful.clear()
        show_in_search(state)
        await step.then()
        return self._answered(step.answer)

    def _answered(self, answer: AnswerChange | None) -> Receipt:
        if answer is None:
            return self._state.receipt()
        receipt = self._state.receipt(answer.submission_number)
        self._state.remember(answer.request_id, Answer(answer.body_sha256, receipt))
        return receipt

    def _transition(self, step: Step) -> Transition:
        trace = trace_id_of(current_traceparent() or self._state.case_trace)
        return transition_of(step, self._state, self.case_ref(), workflow.now(), trace)


def _as_raised(error: ActivityError) -> FailureError:
    """The store's refusal, or the outage as it is."""
    return _refusal_in(error) or error


def _refusal_in(error: ActivityError) -> ApplicationError | None:
    """The store's own no (a constraint) as a refusal of the message; None when it could not be reached."""
    cause = error.cause
    if not isinstance(cause, ApplicationError) or not cause.non_retryable:
        return None
    code = str(cause.details[0]) if cause.details else "FAILED_PRECONDITION"
    return as_error(Refused(code, reason_of(error), "The case store refused this step."))
