"""Signed statements of who asks for what: the only thing that lets a human message decide anything.

case-api signs, the workflow's validators verify. Ed25519 as a compact JWT (EdDSA) with the key's id in ``kid``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from trustrelay.servicekit.errors import PermissionDenied

_ALGORITHM = "EdDSA"
_ISSUER = "trustrelay/case-api"
_TYPE = "trustrelay-actor+jwt"
_KEY_ID_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class ActorAssertion:
    """One actor's intention: this action on this case at this version with this body, until ``expires_at``.

    ``body_sha256``: lower-case hex digest of the message's canonical body. ``expires_at`` is aware, whole
    seconds. ``version``: the case version that the actor saw.
    """

    actor: str
    roles: tuple[str, ...]
    tenant_id: str
    case_id: str
    action: str
    version: int
    request_id: str
    body_sha256: str
    expires_at: datetime


def key_id(public_pem: bytes) -> str:
    """The first 16 hex digits of the SHA-256 of the key's DER form: the same wherever it is computed."""
    der = _public_key(public_pem).public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()[:_KEY_ID_CHARACTERS]


class Signer:
    """Signs with one Ed25519 private key (PKCS#8 PEM). Raises ValueError for no PEM, TypeError for another kind of key."""

    def __init__(self, private_key_pem: bytes) -> None:
        key = serialization.load_pem_private_key(private_key_pem, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("actor assertions are signed with an Ed25519 key")
        self._key = key
        self.public_key_pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.key_id = key_id(self.public_key_pem)

    def sign(self, assertion: ActorAssertion) -> str:
        """The compact token. Raises ValueError when the expiry has no time zone."""
        if assertion.expires_at.tzinfo is None:
            raise ValueError("expires_at needs a time zone")
        claims = {
            "iss": _ISSUER,
            "sub": assertion.actor,
            "roles": list(assertion.roles),
            "tenant": assertion.tenant_id,
            "case": assertion.case_id,
            "action": assertion.action,
            "version": assertion.version,
            "jti": assertion.request_id,
            "body_sha256": assertion.body_sha256,
            "exp": int(assertion.expires_at.timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers={"kid": self.key_id, "typ": _TYPE})


class Verifier:
    """Verifies against pinned public keys (``kid`` → PEM); several keys make rotation possible."""

    def __init__(self, public_keys_pem: Mapping[str, bytes]) -> None:
        self._keys = {kid: _public_key(pem) for kid, pem in public_keys_pem.items()}

    def verify(self, token: str, *, now: datetime) -> ActorAssertion:
        """What was asserted. Reads no clock: a workflow passes its own time.

        Raises PermissionDenied: ASSERTION_INVALID (unknown key, signature, form) or ASSERTION_EXPIRED. Whether
        the assertion fits the message at hand is for the caller to compare.
        """
        assertion = _assertion(self._claims(token))
        if now >= assertion.expires_at:
            raise PermissionDenied("ASSERTION_EXPIRED", "the actor assertion has expired; ask again")
        return assertion

    def _claims(self, token: str) -> Mapping[str, Any]:
        options = {
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
            "require": ["exp", "sub", "jti"],
        }
        try:
            header = jwt.get_unverified_header(token)
            key = self._keys[header["kid"]]
            if header.get("typ") != _TYPE:
                raise jwt.InvalidTokenError
            decoded = jwt.decode(token, key, algorithms=[_ALGORITHM], issuer=_ISSUER, options=cast(Any, options))
        except (jwt.PyJWTError, KeyError, TypeError):
            raise _invalid() from None
        return cast(Mapping[str, Any], decoded)


def _assertion(claims: Mapping[str, Any]) -> ActorAssertion:
    """Claims as typed values; anything of another type is an invalid assertion."""
    try:
        roles, version, expiry = claims["roles"], claims["version"], claims["exp"]
        texts = [claims[k] for k in ("sub", "tenant", "case", "action", "jti", "body_sha256")]
    except KeyError:
        raise _invalid() from None
    if not all(isinstance(text, str) for text in texts) or not isinstance(roles, list):
        raise _invalid()
    if not all(isinstance(role, str) for role in roles) or type(version) is not int or type(expiry) is not int:
        raise _invalid()
    actor, tenant, case, action, request, body = texts
    if not actor.strip():  # a word that nobody answers for
        raise _invalid()
    return ActorAssertion(
        actor=actor, roles=tuple(roles), tenant_id=tenant, case_id=case, action=action, version=version,
        request_id=request, body_sha256=body, expires_at=datetime.fromtimestamp(expiry, UTC),
    )  # fmt: skip


def _invalid() -> PermissionDenied:
    return PermissionDenied("ASSERTION_INVALID", "the actor assertion does not verify")


def _public_key(pem: bytes) -> Ed25519PublicKey:
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("actor assertions are verified with an Ed25519 key")
    return key
