"""Bringing a message to its workflow: once, on what its sender saw, under the sender's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Generic

from trustrelay.case_api.application import audited
from trustrelay.case_api.application.messages import Message
from trustrelay.case_api.application.ports import Addressees, Assertions, AuditLog, Engine
from trustrelay.case_api.domain.addressees import Kind, R, Standing
from trustrelay.contracts.messages import Envelope
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from trustrelay.servicekit.telemetry import get_logger

#: Long enough for a worker that is restarting, short enough that a copied assertion is worthless.
ASSERTION_LIFETIME = timedelta(minutes=5)
_Refusal = Aborted | FailedPrecondition | InvalidArgument | NotFound | PermissionDenied
_REFUSALS = (Aborted, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied)


@dataclass(frozen=True, slots=True)
class SendMessage(Generic[R]):
    """Use case: change a case, a shipment or a batch by a message, or learn why not."""

    kind: Kind[R]
    addressees: Addressees[R]
    engine: Engine
    audit: AuditLog
    assertions: Assertions

    async def __call__(self, message: Message) -> R:
        """The receipt of this request, however often it is sent; refusals are audited.

        Raises what the workflow refuses with, and AlreadyExists / REQUEST_ID_REUSED, Aborted / ETAG_MISMATCH, FailedPrecondition / the kind's
        `closed_reason`, NotFound / what the read model says, Unavailable (try again with the same request_id).
        """
        if (answered := await self.addressees.find_answer(message.request_id, message.body_sha256)) is not None:
            return answered
        standing = await self.addressees.standing(message.about)
        try:
            return await self._deliver(message, standing)
        except _REFUSALS as refusal:
            return await self._answered_meanwhile_or_refused(message, standing, refusal)

    async def _deliver(self, message: Message, standing: Standing) -> R:
        version = self._version(message, standing)
        token = self.assertions.sign(message.update, message.about, version, message.request_id, message.body_sha256, ASSERTION_LIFETIME)
        envelope = Envelope(message.request_id, message.body_sha256, token, version)
        receipt = await self.engine.send(self.kind, message.about, message.update, message.payload(envelope))
        get_logger().info("message.accepted", **self._facts(message), **{f"{self.kind.name}.status": str(receipt.status)})
        return receipt

    def _version(self, message: Message, standing: Standing) -> int:
        """The version that the assertion names: what the sender saw, or 0 without an etag, when any will do."""
        if not self.kind.answers_stored:
            return standing.version_seen(message.etag)
        if standing.closed:
            raise self.kind.closed(standing.status)
        return standing.require_etag(message.etag)

    async def _answered_meanwhile_or_refused(self, message: Message, standing: Standing, refusal: _Refusal) -> R:
        """A twin of this request may have been applied since we looked: then the change it made is why this one is refused."""
        if (answered := await self.addressees.find_answer(message.request_id, message.body_sha256)) is not None:
            return answered
        await self.audit.append(self.kind.chain(message.about), audited.message_refused(message, standing, refusal))
        get_logger().warning("message.refused", **self._facts(message), reason=refusal.reason)
        raise refusal

    def _facts(self, message: Message) -> dict[str, str]:
        caller = call_context.current()
        return {f"{self.kind.name}.id": message.about, "tenant.id": caller.tenant_id, "actor": caller.actor, "message": str(message.update)}
