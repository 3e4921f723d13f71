"""Who acts in the demo, logged in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from trustrelay.devstack.calling import Connection
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


C = TypeVar("C", bound=Connection)


@asynccontextmanager
async def acting_as(endpoint: Endpoint, secrets: Secrets, name: str, client_class: Callable[[str, str], C]) -> AsyncIterator[C]:
    """One of case-api's services as one dev user."""
    client = client_class(endpoint.case_api, await log_in(endpoint, name, secrets.dev_password(name)))
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def logged_in(endpoint: Endpoint, secrets: Secrets) -> AsyncIterator[People]:
    """Everybody with a fresh token; connections end with the context."""
    async with AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(acting_as(endpoint, secrets, name, OfficerClient)) for name in ("olivia", "samir", "mara", "omar")
        }
        yield People(endpoint, **clients)
