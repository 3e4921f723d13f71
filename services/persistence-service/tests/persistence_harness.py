"""What the tests of this service share: the running service, callers of it, and ways to move a case."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from trustrelay.common.v1.case_file_pb2 import CaseSummary
from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_COMPANY, SUBJECT_TYPE_PERSON, Subject
from trustrelay.common.v1.decision_types_pb2 import AuditEvent, DecisionRecord
from trustrelay.common.v1.evidence_types_pb2 import AGREEMENT_CONTRADICTS, CHECK_OUTCOME_CLEAR, Check, Discriminator, Hit
from trustrelay.common.v1.objects_pb2 import ObjectRef, WriteGrant
from trustrelay.persistence.v1 import case_store_service_pb2 as pb
from trustrelay.persistence.v1.audit_service_pb2 import ListAuditEventsRequest
from trustrelay.persistence.v1.audit_service_pb2_grpc import AuditServiceStub
from trustrelay.persistence.v1.case_store_service_pb2_grpc import CaseStoreServiceStub, TemplateServiceStub
from trustrelay.persistence.v1.evidence_service_pb2_grpc import EvidenceServiceStub
from trustrelay.persistence.v1.graph_service_pb2_grpc import GraphServiceStub
from trustrelay.persistence.v1.monitoring_store_service_pb2_grpc import MonitoringStoreServiceStub
from trustrelay.persistence.v1.object_service_pb2 import GrantWriteRequest
from trustrelay.persistence.v1.object_service_pb2_grpc import ObjectServiceStub
from trustrelay.persistence.v1.shipment_store_service_pb2_grpc import ShipmentStoreServiceStub
from trustrelay.persistence_service.adapters.postgres.database import Database
from trustrelay.persistence_service.bootstrap import INTERCEPTORS, TENANTLESS, Settings, build
from trustrelay.servicekit.context import CallContext, use
from trustrelay.servicekit.errors import ServiceError
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import running

CREATED, PRE, GAPS, GATE, AWAITING, PROCESSING, INVESTIGATING, REVIEW, SECOND = range(1, 10)
FOLLOW_UP, APPROVED, RESTRICTED, REJECTED, ESCALATED, WITHDRAWN, EXPIRED, FAILED = range(10, 18)
PATH_TO_REVIEW = (PRE, GAPS, GATE, AWAITING, PROCESSING, INVESTIGATING, REVIEW)
SUBJECT_NAME = "Zandloper Textiel BV"
COMPANY = Subject(type=SUBJECT_TYPE_COMPANY, legal_name=SUBJECT_NAME, country="BE", registration_number="0123456749")
PERSON = Subject(type=SUBJECT_TYPE_PERSON, legal_name="Femke Zandstra", country="BE", birth_date="1961-05-14", nationality="BE")


@dataclass
class MovableClock:
    """Real time plus what a test adds."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Caller:
    """Stubs that speak for one tenant and actor."""

    target: str
    tenant: str
    actor: str = "officer:ines"
    channel: Any = field(init=False)

    def __post_init__(self) -> None:
        self.channel = channel(self.target)
        self.cases = CaseStoreServiceStub(self.channel)
        self.objects = ObjectServiceStub(self.channel)
        self.audit = AuditServiceStub(self.channel)
        self.evidence = EvidenceServiceStub(self.channel)
        self.templates = TemplateServiceStub(self.channel)
        self.graph = GraphServiceStub(self.channel)
        self.monitoring = MonitoringStoreServiceStub(self.channel)
        self.shipments = ShipmentStoreServiceStub(self.channel)

    async def call(self, method: Callable[..., Any], request: Any, *, actor: str = "") -> Any:
        with use(CallContext(self.tenant, actor or self.actor)):
            return await method(request, timeout=20)

    async def stage(self, request_id: str = "", body: str = "a", template: str = "kyb_standard", **more: Any) -> pb.StageCaseResponse:
        facts = {"subject": COMPANY, "language": "en"} | more
        request = pb.StageCaseRequest(request_id=request_id or str(uuid.uuid4()), body_sha256=sha(body.encode()), template_id=template, **facts)
        return await self.call(self.cases.StageCase, request)

    async def open(self, template: str = "kyb_standard", **more: Any) -> str:
        case_id = (await self.stage(template=template, **more)).case_id
        await self.call(self.cases.OpenCase, pb.OpenCaseRequest(case_id=case_id, trace_id="a" * 32))
        return case_id

    async def move(self, case_id: str, expected: int, status: int, *changes: pb.CaseChange, **more: Any) -> pb.RecordTransitionResponse:
        request = pb.RecordTransitionRequest(case_id=case_id, expected_version=expected, status=status, changes=changes, **({"iteration": 1} | more))
        return await self.call(self.cases.RecordTransition, request)

    async def to_review(self, case_id: str) -> int:
        """The case in REVIEW_PENDING; its version."""
        version = 1
        for status in PATH_TO_REVIEW:
            version = (await self.move(case_id, version, status)).state_version
        return version

    async def file(self, case_id: str) -> Any:
        return (await self.call(self.cases.GetCaseFile, pb.GetCaseFileRequest(case_id=case_id))).case_file

    async def store_object(self, case_id: str, body: bytes, folder: str = "registry", iteration: int = 0, name: str = "a.json") -> ObjectRef:
        """Post `body` as osint-service would; the reference without version."""
        request = GrantWriteRequest(case_id=case_id, iteration=iteration, folder=folder)
        grant = (await self.call(self.objects.GrantWrite, request)).grant
        key = grant.key_prefix + name
        response = await post(grant, body, key)
        assert response.status_code in (200, 204), response.text
        return ObjectRef(key=key, sha256=sha(body), size_bytes=len(body), media_type="application/json")


def sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


async def post(grant: WriteGrant, body: bytes, key: str = "") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        fields = {**grant.fields, "key": key or grant.key_prefix}
        return await client.post(grant.url, data=fields, files={"file": ("f", body)}, timeout=20)


@dataclass(frozen=True)
class Service:
    """The running service, its clock, and direct access to its database as the app role."""

    target: str
    clock: MovableClock
    database: Database
    owner_url: str

    def caller(self, tenant: str = "", actor: str = "officer:ines") -> Caller:
        return Caller(self.target, tenant or f"t-{uuid.uuid4().hex[:10]}", actor)


@asynccontextmanager
async def serving(database_url: str, s3: Any, key_file: Path, owner_url: str = "") -> AsyncIterator[Service]:
    clock = MovableClock()
    settings = Settings(
        database_url=database_url, s3_endpoint=s3.endpoint, s3_access_key=s3.admin.access, s3_secret_key=s3.admin.secret, capsule_key_file=key_file
    )
    application = build(settings, clock)
    try:
        options: Any = {"health": application.health, "health_every_seconds": 0.2, "interceptors": INTERCEPTORS, "tenantless": TENANTLESS}
        async with running(application.registrations, **options) as target:
            yield Service(target, clock, application.databases[0], owner_url)
    finally:
        await application.close()


@contextmanager
def refused(code: str, reason: str) -> Iterator[Any]:
    """The block must raise the ServiceError with this code and reason."""
    with pytest.raises(ServiceError) as caught:
        yield caught
    assert (caught.value.code.name, caught.value.reason) == (code, reason)


MANDATORY = ("registry_status", "vat_vies", "sanctions_screening", "pep_screening", "adverse_media")


def clear_checks(*without: str) -> list[Check]:
    """A CLEAR check for every mandatory kind but those named."""
    return [Check(check_id=f"{kind}:", kind=kind, outcome=CHECK_OUTCOME_CLEAR) for kind in MANDATORY if kind not in without]


def hit(hit_id: str = "hit-1", status: int = 1, topic: str = "sanction", reason: str = "") -> Hit:
    discriminators = [
        Discriminator(kind="birth_date", query_value="1961-05-14", list_value="1948-02-02", agreement=AGREEMENT_CONTRADICTS, strong=True),
        Discriminator(kind="nationality", query_value="BE", list_value="IQ", agreement=AGREEMENT_CONTRADICTS),
    ]
    return Hit(
        hit_id=hit_id, party_id="party-1", dataset="ofac_sdn", entity_id="e-1", caption="Femke Zandstra", topics=[topic], score=0.91,
        discriminators=discriminators if status == 2 else [], status=status, status_reason=reason,
    )  # fmt: skip


async def investigate(caller: Caller, case_id: str, operation: str = "op-1", **facts: Any) -> CaseSummary:
    hits = facts.pop("hits", [])
    request = pb.RecordInvestigationRequest(case_id=case_id, operation_id=operation, stage="screen_parties", **facts)
    if hits:
        request.screenings.add(party_id="party-1", algorithm="logic-v2", algorithm_version="4.3", threshold=0.7, hits=hits)
    return (await caller.call(caller.cases.RecordInvestigation, request)).summary


def decided(step: int, actor: str, decision: int = 1, second: int = 0) -> pb.CaseChange:
    return pb.CaseChange(decision=DecisionRecord(step=step, iteration=1, actor=actor, decision=decision, second_decision=second, reason="seen"))


def resolved(hit_id: str, status: int, actor: str = "officer:ines") -> pb.CaseChange:
    return pb.CaseChange(hit_resolution=pb.HitResolution(hit_id=hit_id, status=status, actor=actor, reason="compared birth dates"))


def overridden(check_id: str, actor: str = "officer:ines") -> pb.CaseChange:
    return pb.CaseChange(check_override=pb.CheckOverride(check_id=check_id, actor=actor, reason="register is down for a month"))


async def audit_types(caller: Caller, case_id: str) -> list[str]:
    return [event.type for event in await audit_events(caller, case_id)]


async def audit_events(caller: Caller, case_id: str) -> list[AuditEvent]:
    return list((await caller.call(caller.audit.ListAuditEvents, ListAuditEventsRequest(case_id=case_id))).events)


@asynccontextmanager
async def owner(service: Service) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(service.owner_url)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def state_of(service: Service, tenant: str, statement: str, **values: Any) -> str:
    """SQLSTATE that the app role gets for the statement in a transaction of `tenant`; empty when it is accepted (and rolled back)."""
    try:
        async with service.database._engine.begin() as connection:
            await connection.execute(text("SELECT set_config('app.tenant', :t, true)"), {"t": tenant})
            await connection.execute(text(statement), values)
            await connection.rollback()
    except DBAPIError as error:
        return str(error.orig.sqlstate)
    return ""
