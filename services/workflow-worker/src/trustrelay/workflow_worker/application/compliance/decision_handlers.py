"""What the officers' decisions do: one decides, another confirms or returns where the policy asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import (
        CaseInput,
        Decision,
        Envelope,
        OfficerDecision,
        Receipt,
        SecondDecision,
        SecondOfficerDecision,
        Status,
        Update,
    )
    from trustrelay.workflow_worker.application.admission import claimed_sender
    from trustrelay.workflow_worker.application.compliance.message_desk import MessageDesk, audit
    from trustrelay.workflow_worker.application.compliance.steps import Step
    from trustrelay.workflow_worker.application.compliance.tracing import current_traceparent
    from trustrelay.workflow_worker.domain.compliance.decisions import (
        judge_confirmation,
        judge_decision,
        judge_second,
        second_officer_reasons,
        status_after,
    )
    from trustrelay.workflow_worker.domain.compliance.records import DecisionChange, TaskChange
    from trustrelay.workflow_worker.domain.compliance.state import FirstDecision, WorkflowState
    from trustrelay.workflow_worker.domain.refusals import precondition
    from trustrelay.workflow_worker.domain.senders import Sender


@dataclass
class DecisionHandlers:
    """Claim first, store, then answer; judged at the door and again when the turn to store comes, as the facts may have changed between."""

    case: CaseInput
    state: WorkflowState
    desk: MessageDesk

    def judge_deciding(self, message: OfficerDecision) -> None:
        """Raises Refused when this decision is not possible now."""
        self._judge_no_other_decision(message.envelope)
        judge_decision(self.state, self.case.policy, message.decision, workflow.now())

    def judge_confirming(self, message: SecondOfficerDecision, sender: Sender) -> None:
        """Raises Refused when this officer may not confirm or return now."""
        self._judge_no_other_decision(message.envelope)
        first = judge_second(self.state, sender.actor)
        if message.decision is SecondDecision.CONFIRM:
            judge_confirmation(self.state, first)

    async def officer_decision(self, message: OfficerDecision) -> Receipt:
        """Decides, or asks for the second officer."""
        actor, trace = claimed_sender(message.envelope).actor, current_traceparent()

        def due() -> Step:
            judge_decision(self.state, self.case.policy, message.decision, workflow.now())
            triggers = second_officer_reasons(message.decision, self.state.summary, self.case.policy)
            status = Status.AWAITING_SECOND_APPROVAL if triggers else status_after(message.decision)

            first = FirstDecision(message.decision, actor, message.escalation_owner)

            def apply(state: WorkflowState) -> None:
                state.first_decision = first
                _after_decision(state, first if not triggers else None, trace)

            facts = {"decision": message.decision, "second_officer": ",".join(triggers), "status": status}
            record = audit("decision_recorded", message.envelope, **facts)
            tasks = _follow_up_tasks(message, self.state.state_version)
            return Step((record,), status=status, decision=_first(message, actor), tasks=tasks, apply=apply)

        return await self._store_deciding(Update.OFFICER_DECISION, message.envelope, due)

    async def second_decision(self, message: SecondOfficerDecision) -> Receipt:
        """Four eyes: confirms the first decision, or returns the case to review."""
        actor, trace = claimed_sender(message.envelope).actor, current_traceparent()

        def due() -> Step:
            first = judge_second(self.state, actor)
            confirmed = message.decision is SecondDecision.CONFIRM
            if confirmed:
                judge_confirmation(self.state, first)
            status = status_after(first.decision) if confirmed else Status.REVIEW_PENDING

            def apply(state: WorkflowState) -> None:
                if not confirmed:
                    state.first_decision = None
                _after_decision(state, first if confirmed else None, trace)

            record = audit("second_decision_recorded", message.envelope, decision=message.decision, status=status)
            return Step((record,), status=status, decision=_second(message, actor, first), apply=apply)

        return await self._store_deciding(Update.SECOND_DECISION, message.envelope, due)

    async def _store_deciding(self, kind: Update, envelope: Envelope, due: Callable[[], Step]) -> Receipt:
        """Claims the decision before the first await, so that two decisions cannot both be valid; gives it back when it could not be stored.

        The same request again, while it is being stored, waits for its turn and gets the first answer.
        """
        self._judge_no_other_decision(envelope)
        if self.state.deciding:
            return await self.desk.store(kind, envelope, due)
        self.state.deciding = envelope.request_id
        try:
            return await self.desk.store(kind, envelope, due)
        finally:
            self.state.deciding = ""

    def _judge_no_other_decision(self, envelope: Envelope) -> None:
        if self.state.deciding not in ("", envelope.request_id):
            raise precondition("DECISION_IN_PROGRESS", "Another decision is being stored.")


def _after_decision(state: WorkflowState, decided: FirstDecision | None, trace: str) -> None:
    """`decided` None = it waits for the second officer, or was returned."""
    state.stage_trace = trace
    if decided is None:
        return
    if decided.decision is Decision.FOLLOW_UP:
        state.first_decision = None
    if decided.decision is Decision.ESCALATE:
        state.owner = decided.escalation_owner


def _first(message: OfficerDecision, actor: str) -> DecisionChange:
    request = message.envelope.request_id
    return DecisionChange(1, actor, message.reason, request, decision=message.decision, restrictions=message.restrictions)


def _second(message: SecondOfficerDecision, actor: str, first: FirstDecision) -> DecisionChange:
    request = message.envelope.request_id
    return DecisionChange(2, actor, message.reason, request, decision=first.decision, second_decision=message.decision)


def _follow_up_tasks(message: OfficerDecision, version: int) -> tuple[TaskChange, ...]:
    if message.decision is not Decision.FOLLOW_UP:
        return ()
    return tuple(TaskChange(f"follow-up/{version}/{number}", "follow_up", text) for number, text in enumerate(message.follow_up_tasks, start=1))
