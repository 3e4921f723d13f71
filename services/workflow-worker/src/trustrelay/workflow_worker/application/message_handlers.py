"""What each accepted message does: claim first, store, then answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import (
        CaseInput,
        Decision,
        DocumentsSubmitted,
        Envelope,
        OfficerDecision,
        OpenCase,
        OverrideCheck,
        Receipt,
        RequirementsApproved,
        ResolveHit,
        SecondDecision,
        SecondOfficerDecision,
        SetTier,
        SkipDocuments,
        Status,
        Update,
        Withdraw,
    )
    from trustrelay.workflow_worker.application.judge import Judge, claimed_actor
    from trustrelay.workflow_worker.application.opening import expiry_of
    from trustrelay.workflow_worker.application.recorder import Recorder, Step
    from trustrelay.workflow_worker.application.tracing import current_traceparent
    from trustrelay.workflow_worker.domain.decisions import judge_decision, judge_second, second_officer_reasons, status_after
    from trustrelay.workflow_worker.domain.records import (
        AnswerChange,
        AuditRecord,
        DecisionChange,
        HitChange,
        OverrideChange,
        RequirementChange,
        TaskChange,
    )
    from trustrelay.workflow_worker.domain.refusals import precondition
    from trustrelay.workflow_worker.domain.state import FirstDecision, WorkflowState


@dataclass
class MessageHandlers:
    """One method per message. Each is entered only after the validator admitted the message, and judges again when its turn to store comes."""

    case: CaseInput
    state: WorkflowState
    recorder: Recorder
    judge: Judge

    async def open(self, message: OpenCase) -> Receipt:
        """Stores the case row and its first audit event."""
        expire_at = expiry_of(self.case, workflow.now())
        return await self.recorder.open(message.envelope, claimed_actor(message.envelope), current_traceparent(), expire_at)

    async def documents_submitted(self, message: DocumentsSubmitted) -> Receipt:
        """Numbers the submission; the portal loop takes every number above the last it processed."""
        trace = current_traceparent()

        def due() -> Step:
            number = message.submission_number or self.state.last_submitted + 1

            def apply() -> None:
                self.state.last_submitted = max(self.state.last_submitted, number)
                self.state.stage_trace = trace

            audit = self._audit("documents_submitted", message.envelope, submission=str(number))
            return Step((audit,), answer=_answer(message.envelope, number), apply=apply)

        return await self._store(Update.DOCUMENTS_SUBMITTED, message.envelope, due)

    async def requirements_approved(self, message: RequirementsApproved) -> Receipt:
        """Opens the gate, with the officer's changes to what is asked."""
        trace = current_traceparent()

        def apply() -> None:
            self.state.requirements_approved = True
            self.state.stage_trace = trace

        changes = tuple(RequirementChange(one.requirement_id, one.status, one.reason) for one in message.modifications)
        audit = self._audit("requirements_approved", message.envelope, modifications=str(len(changes)))
        return await self._store(Update.REQUIREMENTS_APPROVED, message.envelope, lambda: Step((audit,), requirements=changes, apply=apply))

    async def skip_documents(self, message: SkipDocuments) -> Receipt:
        """Ends this iteration's wait."""
        trace = current_traceparent()

        def apply() -> None:
            self.state.skip_documents = True
            self.state.stage_trace = trace

        audit = self._audit("documents_skipped", message.envelope)
        return await self._store(Update.SKIP_DOCUMENTS, message.envelope, lambda: Step((audit,), apply=apply))

    async def resolve_hit(self, message: ResolveHit) -> Receipt:
        """Stores the officer's word on a hit; the facts come back with the stored step."""
        actor = claimed_actor(message.envelope)
        change = HitChange(message.hit_id, message.resolution, actor, message.reason)
        audit = self._audit("hit_resolved", message.envelope, hit_id=message.hit_id, resolution=message.resolution)
        return await self._store(Update.RESOLVE_HIT, message.envelope, lambda: Step((audit,), hit=change))

    async def override_check(self, message: OverrideCheck) -> Receipt:
        """Accepts a NOT_ASSESSED; approval then needs a second officer."""
        actor = claimed_actor(message.envelope)
        change = OverrideChange(message.check_id, actor, message.reason)
        audit = self._audit("check_overridden", message.envelope, check_id=message.check_id)
        return await self._store(Update.OVERRIDE_CHECK, message.envelope, lambda: Step((audit,), override=change))

    async def set_tier(self, message: SetTier) -> Receipt:
        """A manager's tier stands above the rules' until the gate is open."""
        actor = claimed_actor(message.envelope)

        def due() -> Step:
            audit = self._audit("tier_forced", message.envelope, tier=message.tier, before=self.state.tier)
            return Step((audit,), tier=(message.tier, f"manager:{actor}"))

        return await self._store(Update.SET_TIER, message.envelope, due)

    async def officer_decision(self, message: OfficerDecision) -> Receipt:
        """Decides, or asks for the second officer."""
        actor, trace = claimed_actor(message.envelope), current_traceparent()

        def due() -> Step:
            judge_decision(self.state, self.case.policy, message.decision, workflow.now())
            triggers = second_officer_reasons(message.decision, self.state.summary, self.case.policy)
            status = Status.AWAITING_SECOND_APPROVAL if triggers else status_after(message.decision)

            def apply() -> None:
                self.state.first_decision = FirstDecision(message.decision, actor)
                self._after_decision(message.decision if not triggers else None, trace)

            audit = self._audit("decision_recorded", message.envelope, decision=message.decision, second_officer=",".join(triggers), status=status)
            tasks = _follow_up_tasks(message, self.state.state_version)
            return Step((audit,), status=status, decision=_first(message, actor), tasks=tasks, apply=apply)

        return await self._store_deciding(Update.OFFICER_DECISION, message.envelope, due)

    async def second_decision(self, message: SecondOfficerDecision) -> Receipt:
        """Four eyes: confirms the first decision, or returns the case to review."""
        actor, trace = claimed_actor(message.envelope), current_traceparent()

        def due() -> Step:
            first = judge_second(self.state, actor)
            confirmed = message.decision is SecondDecision.CONFIRM
            status = status_after(first.decision) if confirmed else Status.REVIEW_PENDING

            def apply() -> None:
                if not confirmed:
                    self.state.first_decision = None
                self._after_decision(first.decision if confirmed else None, trace)

            audit = self._audit("second_decision_recorded", message.envelope, decision=message.decision, status=status)
            return Step((audit,), status=status, decision=_second(message, actor, first), apply=apply)

        return await self._store_deciding(Update.SECOND_DECISION, message.envelope, due)

    async def withdraw(self, message: Withdraw) -> Receipt:
        """Ends the case; whatever runs for it is cancelled."""
        audit = self._audit("case_withdrawn", message.envelope)
        return await self._store(Update.WITHDRAW, message.envelope, lambda: Step((audit,), status=Status.WITHDRAWN))

    def judge_deciding(self, message: OfficerDecision) -> None:
        """Raises Refused when this decision is not possible now."""
        self._judge_no_other_decision()
        judge_decision(self.state, self.case.policy, message.decision, workflow.now())

    def judge_confirming(self, actor: str) -> None:
        """Raises Refused when this officer may not confirm or return now."""
        self._judge_no_other_decision()
        judge_second(self.state, actor)

    def _judge_no_other_decision(self) -> None:
        if self.state.deciding:
            raise precondition("DECISION_IN_PROGRESS", "Another decision is being stored.")

    def _after_decision(self, decided: Decision | None, trace: str) -> None:
        self.state.stage_trace = trace
        if decided is Decision.FOLLOW_UP:
            self.state.follow_up = True
            self.state.first_decision = None

    async def _store_deciding(self, kind: Update, envelope: Envelope, due: Callable[[], Step]) -> Receipt:
        """Claims the decision before the first await, so that two decisions cannot both be valid; gives it back when it could not be stored."""
        self._judge_no_other_decision()
        self.state.deciding = True
        try:
            return await self._store(kind, envelope, due)
        finally:
            self.state.deciding = False

    async def _store(self, kind: Update, envelope: Envelope, due: Callable[[], Step]) -> Receipt:
        """Judges and builds the step when its turn has come; a twin of this request may have been stored while it waited."""

        def judged() -> Step | None:
            if self.judge.earlier_answer(envelope):
                return None
            self.judge.allow(kind, envelope)
            step = due()
            step.answer = step.answer or _answer(envelope)
            return step

        receipt = await self.recorder.store(judged)
        answered = self.judge.earlier_answer(envelope)
        return answered.receipt if answered else receipt

    def _audit(self, kind: str, envelope: Envelope, **data: str) -> AuditRecord:
        return AuditRecord(kind, claimed_actor(envelope), {"request_id": envelope.request_id, **data})


def _follow_up_tasks(message: OfficerDecision, version: int) -> tuple[TaskChange, ...]:
    if message.decision is not Decision.FOLLOW_UP:
        return ()
    return tuple(TaskChange(f"follow-up/{version}/{number}", "follow_up", text) for number, text in enumerate(message.follow_up_tasks, start=1))


def _answer(envelope: Envelope, submission_number: int = 0) -> AnswerChange:
    return AnswerChange(envelope.request_id, envelope.body_sha256, submission_number)


def _first(message: OfficerDecision, actor: str) -> DecisionChange:
    request = message.envelope.request_id
    return DecisionChange(1, actor, message.reason, request, decision=message.decision, restrictions=message.restrictions)


def _second(message: SecondOfficerDecision, actor: str, first: FirstDecision) -> DecisionChange:
    request = message.envelope.request_id
    return DecisionChange(2, actor, message.reason, request, decision=first.decision, second_decision=message.decision)
