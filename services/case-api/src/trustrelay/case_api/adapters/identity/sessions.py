"""Sessions that nobody stores: a signed, expiring state names them, and everything secret about them follows from our key."""

from __future__ import annotations

import base64
import hmac
import uuid
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from trustrelay.case_api.application.identity import IdentitySession
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.errors import PermissionDenied

#: Long enough to install nothing and type a code; a copied state is worthless soon.
SESSION_LIFETIME = timedelta(minutes=15)
_ALGORITHM = "HS256"
_AUDIENCE = "trustrelay-identity-state"


class SignedSessions:
    """The port `IdentitySessions`.

    The state travels through the customer's browser and the provider's logs, so it holds no verifier and no case id: only a random-looking
    session id, a digest that binds it to tenant and case, and when it ends. Every replica with the same client key understands it.
    """

    def __init__(self, client_key: bytes) -> None:
        """`client_key`: the bytes of the private key that we are known by at the provider; ours is derived from it."""
        self._key = HKDF(SHA256(), 32, salt=None, info=b"trustrelay identity sessions v1").derive(client_key)

    def begin(self, case_id: str, request_id: str) -> IdentitySession:
        """The same request makes the same session, with a new end."""
        expires_at = datetime.now(UTC).replace(microsecond=0) + SESSION_LIFETIME
        session_id = self._digest("session", self._binding(case_id), request_id)[:32]
        claims = {"aud": _AUDIENCE, "sid": session_id, "bnd": self._binding(case_id), "exp": expires_at}
        return self._session(session_id, jwt.encode(claims, self._key, algorithm=_ALGORITHM), expires_at)

    def resume(self, case_id: str, state: str) -> IdentitySession:
        """PermissionDenied / IDENTITY_STATE_INVALID unless this state was made here, for this case, and has not ended."""
        try:
            claims = jwt.decode(state, self._key, algorithms=[_ALGORITHM], audience=_AUDIENCE, options={"require": ["exp", "sid", "bnd"]})
        except jwt.PyJWTError as error:
            raise _invalid(type(error).__name__) from None
        if not hmac.compare_digest(str(claims["bnd"]), self._binding(case_id)):
            raise _invalid("OtherCase")
        return self._session(str(claims["sid"]), state, datetime.fromtimestamp(claims["exp"], UTC))

    def _session(self, session_id: str, state: str, expires_at: datetime) -> IdentitySession:
        message_id = uuid.UUID(bytes=bytes.fromhex(self._digest("message", session_id))[:16], version=4)
        return IdentitySession(
            session_id=session_id,
            state=state,
            nonce=self._digest("nonce", session_id),
            verifier=base64.urlsafe_b64encode(bytes.fromhex(self._digest("verifier", session_id))).rstrip(b"=").decode(),
            expires_at=expires_at,
            message_id=str(message_id),
        )

    def _binding(self, case_id: str) -> str:
        return self._digest("case", call_context.current().tenant_id, case_id)

    def _digest(self, purpose: str, *parts: str) -> str:
        """64 hex digits that only we can compute; none of the parts can hold the separator's line break."""
        return hmac.digest(self._key, "\n".join((purpose, *parts)).encode(), "sha256").hex()


def _invalid(why: str) -> PermissionDenied:
    message = "this answer belongs to no identity verification that was started here: start again"
    return PermissionDenied("IDENTITY_STATE_INVALID", message, metadata={"why": why})
