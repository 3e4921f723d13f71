"""What the provider says about itself (OpenID Connect Discovery 1.0), and what its silence means."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

import httpx

from trustrelay.servicekit.errors import Unavailable
from trustrelay.servicekit.telemetry import get_logger

_WELL_KNOWN = "/.well-known/openid-configuration"
_FETCH_TIMEOUT_SECONDS = 3.0
_FRESH_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """The provider's addresses."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Discovery:
    """Fetched on first use and again after an hour, one fetch at a time."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http, self._url = http, url
        self._found: ProviderMetadata | None = None
        self._fetched_at = 0.0
        self._fetching = asyncio.Lock()

    async def metadata(self) -> ProviderMetadata:
        """Unavailable / IDENTITY_PROVIDER_UNAVAILABLE when the provider does not say, or speaks for another issuer."""
        async with self._fetching:
            if self._found is None or time.monotonic() - self._fetched_at > _FRESH_SECONDS:
                self._found = await self._fetch()
                self._fetched_at = time.monotonic()
            return self._found

    async def _fetch(self) -> ProviderMetadata:
        try:
            answer = await self._http.get(self._url, timeout=_FETCH_TIMEOUT_SECONDS)
            answer.raise_for_status()
            said = answer.json()
            found = ProviderMetadata(*(str(said[name]) for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise unavailable("discovery", type(error).__name__) from error
        if found.issuer.rstrip("/") + _WELL_KNOWN != self._url:
            raise unavailable("discovery", "OtherIssuer")
        return found


def unavailable(step: str, error_type: str) -> Unavailable:
    """The provider does not do its part now; logged with what failed, never with what was said."""
    get_logger().warning("identity_provider.failed", step=step, error_type=error_type)
    message = "the identity provider does not answer: try again in a moment"
    return Unavailable("IDENTITY_PROVIDER_UNAVAILABLE", message, metadata={"step": step}, retry_after=timedelta(seconds=5))
