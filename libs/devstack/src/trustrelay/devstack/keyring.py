"""The payload keyring of a stack: adding a key and making it the active one, without ever dropping one that something was wrapped with.

Every process reads the keyring when it starts. A key must therefore be known to all of them before one of them wraps with it: first
`rotate` and restart, then `activate` and restart, then `rewrap`; only then may an old key be taken out of the file by hand.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trustrelay.devstack.errors import StackError
from trustrelay.devstack.files import write_atomically

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class PayloadKeyring:
    """The file's content; the keys themselves are never shown."""

    path: Path
    active: str
    keys: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> PayloadKeyring:
        """Raises StackError when the file is no keyring."""
        try:
            content = json.loads(path.read_text("utf-8"))
            return cls(path, str(content["active"]), dict(content["keys"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StackError(f"{path} cannot be read as a keyring ({type(error).__name__})") from error

    def with_new_key(self) -> tuple[PayloadKeyring, str]:
        """The same with one more key, and its id; the active one stays."""
        key_id = f"k-{secrets.token_hex(4)}"
        keys = {**self.keys, key_id: base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}
        return PayloadKeyring(self.path, self.active, keys), key_id

    def activated(self, key_id: str) -> PayloadKeyring:
        """The same with `key_id` active. Raises StackError when the keyring does not hold it."""
        if key_id not in self.keys:
            raise StackError(f"the keyring holds no key {key_id}: `trustrelay keys list` shows its keys")
        return PayloadKeyring(self.path, key_id, self.keys)

    def write(self) -> None:
        """Replaces the file in one step, mode 600."""
        write_atomically(self.path, json.dumps({"active": self.active, "keys": dict(self.keys)}, indent=1).encode())
