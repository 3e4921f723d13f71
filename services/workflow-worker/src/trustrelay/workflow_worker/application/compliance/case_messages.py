"""The updates of a case, one pair each: the validator judges what it can see, the handler stores and answers."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts import case_workflow as contract
    from trustrelay.contracts.case_workflow import Receipt, Update
    from trustrelay.workflow_worker.application.compliance.reception import Reception


class CaseMessages:
    """What `signal_<name>` does as well, see signals.py. How each is judged and handled is the reception's table."""

    reception: Reception

    @workflow.update(name=Update.OPEN)
    async def open(self, message: contract.OpenCase) -> Receipt:
        """Stores the case before it answers."""
        return await self.reception.handle(Update.OPEN, message)

    @open.validator
    def _may_open(self, message: contract.OpenCase) -> None:
        self.reception.judge_update(Update.OPEN, message)

    @workflow.update(name=Update.DOCUMENTS_SUBMITTED)
    async def documents_submitted(self, message: contract.DocumentsSubmitted) -> Receipt:
        """Wakes the portal wait; a submission during processing gets another round."""
        return await self.reception.handle(Update.DOCUMENTS_SUBMITTED, message)

    @documents_submitted.validator
    def _may_submit(self, message: contract.DocumentsSubmitted) -> None:
        self.reception.judge_update(Update.DOCUMENTS_SUBMITTED, message)

    @workflow.update(name=Update.IDENTITY_COMPLETED)
    async def identity_completed(self, message: contract.IdentityCompleted) -> Receipt:
        """Notes who vouched; wakes the portal wait when nothing else is asked."""
        return await self.reception.handle(Update.IDENTITY_COMPLETED, message)

    @identity_completed.validator
    def _may_identify(self, message: contract.IdentityCompleted) -> None:
        self.reception.judge_update(Update.IDENTITY_COMPLETED, message)

    @workflow.update(name=Update.REQUIREMENTS_APPROVED)
    async def requirements_approved(self, message: contract.RequirementsApproved) -> Receipt:
        """Opens the requirements gate."""
        return await self.reception.handle(Update.REQUIREMENTS_APPROVED, message)

    @requirements_approved.validator
    def _may_approve_requirements(self, message: contract.RequirementsApproved) -> None:
        self.reception.judge_update(Update.REQUIREMENTS_APPROVED, message)

    @workflow.update(name=Update.SKIP_DOCUMENTS)
    async def skip_documents(self, message: contract.SkipDocuments) -> Receipt:
        """Ends this iteration's portal wait."""
        return await self.reception.handle(Update.SKIP_DOCUMENTS, message)

    @skip_documents.validator
    def _may_skip(self, message: contract.SkipDocuments) -> None:
        self.reception.judge_update(Update.SKIP_DOCUMENTS, message)

    @workflow.update(name=Update.RESOLVE_HIT)
    async def resolve_hit(self, message: contract.ResolveHit) -> Receipt:
        """Closes a hit."""
        return await self.reception.handle(Update.RESOLVE_HIT, message)

    @resolve_hit.validator
    def _may_resolve(self, message: contract.ResolveHit) -> None:
        self.reception.judge_update(Update.RESOLVE_HIT, message)

    @workflow.update(name=Update.OVERRIDE_CHECK)
    async def override_check(self, message: contract.OverrideCheck) -> Receipt:
        """Accepts a NOT_ASSESSED check."""
        return await self.reception.handle(Update.OVERRIDE_CHECK, message)

    @override_check.validator
    def _may_override(self, message: contract.OverrideCheck) -> None:
        self.reception.judge_update(Update.OVERRIDE_CHECK, message)

    @workflow.update(name=Update.MCC_UPDATE)
    async def mcc_update(self, message: contract.MccUpdate) -> Receipt:
        """Reclassifies the subject."""
        return await self.reception.handle(Update.MCC_UPDATE, message)

    @mcc_update.validator
    def _may_reclassify(self, message: contract.MccUpdate) -> None:
        self.reception.judge_update(Update.MCC_UPDATE, message)

    @workflow.update(name=Update.SET_TIER)
    async def set_tier(self, message: contract.SetTier) -> Receipt:
        """A manager forces the automation tier."""
        return await self.reception.handle(Update.SET_TIER, message)

    @set_tier.validator
    def _may_set_tier(self, message: contract.SetTier) -> None:
        self.reception.judge_update(Update.SET_TIER, message)

    @workflow.update(name=Update.OFFICER_DECISION)
    async def officer_decision(self, message: contract.OfficerDecision) -> Receipt:
        """Decides, or asks for the second officer."""
        return await self.reception.handle(Update.OFFICER_DECISION, message)

    @officer_decision.validator
    def _may_decide(self, message: contract.OfficerDecision) -> None:
        self.reception.judge_update(Update.OFFICER_DECISION, message)

    @workflow.update(name=Update.SECOND_DECISION)
    async def second_decision(self, message: contract.SecondOfficerDecision) -> Receipt:
        """Four eyes."""
        return await self.reception.handle(Update.SECOND_DECISION, message)

    @second_decision.validator
    def _may_confirm(self, message: contract.SecondOfficerDecision) -> None:
        self.reception.judge_update(Update.SECOND_DECISION, message)

    @workflow.update(name=Update.EXTEND_TIMELINE)
    async def extend_timeline(self, message: contract.ExtendTimeline) -> Receipt:
        """Gives the customer more time."""
        return await self.reception.handle(Update.EXTEND_TIMELINE, message)

    @extend_timeline.validator
    def _may_extend(self, message: contract.ExtendTimeline) -> None:
        self.reception.judge_update(Update.EXTEND_TIMELINE, message)

    @workflow.update(name=Update.REASSIGN)
    async def reassign(self, message: contract.Reassign) -> Receipt:
        """Hands the case to another officer."""
        return await self.reception.handle(Update.REASSIGN, message)

    @reassign.validator
    def _may_reassign(self, message: contract.Reassign) -> None:
        self.reception.judge_update(Update.REASSIGN, message)

    @workflow.update(name=Update.RESUME)
    async def resume(self, message: contract.Resume) -> Receipt:
        """Takes a failed case up again."""
        return await self.reception.handle(Update.RESUME, message)

    @resume.validator
    def _may_resume(self, message: contract.Resume) -> None:
        self.reception.judge_update(Update.RESUME, message)

    @workflow.update(name=Update.WITHDRAW)
    async def withdraw(self, message: contract.Withdraw) -> Receipt:
        """Ends the case."""
        return await self.reception.handle(Update.WITHDRAW, message)

    @withdraw.validator
    def _may_withdraw(self, message: contract.Withdraw) -> None:
        self.reception.judge_update(Update.WITHDRAW, message)
