"""Every key of the stack, made at first start under DATA/keys (folder 700, files 600) and never shown."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from trustrelay.devstack.files import write_atomically

DEV_USERS = ("olivia", "samir", "mara", "anton", "omar")


@dataclass(frozen=True, slots=True)
class DatabasePasswords:
    """Passwords of the three database roles."""

    superuser: str
    owner: str
    app: str


@dataclass(frozen=True, slots=True)
class S3Key:
    """One access key of the object store."""

    access: str
    secret: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """Paths of key files for those who read files, values for those who take settings."""

    assertion_private_key: Path
    assertion_public_key: Path
    capsule_private_key: Path
    capsule_public_key: Path
    issuer_private_key: Path
    payload_keys: Path
    identity_signing_key: Path
    identity_decryption_key: Path
    dev_users: Path
    database: DatabasePasswords
    s3_admin: S3Key
    s3_payloads: S3Key

    @classmethod
    def open(cls, folder: Path) -> Secrets:
        """Read the keys; make those that are missing. `folder` exists and is private."""
        assertion = _key_pair(folder, "assertion", "ed25519")
        capsule = _key_pair(folder, "capsule", "p256")
        s3 = _json(folder / "s3.json", lambda: {"admin": _s3_key(), "payloads": _s3_key()})
        passwords = _json(folder / "database.json", lambda: {r: _password() for r in ("superuser", "owner", "app")})
        users = folder / "dev_users.json"
        _json(users, lambda: {name: _password(12) for name in DEV_USERS})
        payload_keys = folder / "payload_keys.json"
        _json(payload_keys, _keyring)
        return cls(
            assertion_private_key=assertion[0],
            assertion_public_key=assertion[1],
            capsule_private_key=capsule[0],
            capsule_public_key=capsule[1],
            issuer_private_key=_key_pair(folder, "issuer", "p256")[0],
            payload_keys=payload_keys,
            identity_signing_key=_key_pair(folder, "identity_signing", "rsa")[0],
            identity_decryption_key=_key_pair(folder, "identity_decryption", "rsa")[0],
            dev_users=users,
            database=DatabasePasswords(**passwords),
            s3_admin=S3Key(**s3["admin"]),
            s3_payloads=S3Key(**s3["payloads"]),
        )

    def dev_password(self, username: str) -> str:
        """The password of a dev user. Raises KeyError for anybody else."""
        return str(json.loads(self.dev_users.read_text())[username])


def _json(path: Path, make: Callable[[], Any]) -> Any:
    """The file's content, made once."""
    if not path.exists():
        write_atomically(path, json.dumps(make(), indent=1).encode())
    return json.loads(path.read_text())


def _password(size: int = 24) -> str:
    return secrets.token_urlsafe(size)


def _s3_key() -> dict[str, str]:
    return {"access": secrets.token_hex(10).upper(), "secret": secrets.token_urlsafe(30)}


def _keyring() -> dict[str, Any]:
    """One key of 32 bytes; rotation adds a key and moves `active`."""
    key_id = f"k-{secrets.token_hex(4)}"
    return {"active": key_id, "keys": {key_id: base64.b64encode(secrets.token_bytes(32)).decode()}}


_KINDS: Mapping[str, Callable[[], ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey]] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
}


def _key_pair(folder: Path, name: str, kind: Literal["ed25519", "p256", "rsa"]) -> tuple[Path, Path]:
    """PEM files NAME_private.pem (PKCS#8, unencrypted) and NAME_public.pem (SubjectPublicKeyInfo)."""
    private, public = folder / f"{name}_private.pem", folder / f"{name}_public.pem"
    if not private.exists():
        key = _KINDS[kind]()
        # The public half first: a private key without it would never be completed.
        write_atomically(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        write_atomically(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return private, public
