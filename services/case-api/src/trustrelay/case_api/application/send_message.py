"""Bringing a message to the workflow of a case: once, on what its sender saw, under the sender's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from trustrelay.case_api.application import audited
from trustrelay.case_api.application.messages import Message
from trustrelay.case_api.application.ports import Assertions, AuditLog, Cases, Engine
from trustrelay.case_api.domain import preconditions
from trustrelay.common.v1.case_file_pb2 import CaseHeader
from trustrelay.contracts.case_workflow import Envelope, Receipt, workflow_id
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from trustrelay.servicekit.telemetry import get_logger

#: Long enough for a worker that is restarting, short enough that a copied assertion is worthless.
ASSERTION_LIFETIME = timedelta(minutes=5)
_Refusal = Aborted | FailedPrecondition | InvalidArgument | NotFound | PermissionDenied
_REFUSALS = (Aborted, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied)


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Use case: change a case by a message, or learn why not."""

    cases: Cases
    engine: Engine
    audit: AuditLog
    assertions: Assertions

    async def __call__(self, message: Message) -> Receipt:
        """The receipt of this request, however often it is sent; refusals are audited.

        Raises what the workflow refuses with, and AlreadyExists / REQUEST_ID_REUSED, Aborted / ETAG_MISMATCH, FailedPrecondition / CASE_CLOSED,
        NotFound / CASE_NOT_FOUND, Unavailable (try again with the same request_id).
        """
        if (answered := await self.cases.find_answer(message.request_id, message.body_sha256)) is not None:
            return answered
        header = (await self.cases.case_file(message.case_id)).header
        try:
            return await self._deliver(message, header)
        except _REFUSALS as refusal:
            return await self._answered_meanwhile_or_refused(message, header, refusal)

    async def _deliver(self, message: Message, header: CaseHeader) -> Receipt:
        preconditions.require_open(header)
        preconditions.require_etag(header, message.etag)
        # Without an etag any version will do, and the assertion says so too.
        version = header.state_version if message.etag else 0
        token = self.assertions.sign(message.update, message.case_id, version, message.request_id, message.body_sha256, ASSERTION_LIFETIME)
        envelope = Envelope(message.request_id, message.body_sha256, token, version)
        workflow = workflow_id(call_context.current().tenant_id, message.case_id)
        receipt = await self.engine.send(workflow, message.update, message.payload(envelope))
        get_logger().info("message.accepted", **_facts(message), **{"case.status": str(receipt.status)})
        return receipt

    async def _answered_meanwhile_or_refused(self, message: Message, header: CaseHeader, refusal: _Refusal) -> Receipt:
        """A twin of this request may have been applied since we looked: then the change it made is why this one is refused."""
        if (answered := await self.cases.find_answer(message.request_id, message.body_sha256)) is not None:
            return answered
        await self.audit.append(message.case_id, audited.message_refused(message, header, refusal))
        get_logger().warning("message.refused", **_facts(message), reason=refusal.reason)
        raise refusal


def _facts(message: Message) -> dict[str, str]:
    caller = call_context.current()
    return {"case.id": message.case_id, "tenant.id": caller.tenant_id, "actor": caller.actor, "message": str(message.update)}
