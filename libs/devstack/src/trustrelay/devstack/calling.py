"""What every client of case-api shares: where it is, who calls, patience, and telling a refusal."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc.aio
import httpx

from trustrelay.devstack.errors import StackError
from trustrelay.servicekit.errors import DeadlineExceeded, ServiceError, Unavailable
from trustrelay.servicekit.grpc_client import channel

T = TypeVar("T")
_CALL_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where case-api and the token issuer of a stack are."""

    case_api: str
    issuer: str


def new_request_id() -> str:
    """UUID4: one per intention, kept over retries."""
    return str(uuid.uuid4())


async def log_in(endpoint: Endpoint, username: str, password: str) -> str:
    """A bearer token of a dev user. Raises StackError when the issuer refuses."""
    form = {"grant_type": "password", "username": username, "password": password}
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{endpoint.issuer}/token", data=form)
    if answer.status_code != httpx.codes.OK:
        raise StackError(f"the issuer does not know user {username!r}")
    return str(answer.json()["access_token"])


async def patiently(call: Callable[[], Awaitable[T]], seconds: float = 90.0) -> T:
    """Repeats the very same call while the answer is UNAVAILABLE, as RetryInfo asks; then raises it."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await call()
        except (Unavailable, DeadlineExceeded):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(1)


class Connection:
    """A channel to case-api whose calls carry one caller's credentials."""

    def __init__(self, target: str, credential: tuple[str, str]) -> None:
        self._channel = channel(target)
        self._metadata = grpc.aio.Metadata(credential)

    async def close(self) -> None:
        """Ends the connection."""
        await self._channel.close()

    async def _call(self, method: Callable[..., Awaitable[T]], request: object) -> T:
        return await method(request, metadata=self._metadata, timeout=_CALL_SECONDS)


def bearer(token: str) -> tuple[str, str]:
    """What officers send."""
    return ("authorization", f"Bearer {token}")


def explain(error: ServiceError) -> str:
    """One line for a terminal: reason, message, and what was wrong with which field."""
    fields = "".join(f"\n  {violation.field}: {violation.description}" for violation in error.violations)
    return f"{error.reason}: {error.message}{fields}"
