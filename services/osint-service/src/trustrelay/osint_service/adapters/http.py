"""How this service asks the outside: timeouts, bounded concurrency per host, raw bodies with provenance, failures as values.

No circuit breaker: none of the libraries in use has one, and a source that is down costs one timeout per check.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from trustrelay.osint_service.application.ports import NotAssessed, RawBody

USER_AGENT = "trust-relay-osint/0.1"
PER_HOST = 4
MAX_BODY_BYTES = 32 * 1024 * 1024
NOT_CONFIGURED = NotAssessed("ACCESS_NOT_CONFIGURED")
UNPARSABLE = "BODY_UNPARSABLE"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of a source, whatever its status."""

    status: int
    raw: RawBody
    headers: Mapping[str, str]


class Unreachable(Exception):
    """A source gave no answer; `reason` is UPPER_SNAKE. Carries no address, since addresses hold names."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Fetcher:
    """Shared by all adapters; one per process."""

    client: httpx.AsyncClient
    per_host: int = PER_HOST
    max_body_bytes: int = MAX_BODY_BYTES
    _gates: dict[str, asyncio.Semaphore] = field(default_factory=dict)

    async def fetch(self, source: str, method: str, url: str, **request: Any) -> Answer:
        """One request, no retry. `request` is what httpx takes (params, json, headers). Raises Unreachable."""
        gate = self._gates.setdefault(httpx.URL(url).host, asyncio.Semaphore(self.per_host))
        async with gate:
            try:
                async with self.client.stream(method, url, **request) as response:
                    body = await self._body(response)
            except httpx.TimeoutException as error:
                raise Unreachable("SOURCE_TIMEOUT") from error
            except httpx.HTTPError as error:
                raise Unreachable("SOURCE_UNREACHABLE") from error
        media_type = response.headers.get("Content-Type", "application/octet-stream").partition(";")[0].strip()
        raw = RawBody(source, str(response.url), body, media_type, datetime.now(UTC), hashlib.sha256(body).hexdigest())
        return Answer(response.status_code, raw, response.headers)

    async def _body(self, response: httpx.Response) -> bytes:
        chunks, size = [], 0
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > self.max_body_bytes:
                raise Unreachable("BODY_TOO_LARGE")
            chunks.append(chunk)
        return b"".join(chunks)


def new_client(timeout_seconds: float, *, trust_env: bool = True) -> httpx.AsyncClient:
    """A client whose connect and read are bounded; `trust_env` lets a forward proxy of the environment apply."""
    timeout = httpx.Timeout(timeout_seconds, connect=min(5.0, timeout_seconds))
    return httpx.AsyncClient(timeout=timeout, headers={"User-Agent": USER_AGENT}, trust_env=trust_env, follow_redirects=False)


_REASONS = defaultdict(lambda: "UNEXPECTED_ANSWER", {401: "ACCESS_DENIED", 403: "ACCESS_DENIED", 429: "RATE_LIMITED", 404: "NOT_FOUND"})


def refused(answer: Answer) -> NotAssessed:
    """What an answer means that is neither success nor a documented refusal."""
    reason = "SOURCE_UNAVAILABLE" if answer.status >= 500 else _REASONS[answer.status]
    return NotAssessed(reason, (answer.raw,) if answer.raw.body else ())
