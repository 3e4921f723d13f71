"""What each accepted message does: claim first, store, then answer."""

from __future__ import annotations

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
    from trustrelay.workflow_worker.application.catalogue import OPEN_CASE
    from trustrelay.workflow_worker.application.judge import Judge, claimed_actor
    from trustrelay.workflow_worker.application.opening import expiry_of
    from trustrelay.workflow_worker.application.recorder import Recorder, Step
    from trustrelay.workflow_worker.application.running import run_activity
    from trustrelay.workflow_worker.application.search_attributes import show_in_search
    from trustrelay.workflow_worker.application.tracing import current_traceparent, trace_id_of
    from trustrelay.workflow_worker.domain.decisions import judge_decision, judge_second, second_officer_reasons, status_after
    from trustrelay.workflow_worker.domain.records import (
        AnswerChange,
        AuditRecord,
        DecisionChange,
        HitChange,
        OpenCaseArgs,
        OverrideChange,
        RequirementChange,
        TaskChange,
    )
    from trustrelay.workflow_worker.domain.refusals import precondition
    from trustrelay.workflow_worker.domain.state import Answer, FirstDecision, WorkflowState


@dataclass
class MessageHandlers:
    """One method per message. Each is entered only after the validator admitted the message, and judges again when its turn to store comes."""

    case: CaseInput
    state: WorkflowState
    recorder: Recorder
    judge: Judge

    async def open(self, message: OpenCase) -> Receipt:
        """Stores the case row and its first audit event."""
        envelope, state = message.envelope, self.state
        if state.opened:
            return state.receipt()
        state.case_trace = state.stage_trace = current_traceparent()
        state.expire_at = expiry_of(self.case, workflow.now())
        args = OpenCaseArgs(self.recorder.case_ref(iteration=0), state.expire_at, claimed_actor(envelope), trace_id_of(state.case_trace))
        opened = await run_activity(OPEN_CASE, args)
        state.state_version, state.summary = opened.state_version, opened.summary
        show_in_search(state)
        receipt = state.receipt()
        state.remember(envelope.request_id, Answer(envelope.body_sha256, receipt))
        return receipt

    async def documents_submitted(self, message: DocumentsSubmitted) -> Receipt:
        """Numbers the submission; the portal loop takes every number above the last it processed."""
        number = message.submission_number or self.state.last_submitted + 1
        trace = current_traceparent()

        def apply() -> None:
            self.state.last_submitted = max(self.state.last_submitted, number)
            self.state.stage_trace = trace

        audit = self._audit("documents_submitted", message.envelope, submission=str(number))
        return await self._store(Update.DOCUMENTS_SUBMITTED, message.envelope, Step((audit,), apply=apply), submission_number=number)

    async def requirements_approved(self, message: RequirementsApproved) -> Receipt:
        """Opens the gate, with the officer's changes to what is asked."""
        trace = current_traceparent()

        def apply() -> None:
            self.state.requirements_approved = True
            self.state.stage_trace = trace

        changes = tuple(RequirementChange(one.requirement_id, one.status, one.reason) for one in message.modifications)
        audit = self._audit("requirements_approved", message.envelope, modifications=str(len(changes)))
        return await self._store(Update.REQUIREMENTS_APPROVED, message.envelope, Step((audit,), requirements=changes, apply=apply))

    async def skip_documents(self, message: SkipDocuments) -> Receipt:
        """Ends this iteration's wait."""
        trace = current_traceparent()

        def apply() -> None:
            self.state.skip_documents = True
            self.state.stage_trace = trace

        audit = self._audit("documents_skipped", message.envelope)
        return await self._store(Update.SKIP_DOCUMENTS, message.envelope, Step((audit,), apply=apply))

    async def resolve_hit(self, message: ResolveHit) -> Receipt:
        """Stores the officer's word on a hit; the facts come back with the stored step."""
        actor = claimed_actor(message.envelope)
        change = HitChange(message.hit_id, message.resolution, actor, message.reason)
        audit = self._audit("hit_resolved", message.envelope, hit_id=message.hit_id, resolution=message.resolution)
        return await self._store(Update.RESOLVE_HIT, message.envelope, Step((audit,), hit=change))

    async def override_check(self, message: OverrideCheck) -> Receipt:
        """Accepts a NOT_ASSESSED; approval then needs a second officer."""
        actor = claimed_actor(message.envelope)
        change = OverrideChange(message.check_id, actor, message.reason)
        audit = self._audit("check_overridden", message.envelope, check_id=message.check_id)
        return await self._store(Update.OVERRIDE_CHECK, message.envelope, Step((audit,), override=change))

    async def set_tier(self, message: SetTier) -> Receipt:
        """A manager's tier stands above the rules' until the gate is open."""
        before = (self.state.tier, self.state.tier_set_by, self.state.tier_forced)
        actor = claimed_actor(message.envelope)
        self.state.tier, self.state.tier_set_by, self.state.tier_forced = message.tier, f"manager:{actor}", True
        audit = self._audit("tier_forced", message.envelope, tier=message.tier, before=before[0])
        try:
            return await self._store(Update.SET_TIER, message.envelope, Step((audit,)))
        except BaseException:
            self.state.tier, self.state.tier_set_by, self.state.tier_forced = before
            raise

    async def officer_decision(self, message: OfficerDecision) -> Receipt:
        """Decides, or asks for the second officer."""
        actor = claimed_actor(message.envelope)
        triggers = second_officer_reasons(message.decision, self.state.summary, self.case.policy)
        status = Status.AWAITING_SECOND_APPROVAL if triggers else status_after(message.decision)
        trace = current_traceparent()

        def apply() -> None:
            self.state.first_decision = FirstDecision(message.decision, actor)
            self._after_decision(message.decision if not triggers else None, trace)

        decision = DecisionChange(
            step=1,
            actor=actor,
            reason=message.reason,
            request_id=message.envelope.request_id,
            decision=message.decision,
            restrictions=message.restrictions,
        )
        audit = self._audit("decision_recorded", message.envelope, decision=message.decision, second_officer=",".join(triggers), status=status)
        step = Step((audit,), status=status, decision=decision, tasks=_follow_up_tasks(message, self.state.state_version), apply=apply)
        return await self._store_deciding(Update.OFFICER_DECISION, message.envelope, step)

    async def second_decision(self, message: SecondOfficerDecision) -> Receipt:
        """Four eyes: confirms the first decision, or returns the case to review."""
        first = self.state.first_decision
        if first is None:  # the validator has seen it; only another second decision can have taken it since
            raise precondition("NO_FIRST_DECISION", "There is no decision to confirm any more.")
        confirmed = message.decision is SecondDecision.CONFIRM
        status = status_after(first.decision) if confirmed else Status.REVIEW_PENDING
        trace = current_traceparent()

        def apply() -> None:
            if not confirmed:
                self.state.first_decision = None
            self._after_decision(first.decision if confirmed else None, trace)

        actor = claimed_actor(message.envelope)
        decision = DecisionChange(
            step=2,
            actor=actor,
            reason=message.reason,
            request_id=message.envelope.request_id,
            decision=first.decision,
            second_decision=message.decision,
        )
        audit = self._audit("second_decision_recorded", message.envelope, decision=message.decision, status=status)
        return await self._store_deciding(Update.SECOND_DECISION, message.envelope, Step((audit,), status=status, decision=decision, apply=apply))

    async def withdraw(self, message: Withdraw) -> Receipt:
        """Ends the case; whatever runs for it is cancelled."""
        audit = self._audit("case_withdrawn", message.envelope)
        return await self._store(Update.WITHDRAW, message.envelope, Step((audit,), status=Status.WITHDRAWN))

    def judge_officer_decision(self, message: OfficerDecision) -> None:
        """Raises Refused when this decision is not possible now."""
        judge_decision(self.state, self.case.policy, message.decision, workflow.now())

    def judge_second_decision(self, message: SecondOfficerDecision, actor: str) -> None:
        """Raises Refused when this officer may not confirm or return now."""
        judge_second(self.state, actor)

    def _after_decision(self, decided: Decision | None, trace: str) -> None:
        self.state.stage_trace = trace
        if decided is Decision.FOLLOW_UP:
            self.state.follow_up = True
            self.state.first_decision = None

    async def _store_deciding(self, kind: Update, envelope: Envelope, step: Step) -> Receipt:
        """Claims the decision before the first await, so that two decisions cannot both be valid; gives it back when it could not be stored."""
        if self.state.deciding:
            raise precondition("DECISION_IN_PROGRESS", "Another decision is being stored.")
        self.state.deciding = True
        try:
            return await self._store(kind, envelope, step)
        finally:
            self.state.deciding = False

    async def _store(self, kind: Update, envelope: Envelope, step: Step, submission_number: int = 0) -> Receipt:
        step.answer = AnswerChange(envelope.request_id, envelope.body_sha256, submission_number)
        return await self.recorder.store(step, guard=lambda: self.judge.allow(kind, envelope))

    def _audit(self, kind: str, envelope: Envelope, **data: str) -> AuditRecord:
        return AuditRecord(kind, claimed_actor(envelope), {"request_id": envelope.request_id, **data})


def _follow_up_tasks(message: OfficerDecision, version: int) -> tuple[TaskChange, ...]:
    if message.decision is not Decision.FOLLOW_UP:
        return ()
    return tuple(TaskChange(f"follow-up/{version}/{number}", "follow_up", text) for number, text in enumerate(message.follow_up_tasks, start=1))
