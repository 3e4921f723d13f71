"""What each accepted message but the decisions does: store, then answer."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import (
        CaseInput,
        DocumentsSubmitted,
        OpenCase,
        OverrideCheck,
        Receipt,
        RequirementsApproved,
        ResolveHit,
        SetTier,
        SkipDocuments,
        Status,
        Update,
        Withdraw,
    )
    from trustrelay.workflow_worker.application.judge import claimed_actor
    from trustrelay.workflow_worker.application.message_desk import MessageDesk, answer, audit
    from trustrelay.workflow_worker.application.opening import expiry_of
    from trustrelay.workflow_worker.application.recorder import Recorder, Step
    from trustrelay.workflow_worker.application.tracing import current_traceparent
    from trustrelay.workflow_worker.domain.records import HitChange, OverrideChange, RequirementChange
    from trustrelay.workflow_worker.domain.state import WorkflowState


@dataclass
class MessageHandlers:
    """One method per message. Each is entered only after the validator admitted the message."""

    case: CaseInput
    state: WorkflowState
    recorder: Recorder
    desk: MessageDesk

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

            record = audit("documents_submitted", message.envelope, submission=str(number))
            return Step((record,), answer=answer(message.envelope, number), apply=apply)

        return await self.desk.store(Update.DOCUMENTS_SUBMITTED, message.envelope, due)

    async def requirements_approved(self, message: RequirementsApproved) -> Receipt:
        """Opens the gate, with the officer's changes to what is asked."""
        trace = current_traceparent()

        def apply() -> None:
            self.state.requirements_approved = True
            self.state.stage_trace = trace

        changes = tuple(RequirementChange(one.requirement_id, one.status, one.reason) for one in message.modifications)
        record = audit("requirements_approved", message.envelope, modifications=str(len(changes)))
        return await self.desk.store(Update.REQUIREMENTS_APPROVED, message.envelope, lambda: Step((record,), requirements=changes, apply=apply))

    async def skip_documents(self, message: SkipDocuments) -> Receipt:
        """Ends this iteration's wait."""
        trace = current_traceparent()

        def apply() -> None:
            self.state.skip_documents = True
            self.state.stage_trace = trace

        record = audit("documents_skipped", message.envelope)
        return await self.desk.store(Update.SKIP_DOCUMENTS, message.envelope, lambda: Step((record,), apply=apply))

    async def resolve_hit(self, message: ResolveHit) -> Receipt:
        """Stores the officer's word on a hit; the facts come back with the stored step."""
        actor = claimed_actor(message.envelope)
        change = HitChange(message.hit_id, message.resolution, actor, message.reason)
        record = audit("hit_resolved", message.envelope, hit_id=message.hit_id, resolution=message.resolution)
        return await self.desk.store(Update.RESOLVE_HIT, message.envelope, lambda: Step((record,), hit=change, reassess=self._in_review()))

    async def override_check(self, message: OverrideCheck) -> Receipt:
        """Accepts a NOT_ASSESSED; approval then needs a second officer."""
        actor = claimed_actor(message.envelope)
        change = OverrideChange(message.check_id, actor, message.reason)
        record = audit("check_overridden", message.envelope, check_id=message.check_id)
        return await self.desk.store(Update.OVERRIDE_CHECK, message.envelope, lambda: Step((record,), override=change, reassess=self._in_review()))

    async def set_tier(self, message: SetTier) -> Receipt:
        """A manager's tier stands above the rules' until the gate is open."""
        actor = claimed_actor(message.envelope)

        def due() -> Step:
            record = audit("tier_forced", message.envelope, tier=message.tier, before=self.state.tier)
            return Step((record,), tier=(message.tier, f"manager:{actor}"))

        return await self.desk.store(Update.SET_TIER, message.envelope, due)

    async def withdraw(self, message: Withdraw) -> Receipt:
        """Ends the case; whatever runs for it is cancelled."""
        record = audit("case_withdrawn", message.envelope)
        return await self.desk.store(Update.WITHDRAW, message.envelope, lambda: Step((record,), status=Status.WITHDRAWN))

    def _in_review(self) -> bool:
        """Whether the investigation is over: before, it assesses the risk itself."""
        return self.state.status is Status.REVIEW_PENDING
