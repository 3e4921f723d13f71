"""Where every message to a shipment arrives: judged at the door, and again when its turn to be stored comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts import shipment_workflow as contract
    from trustrelay.contracts.shipment_workflow import ShipmentDecision, ShipmentReceipt, ShipmentStatus, ShipmentUpdate
    from trustrelay.workflow_worker.application.admission import as_error, claimed_sender
    from trustrelay.workflow_worker.application.shipment.judge import Judge, Message
    from trustrelay.workflow_worker.application.shipment.recorder import Recorder
    from trustrelay.workflow_worker.application.shipment.steps import Step, audit
    from trustrelay.workflow_worker.application.tracing import current_traceparent
    from trustrelay.workflow_worker.domain.refusals import Refused, precondition
    from trustrelay.workflow_worker.domain.shipment.records import AnswerChange, DecisionChange, DiscrepancyChange
    from trustrelay.workflow_worker.domain.shipment.state import ShipmentState

_STATUS_AFTER = {ShipmentDecision.CLEAR: ShipmentStatus.CLEARED, ShipmentDecision.REJECT: ShipmentStatus.REJECTED}


@dataclass
class Reception:
    """Judge and recorder, joined."""

    state: ShipmentState
    judge: Judge
    recorder: Recorder

    def judge_update(self, kind: ShipmentUpdate, message: Message) -> None:
        """What an update's validator does. Raises ApplicationError, the form of a refusal; changes nothing."""
        try:
            self.judge.admit(kind, message, workflow.now())
        except Refused as refused:
            raise as_error(refused) from None

    async def handle(self, kind: ShipmentUpdate, message: Message) -> ShipmentReceipt:
        """Stores and answers; a repeated request gets its first answer. Raises ApplicationError with the reason."""
        try:
            if answered := self.judge.earlier_answer(message.envelope):
                return answered.receipt
            return await self._handled(kind, message)
        except Refused as refused:
            raise as_error(refused) from None

    async def _handled(self, kind: ShipmentUpdate, message: Message) -> ShipmentReceipt:
        match message:
            case contract.OpenShipment():
                return await self.recorder.open(current_traceparent(), _answer(message))
            case contract.ShipmentDocumentsSubmitted():
                return await self._submit(kind, message)
            case contract.ResolveDiscrepancy():
                return await self._store(kind, message, lambda: self._resolving(message))
            case contract.ConfirmResolution():
                return await self._store(kind, message, lambda: _confirming(message))
            case contract.DecideShipment():
                return await self._store(kind, message, lambda: self._deciding(message))

    async def _submit(self, kind: ShipmentUpdate, message: contract.ShipmentDocumentsSubmitted) -> ShipmentReceipt:
        """Numbers the submission; the path takes every number above the last it processed. What was uploaded is asked of the store first."""
        await self.recorder.refresh()
        trace = current_traceparent()

        def due() -> Step:
            if not self.state.summary.document_count:
                raise precondition("DOCUMENTS_MISSING", "The shipment has no papers yet; upload them first.")
            number = self.state.last_submitted + 1

            def apply(state: ShipmentState) -> None:
                state.last_submitted = number
                state.stage_trace = trace

            return Step((audit("shipment_documents_submitted", message.envelope, submission=str(number)),), apply=apply)

        return await self._store(kind, message, due)

    def _resolving(self, message: contract.ResolveDiscrepancy) -> Step:
        """A CRITICAL one is explained, and waits for the second officer."""
        wanted, actor = message.discrepancy_id, claimed_sender(message.envelope).actor
        said = "EXPLAINED" if wanted in self.state.summary.critical else "RESOLVED"
        record = audit("discrepancy_explained", message.envelope, discrepancy_id=wanted, status=said)
        return Step((record,), discrepancy=DiscrepancyChange(wanted, said, actor, message.reason))

    def _deciding(self, message: contract.DecideShipment) -> Step:
        """HOLD while papers are processed stops the shipment when they are: the status is the round's until then."""
        decision, actor = message.decision, claimed_sender(message.envelope).actor
        held = None if self.state.status is ShipmentStatus.PROCESSING else ShipmentStatus.HELD
        record = audit("shipment_decided", message.envelope, decision=decision)
        return Step((record,), status=_STATUS_AFTER.get(decision, held), decision=DecisionChange(decision, actor, message.reason))

    async def _store(self, kind: ShipmentUpdate, message: Message, due: Callable[[], Step]) -> ShipmentReceipt:
        """Stores the step that `due` builds when its turn has come. Raises Refused when the state no longer takes the message then."""

        def judged() -> Step | None:
            if self.judge.earlier_answer(message.envelope):  # a twin of this request was stored while this one waited
                return None
            self.judge.allow(kind, message, claimed_sender(message.envelope))
            step = due()
            step.answer = _answer(message)
            return step

        receipt = await self.recorder.store(judged)
        answered = self.judge.earlier_answer(message.envelope)
        return answered.receipt if answered else receipt


def _confirming(message: contract.ConfirmResolution) -> Step:
    said, actor = "RESOLVED" if message.confirmed else "OPEN", claimed_sender(message.envelope).actor
    kind = "discrepancy_confirmed" if message.confirmed else "discrepancy_returned"
    record = audit(kind, message.envelope, discrepancy_id=message.discrepancy_id)
    return Step((record,), discrepancy=DiscrepancyChange(message.discrepancy_id, said, actor, message.reason))


def _answer(message: Message) -> AnswerChange:
    return AnswerChange(message.envelope.request_id, message.envelope.body_sha256)
