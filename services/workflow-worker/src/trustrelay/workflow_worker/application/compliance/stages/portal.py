"""AWAITING_DOCUMENTS: the customer is waited for, reminded, and one day not waited for any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import Status
    from trustrelay.workflow_worker.application.compliance.stages.stage import Move, Stage, noted
    from trustrelay.workflow_worker.application.compliance.steps import Apply, Step
    from trustrelay.workflow_worker.application.compliance.tracing import stage_span
    from trustrelay.workflow_worker.domain.compliance import texts
    from trustrelay.workflow_worker.domain.compliance.records import AuditRecord, TaskChange
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState
    from trustrelay.workflow_worker.domain.compliance.timeline import reminders, sent_with

_EXPIRED = noted("case_expired")


def to_portal(
    audit: tuple[AuditRecord, ...],
    *,
    tasks: tuple[TaskChange, ...] = (),
    apply: Apply = lambda _: None,
    when: Callable[[], bool] = lambda: True,
    otherwise: Move | None = None,
) -> Move:
    """The customer's turn."""
    since = workflow.now()

    def opened(state: WorkflowState) -> None:
        apply(state)
        state.portal_since = since

    return Move(Status.AWAITING_DOCUMENTS, audit, tasks, opened, when, otherwise)


def take_round(state: WorkflowState) -> None:
    """Takes every submission, and the skip, that this round answers: a later one gets a round of its own."""
    state.last_processed = state.last_submitted
    state.round_skipped, state.skip_documents = state.skip_documents, False
    state.asked_again = ()


@dataclass
class Portal(Stage):
    """The only stage in which a case expires, and in which reminders are sent."""

    async def wait(self) -> Move | None:
        """Until a submission that no round has taken, a skip, or the end of the customer's time; an extension moves that end."""
        state = self.tools.state
        while state.status is Status.AWAITING_DOCUMENTS:
            if state.customer_is_done:
                return Move(Status.PROCESSING_DOCUMENTS, apply=take_round)
            if self._time_is_over():
                # Unless a submission, a skip or an extension was being stored at the last moment.
                return Move(Status.EXPIRED, _EXPIRED, when=lambda: self._time_is_over() and not state.customer_is_done)
            if not await self._remind():
                await self._sleep()
        return None

    def _time_is_over(self) -> bool:
        end = self.tools.state.expire_at
        return end is not None and workflow.now() >= end

    async def _sleep(self) -> None:
        """Until something happens that this stage cares about, or the next moment of its own."""
        state, now = self.tools.state, workflow.now()
        end = state.expire_at
        moments = [moment for moment in (end, reminders(state, self.tools.policy.reminder_percents, now).next_at) if moment is not None]
        longest = min(moments) - now if moments else None
        await self.tools.waiting.until(lambda: state.customer_is_done or state.expire_at != end, longest)

    async def _remind(self) -> bool:
        """Sends the reminder that is due, if one is. It replaces the earlier one among the customer's tasks."""
        state, percents = self.tools.state, self.tools.policy.reminder_percents

        def due() -> Step | None:
            percent = reminders(state, percents, workflow.now()).due
            if percent is None or state.expire_at is None or state.customer_is_done or state.status is not Status.AWAITING_DOCUMENTS:
                return None
            sent = sent_with(state, percents, percent)
            return Step(
                noted("customer_reminded", percent=str(percent)),
                tasks=(self._reminder(state.expire_at),),
                apply=lambda after: _set_reminders(after, sent),
            )

        if reminders(state, percents, workflow.now()).due is None:
            return False
        with stage_span(state, self.tools.case, Status.AWAITING_DOCUMENTS):
            await self.tools.recorder.store(due)
        return True

    def _reminder(self, expire_at: datetime) -> TaskChange:
        return TaskChange("reminder", "reminder", texts.reminder(self.tools.case.language, expire_at.date()))


def _set_reminders(state: WorkflowState, sent: tuple[int, ...]) -> None:
    state.reminders_sent = sent
