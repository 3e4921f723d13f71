"""A workflow with the real names and messages, as small as the tests of the sender need: it stores by activity, then answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import (
        WORKFLOW,
        CaseInput,
        DocumentsSubmitted,
        Envelope,
        IdentityCompleted,
        OfficerDecision,
        OpenCase,
        Receipt,
        Refusal,
        RequirementsApproved,
        SecondOfficerDecision,
        SkipDocuments,
        Status,
        Withdraw,
    )

OPEN, APPLY = "probe_open", "probe_apply"


@dataclass
class Applied:
    """One message to store."""

    tenant_id: str
    case_id: str
    update: str
    status: str
    envelope: Envelope
    submission: int = 0


def refuse(code: str, reason: str, **metadata: str) -> ApplicationError:
    return ApplicationError("refused", Refusal(code, f"refused: {reason}", metadata), type=reason, non_retryable=True)


@workflow.defn(name=WORKFLOW)
class ProbeWorkflow:
    """Opens, takes messages, ends when withdrawn."""

    @workflow.init
    def __init__(self, case: CaseInput) -> None:
        self.case = case
        self.version = 0
        self.submissions = 0
        self.ended = False

    @workflow.run
    async def run(self, case: CaseInput) -> None:
        await workflow.wait_condition(lambda: self.ended and workflow.all_handlers_finished())

    @workflow.update(name="open")
    async def open(self, message: OpenCase) -> Receipt:
        if self.version == 0:
            await self._apply(OPEN, "open", "CREATED", message.envelope)
            self.version = 1
        return Receipt(Status.CREATED, 1)

    @workflow.update(name="requirements_approved")
    async def requirements_approved(self, message: RequirementsApproved) -> Receipt:
        return await self._store("requirements_approved", "AWAITING_DOCUMENTS", message.envelope)

    @workflow.update(name="skip_documents")
    async def skip_documents(self, message: SkipDocuments) -> Receipt:
        return await self._store("skip_documents", "REVIEW_PENDING", message.envelope)

    @skip_documents.validator
    def _may_skip(self, message: SkipDocuments) -> None:
        if message.reason == "too late":
            raise refuse("FAILED_PRECONDITION", "MESSAGE_NOT_ALLOWED", status="CREATED")

    @workflow.update(name="documents_submitted")
    async def documents_submitted(self, message: DocumentsSubmitted) -> Receipt:
        self.submissions = message.submission_number or self.submissions + 1
        return await self._store("documents_submitted", "PROCESSING_DOCUMENTS", message.envelope, self.submissions)

    @documents_submitted.validator
    def _may_submit(self, message: DocumentsSubmitted) -> None:
        if message.submission_number == 99:
            raise refuse("FAILED_PRECONDITION", "MESSAGE_NOT_ALLOWED", status="INVESTIGATING", message="documents_submitted")

    @workflow.update(name="identity_completed")
    async def identity_completed(self, message: IdentityCompleted) -> Receipt:
        return await self._store("identity_completed", "PROCESSING_DOCUMENTS", message.envelope)

    @workflow.update(name="officer_decision")
    async def officer_decision(self, message: OfficerDecision) -> Receipt:
        return await self._store("officer_decision", "AWAITING_SECOND_APPROVAL", message.envelope)

    @officer_decision.validator
    def _may_decide(self, message: OfficerDecision) -> None:
        if message.envelope.expected_version != self.version:
            raise refuse("ABORTED", "ETAG_MISMATCH", current=str(self.version))
        if message.reason == "hits are open":
            raise refuse("FAILED_PRECONDITION", "HITS_OPEN", hits="1")

    @workflow.update(name="second_decision")
    async def second_decision(self, message: SecondOfficerDecision) -> Receipt:
        # A refusal of the handler, as when the database's own constraint says no.
        raise refuse("PERMISSION_DENIED", "SAME_OFFICER")

    @workflow.update(name="override_check")
    async def override_check(self, message: dict[str, str]) -> Receipt:
        raise ApplicationError("a fault without a refusal", type="SomethingBroke", non_retryable=True)

    @workflow.update(name="withdraw")
    async def withdraw(self, message: Withdraw) -> Receipt:
        receipt = await self._store("withdraw", "WITHDRAWN", message.envelope)
        self.ended = True
        return receipt

    async def _store(self, update: str, status: str, envelope: Envelope, submission: int = 0) -> Receipt:
        receipt = await self._apply(APPLY, update, status, envelope, submission)
        self.version = receipt.state_version
        return receipt

    async def _apply(self, activity: str, update: str, status: str, envelope: Envelope, submission: int = 0) -> Receipt:
        applied = Applied(self.case.tenant_id, self.case.case_id, update, status, envelope, submission)
        result: Receipt = await workflow.execute_activity(activity, applied, start_to_close_timeout=timedelta(seconds=10), result_type=Receipt)
        return result
