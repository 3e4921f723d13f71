"""A certificate authority for tests, and folders laid out as a Secret volume is."""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from trustrelay.servicekit.tls import TlsFiles

_LOOPBACK = ipaddress.ip_address("127.0.0.1")


class Authority:
    """Issues certificates for a DNS name, and the loopback address where tests connect to it, good for a day."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        certificate = _builder(self._name, self._name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.pem = certificate.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def issue(self, name: str, loopback: bool = True) -> tuple[bytes, bytes]:
        """PEM of a new key's certificate, and of the key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(name), *([x509.IPAddress(_LOOPBACK)] if loopback else [])])
        certificate = _builder(x509.Name([]), self._name, key).add_extension(names, critical=True).sign(self._key, hashes.SHA256())
        return certificate.public_bytes(Encoding.PEM), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Volume:
    """tls.crt, tls.key and ca.crt behind one link that a change swaps, as the kubelet does."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._version = folder, 0
        self.certificate, self.private_key, self.ca = (folder / "..data" / name for name in ("tls.crt", "tls.key", "ca.crt"))

    def write(self, certificate: bytes, private_key: bytes, ca: bytes) -> "Volume":
        """Replace all three at once."""
        self._version += 1
        version = self._folder / f"..{self._version}"
        version.mkdir(parents=True)
        for name, content in (("tls.crt", certificate), ("tls.key", private_key), ("ca.crt", ca)):
            (version / name).write_bytes(content)
        (version / "tls.key").chmod(0o600)
        link = self._folder / "..new"
        link.symlink_to(version.name)
        os.replace(link, self._folder / "..data")
        return self

    def contents(self) -> tuple[bytes, bytes, bytes]:
        """What `write` takes."""
        return self.certificate.read_bytes(), self.private_key.read_bytes(), self.ca.read_bytes()

    def files(self) -> TlsFiles:
        """What `servicekit.tls` makes of it."""
        return TlsFiles(self.certificate, self.private_key, self.ca)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
    )
