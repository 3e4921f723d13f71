"""The settings of every service on this stack, in one place: what `TRUSTRELAY_*` variables each process gets.

A service is given what it needs and nothing else: only persistence-service sees the database and the object store's
administrator, only case-api the key that signs actor assertions, only the worker its public half.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from trustrelay.devstack.engines import PostgresEngine, SeaweedEngine, TemporalEngine
from trustrelay.devstack.engines.seaweed import EVIDENCE, PAYLOADS, QUARANTINE
from trustrelay.devstack.engines.temporal import NAMESPACE
from trustrelay.devstack.issuer import AUDIENCE
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.ports import LOOPBACK, PortClaims
from trustrelay.devstack.relying_party import CLIENT_ID, REDIRECT_URI, SCOPE, discovery_url
from trustrelay.devstack.sandbox_urls import sandbox_urls
from trustrelay.devstack.secrets import Secrets
from trustrelay.devstack.workers import DOMAINS, worker_name

Environment = dict[str, str]

#: Ports by part: gRPC, but HTTP for sandbox and issuer. The workers' serve health only.
DEFAULT_PORTS: Mapping[str, int] = {
    "case-api": 50051,
    "document-service": 50052,
    "osint-service": 50053,
    "persistence-service": 50054,
    **{worker_name(domain): 50055 + number for number, domain in enumerate(DOMAINS)},
    "sandbox": 8070,
    "issuer": 8071,
    "collector": 4317,
}


def choose_ports(claims: PortClaims) -> dict[str, int]:
    """The default port of each of our processes, or a free one."""
    return {name: claims.claim(port) for name, port in DEFAULT_PORTS.items()}


@dataclass(frozen=True, slots=True)
class StackEnvironment:
    """Everything the settings are made of. `base` is what every child inherits, `seed` the sandbox's cast, `domains` whose workers run."""

    data: DataFolder
    secrets: Secrets
    base: Mapping[str, str]
    ports: Mapping[str, int]
    seed: int
    deployment_version: str
    domains: tuple[str, ...]
    postgres: PostgresEngine
    seaweed: SeaweedEngine
    temporal: TemporalEngine

    @property
    def issuer_url(self) -> str:
        """Base URL of the token issuer, also the `iss` of its tokens."""
        return f"http://{self.target('issuer')}"

    def target(self, name: str) -> str:
        """`host:port` of one of our processes."""
        return f"{LOOPBACK}:{self.ports[name]}"

    def migrate(self) -> Environment:
        """The one place where the schema owner's password goes."""
        return {**self.base, "TRUSTRELAY_DATABASE_OWNER_URL": self.postgres.owner_url}

    def persistence_service(self) -> Environment:
        """Database and object store, and the key that signs capsules."""
        return self._service("persistence-service") | {
            "TRUSTRELAY_DATABASE_URL": self.postgres.app_url,
            "TRUSTRELAY_S3_ENDPOINT": self.seaweed.endpoint,
            "TRUSTRELAY_S3_PUBLIC_ENDPOINT": self.seaweed.endpoint,
            "TRUSTRELAY_S3_ACCESS_KEY": self.secrets.s3_admin.access,
            "TRUSTRELAY_S3_SECRET_KEY": self.secrets.s3_admin.secret,
            "TRUSTRELAY_QUARANTINE_BUCKET": QUARANTINE,
            "TRUSTRELAY_EVIDENCE_BUCKET": EVIDENCE,
            "TRUSTRELAY_CAPSULE_KEY_FILE": str(self.secrets.capsule_private_key),
        }

    def document_service(self) -> Environment:
        """May fetch from the object store by presigned URL, from nowhere else."""
        return self._service("document-service") | {"TRUSTRELAY_OBJECT_STORE_HOSTS": self.seaweed.endpoint}

    def osint_service(self) -> Environment:
        """Registries and lists are the sandbox's."""
        cache = self.data.cache / f"osint-seed-{self.seed}"  # another cast has other lists
        cache.mkdir(mode=0o700, exist_ok=True)
        return (
            self._service("osint-service")
            | sandbox_urls(f"http://{self.target('sandbox')}")
            | {
                "TRUSTRELAY_OBJECT_STORE_HOSTS": self.seaweed.endpoint,
                "TRUSTRELAY_CACHE_DIR": str(cache),
                "TRUSTRELAY_GDELT_INTERVAL_SECONDS": "0",  # the public service asks for 5 s between requests, the sandbox does not
                "TRUSTRELAY_KBO_WATCH_AGE_SECONDS": "0",  # what is changed at the sandbox is seen by the next look
            }
        )

    def workflow_worker(self, domain: str) -> Environment:
        """Temporal, and the services that its activities call."""
        return self._temporal_client(worker_name(domain)) | {
            "TRUSTRELAY_DOCUMENT_TARGET": self.target("document-service"),
            "TRUSTRELAY_OSINT_TARGET": self.target("osint-service"),
            "TRUSTRELAY_ASSERTION_PUBLIC_KEY_FILE": str(self.secrets.assertion_public_key),
            "TRUSTRELAY_DEPLOYMENT_VERSION": self.deployment_version,
        }

    def case_api(self) -> Environment:
        """Temporal, the read model, who may call, and who vouches for customers."""
        return self._temporal_client("case-api") | {
            "TRUSTRELAY_ASSERTION_PRIVATE_KEY_FILE": str(self.secrets.assertion_private_key),
            "TRUSTRELAY_OIDC_ISSUER": self.issuer_url,
            "TRUSTRELAY_OIDC_JWKS_URL": f"{self.issuer_url}/jwks.json",
            "TRUSTRELAY_OIDC_AUDIENCE": AUDIENCE,
            "TRUSTRELAY_IDENTITY_DISCOVERY_URL": discovery_url(f"http://{self.target('sandbox')}"),
            "TRUSTRELAY_IDENTITY_CLIENT_ID": CLIENT_ID,
            "TRUSTRELAY_IDENTITY_PRIVATE_KEY_FILE": str(self.secrets.identity_signing_key),
            "TRUSTRELAY_IDENTITY_DECRYPTION_KEY_FILE": str(self.secrets.identity_decryption_key),
            "TRUSTRELAY_IDENTITY_REDIRECT_URI": REDIRECT_URI,
            "TRUSTRELAY_IDENTITY_SCOPE": SCOPE,
        }

    def _service(self, name: str) -> Environment:
        return {
            **self.base,
            "TRUSTRELAY_HOST": LOOPBACK,
            "TRUSTRELAY_PORT": str(self.ports[name]),
            "TRUSTRELAY_OTLP_ENDPOINT": self.target("collector"),
            "TRUSTRELAY_METRICS_INTERVAL_SECONDS": "10",
            "TRUSTRELAY_LOG_LEVEL": os.environ.get("TRUSTRELAY_LOG_LEVEL", "INFO"),
        }

    def _temporal_client(self, name: str) -> Environment:
        return self._service(name) | {
            "TRUSTRELAY_TEMPORAL_ADDRESS": self.temporal.address,
            "TRUSTRELAY_TEMPORAL_NAMESPACE": NAMESPACE,
            "TRUSTRELAY_PAYLOAD_KEYS_FILE": str(self.secrets.payload_keys),
            "TRUSTRELAY_PAYLOAD_BUCKET": PAYLOADS,
            "TRUSTRELAY_PAYLOAD_S3_ENDPOINT": self.seaweed.endpoint,
            "TRUSTRELAY_PAYLOAD_S3_ACCESS_KEY": self.secrets.s3_payloads.access,
            "TRUSTRELAY_PAYLOAD_S3_SECRET_KEY": self.secrets.s3_payloads.secret,
            "TRUSTRELAY_PERSISTENCE_TARGET": self.target("persistence-service"),
        }
