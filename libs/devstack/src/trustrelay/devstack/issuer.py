"""A small token issuer with dev users, speaking enough OpenID Connect for a resource server and the command line.

    GET  /.well-known/openid-configuration
    GET  /jwks.json
    POST /token     grant_type=password&username=…&password=…  →  an ES256 access token of one hour
    GET  /healthz

In production this is your identity provider; nothing in the product depends on this one but its standard answers.
"""

from __future__ import annotations

import argparse
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

AUDIENCE = "trustrelay"
_ALGORITHM = "ES256"
_LIFETIME_SECONDS = 3600
_KEY_ID = "dev-1"


@dataclass(frozen=True, slots=True)
class DevUser:
    """Who a token speaks for; roles are what case-api checks."""

    tenant: str
    roles: tuple[str, ...]


#: Two officers and a manager for four eyes, an auditor who may only read, and an officer of another tenant.
USERS: Mapping[str, DevUser] = {
    "olivia": DevUser("acme", ("officer",)),
    "samir": DevUser("acme", ("officer",)),
    "mara": DevUser("acme", ("officer", "manager")),
    "anton": DevUser("acme", ("auditor",)),
    "omar": DevUser("globex", ("officer",)),
}


class Issuer:
    """Signs tokens for users whose password is right."""

    def __init__(self, issuer: str, key: ec.EllipticCurvePrivateKey, passwords: Mapping[str, str]) -> None:
        self._issuer = issuer
        self._key = key
        self._passwords = passwords

    def application(self) -> Starlette:
        """The HTTP side."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._configuration),
                Route("/jwks.json", self._jwks),
                Route("/token", self._token, methods=["POST"]),
                Route("/healthz", _healthy),
            ]
        )

    async def _configuration(self, request: Request) -> JSONResponse:
        return JSONResponse(
            {
                "issuer": self._issuer,
                "jwks_uri": f"{self._issuer}/jwks.json",
                "token_endpoint": f"{self._issuer}/token",
                "grant_types_supported": ["password"],
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [_ALGORITHM],
            }
        )

    async def _jwks(self, request: Request) -> JSONResponse:
        key = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return JSONResponse({"keys": [{**key, "kid": _KEY_ID, "use": "sig", "alg": _ALGORITHM}]})

    async def _token(self, request: Request) -> JSONResponse:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode("latin-1")).items()}
        if form.get("grant_type") != "password":
            return _refused("unsupported_grant_type")
        username = form.get("username", "")
        if not self._knows(username, form.get("password", "")):
            return _refused("invalid_grant")
        token = self._sign(username, USERS[username], int(time.time()))
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": _LIFETIME_SECONDS}
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    def _knows(self, username: str, password: str) -> bool:
        expected = self._passwords.get(username) if username in USERS else None
        same = hmac.compare_digest((expected or "").encode(), password.encode("utf-8", "surrogatepass"))
        return expected is not None and same

    def _sign(self, username: str, user: DevUser, now: int) -> str:
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": username,
            "tenant_id": user.tenant,
            "roles": list(user.roles),
            "iat": now,
            "exp": now + _LIFETIME_SECONDS,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers={"kid": _KEY_ID})


def _refused(error: str) -> JSONResponse:
    """RFC 6749 5.2."""
    return JSONResponse({"error": error}, status_code=400, headers={"Cache-Control": "no-store"})


async def _healthy(request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


def load_issuer(url: str, key_file: Path, users_file: Path) -> Issuer:
    """Read the signing key (PEM, P-256) and the passwords (JSON, by user name)."""
    key = load_pem_private_key(key_file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SystemExit(f"{key_file}: not an elliptic-curve key")
    return Issuer(url, key, json.loads(users_file.read_text()))


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m trustrelay.devstack.issuer", description="dev token issuer")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key-file", type=Path, required=True)
    parser.add_argument("--users-file", type=Path, required=True)
    given = parser.parse_args()
    issuer = load_issuer(f"http://{given.host}:{given.port}", given.key_file, given.users_file)
    uvicorn.run(issuer.application(), host=given.host, port=given.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
