"""Judges a manager's messages at the door, and again when their turn to be stored has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.batch_workflow import BatchReceipt, BatchUpdate, CancelBatch, PauseBatch, ResumeBatch, StartBatch
    from trustrelay.contracts.messages import Envelope
    from trustrelay.workflow_worker.application.admission import Admission, as_error, require_same_body, require_seen
    from trustrelay.workflow_worker.application.batch.recorder import Recorder
    from trustrelay.workflow_worker.application.running import is_final, reason_of
    from trustrelay.workflow_worker.domain.batch.message_table import place_of, refusal_of
    from trustrelay.workflow_worker.domain.batch.state import Answer, BatchState
    from trustrelay.workflow_worker.domain.refusals import Refused

Message = StartBatch | PauseBatch | ResumeBatch | CancelBatch


@dataclass
class Reception:
    """One rule for the validator and for the handler: the state × message table."""

    state: BatchState
    admission: Admission
    recorder: Recorder

    def judge(self, kind: BatchUpdate, message: Message) -> None:
        """What an update's validator does. Raises ApplicationError, the form of a refusal; changes nothing."""
        try:
            self.admission.sender(str(kind), message, workflow.now())
            if self._earlier_answer(message.envelope) is None:
                self._allow(kind, message.envelope)
        except Refused as refused:
            raise as_error(refused) from None

    async def handle(self, kind: BatchUpdate, message: Message, work: Callable[[], Awaitable[None]]) -> BatchReceipt:
        """Does `work` once, when its turn has come; a repeated request gets its first answer. Raises ApplicationError with the reason."""
        envelope = message.envelope
        try:
            async with self.recorder.lock:
                if answered := self._earlier_answer(envelope):
                    return answered.receipt
                self._allow(kind, envelope)
                await work()
                receipt = self.state.receipt()
                self.state.remember(envelope.request_id, Answer(envelope.body_sha256, receipt))
                return receipt
        except Refused as refused:
            raise as_error(refused) from None
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            raise as_error(_refusal_in(error)) from error

    def _earlier_answer(self, envelope: Envelope) -> Answer | None:
        """Raises Refused REQUEST_ID_REUSED when the request came with another body."""
        answer = self.state.answered_requests.get(envelope.request_id)
        if answer is not None:
            require_same_body(envelope, answer.body_sha256)
        return answer

    def _allow(self, kind: BatchUpdate, envelope: Envelope) -> None:
        if refused := refusal_of(place_of(self.state), kind):
            raise refused
        require_seen(envelope, self.state.state_version)


def _refusal_in(error: ActivityError) -> Refused:
    """The store's own no, or that it cannot be reached."""
    reason = reason_of(error)
    if not is_final(error):
        return Refused("UNAVAILABLE", reason, "The store could not be reached; send the same request again.")
    details = error.cause.details if isinstance(error.cause, ApplicationError) else ()
    return Refused(str(details[0]) if details else "FAILED_PRECONDITION", reason, "The store refused this.")
