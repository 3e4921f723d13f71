"""Runs real shipment workflows against scripted activities on the time-skipping server."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from shipment_store import ScriptedShipment, activities
from temporalio.client import WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from worker_harness import PATIENCE, Refused, RunningCase, WorkerHost
from worker_signing import SIGNER, verifier

from trustrelay.contracts import shipment_workflow as contract
from trustrelay.contracts.messages import Envelope, payload_sha256
from trustrelay.contracts.shipment_workflow import ShipmentInput, ShipmentReceipt, ShipmentStatus, ShipmentStatusView, ShipmentUpdate
from trustrelay.servicekit.assertions import ActorAssertion
from trustrelay.workflow_worker.application import assertion_keys
from trustrelay.workflow_worker.application.shipment.shipment_workflow import ShipmentComplianceWorkflow
from trustrelay.workflow_worker.entrypoints.domains import Domain
from trustrelay.workflow_worker.entrypoints.worker import Slots, build_worker

TENANT = "tenant-test"
_BODY = "b" * 64
MESSAGES: dict[ShipmentUpdate, tuple[type, dict[str, Any]]] = {
    ShipmentUpdate.OPEN: (contract.OpenShipment, {}),
    ShipmentUpdate.DOCUMENTS_SUBMITTED: (contract.ShipmentDocumentsSubmitted, {}),
    ShipmentUpdate.RESOLVE_DISCREPANCY: (contract.ResolveDiscrepancy, {"discrepancy_id": "d-1", "reason": "the scale was wrong"}),
    ShipmentUpdate.CONFIRM_RESOLUTION: (contract.ConfirmResolution, {"discrepancy_id": "d-1", "confirmed": True, "reason": "seen as well"}),
    ShipmentUpdate.DECIDE: (contract.DecideShipment, {"decision": contract.ShipmentDecision.REJECT, "reason": "not what the papers say"}),
}


@dataclass(frozen=True)
class Sender:
    """Who sends; `claims` replaces fields of the assertion, after which it is signed."""

    actor: str = "officer-one"
    roles: tuple[str, ...] = ("officer",)
    claims: dict[str, Any] = field(default_factory=dict)


OFFICER, SECOND = Sender(), Sender("officer-two")


@dataclass
class RunningShipment:
    """One workflow, its script and its senders."""

    server: ShipmentServer
    input: ShipmentInput
    script: ScriptedShipment

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The workflow."""
        return self.server.env.client.get_workflow_handle(contract.workflow_id(self.input.tenant_id, self.input.shipment_id))

    async def message(self, update: ShipmentUpdate, sender: Sender = OFFICER, *, request_id: str = "", version: int = 0, **payload: Any) -> Any:
        """A signed message with the defaults of its kind."""
        kind, defaults = MESSAGES[update]
        message = kind(Envelope("", "", ""), **{**defaults, **payload})
        digest = payload_sha256(self.input.shipment_id, message) if defaults else _BODY
        request, now = request_id or str(uuid.uuid4()), await self.server.env.get_current_time()
        assertion = ActorAssertion(
            actor=sender.actor, roles=sender.roles, tenant_id=self.input.tenant_id, case_id=self.input.shipment_id, action=str(update),
            version=version, request_id=request, body_sha256=digest, expires_at=now + timedelta(minutes=5),
        )  # fmt: skip
        token = SIGNER.sign(replace(assertion, **sender.claims))
        return replace(message, envelope=Envelope(request, digest, token, version))

    async def send(self, update: ShipmentUpdate, sender: Sender = OFFICER, **options: Any) -> ShipmentReceipt:
        """Sends it as case-api does and waits for the answer."""
        return await self.deliver(update, await self.message(update, sender, **options))

    async def deliver(self, update: ShipmentUpdate, message: Any) -> ShipmentReceipt:
        """Sends a message as it is; the same again where the server let go of the call before it had an answer."""
        for _ in range(5):
            try:
                receipt: ShipmentReceipt = await self.handle.execute_update(update, message, result_type=ShipmentReceipt)
                return receipt
            except WorkflowUpdateRPCTimeoutOrCancelledError:
                continue
        raise TimeoutError(f"{update} was never answered")

    async def refused(self, update: ShipmentUpdate, sender: Sender = OFFICER, **options: Any) -> Refused:
        """Sends what must be refused; why it was."""
        return await RunningCase.refusal_of(self.send(update, sender, **options))

    async def view(self) -> ShipmentStatusView:
        """get_status; asked again where the time-skipping server lost it."""
        for _ in range(5):
            try:
                view: ShipmentStatusView = await self.handle.query("get_status", result_type=ShipmentStatusView, rpc_timeout=timedelta(seconds=4))
                return view
            except RPCError as error:
                if error.status not in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED):
                    raise
        raise AssertionError("five queries without an answer")

    async def until(self, status: ShipmentStatus) -> RunningShipment:
        """Waits until the status is stored, and true in the workflow."""
        await self.eventually(lambda: self.script.status is status)
        deadline = time.monotonic() + PATIENCE
        while (await self.view()).status is not status:
            assert time.monotonic() < deadline, self.script.statuses
            await asyncio.sleep(0.01)
        return self

    async def eventually(self, condition: Callable[[], bool]) -> None:
        """Waits for a fact of the script."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"stored {self.script.statuses}; calls {self.script.calls}"
            await asyncio.sleep(0.01)

    async def another_run(self, before: str | None) -> None:
        """Waits until it has continued as new."""
        deadline = time.monotonic() + PATIENCE
        while (await self.handle.describe()).run_id == before:
            assert time.monotonic() < deadline, "it did not continue as new"
            await asyncio.sleep(0.02)

    async def result(self) -> ShipmentReceipt:
        """The workflow's end; time is skipped while waiting."""
        async with asyncio.timeout(PATIENCE):
            receipt: ShipmentReceipt = await self.server.env.client.get_workflow_handle(self.handle.id, result_type=ShipmentReceipt).result()
        return receipt


