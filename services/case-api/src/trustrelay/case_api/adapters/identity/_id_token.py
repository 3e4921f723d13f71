"""Judging an id_token: decrypted if need be, signed by the provider, for us, now, and for the session that was started."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from trustrelay.case_api.adapters.identity._jwe import PARTS, NotDecrypted, decrypted
from trustrelay.case_api.adapters.identity._metadata import ProviderMetadata, unavailable
from trustrelay.case_api.adapters.tokens import JwksCache
from trustrelay.servicekit.errors import FailedPrecondition, PermissionDenied, Unavailable

_CLOCK_SKEW = timedelta(seconds=10)


class IdTokens:
    """Verifies tokens that are for `client_id`."""

    def __init__(self, http: httpx.AsyncClient, client_id: str, decryption: rsa.RSAPrivateKey | None) -> None:
        self._http, self._client_id, self._decryption = http, client_id, decryption
        self._keys: dict[str, JwksCache] = {}

    async def verified(self, token: str, provider: ProviderMetadata, nonce: str) -> tuple[str, Mapping[str, Any]]:
        """The signed token and its claims.

        FailedPrecondition / IDENTITY_REFUSED when it is not valid, PermissionDenied / IDENTITY_STATE_INVALID when it answers another session,
        Unavailable / IDENTITY_PROVIDER_UNAVAILABLE when the provider's keys cannot be had.
        """
        signed = self._opened(token)
        claims = await self._claims(signed, provider)
        if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            message = "the identity provider answered another verification: start again"
            raise PermissionDenied("IDENTITY_STATE_INVALID", message, metadata={"why": "Nonce"})
        return signed, claims

    def _opened(self, token: str) -> str:
        if token.count(".") + 1 != PARTS:
            if self._decryption is not None:
                # A provider that was told to encrypt and does not may be somebody else's.
                raise _refused("NotEncrypted")
            return token
        if self._decryption is None:
            raise _refused("Encrypted")
        try:
            return decrypted(token, self._decryption)
        except NotDecrypted as error:
            raise _refused(f"NotDecrypted.{error}") from None

    async def _claims(self, signed: str, provider: ProviderMetadata) -> Mapping[str, Any]:
        try:
            kid = jwt.get_unverified_header(signed).get("kid")
            key = await self._key(provider.jwks_uri, str(kid))
            claims: Mapping[str, Any] = jwt.decode(
                signed,
                key,
                algorithms=[key.algorithm_name],
                issuer=provider.issuer,
                audience=self._client_id,
                leeway=_CLOCK_SKEW,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
            )
        except jwt.PyJWTError as error:
            raise _refused(type(error).__name__) from None
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self._client_id:
            raise _refused("AuthorizedParty")
        return claims

    async def _key(self, jwks_uri: str, kid: str) -> jwt.PyJWK:
        cache = self._keys.setdefault(jwks_uri, JwksCache(self._http, jwks_uri))
        try:
            key = await cache.key(kid)
        except Unavailable as error:
            raise unavailable("keys", error.reason) from error
        if key is None:
            raise _refused("KeyUnknown")
        return key


def _refused(why: str) -> FailedPrecondition:
    return FailedPrecondition("IDENTITY_REFUSED", "the identity provider's answer is not valid: start again", metadata={"why": why})
