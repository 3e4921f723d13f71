"""The cryptography of itsme's side: who the client is, and tokens that only the client can read."""

import base64
import hashlib
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwe
from joserfc.jwk import RSAKey
from jwt.algorithms import RSAAlgorithm

from trustrelay.sandbox.world import RelyingParty

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY_ID = "sandbox-sig-1"
ALGORITHM, METHOD = "RSA-OAEP", "A128CBC-HS256"


def challenge_of(verifier: str) -> str:
    """RFC 7636 4.2, method S256."""
    return _b64(hashlib.sha256(verifier.encode()).digest())


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class ClientAssertions:
    """private_key_jwt (RFC 7523): each assertion is accepted once."""

    def __init__(self, party: RelyingParty | None) -> None:
        self._party = party
        self._seen: set[str] = set()

    def accepts(self, form: Mapping[str, str], audience: str) -> bool:
        """Whether this is the registered client, speaking to this endpoint, now, for the first time."""
        if self._party is None or form.get("client_assertion_type") != ASSERTION_TYPE:
            return False
        for published in self._party.jwks:
            if published.get("use") == "sig" and self._is_by(published, form.get("client_assertion", ""), audience):
                return True
        return False

    def _is_by(self, published: Mapping[str, Any], assertion: str, audience: str) -> bool:
        assert self._party is not None
        key = jwt.PyJWK.from_dict(dict(published))
        try:
            said = jwt.decode(
                assertion,
                key,
                algorithms=[key.algorithm_name],
                audience=audience,
                issuer=self._party.client_id,
                options={"require": ["iss", "sub", "aud", "jti", "exp"]},
            )
        except jwt.PyJWTError:
            return False
        if said["sub"] != self._party.client_id or said["jti"] in self._seen:
            return False
        self._seen.add(said["jti"])
        return True


class TokenMaker:
    """Signs with a key of its own, made on first use; encrypts to the client's key when it registered one."""

    def __init__(self, party: RelyingParty | None) -> None:
        self._party = party
        self._recipient = _encryption_key(party)

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(65537, 2048)

    def public_jwk(self) -> dict[str, Any]:
        """What `jwkSet` publishes."""
        return {**RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True), "kid": KEY_ID, "use": "sig", "alg": "RS256"}

    def token(self, issuer: str, claims: Mapping[str, Any], seconds: int) -> str:
        """A signed token for the client, encrypted where it can be."""
        now = int(time.time())
        audience = self._party.client_id if self._party else ""
        body = {**claims, "iss": issuer, "aud": audience, "iat": now, "exp": now + seconds}
        signed = jwt.encode(body, self._key, algorithm="RS256", headers={"kid": KEY_ID})
        return signed if self._recipient is None else _encrypted(signed, self._recipient)


def _encryption_key(party: RelyingParty | None) -> rsa.RSAPublicKey | None:
    for published in party.jwks if party else ():
        if published.get("use") == "enc" and isinstance(key := RSAAlgorithm.from_jwk(dict(published)), rsa.RSAPublicKey):
            return key
    return None


def _encrypted(signed: str, recipient: rsa.RSAPublicKey) -> str:
    """JWE compact (RFC 7516), as itsme makes it."""
    key = RSAKey.import_key(recipient.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return jwe.encrypt_compact({"alg": ALGORITHM, "enc": METHOD, "cty": "JWT"}, signed, key, algorithms=[ALGORITHM, METHOD])
