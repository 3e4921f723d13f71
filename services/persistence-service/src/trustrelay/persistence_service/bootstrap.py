"""The only place where the service is wired together."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from trustrelay.persistence.v1.audit_service_pb2_grpc import add_AuditServiceServicer_to_server
from trustrelay.persistence.v1.batch_store_service_pb2_grpc import add_BatchStoreServiceServicer_to_server
from trustrelay.persistence.v1.case_store_service_pb2_grpc import add_CaseStoreServiceServicer_to_server, add_TemplateServiceServicer_to_server
from trustrelay.persistence.v1.evidence_service_pb2_grpc import add_EvidenceServiceServicer_to_server
from trustrelay.persistence.v1.graph_service_pb2_grpc import add_GraphServiceServicer_to_server
from trustrelay.persistence.v1.monitoring_store_service_pb2_grpc import add_MonitoringStoreServiceServicer_to_server
from trustrelay.persistence.v1.object_service_pb2_grpc import add_ObjectServiceServicer_to_server
from trustrelay.persistence.v1.screening_store_service_pb2_grpc import add_ScreeningStoreServiceServicer_to_server
from trustrelay.persistence.v1.shipment_store_service_pb2_grpc import add_ShipmentStoreServiceServicer_to_server
from trustrelay.persistence_service.adapters.capsule_signer import FileKeySigner
from trustrelay.persistence_service.adapters.postgres.database import Database
from trustrelay.persistence_service.adapters.postgres.store import PostgresStore
from trustrelay.persistence_service.adapters.s3 import S3Objects
from trustrelay.persistence_service.adapters.s3_client import S3Settings
from trustrelay.persistence_service.adapters.scanner import NoScanner
from trustrelay.persistence_service.adapters.templates import YamlTemplates
from trustrelay.persistence_service.application.intake import Desk
from trustrelay.persistence_service.application.ports import Clock
from trustrelay.persistence_service.entrypoints.audit import AuditServicer
from trustrelay.persistence_service.entrypoints.batches import BatchServicer
from trustrelay.persistence_service.entrypoints.case_store import CaseStoreServicer
from trustrelay.persistence_service.entrypoints.evidence import EvidenceServicer
from trustrelay.persistence_service.entrypoints.graph import GraphServicer
from trustrelay.persistence_service.entrypoints.monitoring import MonitoringStoreServicer
from trustrelay.persistence_service.entrypoints.objects import ObjectServicer
from trustrelay.persistence_service.entrypoints.screening_store import ScreeningStoreServicer
from trustrelay.persistence_service.entrypoints.shipments import ShipmentStoreServicer
from trustrelay.persistence_service.entrypoints.templates import TemplateServicer
from trustrelay.persistence_service.entrypoints.tenancy import CASE_STORE, MONITORING_STORE, TENANTLESS, Tenancy
from trustrelay.servicekit import telemetry
from trustrelay.servicekit.grpc_server import Registration, serve
from trustrelay.servicekit.health import Check
from trustrelay.servicekit.settings import ServiceSettings, load_settings

SERVICE_NAME = "persistence-service"
_PACKAGE = "trustrelay.persistence.v1"

# One method of each of these is called without a tenant; the interceptor asks for the tenant of all others.
INTERCEPTORS = (Tenancy(),)


class Settings(ServiceSettings):
    """Every field is an environment variable TRUSTRELAY_<NAME>."""

    port: int = Field(50054, ge=0, le=65535, description="gRPC port to listen on; 0 picks a free one")
    database_url: str = Field(description="Postgres URL of the app role, which is neither superuser nor owner")
    database_pool_size: int = Field(10, ge=1, description="connections kept open; more only helps when calls queue for one")
    s3_endpoint: str = Field(description="host:port of the object store as this process reaches it")
    s3_public_endpoint: str = Field("", description="host:port of the object store as browsers reach it; default: the internal one")
    s3_access_key: str = Field(description="access key of the object store")
    s3_secret_key: str = Field(description="secret key of the object store")
    s3_secure: bool = Field(False, description="speak HTTPS with the object store")
    quarantine_bucket: str = Field("quarantine", description="unversioned bucket that uploads are posted into")
    evidence_bucket: str = Field("evidence", description="versioned bucket of everything that a decision rests on")
    capsule_key_file: Path = Field(description="PEM file with the ECDSA P-256 private key that signs capsules")


def utc_now() -> datetime:
    """Aware UTC now."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Application:
    """The wired service: what to serve, what health depends on, what to close."""

    registrations: Sequence[Registration]
    health: Mapping[str, Check]
    databases: Sequence[Database]

    async def close(self) -> None:
        """Give connections back."""
        for database in self.databases:
            await database.close()


