"""Where every message handler stores: judged again when its turn comes, answered once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import Envelope, Receipt, Update
    from trustrelay.workflow_worker.application.admission import claimed_sender
    from trustrelay.workflow_worker.application.compliance.judge import Judge
    from trustrelay.workflow_worker.application.compliance.recorder import Recorder
    from trustrelay.workflow_worker.application.compliance.steps import Step
    from trustrelay.workflow_worker.domain.compliance.records import AnswerChange, AuditRecord


@dataclass
class MessageDesk:
    """Joins judge and recorder."""

    recorder: Recorder
    judge: Judge

    async def store(self, kind: Update, envelope: Envelope, due: Callable[[], Step]) -> Receipt:
        """Stores the step that `due` builds when its turn has come. Raises Refused when the state no longer takes the message then."""

        def judged() -> Step | None:
            if self.judge.earlier_answer(envelope):  # a twin of this request was stored while this one waited
                return None
            self.judge.allow(kind, envelope)
            step = due()
            step.answer = step.answer or answer(envelope)
            return step

        receipt = await self.recorder.store(judged)
        answered = self.judge.earlier_answer(envelope)
        return answered.receipt if answered else receipt


def answer(envelope: Envelope, submission_number: int = 0) -> AnswerChange:
    """What is kept for repetitions of the request."""
    return AnswerChange(envelope.request_id, envelope.body_sha256, submission_number)


def audit(kind: str, envelope: Envelope, **data: str) -> AuditRecord:
    """The audit event of a message, under its sender's name."""
    return AuditRecord(kind, claimed_sender(envelope).actor, {"request_id": envelope.request_id, **data})
