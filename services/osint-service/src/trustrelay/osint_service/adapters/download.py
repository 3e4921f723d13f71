"""Published files (lists, open data): fetched anew or revalidated, kept with their hash so that an outage does not empty an index."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import stamina

from trustrelay.osint_service.adapters.http import Unreachable

# A copy older than this says nothing about today.
MAX_STALE = timedelta(days=7)
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Copy:
    """A file on disk as its publisher sent it. `fetched_at` is when the publisher last confirmed it (ISO 8601)."""

    path: str
    sha256: str
    etag: str
    fetched_at: str

    @property
    def fetched(self) -> datetime:
        """When the publisher last confirmed it."""
        return datetime.fromisoformat(self.fetched_at)


class Downloader:
    """Keeps one copy per URL under `folder`."""

    def __init__(self, client: httpx.AsyncClient, folder: Path, max_bytes: int = 4 * 1024**3) -> None:
        self._client = client
        self._folder = folder
        self._max_bytes = max_bytes

    async def fetch(self, url: str) -> Copy:
        """The file as published now, or the last copy when the publisher does not answer. Raises Unreachable."""
        try:
            return await self.confirmed(url)
        except Unreachable:
            known = await asyncio.to_thread(self._known, url)
            if known is not None and datetime.now(UTC) - known.fetched <= MAX_STALE:
                return known
            raise

    async def confirmed(self, url: str) -> Copy:
        """The file as published now, or as its publisher just said that it still is; never an older word. Raises Unreachable."""
        known = await asyncio.to_thread(self._known, url)
        async for attempt in stamina.retry_context(on=Unreachable, attempts=_ATTEMPTS, wait_initial=0.2, wait_max=2.0, timeout=60.0):
            with attempt:
                return await self._revalidated(url, known)
        raise AssertionError("unreachable: a retry context returns or raises")

    async def _revalidated(self, url: str, known: Copy | None) -> Copy:
        headers = {"If-None-Match": known.etag} if known is not None and known.etag else {}
        try:
            async with self._client.stream("GET", url, headers=headers) as response:
                if response.status_code == httpx.codes.NOT_MODIFIED and known is not None:
                    return await asyncio.to_thread(self._remember, url, Path(known.path), known.sha256, known.etag)
                if not response.is_success:
                    raise Unreachable("RATE_LIMITED" if response.status_code == httpx.codes.TOO_MANY_REQUESTS else "SOURCE_UNAVAILABLE")
                return await self._stored(url, response)
        except httpx.TimeoutException as error:
            raise Unreachable("SOURCE_TIMEOUT") from error
        except httpx.HTTPError as error:
            raise Unreachable("SOURCE_UNREACHABLE") from error

    async def _stored(self, url: str, response: httpx.Response) -> Copy:
        """Stream to a temporary file, then rename: a half download never replaces a whole one."""
        digest, size = hashlib.sha256(), 0
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._folder, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as out:
                async for chunk in response.aiter_bytes(1 << 20):
                    size += len(chunk)
                    if size > self._max_bytes:
                        raise Unreachable("BODY_TOO_LARGE")
                    digest.update(chunk)
                    out.write(chunk)
            path = self._folder / f"{_slug(url)}.body"
            await asyncio.to_thread(Path(temporary).replace, path)
        finally:
            await asyncio.to_thread(Path(temporary).unlink, missing_ok=True)
        return await asyncio.to_thread(self._remember, url, path, digest.hexdigest(), response.headers.get("ETag", ""))

    def _remember(self, url: str, path: Path, sha256: str, etag: str) -> Copy:
        copy = Copy(str(path), sha256, etag, datetime.now(UTC).isoformat())
        (self._folder / f"{_slug(url)}.json").write_text(json.dumps(asdict(copy)), encoding="utf-8")
        return copy

    def _known(self, url: str) -> Copy | None:
        """The copy of an earlier fetch, if its bytes are still those that were fetched."""
        try:
            copy = Copy(**json.loads((self._folder / f"{_slug(url)}.json").read_text(encoding="utf-8")))
            with Path(copy.path).open("rb") as body:
                whole = hashlib.file_digest(body, "sha256").hexdigest() == copy.sha256
        except (OSError, ValueError, TypeError):
            return None
        return copy if whole else None


def _slug(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:24]
