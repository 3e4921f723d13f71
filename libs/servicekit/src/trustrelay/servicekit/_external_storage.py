"""Our own thin layer over the claim check of the SDK (marked experimental there): S3 through ``minio``.

What arrives here has passed the payload codec: it is compressed and encrypted already.
"""

import asyncio
import io
from collections.abc import Mapping
from urllib.parse import urlsplit

from minio import Minio
from minio.error import S3Error
from temporalio.contrib.aws.s3driver import S3StorageDriver, S3StorageDriverClient
from temporalio.converter import ExternalStorage
from urllib3 import PoolManager
from urllib3.util import Retry, Timeout

#: Payloads above this many bytes (encoded) leave the history and become a reference.
THRESHOLD_BYTES = 64 * 1024
_MISSING = frozenset({"NoSuchKey", "NoSuchObject"})


def minio_client(endpoint: str, access_key: str, secret_key: str) -> Minio:
    """A client for ``host:port`` or ``http(s)://host:port``; TLS only with https."""
    parts = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
    return Minio(
        parts.netloc,
        access_key=access_key,
        secret_key=secret_key,
        secure=parts.scheme == "https",
        region="us-east-1",  # given, it saves a lookup before the first request; any S3 accepts it
        http_client=_http(),
    )


def _http() -> PoolManager:
    """minio's own default waits five minutes for a silent server; a workflow task cannot."""
    retries = Retry(total=3, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504))
    return PoolManager(timeout=Timeout(connect=3, read=20), maxsize=16, retries=retries)


class MinioObjects(S3StorageDriverClient):
    """Whole objects by bucket and key; blocking calls run in threads."""

    def __init__(self, client: Minio) -> None:
        self._client = client

    async def put_object(self, *, bucket: str, key: str, data: bytes) -> None:
        """Store ``data``. Raises minio's S3Error, or urllib3's errors when there is no server."""
        await asyncio.to_thread(self._client.put_object, bucket, key, io.BytesIO(data), len(data))

    async def object_exists(self, *, bucket: str, key: str) -> bool:
        """True when the object is there; any answer but yes or no raises."""
        try:
            await asyncio.to_thread(self._client.stat_object, bucket, key)
        except S3Error as error:
            if error.code in _MISSING:
                return False
            raise
        return True

    async def get_object(self, *, bucket: str, key: str) -> bytes:
        """The object's bytes. Raises KeyError when there is none."""
        return await asyncio.to_thread(self._read, bucket, key)

    async def remove_objects(self, *, bucket: str, prefix: str) -> int:
        """Delete everything under ``prefix``, every version of it; how many there were."""
        return await asyncio.to_thread(self._remove, bucket, prefix)

    async def list_keys(self, *, bucket: str, prefix: str) -> list[str]:
        """The keys under ``prefix``."""
        return await asyncio.to_thread(lambda: [str(o.object_name) for o in self._client.list_objects(bucket, prefix, recursive=True)])

    async def bucket_exists(self, bucket: str) -> bool:
        """True when the bucket is there and we may use it."""
        return await asyncio.to_thread(self._client.bucket_exists, bucket)

    def describe(self) -> Mapping[str, str]:
        """Nothing: what the driver would add here ends up in error messages."""
        return {}

    def _read(self, bucket: str, key: str) -> bytes:
        try:
            response = self._client.get_object(bucket, key)
        except S3Error as error:
            if error.code in _MISSING:
                raise KeyError(key) from None
            raise
        try:
            return response.read()
        finally:
            response.close()
            response.release_conn()

    def _remove(self, bucket: str, prefix: str) -> int:
        found = list(self._client.list_objects(bucket, prefix, recursive=True, include_version=True))
        for each in found:
            self._client.remove_object(bucket, str(each.object_name), version_id=each.version_id)
        return len(found)


def external_storage(objects: MinioObjects, bucket: str) -> ExternalStorage:
    """The SDK's claim check over ``objects``."""
    return ExternalStorage(drivers=[S3StorageDriver(objects, bucket)], payload_size_threshold=THRESHOLD_BYTES)
