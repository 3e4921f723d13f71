"""The only place where case-api is wired."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import grpc
import httpx
from pydantic import Field

from trustrelay.case.v1.admin_service_pb2_grpc import add_AdminServiceServicer_to_server
from trustrelay.case.v1.batch_service_pb2_grpc import add_BatchServiceServicer_to_server
from trustrelay.case.v1.case_service_pb2_grpc import add_CaseServiceServicer_to_server
from trustrelay.case.v1.monitoring_service_pb2_grpc import add_MonitoringServiceServicer_to_server
from trustrelay.case.v1.portal_service_pb2_grpc import add_PortalServiceServicer_to_server
from trustrelay.case.v1.shipment_service_pb2_grpc import add_ShipmentServiceServicer_to_server
from trustrelay.case.v1.suppression_service_pb2_grpc import add_SuppressionServiceServicer_to_server
from trustrelay.case_api.adapters.assertions import SignedAssertions
from trustrelay.case_api.adapters.persistence import (
    PersistenceAuditLog,
    PersistenceBatches,
    PersistenceCases,
    PersistenceMonitoring,
    PersistenceObjects,
    PersistenceShipments,
    PersistenceSuppression,
    PersistenceTemplates,
)
from trustrelay.case_api.adapters.schedules import TemporalSchedules
from trustrelay.case_api.adapters.suppression_refreshes import TemporalRefreshes
from trustrelay.case_api.adapters.tokens import Issuer, JwksCache, TokenVerifier
from trustrelay.case_api.adapters.workflow_engine import Connect, TemporalEngine
from trustrelay.case_api.application.batches import StartBatch, SteerBatch
from trustrelay.case_api.application.capsule import FetchCapsule
from trustrelay.case_api.application.identity import IdentityDesk, VerifyIdentity
from trustrelay.case_api.application.monitoring import KeepSchedule, RunMonitoring
from trustrelay.case_api.application.open_case import FIRST_RECEIPT, OpenCaseUseCase
from trustrelay.case_api.application.opening import Opener, OpenOnce
from trustrelay.case_api.application.portal import PortalAccess
from trustrelay.case_api.application.ports import Assertions, AuditLog, Engine
from trustrelay.case_api.application.send_message import SendMessage
from trustrelay.case_api.application.shipments import FIRST_RECEIPT as FIRST_SHIPMENT_RECEIPT
from trustrelay.case_api.application.shipments import FetchShipmentCapsule, OpenShipmentUseCase, ShipmentUploads
from trustrelay.case_api.application.suppression import KeepRules
from trustrelay.case_api.application.uploads import Uploads
from trustrelay.case_api.domain.addressees import BATCH, CASE, SHIPMENT
from trustrelay.case_api.entrypoints.admin_service import AdminServicer
from trustrelay.case_api.entrypoints.authentication import (
    ADMIN_SERVICE,
    BATCH_SERVICE,
    CASE_SERVICE,
    MONITORING_SERVICE,
    PORTAL_SERVICE,
    SERVICES,
    SHIPMENT_SERVICE,
    SUPPRESSION_SERVICE,
    Authentication,
)
from trustrelay.case_api.entrypoints.batch_service import BatchApplication, BatchServicer
from trustrelay.case_api.entrypoints.case_service import Application, CaseServicer
from trustrelay.case_api.entrypoints.monitoring_service import MonitoringApplication, MonitoringServicer
from trustrelay.case_api.entrypoints.portal_service import PortalServicer
from trustrelay.case_api.entrypoints.shipment_service import ShipmentApplication, ShipmentServicer
from trustrelay.case_api.entrypoints.suppression_service import SuppressionApplication, SuppressionServicer
from trustrelay.case_api.identity_settings import IdentitySettings, identity_desk
from trustrelay.servicekit import health, telemetry, temporal
from trustrelay.servicekit.assertions import Signer
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import Registration, serve
from trustrelay.servicekit.health import Check
from trustrelay.servicekit.settings import load_settings

SERVICE_NAME = "case-api"
#: All find the tenant in the caller's token, so servicekit does not ask for it in metadata.
TENANTLESS = SERVICES


class Settings(temporal.TemporalSettings, IdentitySettings):
    """What case-api can be told."""

    port: int = Field(50051, ge=0, le=65535, description="gRPC port to listen on; 0 picks a free one")
    persistence_target: str = Field(description="host:port of persistence-service")
    assertion_private_key_file: Path = Field(description="Ed25519 private key (PKCS#8 PEM) that signs actor assertions; nobody else holds it")
    oidc_issuer: str = Field(description="the `iss` of officers' tokens")
    oidc_jwks_url: str = Field(description="where the issuer publishes its keys")
    oidc_audience: str = Field(description="the `aud` that names this API")


@dataclass(frozen=True, slots=True)
class Applications:
    """The use cases behind each service."""

    cases: Application
    shipments: ShipmentApplication
    monitoring: MonitoringApplication
    batches: BatchApplication
    suppression: SuppressionApplication


def application(persistence: grpc.aio.Channel, connect: Connect, signer: Signer, desk: IdentityDesk | None = None) -> Applications:
    """The use cases on their adapters; without `desk` nobody's identity can be verified."""
    engine, assertions, audit = TemporalEngine(connect), SignedAssertions(signer), PersistenceAuditLog(persistence)
    return Applications(
        _cases(persistence, engine, assertions, audit, desk),
        _shipments(PersistenceShipments(persistence), engine, assertions, audit),
        _monitoring(PersistenceMonitoring(persistence), TemporalSchedules(engine)),
        _batches(PersistenceBatches(persistence), engine, assertions, audit),
        _suppression(PersistenceSuppression(persistence), TemporalRefreshes(engine), audit),
    )


