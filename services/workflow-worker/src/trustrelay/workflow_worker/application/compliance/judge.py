"""Judges a message before it is accepted: synchronously, without I/O, without changing anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from trustrelay.contracts import case_workflow as contract
from trustrelay.contracts.case_workflow import CaseInput, Envelope, Update, payload_sha256
from trustrelay.servicekit.assertions import Verifier
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.domain.assertions import Meant, require_made_for
from trustrelay.workflow_worker.domain.compliance.message_table import refusal_of, require_role
from trustrelay.workflow_worker.domain.compliance.state import Answer, WorkflowState
from trustrelay.workflow_worker.domain.refusals import Refused, forbidden, precondition
from trustrelay.workflow_worker.domain.senders import Sender

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
    | contract.MccUpdate
    | contract.IdentityCompleted
    | contract.ExtendTimeline
    | contract.Reassign
    | contract.Withdraw
    | contract.Resume
)


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

    def sender(self, kind: Update, message: Message, now: datetime) -> Sender:
        """Who sends `message`, proven. Raises PERMISSION_DENIED for a missing, forged, expired or foreign assertion."""
        envelope = message.envelope
        try:
            assertion = self.verifier().verify(envelope.assertion, now=now)
        except ServiceError as error:
            raise forbidden(error.reason, "The actor assertion of this message is not valid.") from error
        require_made_for(assertion, Meant(self.case.tenant_id, self.case.case_id, str(kind), envelope, self.digest(kind, message)))
        return Sender(assertion.actor, frozenset(assertion.roles))

    def digest(self, kind: Update, message: Message) -> str:
        """What the assertion must have been made for: the message as it is here, not as its envelope says it was."""
        return message.envelope.body_sha256 if kind is Update.OPEN else payload_sha256(self.case.case_id, message)

    def admit(self, kind: Update, message: Message, sender: Sender) -> bool:
        """Whether a proven sender's message is new; False when it is a repetition whose first answer comes again.

        Raises Refused: ROLE_REQUIRED, REQUEST_ID_REUSED, and what `allow` raises.
        """
        require_role(kind, sender.roles)
        if self.earlier_answer(message.envelope) is not None:
            return False
        self.allow(kind, message.envelope)
        return True

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
