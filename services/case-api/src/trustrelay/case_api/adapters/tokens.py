"""OIDC bearer tokens: verified against the issuer's published keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import jwt

from trustrelay.servicekit.context import CallContext
from trustrelay.servicekit.errors import Unauthenticated, Unavailable
from trustrelay.servicekit.telemetry import get_logger

#: Asymmetric only: with an HMAC algorithm in the list, a published key would be a secret.
_ALGORITHMS = frozenset({"ES256", "ES384", "EdDSA", "PS256", "RS256", "RS384", "RS512"})
_CLOCK_SKEW = timedelta(seconds=10)
_FETCH_TIMEOUT_SECONDS = 3.0
#: Keys are asked for again after this long, so that a withdrawn key stops working.
_FRESH_SECONDS = 600.0
#: While the issuer is away, known keys go on serving for at most this long.
_STALE_SECONDS = 3600.0
#: Tokens with made-up key ids must not make us hammer the issuer.
_BETWEEN_FETCHES_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whom we believe: `iss`, where its keys are, and the `aud` that names us."""

    issuer: str
    jwks_url: str
    audience: str


class JwksCache:
    """The issuer's keys by kid; fetched when they are old or a kid is unknown, one fetch at a time."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http, self._url = http, url
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = -_STALE_SECONDS
        self._fetching = asyncio.Lock()

    async def key(self, kid: str) -> jwt.PyJWK | None:
        """The key, None when the issuer does not publish it. Unavailable / UPSTREAM_UNAVAILABLE when that cannot be known."""
        if self._must_ask(kid):
            async with self._fetching:
                if self._must_ask(kid):
                    await self._refresh()
        if self._age() > _STALE_SECONDS:
            metadata = {"upstream": "identity-provider"}
            raise Unavailable("UPSTREAM_UNAVAILABLE", "the identity provider does not answer", metadata=metadata, retry_after=timedelta(seconds=5))
        return self._keys.get(kid)

    def _age(self) -> float:
        return time.monotonic() - self._fetched_at

    def _must_ask(self, kid: str) -> bool:
        wanted = kid not in self._keys or self._age() > _FRESH_SECONDS
        never = self._age() > _STALE_SECONDS
        return wanted and (never or time.monotonic() - self._tried_at > _BETWEEN_FETCHES_SECONDS)

    async def _refresh(self) -> None:
        self._tried_at = time.monotonic()
        try:
            response = await self._http.get(self._url, timeout=_FETCH_TIMEOUT_SECONDS)
            response.raise_for_status()
            published = response.json()["keys"]
            self._keys = {key.key_id: key for key in map(_usable, published) if key is not None and key.key_id}
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            # Known keys go on serving until they are stale; `key` decides.
            get_logger().warning("identity_provider.keys_not_fetched", error_type=type(error).__name__)
            return
        self._fetched_at = time.monotonic()


def _usable(published: Mapping[str, Any]) -> jwt.PyJWK | None:
    """A signing key of a kind we accept, else None: issuers publish keys for other purposes too."""
    try:
        key = jwt.PyJWK.from_dict(dict(published))
    except jwt.PyJWTError:
        return None
    return key if key.algorithm_name in _ALGORITHMS and published.get("use", "sig") == "sig" else None


class TokenVerifier:
    """Turns a bearer token into who calls, for which tenant, in which roles."""

    def __init__(self, keys: JwksCache, issuer: Issuer) -> None:
        self._keys, self._issuer = keys, issuer

    async def caller(self, token: str) -> CallContext:
        """Unauthenticated / TOKEN_INVALID for anything but a valid token of the issuer for this audience, with sub, tenant_id and roles."""
        claims = await self._verified(token)
        subject, tenant, roles = claims.get("sub"), claims.get("tenant_id"), claims.get("roles", [])
        if not isinstance(subject, str) or not subject or not isinstance(tenant, str) or not tenant:
            raise _invalid("CLAIMS_MISSING")
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise _invalid("CLAIMS_MISSING")
        return CallContext(tenant, subject, frozenset(roles))

    async def _verified(self, token: str) -> Mapping[str, Any]:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = await self._keys.key(kid) if isinstance(kid, str) else None
            if key is None:
                raise _invalid("KEY_UNKNOWN")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer.issuer,
                audience=self._issuer.audience,
                leeway=_CLOCK_SKEW,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError:
            raise _invalid("EXPIRED") from None
        except jwt.PyJWTError as error:
            raise _invalid(type(error).__name__) from None
        return claims


def _invalid(why: str) -> Unauthenticated:
    return Unauthenticated("TOKEN_INVALID", "the bearer token is not valid: get a new one from the identity provider", metadata={"why": why})
