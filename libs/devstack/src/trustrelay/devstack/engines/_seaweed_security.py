"""SeaweedFS' own security files: S3 identities, token keys for HTTP, a private CA for gRPC.

Without security.toml the filer's and master's ports answer anybody on the machine, past every S3 key.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import secrets
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from trustrelay.devstack.files import write_atomically
from trustrelay.devstack.ports import LOOPBACK
from trustrelay.devstack.secrets import S3Key

_HTTP_KEYS = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
_GRPC_PARTS = ("master", "volume", "filer", "s3", "admin", "worker", "client")
_VALID = datetime.timedelta(days=3650)


def write_identities(path: Path, admin: S3Key, payloads: S3Key, bucket: str) -> None:
    """One key for everything, one for a single bucket; no anonymous identity."""
    identities = [
        _identity("admin", admin, ["Admin", "Read", "Write", "List", "Tagging"]),
        _identity("payloads", payloads, [f"{action}:{bucket}" for action in ("Read", "Write", "List")]),
    ]
    write_atomically(path, json.dumps({"identities": identities}).encode())


def write_security(folder: Path) -> None:
    """security.toml with fresh keys, made once: file ids signed with them are short-lived, nothing stored needs them."""
    toml = folder / "security.toml"
    if toml.exists():
        return
    _write_certificates(folder)
    lines = []
    for section in _HTTP_KEYS:
        lines += [f"[{section}]", f'key = "{secrets.token_hex(24)}"', "expires_after_seconds = 60"]
    lines += ["[grpc]", f'ca = "{folder / "ca.crt"}"']
    for part in _GRPC_PARTS:
        lines += [f"[grpc.{part}]", f'cert = "{folder / "node.crt"}"', f'key = "{folder / "node.key"}"']
    write_atomically(toml, "\n".join(lines).encode())


def _identity(name: str, key: S3Key, actions: list[str]) -> dict[str, object]:
    return {"name": name, "credentials": [{"accessKey": key.access, "secretKey": key.secret}], "actions": actions}


def _write_certificates(folder: Path) -> None:
    """One certificate for all its parts (they are one process), from a CA whose key is thrown away."""
    ca_key, node_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _builder("seaweed ca", "seaweed ca", ca_key.public_key()).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    address = x509.IPAddress(ipaddress.ip_address(LOOPBACK))
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    node = (
        _builder("seaweed", "seaweed ca", node_key.public_key())
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    )
    private = node_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_atomically(folder / "node.key", private)
    write_atomically(folder / "node.crt", node.sign(ca_key, hashes.SHA256()).public_bytes(Encoding.PEM))
    write_atomically(folder / "ca.crt", ca.sign(ca_key, hashes.SHA256()).public_bytes(Encoding.PEM))


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + _VALID)
    )
