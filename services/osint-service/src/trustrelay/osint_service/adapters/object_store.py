"""Stores evidence by S3 POST policy, as a WriteGrant of persistence-service allows. This service has no credentials of its own."""

from __future__ import annotations

from collections.abc import Collection

import httpx

from trustrelay.osint_service.application.ports import Destination, RawBody
from trustrelay.osint_service.domain.model import Evidence, StoredObject
from trustrelay.servicekit.errors import PermissionDenied, ResourceExhausted, Unavailable

_EXTENSIONS = {
    "application/json": "json", "application/vnd.api+json": "json", "application/x.jsonxbrl": "json", "application/pdf": "pdf",
    "text/html": "html", "application/xml": "xml", "text/xml": "xml", "text/plain": "txt",
}  # fmt: skip


class PostPolicyStore:
    """Only posts to hosts of the allow-list: a forged grant must not turn the service into a proxy."""

    def __init__(self, client: httpx.AsyncClient, hosts: Collection[str]) -> None:
        self._client = client
        self._hosts = frozenset(hosts)

    def admits(self, destination: Destination) -> None:
        """Raise PermissionDenied OBJECT_STORE_HOST_REFUSED unless the host is on the list."""
        url = httpx.URL(destination.url) if destination.url else httpx.URL("")
        host = f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"
        if url.scheme not in ("http", "https") or host not in self._hosts:
            raise PermissionDenied("OBJECT_STORE_HOST_REFUSED", "the destination is not an object store of this installation")

    async def keep(self, raw: RawBody, kind: str, destination: Destination) -> Evidence:
        """Post the body as `<prefix><source>-<sha12>.<ext>`; a retry writes the same key.

        Raises Unavailable OBJECT_STORE_UNAVAILABLE, ResourceExhausted EVIDENCE_TOO_LARGE.
        """
        if 0 < destination.max_bytes < len(raw.body):
            raise ResourceExhausted("EVIDENCE_TOO_LARGE", "a body exceeds what the grant allows", metadata={"source": raw.source})
        name = f"{raw.source}-{raw.sha256[:12]}.{_EXTENSIONS.get(raw.media_type, 'bin')}"
        prefix = destination.key_prefix
        key = prefix + name if not prefix or prefix.endswith("/") else f"{prefix}/{name}"
        version = await self._post(raw, key, name, destination)
        stored = StoredObject(key, version, raw.sha256, len(raw.body), raw.media_type)
        return Evidence(f"{raw.source}:{raw.sha256}", raw.source, raw.url, raw.fetched_at, stored, kind)

    async def _post(self, raw: RawBody, key: str, name: str, destination: Destination) -> str:
        fields = {**dict(destination.fields), "key": key}
        try:
            response = await self._client.post(destination.url, data=fields, files={"file": (name, raw.body, raw.media_type)})
        except httpx.HTTPError as error:
            raise Unavailable("OBJECT_STORE_UNAVAILABLE", "the object store does not answer") from error
        if not response.is_success:
            metadata = {"status": str(response.status_code)}
            raise Unavailable("OBJECT_STORE_UNAVAILABLE", "the object store refused a body", metadata=metadata)
        return str(response.headers.get("x-amz-version-id", ""))
