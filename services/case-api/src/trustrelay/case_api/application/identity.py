"""Proving who the customer is: sent to an identity provider, back with its word, which is stored and handed in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trustrelay.case_api.application.messages import Message
from trustrelay.case_api.application.ports import Cases
from trustrelay.case_api.application.send_message import SendMessage
from trustrelay.case_api.domain import preconditions
from trustrelay.case_api.domain.identity_claims import LOW
from trustrelay.common.v1.assessment_types_pb2 import IdentityResult
from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.requirement_types_pb2 import REQUIREMENT_STATUS_NOT_APPLICABLE, REQUIREMENT_STATUS_WAIVED
from trustrelay.contracts.case_workflow import IdentityCompleted, Receipt, Update
from trustrelay.servicekit.errors import FailedPrecondition
from trustrelay.servicekit.telemetry import get_logger

_ANSWERED_BY = "identity"
#: A twin needs the rest of its exchange and one write; who was really refused can wait that long.
_TWIN_LOOKS, _BETWEEN_LOOKS_SECONDS = 8, 0.25
_NOT_ASKED = frozenset({REQUIREMENT_STATUS_WAIVED, REQUIREMENT_STATUS_NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class IdentitySession:
    """One trip of one customer to the provider. All but `state` and `expires_at` follow from our key and `session_id`, so nothing is kept."""

    session_id: str
    # What the provider hands back; it names case and session, and nobody but us can make it.
    state: str
    nonce: str
    # PKCE (RFC 7636): never leaves us before the code is redeemed.
    verifier: str
    expires_at: datetime
    # The message that hands the identity in: one per session, however often the customer's browser comes back.
    message_id: str


class IdentitySessions(Protocol):
    """Starts trips, and knows those it started."""

    def begin(self, case_id: str, request_id: str) -> IdentitySession:
        """A trip for the current tenant's case; the same request makes the same session."""

    def resume(self, case_id: str, state: str) -> IdentitySession:
        """The trip that `state` belongs to. PermissionDenied / IDENTITY_STATE_INVALID: not ours, another case's, or expired."""


class IdentityProvider(Protocol):
    """Who vouches for customers.

    Unavailable / IDENTITY_PROVIDER_UNAVAILABLE when it does not answer.
    """

    async def authorization_url(self, session: IdentitySession, language: str) -> str:
        """Where to send the customer's browser."""

    async def redeem(self, session: IdentitySession, code: str) -> IdentityResult:
        """What the provider vouches for, without the session's id.

        FailedPrecondition / IDENTITY_REFUSED, PermissionDenied / IDENTITY_STATE_INVALID.
        """


@dataclass(frozen=True, slots=True)
class IdentityDesk:
    """The configured provider with the sessions that belong to it."""

    provider: IdentityProvider
    sessions: IdentitySessions


@dataclass(frozen=True, slots=True)
class VerifyIdentity:
    """Use cases: start and complete. `desk` is None where no provider is configured (FailedPrecondition / IDENTITY_NOT_CONFIGURED)."""

    cases: Cases
    send: SendMessage[Receipt]
    desk: IdentityDesk | None

    async def start(self, case_id: str, request_id: str) -> tuple[str, datetime]:
        """Where to send the customer, and until when they may come back.

        FailedPrecondition / IDENTITY_NOT_ASKED, MESSAGE_NOT_ALLOWED, CASE_CLOSED.
        """
        case_file = await self.cases.case_file(case_id)
        preconditions.require_uploads_open(case_file.header, "start_identity_verification")
        _require_asked(case_file)
        desk = self._configured()
        session = desk.sessions.begin(case_id, request_id)
        return await desk.provider.authorization_url(session, case_file.header.language), session.expires_at

    async def complete(self, case_id: str, state: str, code: str) -> tuple[Receipt, str]:
        """The receipt and the assurance; the same whenever the customer comes back with the same state, also after the code was used up."""
        desk = self._configured()
        session = desk.sessions.resume(case_id, state)
        case_file = await self.cases.case_file(case_id)
        assurance = _stored_assurance(case_file, session)
        if not assurance:
            preconditions.require_uploads_open(case_file.header, str(Update.IDENTITY_COMPLETED))
            _require_asked(case_file)
            assurance = await self._redeem_and_store(desk.provider, case_id, session, code)
        session_id = session.session_id
        message = Message(Update.IDENTITY_COMPLETED, case_id, session.message_id, "", lambda e: IdentityCompleted(e, session_id))
        return await self.send(message), assurance

    async def _redeem_and_store(self, provider: IdentityProvider, case_id: str, session: IdentitySession, code: str) -> str:
        if not code:
            raise FailedPrecondition("IDENTITY_REFUSED", "the identity provider sent no confirmation: start again, or ask your contact")
        try:
            result = await provider.redeem(session, code)
        except FailedPrecondition:
            if assurance := await self._stored_by_a_twin(case_id, session):
                return assurance
            raise
        result.session_id = session.session_id
        await self.cases.record_identity(case_id, result)
        get_logger().info("identity.stored", **{"case.id": case_id, "identity.provider": result.provider, "identity.assurance": result.assurance})
        return result.assurance

    async def _stored_by_a_twin(self, case_id: str, session: IdentitySession) -> str:
        """A code works once: a twin of this call, here or on another replica, may be about to store what it bought."""
        for _ in range(_TWIN_LOOKS):
            if assurance := _stored_assurance(await self.cases.case_file(case_id), session):
                return assurance
            await asyncio.sleep(_BETWEEN_LOOKS_SECONDS)
        return ""

    def _configured(self) -> IdentityDesk:
        if self.desk is None:
            raise FailedPrecondition("IDENTITY_NOT_CONFIGURED", "no identity provider is configured here")
        return self.desk


def _require_asked(case_file: CaseFile) -> None:
    if not any(r.answered_by == _ANSWERED_BY and r.status not in _NOT_ASKED for r in case_file.requirements):
        raise FailedPrecondition("IDENTITY_NOT_ASKED", "this case does not ask for a verified identity")


def _stored_assurance(case_file: CaseFile, session: IdentitySession) -> str:
    """The assurance stored under this session; empty when there is none."""
    stored = case_file.assessments.identity
    return (stored.assurance or LOW) if stored.session_id == session.session_id else ""
