"""Judges who sends a message to a workflow other than a case's, and remembers what was answered: the part that is the same whatever it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import jwt
from temporalio.exceptions import ApplicationError

from trustrelay.contracts.messages import Envelope, Refusal, payload_sha256
from trustrelay.servicekit.assertions import Verifier
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.domain.assertions import Meant, require_made_for
from trustrelay.workflow_worker.domain.refusals import Refused, forbidden
from trustrelay.workflow_worker.domain.senders import Sender

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    class Message(DataclassInstance, Protocol):
        """A dataclass with an envelope."""

        @property
        def envelope(self) -> Envelope: ...


def claimed_sender(envelope: Envelope) -> Sender:
    """Who an accepted message says it is from.

    Handlers are replayed, long after keys were rotated, so they read the claim without the signature; the validator, which is never
    replayed, has verified it. Raises PERMISSION_DENIED ASSERTION_INVALID when it cannot be read.
    """
    try:
        claims = jwt.decode(envelope.assertion, options={"verify_signature": False})
        return Sender(str(claims["sub"]), frozenset(str(role) for role in claims["roles"]))
    except (jwt.PyJWTError, KeyError, TypeError) as error:
        raise forbidden("ASSERTION_INVALID", "The actor assertion of this message cannot be read.") from error


@dataclass(frozen=True)
class Admission:
    """Knows what the workflow is about (`about`: the id that assertions name) and which roles each action needs."""

    tenant_id: str
    about: str
    # Any one of the roles suffices; an action that is not here is refused to everyone.
    roles: Mapping[str, frozenset[str]]
    # Asked for at judging time: a replay builds the workflow without judging.
    verifier: Callable[[], Verifier]

    def sender(self, action: str, message: Message, now: datetime) -> Sender:
        """Who sends `message`, proven, with a role that may.

        Raises Refused PERMISSION_DENIED: ASSERTION_INVALID, ASSERTION_EXPIRED, ROLE_REQUIRED.
        """
        envelope = message.envelope
        try:
            assertion = self.verifier().verify(envelope.assertion, now=now)
        except ServiceError as error:
            raise forbidden(error.reason, "The actor assertion of this message is not valid.") from error
        require_made_for(assertion, Meant(self.tenant_id, self.about, action, envelope, self.digest(message)))
        sender = Sender(assertion.actor, frozenset(assertion.roles))
        if self.roles.get(action, frozenset()).isdisjoint(sender.roles):
            raise forbidden("ROLE_REQUIRED", "Your roles do not allow this.", action=action)
        return sender

    def digest(self, message: Message) -> str:
        """What the assertion must have been made for; a message that says nothing itself stands for the request whose digest it carries."""
        says = set(message.__dataclass_fields__) - {"envelope"}
        return payload_sha256(self.about, message) if says else message.envelope.body_sha256


def require_seen(envelope: Envelope, state_version: int) -> None:
    """Raises Refused ABORTED ETAG_MISMATCH when the sender saw another version."""
    seen = envelope.expected_version
    if seen and seen != state_version:
        metadata = {"seen": str(seen), "current": str(state_version)}
        raise Refused("ABORTED", "ETAG_MISMATCH", "It has changed since you looked; read it again.", metadata)


def require_same_body(envelope: Envelope, answered_body_sha256: str) -> None:
    """Raises Refused ALREADY_EXISTS REQUEST_ID_REUSED when a request that was answered comes with another body."""
    if envelope.body_sha256 != answered_body_sha256:
        raise Refused("ALREADY_EXISTS", "REQUEST_ID_REUSED", "This request_id was used with another body; make a new one.")


def as_error(refused: Refused) -> ApplicationError:
    """The one form in which a workflow refuses: type = ErrorInfo reason, detail = Refusal."""
    detail = Refusal(refused.code, refused.message, refused.metadata)
    return ApplicationError(refused.message, detail, type=refused.reason, non_retryable=True)
