"""The payload codec: zstd, then AES-256-GCM under the data key of the case."""

import asyncio
from collections.abc import Callable, Sequence

import zstandard
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec, SerializationContext, WithSerializationContext

from trustrelay.servicekit._data_keys import DataKeys, scope_of
from trustrelay.servicekit._keyring import seal, unseal

ENCODING = b"binary/trustrelay-zstd-aesgcm"
_ENCODING_KEY = "encoding"
_KEY_ID_KEY = "key-id"
#: Larger payloads are worked on in a thread, so that the event loop keeps heartbeating.
_INLINE_BYTES = 256 * 1024


class EncryptingCodec(PayloadCodec, WithSerializationContext):
    """Encrypts whole payloads, metadata included; only its encoding and the data key's id stay readable.

    Reading needs no context: the payload names its key. A payload that is not ours passes unchanged: refusing
    it would let anybody who can send a signal block a workflow; what may decide is signed (``assertions``).
    """

    def __init__(self, keys: DataKeys, workflow_id: str | None = None) -> None:
        self._keys = keys
        self._scope = scope_of(workflow_id)

    def with_context(self, context: SerializationContext) -> "EncryptingCodec":
        """The same codec, writing for the workflow in ``context``."""
        return EncryptingCodec(self._keys, getattr(context, "workflow_id", None))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each payload. Raises what the object store raises when a new data key cannot be stored."""
        if not payloads:
            return []
        key = await self._keys.for_writing(self._scope)
        return [await _off_loop(_encrypt, p.SerializeToString(), key.secret, key.key_id) for p in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt each payload. Raises DataKeyDestroyed, KeyringError, or InvalidTag for an altered one."""
        return [await self._decoded(payload) for payload in payloads]

    async def _decoded(self, payload: Payload) -> Payload:
        if payload.metadata.get(_ENCODING_KEY) != ENCODING:
            return payload
        key = await self._keys.for_reading(payload.metadata[_KEY_ID_KEY].decode())
        return await _off_loop(_decrypt, payload.data, key.secret, key.key_id)


async def _off_loop(work: Callable[[bytes, bytes, str], Payload], data: bytes, secret: bytes, key_id: str) -> Payload:
    if len(data) <= _INLINE_BYTES:
        return work(data, secret, key_id)
    return await asyncio.to_thread(work, data, secret, key_id)


def _encrypt(plain: bytes, secret: bytes, key_id: str) -> Payload:
    sealed = seal(secret, zstandard.compress(plain), key_id.encode())
    return Payload(metadata={_ENCODING_KEY: ENCODING, _KEY_ID_KEY: key_id.encode()}, data=sealed)


def _decrypt(sealed: bytes, secret: bytes, key_id: str) -> Payload:
    return Payload.FromString(zstandard.decompress(unseal(secret, sealed, key_id.encode())))
