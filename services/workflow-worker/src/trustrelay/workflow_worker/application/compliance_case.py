"""ComplianceCaseWorkflow: one case, from opening to a decision that is stored, signed and final."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    # The sandbox knows only modules that this one imports by name, and resolves the types of activity results in them.
    import trustrelay.workflow_worker.domain.records  # noqa: F401
    from trustrelay.contracts import case_workflow as contract
    from trustrelay.contracts.case_workflow import CaseInput, CaseStatusView, Envelope, Receipt, Status, Update
    from trustrelay.workflow_worker.application.assertion_keys import verifier
    from trustrelay.workflow_worker.application.case_path import CasePath
    from trustrelay.workflow_worker.application.closing import Closing
    from trustrelay.workflow_worker.application.decision_handlers import DecisionHandlers
    from trustrelay.workflow_worker.application.judge import Judge, Message
    from trustrelay.workflow_worker.application.message_desk import MessageDesk
    from trustrelay.workflow_worker.application.message_handlers import MessageHandlers
    from trustrelay.workflow_worker.application.recorder import Recorder, refusal_error
    from trustrelay.workflow_worker.application.running import reason_of
    from trustrelay.workflow_worker.domain.payloads import require_number, require_reason, require_tier
    from trustrelay.workflow_worker.domain.refusals import Refused
    from trustrelay.workflow_worker.domain.state import WorkflowState

M = TypeVar("M")
_DECIDED = frozenset({Status.APPROVED, Status.APPROVED_WITH_RESTRICTIONS, Status.REJECTED})


@workflow.defn(name=contract.WORKFLOW, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class ComplianceCaseWorkflow:
    """The writer of case state; Postgres is what everyone reads."""

    @workflow.init
    def __init__(self, case: CaseInput) -> None:
        self._case = case
        self._state = WorkflowState()
        self._recorder = Recorder(case, self._state)
        self._judge = Judge(case, self._state, verifier)
        desk = MessageDesk(self._recorder, self._judge)
        self._handlers = MessageHandlers(case, self._state, self._recorder, desk)
        self._decisions = DecisionHandlers(case, self._state, desk)
        self._path = CasePath(case, self._state, self._recorder)
        self._closing = Closing(case, self._state, self._recorder)
        self._cancel_refused = False

    @workflow.run
    async def run(self, case: CaseInput) -> Receipt:
        """The terminal status and version. A cancellation from Temporal itself carries no assertion, so it ends nothing: it is noted and refused."""
        life = asyncio.create_task(self._live())
        while not life.done():
            try:
                await workflow.wait_condition(life.done)
            except asyncio.CancelledError:
                # Eviction cancels as well, without a request: then everything must end.
                if self._cancel_refused or workflow.cancellation_reason() is None:
                    raise
                self._cancel_refused = True
                await self._closing.refuse_cancellation()
        return life.result()

    async def _live(self) -> Receipt:
        await workflow.wait_condition(lambda: self._state.opened)
        path = asyncio.create_task(self._path.run())
        await workflow.wait_condition(lambda: path.done() or self._state.closed)
        await self._settle(path)
        if self._state.status in _DECIDED:
            await self._closing.seal()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._state.receipt()

    async def _settle(self, path: asyncio.Task[None]) -> None:
        """Ends the path; what it gave up makes the case FAILED, with the activity and reason on record."""
        if not path.done():
            path.cancel()
        try:
            await path
        except asyncio.CancelledError:
            if not self._state.closed:  # eviction, not the end of the case
                raise
        except FailureError as error:
            # An activity that was running when the case was closed ends as a cancelled activity: nothing failed.
            if not is_cancelled_exception(error):
                await self._closing.fail(error)

    # Each message: the validator judges what it can see, the handler stores and answers.

    @workflow.update(name=Update.OPEN)
    async def open(self, message: contract.OpenCase) -> Receipt:
        """Stores the case before it answers."""
        return await self._handle(message.envelope, self._handlers.open, message)

    @open.validator
    def _may_open(self, message: contract.OpenCase) -> None:
        self._admit(Update.OPEN, message)

    @workflow.update(name=Update.DOCUMENTS_SUBMITTED)
    async def documents_submitted(self, message: contract.DocumentsSubmitted) -> Receipt:
        """Wakes the portal wait; a submission during processing gets another round."""
        return await self._handle(message.envelope, self._handlers.documents_submitted, message)

    @documents_submitted.validator
    def _may_submit(self, message: contract.DocumentsSubmitted) -> None:
        self._admit(Update.DOCUMENTS_SUBMITTED, message, lambda _: require_number(message))

    @workflow.update(name=Update.REQUIREMENTS_APPROVED)
    async def requirements_approved(self, message: contract.RequirementsApproved) -> Receipt:
        """Opens the requirements gate."""
        return await self._handle(message.envelope, self._handlers.requirements_approved, message)

    @requirements_approved.validator
    def _may_approve_requirements(self, message: contract.RequirementsApproved) -> None:
        self._admit(Update.REQUIREMENTS_APPROVED, message)

    @workflow.update(name=Update.SKIP_DOCUMENTS)
    async def skip_documents(self, message: contract.SkipDocuments) -> Receipt:
        """Ends this iteration's portal wait."""
        return await self._handle(message.envelope, self._handlers.skip_documents, message)

    @skip_documents.validator
    def _may_skip(self, message: contract.SkipDocuments) -> None:
        self._admit(Update.SKIP_DOCUMENTS, message)

    @workflow.update(name=Update.RESOLVE_HIT)
    async def resolve_hit(self, message: contract.ResolveHit) -> Receipt:
        """Closes a hit."""
        return await self._handle(message.envelope, self._handlers.resolve_hit, message)

    @resolve_hit.validator
    def _may_resolve(self, message: contract.ResolveHit) -> None:
        self._admit(Update.RESOLVE_HIT, message, lambda _: require_reason(message))

    @workflow.update(name=Update.OVERRIDE_CHECK)
    async def override_check(self, message: contract.OverrideCheck) -> Receipt:
        """Accepts a NOT_ASSESSED check."""
        return await self._handle(message.envelope, self._handlers.override_check, message)

    @override_check.validator
    def _may_override(self, message: contract.OverrideCheck) -> None:
        self._admit(Update.OVERRIDE_CHECK, message, lambda _: require_reason(message))

    @workflow.update(name=Update.SET_TIER)
    async def set_tier(self, message: contract.SetTier) -> Receipt:
        """A manager forces the automation tier."""
        return await self._handle(message.envelope, self._handlers.set_tier, message)

    @set_tier.validator
    def _may_set_tier(self, message: contract.SetTier) -> None:
        self._admit(Update.SET_TIER, message, lambda _: require_tier(message))

    @workflow.update(name=Update.OFFICER_DECISION)
    async def officer_decision(self, message: contract.OfficerDecision) -> Receipt:
        """Decides, or asks for the second officer."""
        return await self._handle(message.envelope, self._decisions.officer_decision, message)

    @officer_decision.validator
    def _may_decide(self, message: contract.OfficerDecision) -> None:
        self._admit(Update.OFFICER_DECISION, message, lambda _: self._decisions.judge_deciding(message))

    @workflow.update(name=Update.SECOND_DECISION)
    async def second_decision(self, message: contract.SecondOfficerDecision) -> Receipt:
        """Four eyes."""
        return await self._handle(message.envelope, self._decisions.second_decision, message)

    @second_decision.validator
    def _may_confirm(self, message: contract.SecondOfficerDecision) -> None:
        self._admit(Update.SECOND_DECISION, message, self._decisions.judge_confirming)

    @workflow.update(name=Update.WITHDRAW)
    async def withdraw(self, message: contract.Withdraw) -> Receipt:
        """Ends the case."""
        return await self._handle(message.envelope, self._handlers.withdraw, message)

    @withdraw.validator
    def _may_withdraw(self, message: contract.Withdraw) -> None:
        self._admit(Update.WITHDRAW, message)

    @workflow.query(name="get_status")
    def get_status(self) -> CaseStatusView:
        """For debugging and tests; everyone else reads Postgres."""
        state = self._state
        return CaseStatusView(
            status=state.status,
            state_version=state.state_version,
            iteration=state.current_iteration,
            bounces=state.bounces,
            last_submitted=state.last_submitted,
            last_processed=state.last_processed,
            tier=state.tier,
            open_hits=state.summary.open_hits,
            blocking_checks=state.summary.blocking_checks,
        )

    def _admit(self, kind: Update, message: Message, also: Callable[[str], None] = lambda _: None) -> None:
        """Raises ApplicationError, the form of a refusal, unless the message may pass."""
        try:
            if assertion := self._judge.admit(kind, message, workflow.now()):
                also(assertion.actor)
        except Refused as refused:
            raise refusal_error(refused.code, refused.reason, refused.message, refused.metadata) from None

    async def _handle(self, envelope: Envelope, handler: Callable[[M], Awaitable[Receipt]], message: M) -> Receipt:
        """A repeated request gets its first answer; a refusal that only shows at storing time keeps its reason."""
        try:
            if answered := self._judge.earlier_answer(envelope):
                return answered.receipt
            return await handler(message)
        except Refused as refused:
            raise refusal_error(refused.code, refused.reason, refused.message, refused.metadata) from None
        except ActivityError as error:
            raise refusal_error("UNAVAILABLE", reason_of(error), "The case store could not be reached; send the same request again.") from error
