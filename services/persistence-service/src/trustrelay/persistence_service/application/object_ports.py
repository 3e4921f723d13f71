"""What the use cases need of the object store, of the signer and of the scanner."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trustrelay.common.v1.objects_pb2 import ObjectRef


@dataclass(frozen=True)
class PostForm:
    """Where and with which fields a browser or service may post."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Inspected:
    """A quarantined body as it was read: what it is, and where it can be read again."""

    path: str
    sha256: str
    size_bytes: int
    media_type: str


class Objects(Protocol):
    """The object store. Everything raises UNAVAILABLE OBJECT_STORE_UNAVAILABLE while it cannot be reached."""

    def inspected_upload(self, key: str) -> AbstractAsyncContextManager[Inspected | None]: ...
    async def promote(self, inspected: Inspected, key: str) -> ObjectRef: ...
    async def discard_upload(self, key: str) -> None: ...
    async def verified(self, ref: ObjectRef) -> ObjectRef | None: ...
    async def put(self, key: str, body: bytes, media_type: str) -> ObjectRef: ...
    def read_url(self, ref: ObjectRef, seconds: int, *, public: bool) -> str: ...
    def upload_form(self, key: str, max_bytes: int, expire_time: datetime) -> PostForm: ...
    def folder_form(self, prefix: str, max_bytes: int, expire_time: datetime) -> PostForm: ...


class CapsuleSigner(Protocol):
    """Signs a payload into a DSSE envelope (JSON bytes)."""

    def envelope(self, payload: bytes, payload_type: str) -> bytes: ...


class Scanner(Protocol):
    """The malware scan hook: `CLEAR`, `FAILED <reason>` or `NOT_ASSESSED <reason>`."""

    async def scan(self, inspected: Inspected) -> str: ...
