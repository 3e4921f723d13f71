"""The object store by presigned grants: GET to a file, POST with a signed policy; no credentials here."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from ..application.ports import (
    ObjectHashMismatch,
    ObjectHostRefused,
    ObjectStoreUnavailable,
    ObjectTooLarge,
    ReadGrant,
    StoredObject,
    WriteGrant,
)

VERSION_HEADER = "x-amz-version-id"


def http_client() -> httpx.AsyncClient:
    """A client that follows no redirect and no proxy setting: the grant's host is the only one it may reach."""
    return httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=httpx.Timeout(30.0, connect=5.0))


class GrantedObjectStore:
    """ObjectStore over HTTP grants. `hosts` are `host` or `host:port`; nothing else is ever contacted."""

    def __init__(self, client: httpx.AsyncClient, hosts: frozenset[str]) -> None:
        self._client = client
        self._hosts = hosts

    async def fetch(self, grant: ReadGrant, target: Path, max_bytes: int) -> None:
        digest = hashlib.sha256()
        with target.open("wb") as file:
            async with self._reading(grant, max_bytes) as chunks:
                async for chunk in chunks:
                    digest.update(chunk)
                    file.write(chunk)
        _verify(digest.hexdigest(), grant)

    async def read(self, grant: ReadGrant, max_bytes: int) -> bytes:
        body = bytearray()
        async with self._reading(grant, max_bytes) as chunks:
            async for chunk in chunks:
                body += chunk
        _verify(hashlib.sha256(body).hexdigest(), grant)
        return bytes(body)

    async def store(self, grant: WriteGrant, name: str, body: bytes, media_type: str) -> StoredObject:
        self._require_host(grant.url)
        if grant.max_bytes and len(body) > grant.max_bytes:
            raise ObjectTooLarge("the result is larger than the grant allows")
        key = grant.key_prefix + name
        form = {**grant.fields, "key": key}
        try:
            answer = await self._client.post(grant.url, data=form, files={"file": (name, body, media_type)})
        except httpx.HTTPError as error:
            raise ObjectStoreUnavailable("the object store cannot be reached") from error
        if not answer.is_success:
            raise ObjectStoreUnavailable(f"the object store answered {answer.status_code} to an upload")
        version = answer.headers.get(VERSION_HEADER, "")
        return StoredObject(key, version, hashlib.sha256(body).hexdigest(), len(body), media_type)

    @asynccontextmanager
    async def _reading(self, grant: ReadGrant, max_bytes: int) -> AsyncIterator[AsyncIterator[bytes]]:
        self._require_host(grant.url)
        if grant.object.size_bytes > max_bytes:
            raise ObjectTooLarge("the object is larger than accepted")
        try:
            async with self._client.stream("GET", grant.url) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise ObjectStoreUnavailable(f"the object store answered {answer.status_code} to a read")
                yield _capped(answer.aiter_bytes(), max_bytes)
        except httpx.HTTPError as error:
            raise ObjectStoreUnavailable("the object store cannot be reached") from error

    def _require_host(self, address: str) -> None:
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise ObjectHostRefused("the grant's address cannot be read") from error
        named = {url.host, f"{url.host}:{url.port}" if url.port else url.host}
        if url.scheme not in ("http", "https") or not named & self._hosts:
            raise ObjectHostRefused("the grant's host is not the object store's")


async def _capped(chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncIterator[bytes]:
    total = 0
    async for chunk in chunks:
        total += len(chunk)
        if total > max_bytes:
            raise ObjectTooLarge("the object is larger than accepted")
        yield chunk


def _verify(found: str, grant: ReadGrant) -> None:
    if found != grant.object.sha256.lower():
        raise ObjectHashMismatch("the object's bytes are not those that were granted")