def _cases(persistence: grpc.aio.Channel, engine: Engine, assertions: Assertions, audit: AuditLog, desk: IdentityDesk | None) -> Application:
    cases, objects = PersistenceCases(persistence), PersistenceObjects(persistence)
    send = SendMessage(CASE, cases, engine, audit, assertions)
    return Application(
        open_case=OpenCaseUseCase(cases, OpenOnce(Opener(CASE, engine, assertions), cases, FIRST_RECEIPT)),
        send=send,
        uploads=Uploads(cases, objects),
        portal=PortalAccess(cases),
        identity=VerifyIdentity(cases, send, desk),
        fetch_capsule=FetchCapsule(cases, objects),
        cases=cases,
        audit=audit,
        templates=PersistenceTemplates(persistence),
    )


def _shipments(shipments: PersistenceShipments, engine: Engine, assertions: Assertions, audit: AuditLog) -> ShipmentApplication:
    return ShipmentApplication(
        open=OpenShipmentUseCase(shipments, OpenOnce(Opener(SHIPMENT, engine, assertions), shipments, FIRST_SHIPMENT_RECEIPT)),
        send=SendMessage(SHIPMENT, shipments, engine, audit, assertions),
        uploads=ShipmentUploads(shipments),
        fetch_capsule=FetchShipmentCapsule(shipments),
        shipments=shipments,
        audit=audit,
    )


def _monitoring(monitoring: PersistenceMonitoring, schedules: TemporalSchedules) -> MonitoringApplication:
    return MonitoringApplication(KeepSchedule(monitoring, schedules), RunMonitoring(monitoring, schedules), monitoring)


def _batches(batches: PersistenceBatches, engine: Engine, assertions: Assertions, audit: AuditLog) -> BatchApplication:
    send = SendMessage(BATCH, batches, engine, audit, assertions)
    return BatchApplication(StartBatch(batches, Opener(BATCH, engine, assertions)), SteerBatch(batches, send), batches)


def _suppression(suppression: PersistenceSuppression, refreshes: TemporalRefreshes, audit: AuditLog) -> SuppressionApplication:
    return SuppressionApplication(suppression, KeepRules(suppression, refreshes, audit), refreshes)


def registrations(apps: Applications) -> Sequence[Registration]:
    """What the server serves."""
    return (
        Registration(add_CaseServiceServicer_to_server, CaseServicer(apps.cases), CASE_SERVICE),
        Registration(add_PortalServiceServicer_to_server, PortalServicer(apps.cases), PORTAL_SERVICE),
        Registration(add_AdminServiceServicer_to_server, AdminServicer(apps.cases.templates), ADMIN_SERVICE),
        Registration(add_ShipmentServiceServicer_to_server, ShipmentServicer(apps.shipments), SHIPMENT_SERVICE),
        Registration(add_MonitoringServiceServicer_to_server, MonitoringServicer(apps.monitoring), MONITORING_SERVICE),
        Registration(add_BatchServiceServicer_to_server, BatchServicer(apps.batches), BATCH_SERVICE),
        Registration(add_SuppressionServiceServicer_to_server, SuppressionServicer(apps.suppression), SUPPRESSION_SERVICE),
    )


def authentication(http: httpx.AsyncClient, issuer: Issuer, persistence: grpc.aio.Channel) -> Authentication:
    """Bearer tokens by the issuer's keys, portal tokens by their hash in the store."""
    return Authentication(TokenVerifier(JwksCache(http, issuer.jwks_url), issuer), PersistenceCases(persistence))


def health_checks(persistence_target: str) -> Mapping[str, Check]:
    """Reads need persistence-service alone, so Temporal's absence does not take this service out of rotation."""
    return {"persistence-service": partial(health.ask, persistence_target)}


async def run(settings: Settings) -> None:
    """Serve until told to stop."""
    signer = Signer(settings.assertion_private_key_file.read_bytes())
    issuer = Issuer(settings.oidc_issuer, settings.oidc_jwks_url, settings.oidc_audience)
    connect = partial(temporal.connect, settings, {"service.name": SERVICE_NAME})
    # The identity provider is named by us: a proxy variable must not reroute the question whom to believe.
    async with channel(settings.persistence_target) as persistence, httpx.AsyncClient(trust_env=False) as http:
        await serve(
            settings,
            registrations(application(persistence, connect, signer, identity_desk(http, settings))),
            service_name=SERVICE_NAME,
            health=health_checks(settings.persistence_target),
            interceptors=(authentication(http, issuer, persistence),),
            tenantless=TENANTLESS,
        )


def main() -> None:
    """Entry point of the process."""
    settings = load_settings(Settings)
    shutdown = telemetry.setup(SERVICE_NAME, settings)
    try:
        asyncio.run(run(settings))
    finally:
        shutdown()
