"""The object store: two buckets, two endpoints (inside and outside the cluster), one set of credentials."""

import hashlib
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from minio.datatypes import PostPolicy

from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.persistence_service.adapters.s3_client import PROBE, THREADS, WORK, S3Settings, client, in_thread, present
from trustrelay.persistence_service.application.object_ports import Inspected, PostForm
from trustrelay.persistence_service.domain import media

_CHUNK = 1024 * 1024
_SHA256_HEADER = "x-amz-meta-sha256"


class S3Objects:
    """Implements ports.Objects over the minio client, whose blocking calls run in threads."""

    def __init__(self, settings: S3Settings) -> None:
        self._quarantine, self._evidence = settings.quarantine_bucket, settings.evidence_bucket
        self._inside = client(settings, settings.endpoint, WORK)
        self._public = client(settings, settings.public_endpoint, WORK)
        # Health has a thread and a client of its own: long uploads must not make a working store look dead.
        self._probe = client(settings, settings.endpoint, PROBE)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="s3")
        self._probe_thread = ThreadPoolExecutor(1, thread_name_prefix="s3-probe")
        self._public_url = f"{'https' if settings.secure else 'http'}://{settings.public_endpoint}"
        self._inside_url = f"{'https' if settings.secure else 'http'}://{settings.endpoint}"

    @asynccontextmanager
    async def inspected_upload(self, key: str) -> AsyncIterator[Inspected | None]:
        """The quarantined body in a private temporary file for as long as the block runs; None when nothing was posted."""
        with tempfile.TemporaryDirectory(prefix="upload-") as folder:
            path = Path(folder) / "body"
            yield await in_thread(self._threads, lambda: self._download(key, path))

    async def promote(self, inspected: Inspected, key: str) -> ObjectRef:
        """Copy into the evidence bucket; the same bytes under the same key are stored once."""
        return await in_thread(self._threads, lambda: self._promote(inspected, key))

    async def discard_upload(self, key: str) -> None:
        """Delete the quarantined body; nothing happens when there is none."""
        await in_thread(self._threads, lambda: self._inside.remove_object(self._quarantine, key))

    async def verified(self, ref: ObjectRef) -> ObjectRef | None:
        """`ref` with the version that was read, or None when the object is absent or not what `ref` says."""
        return await in_thread(self._threads, lambda: self._verify(ref))

    async def put(self, key: str, body: bytes, media_type: str) -> ObjectRef:
        """Store `body` as evidence."""
        return await in_thread(self._threads, lambda: self._put(key, BytesIO(body), len(body), hashlib.sha256(body).hexdigest(), media_type))

    async def reachable(self) -> bool:
        """Do both buckets exist? Raises OBJECT_STORE_UNAVAILABLE."""
        return await in_thread(self._probe_thread, lambda: all(self._probe.bucket_exists(bucket) for bucket in (self._quarantine, self._evidence)))

    def read_url(self, ref: ObjectRef, seconds: int, *, public: bool) -> str:
        """A presigned GET of one version; signing needs no network."""
        signer = self._public if public else self._inside
        return str(signer.presigned_get_object(self._evidence, ref.key, timedelta(seconds=seconds), version_id=ref.version or None))

    def upload_form(self, key: str, max_bytes: int, expire_time: datetime) -> PostForm:
        """A POST policy for exactly `key` in quarantine, at the public endpoint."""
        policy = PostPolicy(self._quarantine, expire_time)
        policy.add_equals_condition("key", key)
        policy.add_content_length_range_condition(1, max_bytes)
        return PostForm(f"{self._public_url}/{self._quarantine}", dict(self._public.presigned_post_policy(policy)))

    def folder_form(self, prefix: str, max_bytes: int, expire_time: datetime) -> PostForm:
        """A POST policy for keys under `prefix` in the evidence bucket, at the inside endpoint."""
        policy = PostPolicy(self._evidence, expire_time)
        policy.add_starts_with_condition("key", prefix)
        policy.add_content_length_range_condition(1, max_bytes)
        return PostForm(f"{self._inside_url}/{self._evidence}", dict(self._inside.presigned_post_policy(policy)))

    def _download(self, key: str, path: Path) -> Inspected | None:
        response = present(lambda: self._inside.get_object(self._quarantine, key))
        if response is None:
            return None
        try:
            with path.open("w+b") as file:
                digest, size = _copy(response, file)
                return Inspected(str(path), digest, size, media.sniff(file))
        finally:
            _release(response)

    def _promote(self, inspected: Inspected, key: str) -> ObjectRef:
        known = present(lambda: self._inside.stat_object(self._evidence, key))
        if known is not None and (known.metadata or {}).get(_SHA256_HEADER) == inspected.sha256 and known.size == inspected.size_bytes:
            return ObjectRef(
                key=key, version=known.version_id or "", sha256=inspected.sha256, size_bytes=inspected.size_bytes, media_type=inspected.media_type
            )
        with Path(inspected.path).open("rb") as file:
            return self._put(key, file, inspected.size_bytes, inspected.sha256, inspected.media_type)

    def _put(self, key: str, body: BinaryIO, size: int, sha256: str, media_type: str) -> ObjectRef:
        sealed = self._sealed(key, body)
        done = self._inside.put_object(self._evidence, key, sealed, size, content_type=media_type, metadata={"sha256": sha256})
        return ObjectRef(key=key, version=done.version_id or "", sha256=sha256, size_bytes=size, media_type=media_type)

    def _sealed(self, key: str, body: BinaryIO) -> BinaryIO:
        """Where encryption under the subject's key belongs; not done yet, so bytes are stored as they came."""
        return body

    def _verify(self, ref: ObjectRef) -> ObjectRef | None:
        response = present(lambda: self._inside.get_object(self._evidence, ref.key, version_id=ref.version or None))
        if response is None:
            return None
        try:
            digest, size = _copy(response, None)
            version = ref.version or response.headers.get("x-amz-version-id", "")
        finally:
            _release(response)
        if (digest, size) != (ref.sha256, ref.size_bytes):
            return None
        return ObjectRef(key=ref.key, version=version, sha256=digest, size_bytes=size, media_type=ref.media_type)


def _copy(response: Any, file: BinaryIO | None) -> tuple[str, int]:
    """SHA-256 and size of a body, in bounded memory; written to `file` if there is one."""
    digest, size = hashlib.sha256(), 0
    for chunk in response.stream(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if file is not None:
            file.write(chunk)
    return digest.hexdigest(), size


def _release(response: Any) -> None:
    response.close()
    response.release_conn()
