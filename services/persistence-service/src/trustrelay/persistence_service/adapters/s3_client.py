"""Talking to the object store: clients, threads for their blocking calls, and what its failures mean."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from trustrelay.servicekit.errors import Internal, Unavailable

T = TypeVar("T")
THREADS = 16
_ABSENT = frozenset({"NoSuchKey", "NoSuchVersion", "NoSuchObject"})
_OUR_MISTAKES = frozenset({"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "InvalidArgument", "MalformedXML"})
# Fixed, so that signing never asks the server which region it is in.
_REGION = "us-east-1"


@dataclass(frozen=True)
class Patience:
    """Seconds to connect and between bytes, and how often to try again."""

    connect: float
    read: float
    retries: int


WORK, PROBE = Patience(2, 30, 1), Patience(1, 1, 0)


@dataclass(frozen=True)
class S3Settings:
    """Endpoints are host:port. `public_endpoint` is what browsers reach; it goes into signatures, never into our own calls."""

    endpoint: str
    public_endpoint: str
    access_key: str
    secret_key: str
    secure: bool
    quarantine_bucket: str
    evidence_bucket: str


def client(settings: S3Settings, endpoint: str, patience: Patience) -> Minio:
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=patience.connect, read=patience.read),
        maxsize=THREADS,
        retries=urllib3.Retry(total=patience.retries, backoff_factor=0.2, status_forcelist=[502, 503, 504]),
    )
    access, secret = settings.access_key, settings.secret_key
    return Minio(endpoint, access_key=access, secret_key=secret, secure=settings.secure, region=_REGION, http_client=pool)


async def in_thread(threads: ThreadPoolExecutor, call: Callable[[], T]) -> T:
    """Run a blocking call; the store's failures become typed errors, without keys or addresses."""
    try:
        return await asyncio.get_running_loop().run_in_executor(threads, call)
    except S3Error as error:
        raise _typed(error) from None
    except (HTTPError, MinioException, ConnectionError):
        raise _unavailable() from None


def present(call: Callable[[], Any]) -> Any | None:
    """The call's result, or None when the object does not exist."""
    try:
        return call()
    except S3Error as error:
        if error.code in _ABSENT:
            return None
        raise


def _unavailable() -> Unavailable:
    return Unavailable("OBJECT_STORE_UNAVAILABLE", "the object store cannot be reached", retry_after=timedelta(seconds=2))


def _typed(error: S3Error) -> Internal | Unavailable:
    """Refusals of our own credentials or requests are our mistake; everything the server cannot do now may work later."""
    if error.code in _OUR_MISTAKES:
        return Internal("OBJECT_STORE_REFUSED", "the object store refused a request", metadata={"code": error.code})
    return _unavailable()
