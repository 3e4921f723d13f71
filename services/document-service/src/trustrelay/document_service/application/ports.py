"""What the use cases need from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..domain.conversion import ConversionJob, WorkerReport


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An immutable object in the store; sha256 in lower-case hex."""

    key: str
    version: str
    sha256: str
    size_bytes: int
    media_type: str


@dataclass(frozen=True, slots=True)
class ReadGrant:
    """Permission to read one object by HTTP GET."""

    object: StoredObject
    url: str


@dataclass(frozen=True, slots=True)
class WriteGrant:
    """Permission to store objects under a key prefix by HTTP POST with a signed policy."""

    url: str
    fields: Mapping[str, str]
    key_prefix: str
    # 0 = the grant does not say.
    max_bytes: int = 0


class ObjectStoreUnavailable(Exception):
    """The store did not answer as it should; another attempt, with a fresh grant, may work."""


class ObjectHostRefused(Exception):
    """A grant points to a host that is not the object store's."""


class ObjectHashMismatch(Exception):
    """The bytes that came are not those that were granted."""


class ObjectTooLarge(Exception):
    """The object is larger than accepted."""


class ObjectStore(Protocol):
    """Moves bytes by grants. Every method raises ObjectStoreUnavailable and ObjectHostRefused."""

    async def fetch(self, grant: ReadGrant, target: Path, max_bytes: int) -> None:
        """Download into `target` and verify the hash. Raises ObjectHashMismatch, ObjectTooLarge."""

    async def read(self, grant: ReadGrant, max_bytes: int) -> bytes:
        """The object's verified bytes. Raises ObjectHashMismatch, ObjectTooLarge."""

    async def store(self, grant: WriteGrant, name: str, body: bytes, media_type: str) -> StoredObject:
        """Upload under the grant's prefix. Raises ObjectTooLarge."""


class Converter(Protocol):
    """Converts documents in processes that can be killed."""

    async def convert(self, job: ConversionJob, timeout_seconds: float, progress: Callable[[int, int], None]) -> WorkerReport:
        """Raises DocumentRefused, WorkerCrashed, ConversionTimedOut; cancelling kills the work."""
