"""The identity provider: codes are single-use and bound to who asked, clients prove themselves, tokens are signed and sealed."""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from trustrelay.sandbox import Cast, RelyingParty, World
from trustrelay.sandbox.sources._itsme_claims import ACR_ADVANCED, NAMESPACE

CLIENT, REDIRECT, VERIFIER = "client-1", "http://127.0.0.1:9/back", "v" * 43
KEY = rsa.generate_private_key(65537, 2048)
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
WANTED = json.dumps({"id_token": {"name": None, "birthdate": None, f"{NAMESPACE}BENationalNumber": None}})
QUERY = {
    "response_type": "code", "client_id": CLIENT, "redirect_uri": REDIRECT, "scope": "openid service:X profile eid", "state": "s", "nonce": "n",
    "code_challenge": CHALLENGE, "code_challenge_method": "S256", "acr_values": ACR_ADVANCED, "claims": WANTED,
}  # fmt: skip


@pytest.fixture(scope="module")
def itsme(world: World, serving: Callable[[World], AbstractContextManager[str]]) -> Iterator[httpx.Client]:
    """A provider that knows one client, which takes signed tokens only."""
    keys = [{**RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "use": "sig"}]
    party = RelyingParty(CLIENT, keys, (REDIRECT,))
    with serving(replace(world, relying_party=party)) as base, httpx.Client(base_url=f"{base}/itsme/v2", timeout=10) as http:
        yield http


def sent_back(itsme: httpx.Client, **changes: str) -> dict[str, str]:
    answer = itsme.get("/authorization", params={**QUERY, **changes})
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(f"{REDIRECT}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def assertion(itsme: httpx.Client, **changes: object) -> str:
    claims = {"iss": CLIENT, "sub": CLIENT, "aud": f"{itsme.base_url}token", "jti": str(uuid.uuid4()), "exp": int(time.time()) + 60, **changes}
    return jwt.encode(claims, KEY, algorithm="RS256")


def redeemed(itsme: httpx.Client, code: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "client_id": CLIENT, "code_verifier": VERIFIER,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": assertion(itsme), **changes,
    }  # fmt: skip
    return itsme.post("/token", data=form)


def test_discovery_speaks_for_its_own_issuer(itsme: httpx.Client) -> None:
    """The issuer is the document's own address, and every endpoint lies under it."""
    said = itsme.get("/.well-known/openid-configuration").json()
    assert str(itsme.base_url).rstrip("/") == said["issuer"]
    endpoints = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    assert all(said[endpoint].startswith(said["issuer"]) for endpoint in endpoints)


def test_a_code_buys_a_signed_token_once(itsme: httpx.Client, cast: Cast) -> None:
    """Only the claims that were asked for, the nonce, the assurance; the second time the code is worthless."""
    answer = sent_back(itsme)
    assert answer["state"] == "s"
    token = redeemed(itsme, answer["code"]).json()["id_token"]
    (key,) = itsme.get("/jwkSet").json()["keys"]
    claims = jwt.decode(token, jwt.PyJWK.from_dict(key), algorithms=["RS256"], audience=CLIENT, issuer=str(itsme.base_url).rstrip("/"))
    person = cast.private_clients[0].person
    assert (claims["name"], claims["birthdate"], claims[f"{NAMESPACE}BENationalNumber"]) == (
        person.name, person.birth_date.isoformat(), person.id_number,
    )  # fmt: skip
    assert (claims["nonce"], claims["acr"]) == ("n", ACR_ADVANCED)
    assert "gender" not in claims
    assert redeemed(itsme, answer["code"]).json() == {"error": "invalid_grant"}


def test_the_person_who_stands_there_can_be_chosen(itsme: httpx.Client, cast: Cast) -> None:
    """For the second private client the provider vouches for somebody else; `deny` refuses."""
    token = redeemed(itsme, sent_back(itsme, person="kyc_mismatch")["code"]).json()["id_token"]
    said = jwt.decode(token, options={"verify_signature": False})["name"]
    assert said == cast.private_clients[1].vouched.name != cast.private_clients[1].person.name
    assert sent_back(itsme, person="deny")["error"] == "access_denied"


def test_userinfo_says_the_same(itsme: httpx.Client) -> None:
    """As a token again; without its access token nothing."""
    tokens = redeemed(itsme, sent_back(itsme)["code"]).json()
    said = itsme.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert jwt.decode(said.text, options={"verify_signature": False})["name"]
    assert itsme.get("/userinfo", headers={"authorization": "Bearer guess"}).status_code == 401


@pytest.mark.parametrize("changes", [{"client_id": "other"}, {"redirect_uri": "http://evil.example/"}])
def test_strangers_are_never_redirected(itsme: httpx.Client, changes: dict[str, str]) -> None:
    """An unknown client or address gets a page, so that the provider redirects nobody anywhere else."""
    assert itsme.get("/authorization", params={**QUERY, **changes}).status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_flawed_requests_come_back_with_their_error(itsme: httpx.Client, changes: dict[str, str], error: str) -> None:
    """To the client's own address, with its state."""
    assert sent_back(itsme, **changes) == {"state": "s", "error": error}


def test_a_code_is_for_who_asked(itsme: httpx.Client) -> None:
    """Another verifier or address gets nothing."""
    for changes in ({"code_verifier": "w" * 43}, {"redirect_uri": "http://127.0.0.1:9/other"}):
        assert redeemed(itsme, sent_back(itsme)["code"], **changes).json() == {"error": "invalid_grant"}


def test_a_client_proves_itself_anew_each_time(itsme: httpx.Client) -> None:
    """A replayed assertion, another audience, another key, none at all: invalid_client."""
    once = assertion(itsme)
    assert redeemed(itsme, sent_back(itsme)["code"], client_assertion=once).status_code == 200
    stranger = jwt.encode(jwt.decode(once, options={"verify_signature": False}), rsa.generate_private_key(65537, 2048), algorithm="RS256")
    for bad in (once, assertion(itsme, aud="https://elsewhere.example"), assertion(itsme, exp=1), stranger, ""):
        answer = redeemed(itsme, sent_back(itsme)["code"], client_assertion=bad)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_without_a_registration_nobody_is_known(client: httpx.Client) -> None:
    """A sandbox that was told of no client sends nobody anywhere."""
    assert client.get("/itsme/v2/authorization", params=QUERY).status_code == 400


def test_the_cast_has_private_and_customs_clients() -> None:
    """For every seed: one person who is who they say, one who is not, and a company with EORI and two accounts."""
    for seed in (1, 2, 77):
        cast = Cast.generate(seed)
        honest, other = cast.private_clients
        assert honest.vouched == honest.person
        assert other.vouched.birth_date != other.person.birth_date
        assert cast.customs.eori == cast.customs.company.vat
        assert len({cast.customs.company.iban, cast.customs.guarantee_iban, honest.iban, other.iban}) == 4
        assert date.today() > honest.person.birth_date
