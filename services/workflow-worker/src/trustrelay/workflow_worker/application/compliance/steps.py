"""One step of a case: what it changes, and the transition that stores it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import Status
    from trustrelay.workflow_worker.domain.compliance.records import (
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
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState

# Who does what no person asked for.
MACHINE = "workflow"
Apply = Callable[[WorkflowState], None]


async def _nothing_more() -> None:
    return None


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
    # Sets fields of the state it is given: first of a copy, to say what will be true, then of the state itself, once that is stored.
    apply: Apply = field(default=lambda _: None)
    # What the new facts ask for, for example the risk; done before the next step, and before this one is answered.
    then: Callable[[], Awaitable[None]] = field(default=_nothing_more)

    def change(self, state: WorkflowState) -> None:
        """Makes this step true in `state`."""
        self.apply(state)
        if self.status is not None:
            state.status = self.status


def transition_of(step: Step, state: WorkflowState, case: CaseRef, at: datetime, trace_id: str) -> Transition:
    """What the store is asked to write: the state after `step`, and everything that belongs to it. `state` stays as it is."""
    after = copy(state)
    step.change(after)
    return Transition(
        case=case,
        expected_version=state.state_version,
        status=after.status,
        iteration=after.current_iteration,
        tier=after.tier,
        tier_set_by=after.tier_set_by,
        at=at,
        projection=_projection(after),
        audit=step.audit,
        decision=step.decision,
        hit=step.hit,
        override=step.override,
        requirements=step.requirements,
        tasks=step.tasks,
        answer=step.answer,
        trace_id=trace_id,
        expire_at=after.expire_at if after.expire_at != state.expire_at else None,
        owner=after.owner if after.owner != state.owner else "",
    )


def _projection(state: WorkflowState) -> dict[str, str | int | bool | None]:
    """What readers of the case see of the workflow's own state: counts, references and outcomes."""
    return {
        "bounces": state.bounces,
        "last_submitted": state.last_submitted,
        "last_processed": state.last_processed,
        "requirements_approved": state.requirements_approved,
        "mcc": state.mcc,
        "identity_session": state.identity_session,
        "failed_in": state.failed_in or "",
        "reminders_sent": ",".join(str(percent) for percent in state.reminders_sent),
        **{f"outcome.{activity}": outcome for activity, outcome in sorted(state.outcomes.items())},
    }


def failing(activity: str, reason: str, stage: Status) -> Step:
    """The case stops where it is, on record, until a manager resumes it."""

    def apply(state: WorkflowState) -> None:
        if state.status is not Status.FAILED:
            state.failed_in = state.status

    record = AuditRecord("case_failed", MACHINE, {"activity": activity, "reason": reason, "stage": stage})
    return Step((record,), status=Status.FAILED, apply=apply)
