"""Certificates of the services, for clusters without cert-manager: prints the Secrets that profiles/own-certificates.yaml names.

    python deploy/helm/certificates.py FOLDER RELEASE NAMESPACE | kubectl apply -n NAMESPACE -f -

The CA is made once in FOLDER (its key is of mode 600); the same folder renews: run it again before the 90 days are over.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

COMPONENTS = ("case-api", "workflow-worker", "document-service", "osint-service", "persistence-service", "smoke-test")
AUTHORITY = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Trust Relay services")])
VALID_DAYS, AUTHORITY_VALID_DAYS = 90, 1825


def authority(folder: Path) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """The CA's key, and its certificate as PEM; made on first use."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_file, certificate_file = folder / "ca.key", folder / "ca.crt"
    if not certificate_file.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        key_file.touch(mode=0o600)
        key_file.write_bytes(_key_pem(key))
        made = _builder(AUTHORITY, key, AUTHORITY_VALID_DAYS).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        certificate_file.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    loaded = load_pem_private_key(key_file.read_bytes(), password=None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise SystemExit(f"{key_file} is not a key that this script made: give another folder")
    return loaded, certificate_file.read_bytes()


def secrets(folder: Path, release: str, namespace: str) -> list[dict[str, object]]:
    """One Secret per component, with the one name that the charts expect in its certificate."""
    ca_key, ca_pem = authority(folder)
    found: list[dict[str, object]] = []
    for component in COMPONENTS:
        certificate, key = issue(ca_key, f"{release}-{component}.{namespace}.svc")
        data = {"tls.crt": certificate.decode(), "tls.key": key.decode(), "ca.crt": ca_pem.decode()}
        metadata = {"name": f"trustrelay-tls-{component}"}
        found.append({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata, "stringData": data})
    return found


def issue(ca_key: ec.EllipticCurvePrivateKey, name: str) -> tuple[bytes, bytes]:
    """PEM of a certificate for servers and clients, and of its new key."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(x509.Name([]), key, VALID_DAYS)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM), _key_pem(key)


def _builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(AUTHORITY, subject, key.public_key(), x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(days=days))


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    items = secrets(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
    print(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))  # noqa: T201
