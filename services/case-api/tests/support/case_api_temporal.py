"""The probe workflow on a real Temporal server: settings, worker, activities on the contract store."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from case_api_fake_persistence import Store
from case_api_probe_portfolio import APPLY as APPLY_PORTFOLIO
from case_api_probe_portfolio import Moved, ProbeBatch, ProbeShipment, Stored
from case_api_probe_workflow import APPLY, OPEN, Applied, ProbeWorkflow
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from trustrelay.common.v1.shipment_types_pb2 import ShipmentFile, ShipmentHeader
from trustrelay.contracts import batch_workflow, shipment_workflow
from trustrelay.contracts.case_workflow import TASK_QUEUE, Receipt, Status
from trustrelay.devstack.engines import SeaweedEngine, TemporalEngine
from trustrelay.servicekit import temporal


def temporal_settings(engine: TemporalEngine, s3: SeaweedEngine, keys: Path) -> temporal.TemporalSettings:
    """As case-api gets them, against test servers."""
    if not keys.exists():
        keys.write_text(temporal.new_keyring("test"))
        keys.chmod(0o600)
    return temporal.TemporalSettings(
        port=0, temporal_address=engine.address, payload_keys_file=keys, payload_s3_endpoint=s3.endpoint, payload_s3_access_key=s3.payloads.access,
        payload_s3_secret_key=s3.payloads.secret,
    )  # fmt: skip


@dataclass
class StoreActivities:
    """What the worker's activities do, on the test's store. `applied` counts what was really done."""

    store: Store
    applied: list[Applied] = field(default_factory=list)

    @activity.defn(name=OPEN)
    async def open(self, one: Applied) -> Receipt:
        """OpenCase: idempotent by case."""
        (staged,) = [s for (tenant, _), s in self.store.staged.items() if _case_id(tenant, s.request_id) == one.case_id]
        self.applied.append(one)
        self.store.open(one.tenant_id, one.case_id, staged, "olivia")
        return Receipt(Status.CREATED, 1)

    @activity.defn(name=APPLY)
    async def apply(self, one: Applied) -> Receipt:
        """RecordTransition with its answer."""
        self.applied.append(one)
        stored = self.store.transition(one.tenant_id, one.case_id, one.status, one.envelope.request_id, one.envelope.body_sha256, one.submission)
        return Receipt(Status(stored["status"]), stored["state_version"], stored["submission_number"])


def _case_id(tenant: str, request_id: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{tenant}/{request_id}"))


@asynccontextmanager
async def probe_worker(client: Client, store: Store) -> AsyncIterator[StoreActivities]:
    activities = StoreActivities(store)
    async with Worker(client, task_queue=TASK_QUEUE, workflows=[ProbeWorkflow], activities=[activities.open, activities.apply]):
        yield activities


@dataclass
class PortfolioActivities:
    """The same for shipments and batches."""

    store: Store
    moved: list[Moved] = field(default_factory=list)

    @activity.defn(name=APPLY_PORTFOLIO)
    async def apply(self, one: Moved) -> Stored:
        """OpenShipment, RecordShipmentTransition, SetBatchStatus."""
        self.moved.append(one)
        kept = self.store.portfolio
        if one.update == "open_shipment":
            header = ShipmentHeader(shipment_id=one.about, tenant_id=one.tenant_id, status=1, state_version=1, created_by="olivia")
            kept.shipments[one.tenant_id, one.about] = ShipmentFile(header=header)
            return Stored("RECEIVED", 1)
        if one.update.endswith("_batch"):
            return Stored(*kept.move_batch(one.tenant_id, one.about, one.status))
        return Stored(*kept.move_shipment(one.tenant_id, one.about, one.status, one.envelope.request_id, one.envelope.body_sha256))


@asynccontextmanager
async def portfolio_workers(client: Client, store: Store) -> AsyncIterator[PortfolioActivities]:
    """One per queue."""
    activities = PortfolioActivities(store)
    async with (
        Worker(client, task_queue=shipment_workflow.TASK_QUEUE, workflows=[ProbeShipment], activities=[activities.apply]),
        Worker(client, task_queue=batch_workflow.TASK_QUEUE, workflows=[ProbeBatch], activities=[activities.apply]),
    ):
        yield activities
