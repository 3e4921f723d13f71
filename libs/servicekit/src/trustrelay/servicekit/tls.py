"""Mutual TLS between the services: one certificate per process, read again when its files change.

The same certificate says who we are as a server and as a client; the CA file says whom we believe, on both sides.
"""

import threading
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError

from trustrelay.servicekit import _private_files
from trustrelay.servicekit.errors import FailedPrecondition
from trustrelay.servicekit.settings import TlsSettings
from trustrelay.servicekit.telemetry import get_logger

Stamp = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Material:
    """What the files held: PEM of the certificate (and its chain), of its key, and of the CAs to believe."""

    certificate: bytes
    private_key: bytes = field(repr=False)
    ca: bytes

    def for_server(self) -> grpc.ServerCertificateConfiguration:
        """Our certificate, and whose clients to let in."""
        return grpc.ssl_server_certificate_configuration([(self.private_key, self.certificate)], self.ca)

    def for_client(self) -> grpc.ChannelCredentials:
        """Our certificate, and whose servers to believe."""
        return grpc.ssl_channel_credentials(self.ca, self.private_key, self.certificate)


class TlsFiles:
    """The three files, and the last usable material in them. Threads may share it: gRPC asks from its own."""

    def __init__(self, certificate: Path, private_key: Path, ca: Path) -> None:
        """Read them once. Raises FailedPrecondition / TLS_FILES_UNUSABLE."""
        self._paths = (certificate, private_key, ca)
        self._lock = threading.Lock()
        self._stamp = self._stamps()
        self._material = self._read()

    def current(self) -> Material:
        """What the files hold now; the same object as long as they do not change.

        A change that is not usable (half written, key of another certificate) is logged, and what was there stays in force.
        """
        with self._lock:
            try:
                self._refresh()
            except FailedPrecondition as error:
                get_logger().error("tls.rotation_failed", **{"error.reason": error.reason, "error.message": error.message})
            return self._material

    def server_credentials(self) -> grpc.ServerCredentials:
        """Requires and verifies clients' certificates; every new connection gets what the files hold then."""
        return grpc.dynamic_ssl_server_credentials(
            self.current().for_server(),
            lambda: self.current().for_server(),
            require_client_authentication=True,
        )

    def _refresh(self) -> None:
        stamp = self._stamps()
        if stamp == self._stamp:
            return
        self._stamp = stamp  # first: an unusable change is complained of once, not at every call
        self._material = self._read()
        get_logger().info("tls.rotated", not_after=_leaf(self._material.certificate).not_valid_after_utc.isoformat())

    def _stamps(self) -> Stamp:
        return tuple(_stamp(path) for path in self._paths)

    def _read(self) -> Material:
        certificate, private_key, ca = self._paths
        try:
            if not _private_files.is_private(private_key):
                raise _unusable(private_key, f"can be read by others; {_private_files.ADVICE}")
            material = Material(certificate.read_bytes(), private_key.read_bytes(), ca.read_bytes())
        except OSError as error:
            raise _unusable(Path(error.filename or private_key), f"cannot be read: {error.strerror}") from None
        self._judge(material)
        return material

    def _judge(self, material: Material) -> None:
        """Raise FailedPrecondition unless each file is what it should be and key and certificate are a pair."""
        certificate, private_key, ca = self._paths
        try:
            promised = _leaf(material.certificate).public_key()
        except ValueError:
            raise _unusable(certificate, "holds no certificate (PEM)") from None
        try:
            own = serialization.load_pem_private_key(material.private_key, password=None).public_key()
        except (ValueError, TypeError):
            raise _unusable(private_key, "holds no private key (PEM, not encrypted)") from None
        try:
            x509.load_pem_x509_certificates(material.ca)
        except ValueError:
            raise _unusable(ca, "holds no certificates (PEM)") from None
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if promised.public_bytes(*form) != own.public_bytes(*form):
            raise _unusable(private_key, f"is not the key of the certificate in {certificate}")


def files_of(settings: TlsSettings) -> TlsFiles | None:
    """The files that ``settings`` name, shared by all who name them; None for plain text.

    Raises FailedPrecondition / TLS_FILES_UNUSABLE.
    """
    certificate, private_key, ca = settings.tls_certificate_file, settings.tls_private_key_file, settings.tls_ca_file
    if certificate is None or private_key is None or ca is None:
        return None
    return _shared(certificate, private_key, ca)


def files_of_process() -> TlsFiles | None:
    """Those in this process's environment: no caller can forget to pass them, and so fall back to plain text.

    Raises FailedPrecondition / TLS_SETTINGS_INVALID, TLS_FILES_UNUSABLE.
    """
    try:
        return files_of(TlsSettings())
    except ValidationError as invalid:
        raise FailedPrecondition("TLS_SETTINGS_INVALID", "; ".join(mistake["msg"] for mistake in invalid.errors())) from None


@cache
def _shared(certificate: Path, private_key: Path, ca: Path) -> TlsFiles:
    return TlsFiles(certificate, private_key, ca)


def _leaf(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def _stamp(path: Path) -> tuple[int, int, int]:
    """Changes whenever the file does; a Secret volume swaps a link, which shows as another inode."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def _unusable(path: Path, problem: str) -> FailedPrecondition:
    return FailedPrecondition("TLS_FILES_UNUSABLE", f"{path} {problem}")
