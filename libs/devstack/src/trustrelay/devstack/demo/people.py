"""Who acts in the demo, logged in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from trustrelay.devstack.client import CustomerClient, Endpoint, OfficerClient, log_in
from trustrelay.devstack.secrets import Secrets

TENANT = "acme"


@dataclass(frozen=True, slots=True)
class People:
    """Two officers, a manager and an officer of another tenant."""

    endpoint: Endpoint
    olivia: OfficerClient
    samir: OfficerClient
    mara: OfficerClient
    omar: OfficerClient

    @asynccontextmanager
    async def customer(self, case_id: str) -> AsyncIterator[CustomerClient]:
        """The customer of one case, with a link that the officer made."""
        client = CustomerClient(self.endpoint.case_api, await self.olivia.portal_link(case_id))
        try:
            yield client
        finally:
            await client.close()


@asynccontextmanager
async def logged_in(endpoint: Endpoint, secrets: Secrets) -> AsyncIterator[People]:
    """Everybody with a fresh token; connections end with the context."""
    async with AsyncExitStack() as stack:
        clients = {}
        for name in ("olivia", "samir", "mara", "omar"):
            token = await log_in(endpoint, name, secrets.dev_password(name))
            clients[name] = OfficerClient(endpoint.case_api, token)
            stack.push_async_callback(clients[name].close)
        yield People(endpoint, **clients)
