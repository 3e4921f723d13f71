"""Data keys: a random key per case, wrapped by the keyring, kept as an object of its own beside the payloads.

The wrapped key is not inside the payloads, so deleting a case's key objects makes everything that was ever
encrypted for it unreadable, wherever copies of the history lie: erasure by destroying the key.
A process that meets a case for the first time makes a further key for it, so writers never race.
"""

import base64
import hashlib
import json
import os
import re
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from trustrelay.servicekit._external_storage import MinioObjects
from trustrelay.servicekit._keyring import Keyring

_PREFIX = "datakeys"
_KEY_BYTES = 32
_CACHED_KEYS = 4096
#: An erased case stays readable in a running process for at most this long.
_CACHE_SECONDS = 300.0
#: What Temporal appends to the workflow id of a schedule; a key for each run would fill the bucket with keys.
_SCHEDULED_FOR = re.compile(r"-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


class DataKeyDestroyed(Exception):
    """The data key of this payload no longer exists: its case was erased."""


@dataclass(frozen=True)
class DataKey:
    """``key_id`` is ``<digest of the scope>/<random>`` and tells nothing about the case."""

    key_id: str
    wrapped_by: str
    secret: bytes = field(repr=False)


def scope_of(workflow_id: str | None) -> str:
    """``case/<tenant>/<case_id>[/child…]`` → its case; any other workflow is a scope of its own, all runs of a schedule are one."""
    parts = _SCHEDULED_FOR.sub("", workflow_id or "-").split("/")
    return "/".join(parts[:3]) if parts[0] == "case" else "/".join(parts)


class DataKeys:
    """Finds, makes and destroys data keys; keeps those in use in memory for a few minutes."""

    def __init__(self, objects: MinioObjects, bucket: str, keyring: Keyring) -> None:
        self._objects, self._bucket, self._keyring = objects, bucket, keyring
        self._cache: OrderedDict[str, tuple[float, DataKey]] = OrderedDict()
        self._writing: dict[str, str] = {}

    async def for_writing(self, scope: str) -> DataKey:
        """A key of ``scope`` wrapped by the active key, made and stored on first use."""
        digest = _digest(scope)
        known = self._cached(self._writing.get(digest, ""))
        return known if known is not None else await self._make(digest)

    async def for_reading(self, key_id: str) -> DataKey:
        """The key named in a payload. Raises DataKeyDestroyed, or KeyringError without its wrapping key."""
        known = self._cached(key_id)
        if known is not None:
            return known
        try:
            stored = json.loads(await self._objects.get_object(bucket=self._bucket, key=_object(key_id)))
        except KeyError:
            raise DataKeyDestroyed(f"data key {key_id} does not exist any more") from None
        secret = self._keyring.unwrap(stored["kek"], base64.b64decode(stored["wrapped"]), key_id.encode())
        return self._remember(DataKey(key_id, stored["kek"], secret))

    async def destroy(self, scope: str) -> int:
        """Erase: delete every data key of ``scope``; how many there were."""
        digest = _digest(scope)
        self._writing.pop(digest, None)
        for key_id in [k for k in self._cache if k.startswith(f"{digest}/")]:
            del self._cache[key_id]
        return await self._objects.remove_objects(bucket=self._bucket, prefix=f"{_PREFIX}/{digest}/")

    async def rewrap_all(self) -> int:
        """Wrap every stored data key with the active key, so that older ones can be retired; how many changed."""
        changed = 0
        for name in await self._objects.list_keys(bucket=self._bucket, prefix=f"{_PREFIX}/"):
            key = await self.for_reading(name.removeprefix(f"{_PREFIX}/").removesuffix(".json"))
            if key.wrapped_by != self._keyring.active:
                await self._store(key)
                changed += 1
        return changed

    async def _make(self, digest: str) -> DataKey:
        key = DataKey(f"{digest}/{os.urandom(8).hex()}", self._keyring.active, os.urandom(_KEY_BYTES))
        await self._store(key)  # before its first use: a payload must never outlive an unsaved key
        return self._remember(key)

    async def _store(self, key: DataKey) -> None:
        wrapped = self._keyring.wrap(key.secret, key.key_id.encode())
        content = {"kek": self._keyring.active, "wrapped": base64.b64encode(wrapped).decode()}
        await self._objects.put_object(bucket=self._bucket, key=_object(key.key_id), data=json.dumps(content).encode())

    def _remember(self, key: DataKey) -> DataKey:
        self._cache[key.key_id] = (time.monotonic() + _CACHE_SECONDS, key)
        if key.wrapped_by == self._keyring.active:
            self._writing.setdefault(key.key_id.partition("/")[0], key.key_id)
        while len(self._cache) > _CACHED_KEYS:
            self._forget(next(iter(self._cache)))
        return key

    def _cached(self, key_id: str) -> DataKey | None:
        expiry, key = self._cache.get(key_id, (0.0, None))
        if key is not None and expiry < time.monotonic():
            self._forget(key_id)
            return None
        return key

    def _forget(self, key_id: str) -> None:
        del self._cache[key_id]
        digest = key_id.partition("/")[0]
        if self._writing.get(digest) == key_id:
            del self._writing[digest]


def _digest(scope: str) -> str:
    return hashlib.sha256(scope.encode()).hexdigest()[:24]


def _object(key_id: str) -> str:
    return f"{_PREFIX}/{key_id}.json"
