"""Stores every step of a case before anyone is told of it, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import CaseInput, Receipt, Refusal, Status
    from trustrelay.workflow_worker.application.catalogue import PERSIST
    from trustrelay.workflow_worker.application.running import reason_of, run_activity
    from trustrelay.workflow_worker.application.search_attributes import show_in_search
    from trustrelay.workflow_worker.application.tracing import trace_id_of
    from trustrelay.workflow_worker.domain.records import (
        AnswerChange,
        AuditRecord,
        CaseRef,
        DecisionChange,
        HitChange,
        OverrideChange,
        RequirementChange,
        TaskChange,
        Transition,
    )
    from trustrelay.workflow_worker.domain.state import Answer, WorkflowState


@dataclass
class Step:
    """What one step changes; fields left alone stay as they are."""

    audit: tuple[AuditRecord, ...]
    status: Status | None = None
    decision: DecisionChange | None = None
    hit: HitChange | None = None
    override: OverrideChange | None = None
    requirements: tuple[RequirementChange, ...] = ()
    tasks: tuple[TaskChange, ...] = ()
    answer: AnswerChange | None = None
    # Applied to the state in the same breath as the new version, never before it is stored.
    apply: Callable[[], None] = field(default=lambda: None)


def refusal_error(code: str, reason: str, message: str, metadata: dict[str, str] | None = None) -> ApplicationError:
    """The one form in which a workflow refuses: type = ErrorInfo reason, detail = Refusal."""
    return ApplicationError(message, Refusal(code, message, metadata or {}), type=reason, non_retryable=True)


class Recorder:
    """Serialises writes: version n + 1 is asked for only when n is stored."""

    def __init__(self, case: CaseInput, state: WorkflowState) -> None:
        self._case = case
        self._state = state
        self._lock = asyncio.Lock()

    def case_ref(self, iteration: int | None = None) -> CaseRef:
        """The case as activities take it, with the workflow's own date."""
        number = self._state.current_iteration if iteration is None else iteration
        return CaseRef(self._case.tenant_id, self._case.case_id, number, workflow.now().date().isoformat(), self._case.language)

    async def store(self, step: Step, *, guard: Callable[[], None] = lambda: None) -> Receipt:
        """Stores the step, then makes it true in the state.

        `guard` runs when it is this step's turn, as the state may have changed while it waited; what it raises ends the step.
        Raises ApplicationError with the store's reason when the store refuses (four eyes, forbidden transition), ActivityError when it
        could not be reached for a day.
        """
        async with self._lock:
            guard()
            transition = self._transition(step)
            try:
                stored = await run_activity(PERSIST, transition)
            except ActivityError as error:
                raise _as_refusal(error) from error
            self._state.status = transition.status
            self._state.state_version = stored.state_version
            self._state.summary = stored.summary
            step.apply()
            show_in_search(self._state)
            receipt = self._state.receipt(step.answer.submission_number if step.answer else 0)
            if step.answer:
                self._state.remember(step.answer.request_id, Answer(step.answer.body_sha256, receipt))
            return receipt

    def _transition(self, step: Step) -> Transition:
        state = self._state
        return Transition(
            case=self.case_ref(),
            expected_version=state.state_version,
            status=step.status or state.status,
            iteration=state.current_iteration,
            tier=state.tier,
            tier_set_by=state.tier_set_by,
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
            trace_id=trace_id_of(state.stage_trace or state.case_trace),
        )


def _as_refusal(error: ActivityError) -> ApplicationError | ActivityError:
    """The store's own no (a constraint) as a refusal of the message; an outage stays an outage."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.non_retryable:
        code = str(cause.details[0]) if cause.details else "FAILED_PRECONDITION"
        return refusal_error(code, reason_of(error), "The case store refused this step.")
    return error
