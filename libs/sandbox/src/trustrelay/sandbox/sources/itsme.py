"""itsme (`/itsme/v2`): OpenID Connect with the authorization code flow, private_key_jwt, and tokens that are signed, then encrypted.

There is no telephone here: the authorization endpoint sends the browser back at once, as the member of the cast that the extra parameter
`person` names (default: the first private client; `deny` refuses). That parameter is the sandbox's own; everything else follows the contract.
"""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse

from trustrelay.sandbox.refusal import Refusal
from trustrelay.sandbox.sources._itsme_claims import ACR_ADVANCED, ACR_BASIC, claims_about
from trustrelay.sandbox.sources._itsme_tokens import ClientAssertions, TokenMaker, challenge_of
from trustrelay.sandbox.world import RelyingParty, World

PREFIX = "/itsme/v2"
CODE_SECONDS, TOKEN_SECONDS = 180, 300
DENY = "deny"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for, until it is used or too old."""

    person: str
    nonce: str
    challenge: str
    redirect_uri: str
    acr: str
    wanted: tuple[str, ...]
    until: float

    def fits(self, form: Mapping[str, str]) -> bool:
        """Whether it is still good, and asked for by who started it (PKCE)."""
        in_time = self.until >= time.time() and self.redirect_uri == form.get("redirect_uri")
        return in_time and challenge_of(form.get("code_verifier", "")) == self.challenge


def _error(error: str, status: int = 400) -> JSONResponse:
    """RFC 6749 5.2."""
    return JSONResponse({"error": error}, status, {"Cache-Control": "no-store"})


def _wanted(query: Mapping[str, str]) -> tuple[str, ...]:
    """Names in `claims`.`id_token` (OpenID Connect Core 5.5)."""
    try:
        return tuple(json.loads(query.get("claims", "{}")).get("id_token") or ())
    except (ValueError, AttributeError):
        return ()


def _admitted(party: RelyingParty | None, query: Mapping[str, str]) -> RelyingParty:
    """Unknown clients and addresses get a page, never a redirect."""
    if party is None or query.get("client_id") != party.client_id or query.get("redirect_uri") not in party.redirect_uris:
        raise Refusal(PlainTextResponse("unknown client or redirect_uri", 400))
    return party


def _flaw(query: Mapping[str, str]) -> str | None:
    """What is wrong with an authorization request, as its error code."""
    if query.get("response_type") != "code":
        return "unsupported_response_type"
    if "openid" not in query.get("scope", "").split():
        return "invalid_scope"
    if not query.get("code_challenge") or query.get("code_challenge_method") != "S256":
        return "invalid_request"
    return None


class Itsme:
    """One provider: who may ask, whom it vouches for, and the codes that are out."""

    def __init__(self, world: World) -> None:
        self._party = world.relying_party
        self._vouched = {client.key: client.vouched for client in world.cast.private_clients}
        self._assertions, self._maker = ClientAssertions(self._party), TokenMaker(self._party)
        self._grants: dict[str, Grant] = {}
        self._access: dict[str, dict[str, Any]] = {}

    def keys(self) -> list[dict[str, Any]]:
        """What tokens are signed with."""
        return [self._maker.public_jwk()]

    def authorize(self, query: Mapping[str, str]) -> Response:
        """Sends the browser back at once, with a code or an error."""
        _admitted(self._party, query)
        person = query.get("person", next(iter(self._vouched)))
        answer = {"state": query.get("state", "")}
        if error := _flaw(query) or (None if person in self._vouched else "access_denied"):
            answer["error"] = error
        else:
            answer["code"] = secrets.token_urlsafe(32)
            self._grants[answer["code"]] = _grant(person, query)
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(answer)}", 302)

    def redeem(self, form: Mapping[str, str], issuer: str) -> Response:
        """Access token and id_token for a code that is used once, by the client it was given to."""
        if not self._assertions.accepts(form, f"{issuer}/token"):
            return _error("invalid_client", 401)
        if form.get("grant_type") != "authorization_code":
            return _error("unsupported_grant_type")
        grant = self._grants.pop(form.get("code", ""), None)
        if grant is None or not grant.fits(form):
            return _error("invalid_grant")
        claims = claims_about(self._vouched[grant.person], grant.wanted) | {"nonce": grant.nonce, "acr": grant.acr}
        bearer = secrets.token_urlsafe(32)
        self._access[bearer] = claims
        id_token = self._maker.token(issuer, claims, TOKEN_SECONDS)
        body = {"access_token": bearer, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "id_token": id_token}
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    def userinfo(self, authorization: str, issuer: str) -> Response:
        """The same claims again, as a token."""
        claims = self._access.get(authorization.partition(" ")[2])
        if claims is None:
            return _error("invalid_token", 401)
        return Response(self._maker.token(issuer, claims, TOKEN_SECONDS), media_type="application/jwt")


def _grant(person: str, query: Mapping[str, str]) -> Grant:
    acr = ACR_ADVANCED if ACR_ADVANCED in query.get("acr_values", "").split() else ACR_BASIC
    until = time.time() + CODE_SECONDS
    return Grant(person, query.get("nonce", ""), query["code_challenge"], query["redirect_uri"], acr, _wanted(query), until)


def _configuration(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer, "authorization_endpoint": f"{issuer}/authorization", "token_endpoint": f"{issuer}/token", "jwks_uri": f"{issuer}/jwkSet",
        "userinfo_endpoint": f"{issuer}/userinfo", "response_types_supported": ["code"], "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"], "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "code_challenge_methods_supported": ["S256"], "id_token_signing_alg_values_supported": ["RS256"],
        "id_token_encryption_alg_values_supported": ["RSA-OAEP"], "id_token_encryption_enc_values_supported": ["A128CBC-HS256"],
        "acr_values_supported": [ACR_BASIC, ACR_ADVANCED], "claims_parameter_supported": True,
    }  # fmt: skip


def _issuer(request: Request) -> str:
    return f"{request.base_url.scheme}://{request.base_url.netloc}{PREFIX}"


def router(world: World) -> APIRouter:
    """The endpoints; codes and access tokens live as long as the process."""
    api, itsme = APIRouter(prefix=PREFIX), Itsme(world)

    @api.get("/.well-known/openid-configuration")
    def configuration(request: Request) -> dict[str, Any]:
        return _configuration(_issuer(request))

    @api.get("/jwkSet")
    def jwk_set() -> dict[str, Any]:
        return {"keys": itsme.keys()}

    @api.get("/authorization")
    def authorization(request: Request) -> Response:
        return itsme.authorize(request.query_params)

    @api.post("/token")
    async def token(request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode("latin-1")).items()}
        return itsme.redeem(form, _issuer(request))

    @api.get("/userinfo")
    def userinfo(request: Request) -> Response:
        return itsme.userinfo(request.headers.get("authorization", ""), _issuer(request))

    return api
