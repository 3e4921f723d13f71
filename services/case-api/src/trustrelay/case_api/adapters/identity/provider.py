"""The relying party's half of OpenID Connect: authorization code flow with PKCE, private_key_jwt, signed and encrypted id_tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from trustrelay.case_api.adapters.identity._id_token import IdTokens
from trustrelay.case_api.adapters.identity._metadata import Discovery, unavailable
from trustrelay.case_api.application.identity import IdentitySession
from trustrelay.case_api.domain.identity_claims import WANTED_CLAIMS, identity_of
from trustrelay.common.v1.assessment_types_pb2 import IdentityResult
from trustrelay.servicekit.errors import FailedPrecondition

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 60
_TOKEN_TIMEOUT_SECONDS = 8.0
#: What the provider may blame the customer's own trip for (RFC 6749 5.2); anything else is between it and us.
_REFUSALS = frozenset({"invalid_grant", "access_denied"})


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """What we prove ourselves with, and what tokens are encrypted to (None: this provider only signs). `key_id`: the `kid` it knows the first by."""

    signing: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    key_id: str = ""
    decryption: rsa.RSAPrivateKey | None = None


@dataclass(frozen=True, slots=True)
class OidcClient:
    """How we are registered at the provider. `scope` and `acr_values` as its contract wants them."""

    provider: str
    discovery_url: str
    client_id: str
    redirect_uri: str
    scope: str
    acr_values: str
    keys: ClientKeys


class OidcIdentityProvider:
    """The port `IdentityProvider`."""

    def __init__(self, http: httpx.AsyncClient, client: OidcClient) -> None:
        self._http, self._client = http, client
        self._discovery = Discovery(http, client.discovery_url)
        self._tokens = IdTokens(http, client.client_id, client.keys.decryption)

    async def authorization_url(self, session: IdentitySession, language: str) -> str:
        """The authorization endpoint with everything that the provider needs to know; nothing personal."""
        metadata = await self._discovery.metadata()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(session.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": self._client.scope,
            "state": session.state,
            "nonce": session.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "acr_values": self._client.acr_values,
            "claims": json.dumps({"id_token": dict.fromkeys(WANTED_CLAIMS)}, separators=(",", ":")),
            "ui_locales": language,
        }
        return f"{metadata.authorization_endpoint}?{urlencode({name: value for name, value in query.items() if value})}"

    async def redeem(self, session: IdentitySession, code: str) -> IdentityResult:
        """One exchange of the code; the token's hash stays with the result, the token itself is dropped."""
        metadata = await self._discovery.metadata()
        answer = await self._exchange(metadata.token_endpoint, session, code)
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            raise unavailable("token", "NoIdToken")
        signed, claims = await self._tokens.verified(id_token, metadata, session.nonce)
        result = identity_of(claims, self._client.provider)
        if not result.full_name:
            message = "the identity provider did not say who it vouches for: start again and agree to share your name"
            raise FailedPrecondition("IDENTITY_REFUSED", message, metadata={"why": "NameMissing"})
        result.token_sha256 = hashlib.sha256(signed.encode()).hexdigest()
        return result

    async def _exchange(self, endpoint: str, session: IdentitySession, code: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "client_id": self._client.client_id,
            "code_verifier": session.verifier,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._assertion(endpoint),
        }
        try:
            answer = await self._http.post(endpoint, data=form, timeout=_TOKEN_TIMEOUT_SECONDS)
            said = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise unavailable("token", type(error).__name__) from error
        if answer.status_code == httpx.codes.OK and isinstance(said, dict):
            return said
        error_code = said.get("error") if isinstance(said, dict) else None
        if error_code in _REFUSALS:
            message = "the identity provider did not confirm the identity: start again, or ask your contact"
            raise FailedPrecondition("IDENTITY_REFUSED", message, metadata={"why": str(error_code)})
        raise unavailable("token", f"HTTP{answer.status_code}")

    def _assertion(self, audience: str) -> str:
        """RFC 7523: who we are, for this endpoint, once, for a minute."""
        keys, now = self._client.keys, int(time.time())
        claims = {
            "iss": self._client.client_id,
            "sub": self._client.client_id,
            "aud": audience,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        algorithm = "RS256" if isinstance(keys.signing, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(claims, keys.signing, algorithm=algorithm, headers={"kid": keys.key_id} if keys.key_id else None)
