"""Actor assertions: the statement about the current actor, signed with the key that only case-api holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.assertions import ActorAssertion, Signer


class SignedAssertions:
    """The port `Assertions`."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def sign(self, action: StrEnum, about: str, version: int, request_id: str, body_sha256: str, lifetime: timedelta) -> str:
        """An EdDSA token about the caller of this moment."""
        caller = call_context.current()
        return self._signer.sign(
            ActorAssertion(
                actor=caller.actor,
                roles=tuple(sorted(caller.roles)),
                tenant_id=caller.tenant_id,
                case_id=about,
                action=str(action),
                version=version,
                request_id=request_id,
                body_sha256=body_sha256,
                expires_at=datetime.now(UTC).replace(microsecond=0) + lifetime,
            )
        )
