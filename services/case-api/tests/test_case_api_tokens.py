"""Bearer tokens against the issuer's keys: what is believed, for how long, and what an absent issuer means."""

import time
from typing import Any

import grpc
import httpx
import jwt
import pytest
from case_api_harness import refused
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from trustrelay.case_api.adapters import tokens
from trustrelay.case_api.adapters.tokens import Issuer, JwksCache, TokenVerifier
from trustrelay.servicekit.context import CallContext
from trustrelay.servicekit.errors import Unavailable

ISSUER = Issuer("https://id.test", "https://id.test/jwks", "trustrelay")
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


class Provider:
    """An identity provider: its keys, how often it was asked, whether it is down."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"k1": ec.generate_private_key(ec.SECP256R1())}
        self.asked = 0
        self.down = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.down:
            return httpx.Response(503)
        return httpx.Response(200, json={"keys": [_jwk(kid, key) for kid, key in self.keys.items()]})

    def token(self, kid: str = "k1", key: Any = None, algorithm: str = "ES256", **changes: Any) -> str:
        claims = {"iss": ISSUER.issuer, "aud": ISSUER.audience, "sub": "olivia", "tenant_id": "acme", "roles": ["officer"], "exp": time.time() + 60}
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return jwt.encode(claims, key or self.keys[kid], algorithm=algorithm, headers={"kid": kid})


def _jwk(kid: str, key: Any) -> dict[str, Any]:
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def verifier(provider: Provider):
    async with httpx.AsyncClient(transport=httpx.MockTransport(provider.answer)) as http:
        yield TokenVerifier(JwksCache(http, ISSUER.jwks_url), ISSUER)


async def test_a_good_token_says_who_calls(provider: Provider, verifier: TokenVerifier):
    """sub, tenant_id and roles become the call's context; keys are fetched once."""
    for _ in range(3):
        assert await verifier.caller(provider.token()) == CallContext("acme", "olivia", frozenset({"officer"}))
    assert provider.asked == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.test"}, {"aud": "somebody-else"}, {"exp": 1}, {"exp": None}, {"sub": None}, {"sub": ""}, {"tenant_id": None},
        {"tenant_id": 7}, {"roles": "officer"}, {"roles": [1]}, {"nbf": time.time() + 3600},
    ],
)  # fmt: skip
async def test_a_wrong_claim_is_refused(provider: Provider, verifier: TokenVerifier, changes: dict[str, Any]):
    """Another issuer, audience or time, or a missing claim: no token."""
    async with refused(UNAUTHENTICATED, "TOKEN_INVALID"):
        await verifier.caller(provider.token(**changes))


async def test_a_token_of_another_key_is_refused(provider: Provider, verifier: TokenVerifier):
    """The kid of a known key does not help a signature by another."""
    async with refused(UNAUTHENTICATED, "TOKEN_INVALID"):
        await verifier.caller(provider.token(key=ec.generate_private_key(ec.SECP256R1())))


async def test_no_token_chooses_its_algorithm(provider: Provider, verifier: TokenVerifier):
    """Neither "none" nor an HMAC made with the published key."""
    claims = {"iss": ISSUER.issuer, "aud": ISSUER.audience, "sub": "x", "tenant_id": "acme", "exp": time.time() + 60}
    for token in (
        jwt.encode(claims, "", algorithm="none", headers={"kid": "k1"}),
        jwt.encode(claims, "a shared secret of enough bytes for HS256", algorithm="HS256", headers={"kid": "k1"}),
    ):
        async with refused(UNAUTHENTICATED, "TOKEN_INVALID"):
            await verifier.caller(token)


async def test_a_new_key_is_learnt_and_a_made_up_one_is_asked_for_rarely(
    provider: Provider, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
):
    """Rotation works at once; a flood of unknown key ids does not reach the issuer."""
    await verifier.caller(provider.token())
    provider.keys["k2"] = rsa.generate_private_key(65537, 2048)
    stranger = provider.token(kid="k9", key=provider.keys["k1"])
    for _ in range(5):
        async with refused(UNAUTHENTICATED, "TOKEN_INVALID"):
            await verifier.caller(stranger)
    assert provider.asked == 1
    monkeypatch.setattr(tokens, "_BETWEEN_FETCHES_SECONDS", 0)
    assert (await verifier.caller(provider.token(kid="k2", algorithm="RS256"))).actor == "olivia"
    assert provider.asked == 2


async def test_an_issuer_that_is_away_from_the_start_is_told(provider: Provider, verifier: TokenVerifier):
    """Nobody can be believed: UNAVAILABLE, not UNAUTHENTICATED; and it mends itself."""
    provider.down = True
    with pytest.raises(Unavailable) as caught:
        await verifier.caller(provider.token())
    assert (caught.value.reason, caught.value.metadata["upstream"]) == ("UPSTREAM_UNAVAILABLE", "identity-provider")
    provider.down = False
    assert (await verifier.caller(provider.token())).actor == "olivia"


async def test_known_keys_outlive_a_short_absence_only(provider: Provider, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch):
    """Old keys go on serving while the issuer is away, until they are stale."""
    await verifier.caller(provider.token())
    provider.down = True
    monkeypatch.setattr(tokens, "_BETWEEN_FETCHES_SECONDS", 0)
    monkeypatch.setattr(tokens, "_FRESH_SECONDS", 0)
    assert (await verifier.caller(provider.token())).actor == "olivia"
    assert provider.asked == 2
    monkeypatch.setattr(tokens, "_STALE_SECONDS", 0)
    with pytest.raises(Unavailable):
        await verifier.caller(provider.token())


@pytest.mark.parametrize("garbage", ["", "x", "a.b.c", "\u2603.b.c"])
async def test_garbage_is_no_token(verifier: TokenVerifier, garbage: str):
    """Whatever it looks like."""
    async with refused(UNAUTHENTICATED, "TOKEN_INVALID"):
        await verifier.caller(garbage)