def build(settings: Settings, clock: Clock = utc_now) -> Application:
    """Wire everything. Raises OSError or ValueError for a capsule key that cannot be used."""
    database = Database(settings.database_url, pool_size=settings.database_pool_size)
    # Health has a connection of its own: a busy pool must not make a working database look dead.
    probe = Database(settings.database_url, pool_size=1)
    store, objects, templates = PostgresStore(database), S3Objects(_s3(settings)), YamlTemplates()
    signer = FileKeySigner(settings.capsule_key_file)
    case_store = CaseStoreServicer(store, objects, templates, clock)
    desk = Desk(store, objects, NoScanner(), clock)
    registrations = (
        Registration(add_CaseStoreServiceServicer_to_server, case_store, CASE_STORE),
        Registration(add_ObjectServiceServicer_to_server, ObjectServicer(desk), f"{_PACKAGE}.ObjectService"),
        Registration(add_AuditServiceServicer_to_server, AuditServicer(store, clock), f"{_PACKAGE}.AuditService"),
        Registration(add_EvidenceServiceServicer_to_server, EvidenceServicer(store, objects, signer, clock), f"{_PACKAGE}.EvidenceService"),
        Registration(add_TemplateServiceServicer_to_server, TemplateServicer(store, templates, clock), f"{_PACKAGE}.TemplateService"),
        Registration(add_GraphServiceServicer_to_server, GraphServicer(store), f"{_PACKAGE}.GraphService"),
        Registration(add_ScreeningStoreServiceServicer_to_server, ScreeningStoreServicer(store, clock), f"{_PACKAGE}.ScreeningStoreService"),
        Registration(add_BatchStoreServiceServicer_to_server, BatchServicer(store, clock), f"{_PACKAGE}.BatchStoreService"),
        Registration(add_MonitoringStoreServiceServicer_to_server, MonitoringStoreServicer(store, clock), MONITORING_STORE),
        Registration(add_ShipmentStoreServiceServicer_to_server, ShipmentStoreServicer(desk, signer), f"{_PACKAGE}.ShipmentStoreService"),
    )
    return Application(registrations, {"database": probe.reachable, "object_store": objects.reachable}, (database, probe))


def _s3(settings: Settings) -> S3Settings:
    return S3Settings(
        settings.s3_endpoint, settings.s3_public_endpoint or settings.s3_endpoint, settings.s3_access_key, settings.s3_secret_key,
        settings.s3_secure, settings.quarantine_bucket, settings.evidence_bucket,
    )  # fmt: skip


async def _run(settings: Settings) -> None:
    application = build(settings)
    try:
        await serve(
            settings,
            application.registrations,
            service_name=SERVICE_NAME,
            health=application.health,
            interceptors=INTERCEPTORS,
            tenantless=TENANTLESS,
        )
    finally:
        await application.close()


def main() -> None:
    """Serve until SIGTERM."""
    settings = load_settings(Settings)
    shutdown = telemetry.setup(SERVICE_NAME, settings)
    telemetry.instrument_asyncpg()
    try:
        asyncio.run(_run(settings))
    finally:
        shutdown()


if __name__ == "__main__":
    main()
