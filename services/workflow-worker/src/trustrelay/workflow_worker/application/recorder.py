"""Stores every step of a case before anyone is told of it, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import CaseInput, Envelope, Receipt, Refusal, Status, Tier
    from trustrelay.workflow_worker.application.catalogue import OPEN_CASE, PERSIST, REASSESS_RISK
    from trustrelay.workflow_worker.application.running import reason_of, run_activity
    from trustrelay.workflow_worker.application.search_attributes import show_in_search
    from trustrelay.workflow_worker.application.tracing import current_traceparent, trace_id_of
    from trustrelay.workflow_worker.domain.records import (
        AnswerChange,
        AuditRecord,
        CaseRef,
        DecisionChange,
        HitChange,
        OpenCaseArgs,
        OverrideChange,
        RequirementChange,
        Stored,
        TaskChange,
        Transition,
    )
    from trustrelay.workflow_worker.domain.state import Answer, WorkflowState


@dataclass
class Step:
    """What one step changes; fields left alone stay as they are."""

    audit: tuple[AuditRecord, ...]
    status: Status | None = None
    # Tier and who set it, when this step forces it.
    tier: tuple[Tier, str] | None = None
    decision: DecisionChange | None = None
    hit: HitChange | None = None
    override: OverrideChange | None = None
    requirements: tuple[RequirementChange, ...] = ()
    tasks: tuple[TaskChange, ...] = ()
    answer: AnswerChange | None = None
    # The facts that the risk rests on changed: it is assessed again before the next step, and before this one is answered.
    reassess: bool = False
    # Applied to the state in the same breath as the new version, never before it is stored.
    apply: Callable[[], None] = field(default=lambda: None)


def refusal_error(code: str, reason: str, message: str, metadata: dict[str, str] | None = None) -> ApplicationError:
    """The one form in which a workflow refuses: type = ErrorInfo reason, detail = Refusal."""
    return ApplicationError(message, Refusal(code, message, metadata or {}), type=reason, non_retryable=True)


class Recorder:
    """Serialises writes: version n + 1 is asked for only when n is stored.

    Whoever holds the lock is never cancelled: the path is only cancelled once a handler has closed the case, and from then on `due` stops it. So no
    write is ever left with an unknown result, after which the next version would be a guess.
    """

    def __init__(self, case: CaseInput, state: WorkflowState) -> None:
        self._case = case
        self._state = state
        self._lock = asyncio.Lock()

    def case_ref(self, iteration: int | None = None) -> CaseRef:
        """The case as activities take it, with the workflow's own date."""
        number = self._state.current_iteration if iteration is None else iteration
        return CaseRef(self._case.tenant_id, self._case.case_id, number, workflow.now().date().isoformat(), self._case.language)

    async def open(self, envelope: Envelope, actor: str, trace: str, expire_at: datetime) -> Receipt:
        """Stores the case row; a second opening that waited for the first gets the answer as the case is then.

        Raises ApplicationError with the store's reason when it refuses, ActivityError when it could not be reached for a day.
        """
        state = self._state
        async with self._lock:
            if state.opened:
                return state.receipt()
            try:
                opened = await run_activity(OPEN_CASE, OpenCaseArgs(self.case_ref(iteration=0), expire_at, actor, trace_id_of(trace)))
            except ActivityError as error:
                if refused := _refusal_in(error):
                    raise refused from error
                raise
            state.case_trace = state.stage_trace = trace
            state.expire_at = expire_at
            state.state_version, state.summary = opened.state_version, opened.summary
            show_in_search(state)
            return self._answered(AnswerChange(envelope.request_id, envelope.body_sha256))

    async def store(self, due: Callable[[], Step | None]) -> Receipt:
        """Stores what is due, then makes it true in the state.

        `due` is asked when it is this step's turn, never before: what it judges may have changed while it waited. What it raises ends the
        step; None = nothing is to be stored any more, and the receipt tells the state as it is.
        Raises ApplicationError with the store's reason when the store refuses (four eyes, forbidden transition), ActivityError when it
        could not be reached for a day.
        """
        async with self._lock:
            step = due()
            if step is None:
                return self._state.receipt()
            transition = self._transition(step)
            try:
                stored = await run_activity(PERSIST, transition)
            except ActivityError as error:
                if refused := _refusal_in(error):
                    raise refused from error
                raise
            self._make_true(step, transition, stored)
            if step.reassess:
                await self._reassess()
            return self._answered(step.answer) if step.answer else self._state.receipt()

    async def _reassess(self) -> None:
        """Stored stays stored when this is given up; approval then waits for an investigation that succeeds (`risk_stale`)."""
        try:
            self._state.summary = await run_activity(REASSESS_RISK, self.case_ref())
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self._state.risk_stale = True
        else:
            self._state.risk_stale = False

    def _make_true(self, step: Step, transition: Transition, stored: Stored) -> None:
        state = self._state
        state.status = transition.status
        state.state_version = stored.state_version
        state.summary = stored.summary
        if step.tier:
            state.tier, state.tier_set_by = step.tier
            state.tier_forced = True
        step.apply()
        show_in_search(state)

    def _answered(self, answer: AnswerChange) -> Receipt:
        receipt = self._state.receipt(answer.submission_number)
        self._state.remember(answer.request_id, Answer(answer.body_sha256, receipt))
        return receipt

    def _transition(self, step: Step) -> Transition:
        state = self._state
        tier, tier_set_by = step.tier or (state.tier, state.tier_set_by)
        return Transition(
            case=self.case_ref(),
            expected_version=state.state_version,
            status=step.status or state.status,
            iteration=state.current_iteration,
            tier=tier,
            tier_set_by=tier_set_by,
            at=workflow.now(),
            projection={
                "bounces": state.bounces,
                "last_submitted": state.last_submitted,
                "last_processed": state.last_processed,
                "requirements_approved": state.requirements_approved,
            },
            audit=step.audit,
            decision=step.decision,
            hit=step.hit,
            override=step.override,
            requirements=step.requirements,
            tasks=step.tasks,
            answer=step.answer,
            trace_id=trace_id_of(current_traceparent() or state.case_trace),
        )


def _refusal_in(error: ActivityError) -> ApplicationError | None:
    """The store's own no (a constraint) as a refusal of the message; None when it could not be reached."""
    cause = error.cause
    if not isinstance(cause, ApplicationError) or not cause.non_retryable:
        return None
    code = str(cause.details[0]) if cause.details else "FAILED_PRECONDITION"
    return refusal_error(code, reason_of(error), "The case store refused this step.")
