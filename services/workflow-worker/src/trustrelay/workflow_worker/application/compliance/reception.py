"""Where every message arrives, by update or by signal: one table says what it looks like, how it is judged, and who handles it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts import case_workflow as contract
    from trustrelay.contracts.case_workflow import Receipt, Update
    from trustrelay.workflow_worker.application.admission import as_error
    from trustrelay.workflow_worker.application.compliance.decision_handlers import DecisionHandlers
    from trustrelay.workflow_worker.application.compliance.judge import Judge, Message
    from trustrelay.workflow_worker.application.compliance.message_handlers import MessageHandlers
    from trustrelay.workflow_worker.application.compliance.stewardship_handlers import StewardshipHandlers
    from trustrelay.workflow_worker.application.running import reason_of
    from trustrelay.workflow_worker.domain.compliance import payloads
    from trustrelay.workflow_worker.domain.refusals import Refused
    from trustrelay.workflow_worker.domain.senders import Sender


def _any_sender(message: Any, sender: Sender) -> None:
    """Role and state suffice."""


@dataclass(frozen=True)
class Kind:
    """One kind of message: its payload, its handler, and what is judged beside assertion, role, version and state. Both raise Refused."""

    payload: type
    handler: Callable[[Any], Awaitable[Receipt]]
    sense: Callable[[Any], None] = field(default=lambda _: None)
    judge: Callable[[Any, Sender], None] = field(default=_any_sender)


def _deciding(decisions: DecisionHandlers) -> dict[Update, Kind]:
    def judge_deciding(message: contract.OfficerDecision, _: Sender) -> None:
        decisions.judge_deciding(message)

    return {
        Update.OFFICER_DECISION: Kind(contract.OfficerDecision, decisions.officer_decision, payloads.require_escalation_owner, judge_deciding),
        Update.SECOND_DECISION: Kind(contract.SecondOfficerDecision, decisions.second_decision, judge=decisions.judge_confirming),
    }


def _stewardship(steward: StewardshipHandlers) -> dict[Update, Kind]:
    def judge_extending(message: contract.ExtendTimeline, _: Sender) -> None:
        steward.judge_extending(message)

    def judge_reassigning(_: contract.Reassign, sender: Sender) -> None:
        steward.judge_reassigning(sender)

    return {
        Update.SET_TIER: Kind(contract.SetTier, steward.set_tier, payloads.require_tier),
        Update.EXTEND_TIMELINE: Kind(contract.ExtendTimeline, steward.extend_timeline, payloads.require_days, judge_extending),
        Update.REASSIGN: Kind(contract.Reassign, steward.reassign, payloads.require_owner, judge_reassigning),
        Update.RESUME: Kind(contract.Resume, steward.resume),
        Update.WITHDRAW: Kind(contract.Withdraw, steward.withdraw),
    }


def _evidence(handlers: MessageHandlers) -> dict[Update, Kind]:
    return {
        Update.OPEN: Kind(contract.OpenCase, handlers.open),
        Update.DOCUMENTS_SUBMITTED: Kind(contract.DocumentsSubmitted, handlers.documents_submitted, payloads.require_number),
        Update.IDENTITY_COMPLETED: Kind(contract.IdentityCompleted, handlers.identity_completed, payloads.require_session),
        Update.REQUIREMENTS_APPROVED: Kind(contract.RequirementsApproved, handlers.requirements_approved),
        Update.SKIP_DOCUMENTS: Kind(contract.SkipDocuments, handlers.skip_documents),
        Update.RESOLVE_HIT: Kind(contract.ResolveHit, handlers.resolve_hit, payloads.require_reason),
        Update.OVERRIDE_CHECK: Kind(contract.OverrideCheck, handlers.override_check, payloads.require_reason),
        Update.MCC_UPDATE: Kind(contract.MccUpdate, handlers.mcc_update, payloads.require_mcc),
    }


class Reception:
    """Judges at the door, then hands over; the handlers judge again when their turn to store comes."""

    def __init__(self, judge: Judge, handlers: MessageHandlers, decisions: DecisionHandlers, steward: StewardshipHandlers) -> None:
        self._judge = judge
        self.kinds: dict[Update, Kind] = _evidence(handlers) | _deciding(decisions) | _stewardship(steward)

    def judge_update(self, kind: Update, message: Message) -> None:
        """What an update's validator does. Raises ApplicationError, the form of a refusal; changes nothing."""
        try:
            self.admit(kind, message, self._judge.sender(kind, message, workflow.now()))
        except Refused as refused:
            raise as_error(refused) from None

    def admit(self, kind: Update, message: Message, sender: Sender) -> None:
        """Raises Refused unless a proven sender's message may pass; a repetition may, to get its first answer."""
        if self._judge.admit(kind, message, sender):
            self.kinds[kind].sense(message)
            self.kinds[kind].judge(message, sender)

    async def handle(self, kind: Update, message: Message) -> Receipt:
        """Stores and answers; a repeated request gets its first answer. Raises ApplicationError with the reason."""
        try:
            if answered := self._judge.earlier_answer(message.envelope):
                return answered.receipt
            return await self.kinds[kind].handler(message)
        except Refused as refused:
            raise as_error(refused) from None
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            unreachable = Refused("UNAVAILABLE", reason_of(error), "The case store could not be reached; send the same request again.")
            raise as_error(unreachable) from error
