"""case-api over a real channel, on a persistence contract server and the development issuer."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import httpx
import pytest
from case_api_fake_persistence import TEMPLATE, Store, running_persistence
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from trustrelay.case.v1 import case_service_pb2 as pb
from trustrelay.case.v1.admin_service_pb2_grpc import AdminServiceStub
from trustrelay.case.v1.batch_service_pb2_grpc import BatchServiceStub
from trustrelay.case.v1.case_service_pb2_grpc import CaseServiceStub
from trustrelay.case.v1.monitoring_service_pb2_grpc import MonitoringServiceStub
from trustrelay.case.v1.portal_service_pb2_grpc import PortalServiceStub
from trustrelay.case.v1.shipment_service_pb2_grpc import ShipmentServiceStub
from trustrelay.case_api.adapters.tokens import Issuer
from trustrelay.case_api.adapters.workflow_engine import Connect
from trustrelay.case_api.application.identity import IdentityDesk
from trustrelay.case_api.bootstrap import TENANTLESS, application, authentication, registrations
from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_COMPANY, Subject
from trustrelay.devstack import issuer as dev_issuer
from trustrelay.persistence.v1.case_store_service_pb2 import StageCaseRequest
from trustrelay.servicekit.assertions import Signer
from trustrelay.servicekit.errors import ServiceError
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import running

ISSUER_URL = "http://issuer.test"
AUDIENCE = dev_issuer.AUDIENCE
#: The old notation with dots; canonical: 0999000030 (outside the numbers ever given out, with a right check).
NUMBER = "0999.000.030"


def dev_signer() -> Signer:
    key = ed25519.Ed25519PrivateKey.generate()
    return Signer(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def dev_issuer_client() -> httpx.AsyncClient:
    """HTTP to the development issuer, without a socket."""
    passwords = {name: f"{name}-secret" for name in dev_issuer.USERS}
    made = dev_issuer.Issuer(ISSUER_URL, ec.generate_private_key(ec.SECP256R1()), passwords)
    return httpx.AsyncClient(transport=httpx.ASGITransport(made.application()), base_url=ISSUER_URL)


async def login(http: httpx.AsyncClient, user: str) -> str:
    form = {"grant_type": "password", "username": user, "password": f"{user}-secret"}
    answer = await http.post("/token", data=form)
    return str(answer.json()["access_token"])


async def no_temporal() -> Any:
    """What connecting does when nothing listens."""
    raise RuntimeError("connection refused")


def request_id() -> str:
    return str(uuid.uuid4())


def company(**changes: Any) -> Subject:
    declared = {"type": SUBJECT_TYPE_COMPANY, "legal_name": "Voorbeeld Vennootschap BV", "country": "BE", "registration_number": NUMBER}
    return Subject(**{**declared, **changes})


def create_request(**changes: Any) -> pb.CreateCaseRequest:
    return pb.CreateCaseRequest(**{"request_id": request_id(), "template_id": TEMPLATE, "subject": company(), **changes})


@dataclass
class Api:
    """A caller's view. `store` is what persistence keeps; metadata of a user by `as_user`."""

    cases: Any
    portal: Any
    admin: Any
    shipments: Any
    monitoring: Any
    batches: Any
    store: Store
    signer: Signer
    http: httpx.AsyncClient
    target: str

    async def as_user(self, user: str) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {await login(self.http, user)}"),)

    def stored_case(self, tenant: str = "acme", status: str = "CREATED") -> str:
        """A case that is in the store without a workflow."""
        case_id = str(uuid.uuid4())
        self.store.open(tenant, case_id, StageCaseRequest(template_id=TEMPLATE, subject=company(), language="nl"), "olivia")
        if status != "CREATED":
            self.store.transition(tenant, case_id, status)
        return case_id


@asynccontextmanager
async def running_api(
    connect: Connect = no_temporal, store: Store | None = None, issuer_url: str = "", desk: IdentityDesk | None = None
) -> AsyncIterator[Api]:
    """With `issuer_url`, tokens come from the issuer that serves there; else from one without a socket."""
    kept, signer, url = store or Store(), dev_signer(), issuer_url or ISSUER_URL
    issuer = Issuer(url, f"{url}/jwks.json", AUDIENCE)
    async with (
        httpx.AsyncClient() if issuer_url else dev_issuer_client() as http,
        running_persistence(kept) as persistence_target,
        channel(persistence_target) as persistence,
        running(
            registrations(application(persistence, connect, signer, desk)),
            interceptors=(authentication(http, issuer, persistence),),
            tenantless=TENANTLESS,
        ) as target,
        channel(target) as api,
    ):
        yield Api(
            CaseServiceStub(api),
            PortalServiceStub(api),
            AdminServiceStub(api),
            ShipmentServiceStub(api),
            MonitoringServiceStub(api),
            BatchServiceStub(api),
            kept,
            signer,
            http,
            target,
        )


@asynccontextmanager
async def refused(code: grpc.StatusCode, reason: str) -> AsyncIterator[Callable[[], ServiceError]]:
    """Expects a typed error; call what is yielded afterwards to look at it."""
    with pytest.raises(ServiceError) as caught:
        yield lambda: caught.value
    assert (caught.value.code, caught.value.reason) == (code, reason), caught.value.message
