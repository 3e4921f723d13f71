"""Judges a message to a shipment before it is accepted: synchronously, without I/O, without changing anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trustrelay.contracts import shipment_workflow as contract
from trustrelay.contracts.messages import Envelope
from trustrelay.contracts.shipment_workflow import ShipmentDecision, ShipmentUpdate
from trustrelay.workflow_worker.application.admission import Admission, require_same_body, require_seen
from trustrelay.workflow_worker.domain.refusals import forbidden, invalid, precondition
from trustrelay.workflow_worker.domain.senders import Sender
from trustrelay.workflow_worker.domain.shipment.message_table import decision_refusal_of, refusal_of
from trustrelay.workflow_worker.domain.shipment.state import Answer, ShipmentState

Message = (
    contract.OpenShipment | contract.ShipmentDocumentsSubmitted | contract.ResolveDiscrepancy | contract.ConfirmResolution | contract.DecideShipment
)


@dataclass(frozen=True)
class Judge:
    """Sees the state as it is now."""

    state: ShipmentState
    admission: Admission

    def admit(self, kind: ShipmentUpdate, message: Message, now: datetime) -> None:
        """Raises Refused unless a proven sender's message may pass; a repetition may, to get its first answer."""
        sender = self.admission.sender(kind, message, now)
        if self.earlier_answer(message.envelope) is None:
            self.allow(kind, message, sender)

    def earlier_answer(self, envelope: Envelope) -> Answer | None:
        """The answer this request already got. Raises ALREADY_EXISTS REQUEST_ID_REUSED when it came with another body."""
        answer = self.state.answered_requests.get(envelope.request_id)
        if answer is not None:
            require_same_body(envelope, answer.body_sha256)
        return answer

    def allow(self, kind: ShipmentUpdate, message: Message, sender: Sender) -> None:
        """Whether the state, as it is now, takes this message. Raises Refused."""
        if refusal := refusal_of(self.state.status, kind):
            raise refusal
        if not self.state.opened and kind is not ShipmentUpdate.OPEN:
            raise precondition("MESSAGE_NOT_ALLOWED", "The shipment is not opened yet.", status=self.state.status, message=kind)
        require_seen(message.envelope, self.state.state_version)
        match message:
            case contract.ResolveDiscrepancy():
                self._may_resolve(message)
            case contract.ConfirmResolution():
                self._may_confirm(message, sender)
            case contract.DecideShipment():
                self._may_decide(message)

    def _may_resolve(self, message: contract.ResolveDiscrepancy) -> None:
        _require_reason(message.reason)
        summary, wanted = self.state.summary, message.discrepancy_id
        if wanted not in summary.open or wanted in summary.explained_by:
            raise precondition("DISCREPANCY_NOT_OPEN", "There is no open discrepancy of this id.", discrepancy_id=wanted)

    def _may_confirm(self, message: contract.ConfirmResolution, sender: Sender) -> None:
        _require_reason(message.reason)
        first = self.state.summary.explained_by.get(message.discrepancy_id)
        if first is None:
            raise precondition("DISCREPANCY_NOT_EXPLAINED", "No officer has explained this discrepancy.", discrepancy_id=message.discrepancy_id)
        if first == sender.actor:
            raise forbidden("SAME_OFFICER", "Another officer than the one who explained it must look.", discrepancy_id=message.discrepancy_id)

    def _may_decide(self, message: contract.DecideShipment) -> None:
        _require_reason(message.reason)
        if refusal := decision_refusal_of(self.state.status, message.decision):
            raise refusal
        if message.decision is ShipmentDecision.CLEAR:
            if self.state.summary.open:
                raise precondition("DISCREPANCIES_OPEN", "Something is still open.", open=str(len(self.state.summary.open)))
            if self.state.summary.unprocessed or self.state.submission_waits:
                raise precondition("DOCUMENTS_UNPROCESSED", "A paper has not been read yet; submit it first.")


def _require_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > 4000:
        raise invalid("FIELD_INVALID", "reason: must be a text of 1..4000 characters")
