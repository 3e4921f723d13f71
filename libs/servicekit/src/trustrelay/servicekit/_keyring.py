"""The keyring file: key-encryption keys by id, one of them active; rotation is adding one and activating it."""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trustrelay.servicekit import _private_files

_KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyringError(Exception):
    """The keyring cannot be used, or does not hold the key that something was wrapped with."""


@dataclass(frozen=True)
class Keyring:
    """Key-encryption keys (32 bytes each) by id; ``active`` wraps, every one unwraps."""

    active: str
    keys: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if self.active not in self.keys:
            raise KeyringError("the active key is not in the keyring")
        if any(len(key) != _KEY_BYTES for key in self.keys.values()):
            raise KeyringError(f"every key of the keyring has {_KEY_BYTES} bytes")

    def wrap(self, data_key: bytes, bound_to: bytes) -> bytes:
        """``data_key`` sealed with the active key, usable only together with ``bound_to``."""
        return seal(self.keys[self.active], data_key, bound_to)

    def unwrap(self, key_id: str, wrapped: bytes, bound_to: bytes) -> bytes:
        """The data key again. Raises KeyringError for a key id it does not hold or a wrapping not its own."""
        key = self.keys.get(key_id)
        if key is None:
            raise KeyringError(f"the keyring holds no key {key_id}")
        try:
            return unseal(key, wrapped, bound_to)
        except InvalidTag:
            raise KeyringError(f"key {key_id} did not wrap this data key") from None


def load_keyring(path: Path) -> Keyring:
    """Read ``{"active": id, "keys": {id: base64 of 32 bytes}}``; the file must be ours alone (`_private_files`)."""
    try:
        if not _private_files.is_private(path):
            raise KeyringError(f"{path} can be read by others; {_private_files.ADVICE}")
        content = json.loads(path.read_text())
        keys = {str(k): base64.b64decode(v, validate=True) for k, v in content["keys"].items()}
        return Keyring(active=str(content["active"]), keys=keys)
    except OSError as error:
        raise KeyringError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise KeyringError(f"{path} is not a keyring") from None


def new_keyring(key_id: str) -> str:
    """The JSON text of a fresh keyring with one active key, for first start."""
    key = base64.b64encode(os.urandom(_KEY_BYTES)).decode()
    return json.dumps({"active": key_id, "keys": {key_id: key}})


def seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """AES-256-GCM with a random 96-bit nonce in front."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def unseal(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """The reverse of ``seal``. Raises InvalidTag when key, bytes or binding differ."""
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