@dataclass
class ShipmentServer:
    """A time-skipping server with a worker on it."""

    env: WorkflowEnvironment
    shipments: dict[str, ScriptedShipment]
    host: WorkerHost
    # After how long a workflow task that went to a worker that is gone is given to another one; None = the server's 10 s.
    task_timeout: timedelta | None = None

    async def crash(self) -> None:
        """The worker goes away with everything it had in memory, and another one takes over."""
        await self.host.stop()
        await self.host.begin()

    async def start(self, script: ScriptedShipment | None = None, *, open_it: bool = True) -> RunningShipment:
        """A shipment, opened unless a test wants to see it before."""
        shipment = ShipmentInput(str(uuid.uuid4()), TENANT, "officer-one")
        self.shipments[shipment.shipment_id] = script or ScriptedShipment()
        running = RunningShipment(self, shipment, self.shipments[shipment.shipment_id])
        if open_it:
            await self.open(running)
        else:
            await self.env.client.start_workflow(contract.WORKFLOW, shipment, id=running.handle.id, task_queue=contract.TASK_QUEUE)
        return running

    async def open(self, running: RunningShipment) -> ShipmentReceipt:
        """As case-api does: update-with-start."""
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            contract.WORKFLOW, running.input, id=running.handle.id, task_queue=contract.TASK_QUEUE, task_timeout=self.task_timeout,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )  # fmt: skip
        message = await running.message(ShipmentUpdate.OPEN)
        receipt: ShipmentReceipt = await self.env.client.execute_update_with_start_workflow(
            ShipmentUpdate.OPEN, message, start_workflow_operation=start, result_type=ShipmentReceipt
        )
        return receipt

    async def processed(self, *rounds: tuple[Any, ...]) -> RunningShipment:
        """A shipment whose papers were submitted; each round finds what is given."""
        running = await self.start(ScriptedShipment(rounds=list(rounds)))
        await running.send(ShipmentUpdate.DOCUMENTS_SUBMITTED)
        return running


@asynccontextmanager
async def shipment_serving(max_cached_workflows: int = 1000, domain: Domain | None = None) -> AsyncIterator[ShipmentServer]:
    """The server, and a worker built as production builds it, with scripted activities unless a domain comes with its own.

    Without a cache every workflow task is a replay.
    """
    path = shutil.which("temporal-test-server", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    assertion_keys.install(verifier())
    known: dict[str, ScriptedShipment] = {}
    runs = domain or Domain(contract.TASK_QUEUE, contract.DEPLOYMENT, [ShipmentComplianceWorkflow], activities(known))
    async with await WorkflowEnvironment.start_time_skipping(test_server_existing_path=path) as env:
        host = WorkerHost(lambda: build_worker(env.client, runs, Slots(20, 50, timedelta(0), max_cached_workflows), ""))
        await host.begin()
        try:
            yield ShipmentServer(env, known, host)
        finally:
            await host.stop()
