"""What each accepted message about the evidence does, the customer's and the officers': store, then answer."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import (
        CaseInput,
        DocumentsSubmitted,
        IdentityCompleted,
        MccUpdate,
        OpenCase,
        OverrideCheck,
        Path,
        Receipt,
        RequirementsApproved,
        ResolveHit,
        SkipDocuments,
        Update,
    )
    from trustrelay.workflow_worker.application.admission import claimed_sender
    from trustrelay.workflow_worker.application.compliance.message_desk import MessageDesk, answer, audit
    from trustrelay.workflow_worker.application.compliance.recorder import Recorder
    from trustrelay.workflow_worker.application.compliance.steps import Step
    from trustrelay.workflow_worker.application.compliance.tracing import current_traceparent
    from trustrelay.workflow_worker.application.compliance.work import Work
    from trustrelay.workflow_worker.domain.compliance.records import HitChange, OverrideChange, RequirementChange
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState
    from trustrelay.workflow_worker.domain.compliance.timeline import expiry_of

_IDENTITY_CHECK = "identity_verification"


@dataclass
class MessageHandlers:
    """One method per message. Each is entered only after the message was admitted."""

    case: CaseInput
    state: WorkflowState
    recorder: Recorder
    desk: MessageDesk
    work: Work

    async def open(self, message: OpenCase) -> Receipt:
        """Stores the case row and its first audit event."""
        expire_at = expiry_of(self.case, workflow.now())
        actor = claimed_sender(message.envelope).actor
        return await self.recorder.open(actor, current_traceparent(), expire_at, answer(message.envelope))

    async def documents_submitted(self, message: DocumentsSubmitted) -> Receipt:
        """Numbers the submission; the portal loop takes every number above the last it processed."""
        trace = current_traceparent()

        def due() -> Step:
            number = message.submission_number or self.state.last_submitted + 1

            def apply(state: WorkflowState) -> None:
                state.last_submitted = max(state.last_submitted, number)
                state.stage_trace = trace

            record = audit("documents_submitted", message.envelope, submission=str(number))
            return Step((record,), answer=answer(message.envelope, number), apply=apply)

        return await self.desk.store(Update.DOCUMENTS_SUBMITTED, message.envelope, due)

    async def identity_completed(self, message: IdentityCompleted) -> Receipt:
        """Notes which session proved who the customer is. When nothing else is asked of them, it ends the wait as a submission does."""
        trace = current_traceparent()

        def apply(state: WorkflowState) -> None:
            state.identity_session = message.session_id

        async def wake() -> None:
            # Judged on the facts as they came back with the stored step. Else the customer goes on, and submits when all is there: no bounce for it.
            if self._identity_is_asked() and self.state.nothing_else_is_asked:
                self.state.last_submitted += 1
                self.state.stage_trace = trace

        record = audit("identity_completed", message.envelope, session_id=message.session_id)
        return await self.desk.store(Update.IDENTITY_COMPLETED, message.envelope, lambda: Step((record,), apply=apply, then=wake))

    async def requirements_approved(self, message: RequirementsApproved) -> Receipt:
        """Opens the gate, with the officer's changes to what is asked."""
        trace = current_traceparent()

        def apply(state: WorkflowState) -> None:
            state.requirements_approved = True
            state.stage_trace = trace

        changes = tuple(RequirementChange(one.requirement_id, one.status, one.reason) for one in message.modifications)
        record = audit("requirements_approved", message.envelope, modifications=str(len(changes)))
        return await self.desk.store(Update.REQUIREMENTS_APPROVED, message.envelope, lambda: Step((record,), requirements=changes, apply=apply))

    async def skip_documents(self, message: SkipDocuments) -> Receipt:
        """Ends this iteration's wait."""
        trace = current_traceparent()

        def apply(state: WorkflowState) -> None:
            state.skip_documents = True
            state.stage_trace = trace

        record = audit("documents_skipped", message.envelope)
        return await self.desk.store(Update.SKIP_DOCUMENTS, message.envelope, lambda: Step((record,), apply=apply))

    async def resolve_hit(self, message: ResolveHit) -> Receipt:
        """Stores the officer's word on a hit; the facts come back with the stored step."""
        actor = claimed_sender(message.envelope).actor
        change = HitChange(message.hit_id, message.resolution, actor, message.reason)
        record = audit("hit_resolved", message.envelope, hit_id=message.hit_id, resolution=message.resolution)
        step = Step((record,), hit=change, then=self.work.after_judgement)
        return await self.desk.store(Update.RESOLVE_HIT, message.envelope, lambda: step)

    async def override_check(self, message: OverrideCheck) -> Receipt:
        """Accepts a NOT_ASSESSED; approval then needs a second officer."""
        actor = claimed_sender(message.envelope).actor
        change = OverrideChange(message.check_id, actor, message.reason)

        def apply(state: WorkflowState) -> None:
            state.overrides = (*state.overrides, message.check_id)

        record = audit("check_overridden", message.envelope, check_id=message.check_id)
        step = Step((record,), override=change, apply=apply, then=self.work.after_judgement)
        return await self.desk.store(Update.OVERRIDE_CHECK, message.envelope, lambda: step)

    async def mcc_update(self, message: MccUpdate) -> Receipt:
        """The officer's category stands above what was found; classified and compared before it is answered."""

        def due() -> Step:
            def apply(state: WorkflowState) -> None:
                state.officer_mcc = state.mcc = message.mcc

            record = audit("mcc_reclassified", message.envelope, mcc=message.mcc, before=self.state.mcc)
            return Step((record,), apply=apply, then=self.work.after_reclassification)

        return await self.desk.store(Update.MCC_UPDATE, message.envelope, due)

    def _identity_is_asked(self) -> bool:
        return self.case.policy.path is Path.KYC or _IDENTITY_CHECK in self.case.policy.check_kinds
