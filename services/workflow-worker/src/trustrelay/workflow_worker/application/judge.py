"""Judges a message before it is accepted: synchronously, without I/O, without changing anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import jwt

from trustrelay.contracts import case_workflow as contract
from trustrelay.contracts.case_workflow import CaseInput, Envelope, Update, payload_sha256
from trustrelay.servicekit.assertions import ActorAssertion, Verifier
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.domain.message_table import refusal_of, require_role
from trustrelay.workflow_worker.domain.refusals import Refused, forbidden, precondition
from trustrelay.workflow_worker.domain.state import Answer, WorkflowState

Message = (
    contract.OpenCase
    | contract.DocumentsSubmitted
    | contract.RequirementsApproved
    | contract.SkipDocuments
    | contract.ResolveHit
    | contract.OverrideCheck
    | contract.OfficerDecision
    | contract.SecondOfficerDecision
    | contract.SetTier
    | contract.Withdraw
)


def claimed_actor(envelope: Envelope) -> str:
    """Who an accepted message says it is from.

    Handlers are replayed, long after keys were rotated, so they read the claim without the signature; the validator, which is never
    replayed, has verified it. Raises PERMISSION_DENIED ASSERTION_INVALID when it cannot be read.
    """
    try:
        claims = jwt.decode(envelope.assertion, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise forbidden("ASSERTION_INVALID", "The actor assertion of this message cannot be read.") from error
    return str(claims["sub"])


@dataclass(frozen=True)
class Judge:
    """Knows the case and the keys; sees the state as it is now."""

    case: CaseInput
    state: WorkflowState
    # Asked for at judging time: a replay builds the workflow without judging.
    verifier: Callable[[], Verifier]

    def earlier_answer(self, envelope: Envelope) -> Answer | None:
        """The answer this request already got. Raises ALREADY_EXISTS REQUEST_ID_REUSED when it came with another body."""
        answer = self.state.answered_requests.get(envelope.request_id)
        if answer is not None and answer.body_sha256 != envelope.body_sha256:
            raise Refused("ALREADY_EXISTS", "REQUEST_ID_REUSED", "This request_id was used with another body; make a new one.")
        return answer

    def actor(self, kind: Update, message: Message, now: datetime) -> ActorAssertion:
        """Who sends `message`, proven. Raises PERMISSION_DENIED for a missing, forged, expired or foreign assertion, or a missing role."""
        envelope = message.envelope
        try:
            assertion = self.verifier().verify(envelope.assertion, now=now)
        except ServiceError as error:
            raise forbidden(error.reason, "The actor assertion of this message is not valid.") from error
        said = (assertion.tenant_id, assertion.case_id, assertion.action, assertion.request_id, assertion.body_sha256, assertion.version)
        meant = (self.case.tenant_id, self.case.case_id, str(kind), envelope.request_id, self._digest(kind, message), envelope.expected_version)
        if said != meant or envelope.body_sha256 != assertion.body_sha256:
            raise forbidden("ASSERTION_INVALID", "The actor assertion was made for another message.")
        require_role(kind, assertion.roles)
        return assertion

    def _digest(self, kind: Update, message: Message) -> str:
        """What the assertion must have been made for: the message as it is here, not as its envelope says it was."""
        return message.envelope.body_sha256 if kind is Update.OPEN else payload_sha256(self.case.case_id, message)

    def admit(self, kind: Update, message: Message, now: datetime) -> ActorAssertion | None:
        """The actor of an acceptable message; None when it is a repetition whose first answer comes again. Raises Refused otherwise."""
        assertion = self.actor(kind, message, now)
        if self.earlier_answer(message.envelope) is not None:
            return None
        self.allow(kind, message.envelope)
        return assertion

    def allow(self, message: Update, envelope: Envelope) -> None:
        """Whether the state, as it is now, takes this message. Raises Refused: MESSAGE_NOT_ALLOWED, CASE_CLOSED, ETAG_MISMATCH."""
        if refusal := refusal_of(self.state.status, message):
            raise refusal
        if not self.state.opened and message is not Update.OPEN:
            raise precondition("MESSAGE_NOT_ALLOWED", "The case is not opened yet.", status=self.state.status, message=message)
        seen = envelope.expected_version
        if seen and seen != self.state.state_version:
            raise Refused(
                "ABORTED",
                "ETAG_MISMATCH",
                "The case has changed since you looked; read it again.",
                {"seen": str(seen), "current": str(self.state.state_version)},
            )
