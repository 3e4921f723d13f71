"""The sandbox's identity provider on a socket, and a desk of case-api that is registered there."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from trustrelay.case_api.adapters.identity import ClientKeys, OidcClient, OidcIdentityProvider, SignedSessions
from trustrelay.case_api.application.identity import IdentityDesk
from trustrelay.case_api.domain.identity_claims import ACR_ADVANCED
from trustrelay.sandbox import Cast, RelyingParty, World, create_app

CLIENT, REDIRECT = "trustrelay-test", "http://127.0.0.1:1/portal/identity"
CAST = Cast.generate(11)


@dataclass(frozen=True)
class Registered:
    """A provider that knows us: its address, our keys and how we are registered."""

    base: str
    client: OidcClient

    @asynccontextmanager
    async def desk(self, **changes: object) -> AsyncIterator[IdentityDesk]:
        """What case-api makes of its settings; `changes` of the client."""
        async with httpx.AsyncClient(trust_env=False) as http:
            client = replace(self.client, **changes)  # type: ignore[arg-type]
            yield IdentityDesk(OidcIdentityProvider(http, client), SignedSessions(b"a client key of the tests"))


@contextmanager
def provider(*, encrypting: bool = True) -> Iterator[Registered]:
    """Serves until the block ends."""
    signing, decryption = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
    keys = [{**RSAAlgorithm.to_jwk(signing.public_key(), as_dict=True), "use": "sig"}]
    if encrypting:
        keys.append({**RSAAlgorithm.to_jwk(decryption.public_key(), as_dict=True), "use": "enc"})
    world = World(CAST, date(2026, 11, 22), relying_party=RelyingParty(CLIENT, keys, (REDIRECT,)))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(world, admin=True), log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    client = OidcClient(
        provider="itsme", discovery_url=f"{base}/itsme/v2/.well-known/openid-configuration", client_id=CLIENT, redirect_uri=REDIRECT,
        scope="openid service:TRUSTRELAY profile eid", acr_values=ACR_ADVANCED, keys=ClientKeys(signing, "", decryption if encrypting else None),
    )  # fmt: skip
    try:
        yield Registered(base, client)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


async def as_customer(authorization_url: str, person: str) -> dict[str, str]:
    """What the customer's browser comes back with: state and code, or an error."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(f"{authorization_url}&{urlencode({'person': person})}")
    assert answer.status_code == httpx.codes.FOUND, answer.text
    returned = urlsplit(answer.headers["location"])
    assert f"{returned.scheme}://{returned.netloc}{returned.path}" == REDIRECT
    return {name: values[0] for name, values in parse_qs(returned.query).items()}
