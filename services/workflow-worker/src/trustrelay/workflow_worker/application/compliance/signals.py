"""Messages that come as signals: judged and handled as updates are, though nobody waits for the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import SIGNAL_PREFIX, SIGNALS, CaseInput, Update
    from trustrelay.workflow_worker.application.compliance.catalogue import VERIFY_ASSERTION
    from trustrelay.workflow_worker.application.compliance.judge import Judge, Message
    from trustrelay.workflow_worker.application.compliance.notes import Notes
    from trustrelay.workflow_worker.application.compliance.reception import Reception
    from trustrelay.workflow_worker.application.compliance.steps import MACHINE
    from trustrelay.workflow_worker.application.running import reason_of, run_activity
    from trustrelay.workflow_worker.domain.compliance.records import VerifyAssertion
    from trustrelay.workflow_worker.domain.refusals import Refused, forbidden, invalid
    from trustrelay.workflow_worker.domain.senders import Sender

# What strangers write is kept in the audit log only where it has the form of a name or an id of ours.
_MESSAGE_NAME = re.compile(r"[a-z_]{1,64}")
_REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")


@dataclass
class _Refusals:
    """What is known of a signal when it is refused."""

    message: str
    request_id: str = ""
    actor: str = MACHINE


@dataclass
class Signals:
    """A refusal is audit event `message_refused`. Whoever reaches Temporal without case-api's key decides nothing here either."""

    case: CaseInput
    judge: Judge
    reception: Reception
    notes: Notes

    async def take(self, name: str, arguments: Sequence[RawValue]) -> None:
        """One signal, from reading to storing. Never raises but for eviction: a signal must not end a case."""
        told = _Refusals(name if _MESSAGE_NAME.fullmatch(name) else "unknown")
        try:
            await self._take(name, arguments, told)
        except Refused as refused:
            reason = refused.reason
        except ApplicationError as refused_later:
            reason = refused_later.type or "REFUSED"
        except ActivityError as given_up:
            if is_cancelled_exception(given_up):
                raise
            reason = reason_of(given_up)
        else:
            return
        await self.notes.refused(told.message, reason, told.request_id, told.actor)

    async def _take(self, name: str, arguments: Sequence[RawValue], told: _Refusals) -> None:
        kind = _kind_of(name)
        told.message = kind
        message: Message = _read(arguments, self.reception.kinds[kind].payload)
        if _REQUEST_ID.fullmatch(message.envelope.request_id):
            told.request_id = message.envelope.request_id
        sender = await self._sender(kind, message)
        told.actor = sender.actor
        self.reception.admit(kind, message, sender)
        await self.reception.handle(kind, message)

    async def _sender(self, kind: Update, message: Message) -> Sender:
        """Validators may verify because they are not replayed; a signal handler is, so an activity does it. Raises Refused."""
        digest = self.judge.digest(kind, message)
        question = VerifyAssertion(self.case.tenant_id, self.case.case_id, kind, message.envelope, digest)
        verdict = await run_activity(VERIFY_ASSERTION, question)
        if verdict.refused or not verdict.actor:
            raise forbidden(verdict.refused or "ASSERTION_INVALID", "The actor assertion of this message is not valid.")
        return Sender(verdict.actor, frozenset(verdict.roles))


def _kind_of(name: str) -> Update:
    said = name.removeprefix(SIGNAL_PREFIX)
    if said == name or said not in SIGNALS:
        raise invalid("MESSAGE_UNKNOWN", "There is no signal of this name.")
    return Update(said)


def _read(arguments: Sequence[RawValue], payload: type) -> Any:
    """The message. Raises Refused MESSAGE_UNREADABLE for anything that is not exactly one of its kind."""
    if len(arguments) == 1:
        try:
            message: Any = workflow.payload_converter().from_payload(arguments[0].payload, payload)
        except (RuntimeError, TypeError, ValueError, KeyError, AttributeError):
            message = None
        if isinstance(message, payload):
            return message
    raise invalid("MESSAGE_UNREADABLE", "The message cannot be read as what its name says.")
