"""The token issuer: its tokens verify as any OpenID provider's do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import jwt
import pytest

from trustrelay.devstack.issuer import AUDIENCE, USERS, load_issuer
from trustrelay.devstack.secrets import DEV_USERS, Secrets

ISSUER = "http://127.0.0.1:8071"


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    """Keys of a new data folder."""
    return Secrets.open(tmp_path)


@pytest.fixture
async def client(secrets: Secrets) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the issuer's own application."""
    app = load_issuer(ISSUER, secrets.issuer_private_key, secrets.dev_users).application()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ISSUER) as made:
        yield made


async def _token(client: httpx.AsyncClient, username: str, password: str) -> httpx.Response:
    return await client.post("/token", data={"grant_type": "password", "username": username, "password": password})


@pytest.mark.parametrize("username", DEV_USERS)
async def test_a_token_verifies_against_the_published_keys(client: httpx.AsyncClient, secrets: Secrets, username: str) -> None:
    """Discovery leads to the keys, the keys verify the token, the token says who, for which tenant, in which roles."""
    answer = (await _token(client, username, secrets.dev_password(username))).json()
    discovery = (await client.get("/.well-known/openid-configuration")).json()
    keys = jwt.PyJWKSet.from_dict((await client.get(discovery["jwks_uri"].removeprefix(ISSUER))).json())
    token = answer["access_token"]
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["ES256"], audience=AUDIENCE, issuer=discovery["issuer"])
    assert (claims["sub"], claims["tenant_id"]) == (username, USERS[username].tenant)
    assert tuple(claims["roles"]) == USERS[username].roles
    assert claims["exp"] - claims["iat"] == answer["expires_in"] == 3600


async def test_a_wrong_password_or_an_unknown_user_gets_no_token(client: httpx.AsyncClient, secrets: Secrets) -> None:
    """Both are refused alike, so that nobody learns which users exist."""
    wrong = await _token(client, "olivia", secrets.dev_password("mara"))
    unknown = await _token(client, "nobody", "")
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json()) == (400, {"error": "invalid_grant"})


async def test_other_grants_are_refused(client: httpx.AsyncClient) -> None:
    """There is one way to a token here."""
    answer = await client.post("/token", data={"grant_type": "client_credentials"})
    assert answer.json() == {"error": "unsupported_grant_type"}


def test_an_officer_of_one_tenant_is_in_no_other() -> None:
    """The cast covers four eyes, a manager, an auditor and a second tenant."""
    roles = {name: (user.tenant, set(user.roles)) for name, user in USERS.items()}
    assert roles == {
        "olivia": ("acme", {"officer"}),
        "samir": ("acme", {"officer"}),
        "mara": ("acme", {"officer", "manager"}),
        "anton": ("acme", {"auditor"}),
        "omar": ("globex", {"officer"}),
    }
