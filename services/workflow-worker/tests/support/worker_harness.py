"""Runs real case workflows against scripted activities on the time-skipping server."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, Plugin, WorkflowHandle, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from worker_signing import OFFICER, SENDERS, Sender, verifier
from worker_store import ScriptedCase, activities

from trustrelay.contracts import case_workflow as contract
from trustrelay.contracts.case_workflow import CaseInput, CaseStatusView, Decision, Policy, Receipt, SecondDecision, Status, Tier, Update
from trustrelay.workflow_worker.application import assertion_keys
from trustrelay.workflow_worker.application.compliance.compliance_case import ComplianceCaseWorkflow
from trustrelay.workflow_worker.application.compliance.document_extraction import DocumentExtraction
from trustrelay.workflow_worker.application.compliance.search_attributes import of_new_case
from trustrelay.workflow_worker.entrypoints.domains import Domain
from trustrelay.workflow_worker.entrypoints.worker import Slots, build_worker

KEYS = [SearchAttributeKey.for_keyword(name) for name in ("CaseStatus", "AutomationTier", "TenantId", "TemplateId", "Country")]
TENANT = "tenant-test"
# Seconds that a test waits for what happens at once on a machine with nothing else to do.
PATIENCE = 60
_PATIENT_SENDS = 5
# How long a query may take before it is asked again, and how often that is: together they are patient with a loaded machine.
_QUERY, _QUERIES = timedelta(seconds=1), 20
MESSAGES: dict[Update, tuple[type, dict[str, Any]]] = {
    Update.OPEN: (contract.OpenCase, {}),
    Update.DOCUMENTS_SUBMITTED: (contract.DocumentsSubmitted, {}),
    Update.REQUIREMENTS_APPROVED: (contract.RequirementsApproved, {"reason": "complete"}),
    Update.SKIP_DOCUMENTS: (contract.SkipDocuments, {"reason": "all is known"}),
    Update.RESOLVE_HIT: (contract.ResolveHit, {"hit_id": "hit-1", "reason": "another birth date"}),
    Update.OVERRIDE_CHECK: (contract.OverrideCheck, {"check_id": "vat_vies", "reason": "seen on paper"}),
    Update.OFFICER_DECISION: (contract.OfficerDecision, {"decision": Decision.APPROVE, "reason": "in order"}),
    Update.SECOND_DECISION: (contract.SecondOfficerDecision, {"decision": SecondDecision.CONFIRM, "reason": "agreed"}),
    Update.SET_TIER: (contract.SetTier, {"tier": Tier.FULL_REVIEW, "reason": "look closely"}),
    Update.MCC_UPDATE: (contract.MccUpdate, {"mcc": "4215", "reason": "couriers"}),
    Update.IDENTITY_COMPLETED: (contract.IdentityCompleted, {"session_id": "session-1"}),
    Update.EXTEND_TIMELINE: (contract.ExtendTimeline, {"days": 30, "reason": "holidays"}),
    Update.REASSIGN: (contract.Reassign, {"owner": "officer-two", "reason": "holidays"}),
    Update.RESUME: (contract.Resume, {"reason": "repaired"}),
    Update.WITHDRAW: (contract.Withdraw, {"reason": "asked for"}),
}


@dataclass(frozen=True)
class Refused:
    """What a refused message said."""

    reason: str
    code: str
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class RunningCase:
    """One workflow, its script and its senders."""

    server: Server
    input: CaseInput
    script: ScriptedCase
    # Another workflow than the case's own, for example one that it started.
    workflow_id: str = ""

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The workflow."""
        return self.server.client.get_workflow_handle(self.workflow_id or contract.workflow_id(self.input.tenant_id, self.input.case_id))

    async def message(self, update: Update, sender: Sender | None = None, *, request_id: str | None = None, version: int = 0, **payload: Any) -> Any:
        """A signed message with the defaults of its kind."""
        kind, defaults = MESSAGES[update]
        chosen = sender or SENDERS.get(update, OFFICER)
        now = await self.server.env.get_current_time()
        message = kind(contract.Envelope("", "", ""), **{**defaults, **payload})
        envelope = chosen.sign(self.input, update, now, request_id, contract.payload_sha256(self.input.case_id, message), version)
        return replace(message, envelope=envelope)

    async def send(self, update: Update, sender: Sender | None = None, **options: Any) -> Receipt:
        """Sends it as case-api does and waits for the answer."""
        return await self.deliver(update, await self.message(update, sender, **options))

    async def signal(self, update: Update, sender: Sender | None = None, **options: Any) -> None:
        """Sends it as a signal: nobody waits for an answer."""
        await self.handle.signal(f"{contract.SIGNAL_PREFIX}{update}", await self.message(update, sender, **options))

    async def refusals(self, count: int = 1) -> list[dict[str, str]]:
        """Audit events `message_refused`, once there are `count` of them."""
        await self.eventually(lambda: len(self.script.audit("message_refused")) >= count)
        return self.script.audit("message_refused")

    async def deliver(self, update: Update, message: Any) -> Receipt:
        """Sends a message as it is; the same again, as case-api's callers do, where the server let go of the call before it had an answer."""
        for _ in range(_PATIENT_SENDS):
            try:
                receipt: Receipt = await self.handle.execute_update(update, message, result_type=Receipt)
                return receipt
            except WorkflowUpdateRPCTimeoutOrCancelledError:
                continue
        raise TimeoutError(f"{update} was sent {_PATIENT_SENDS} times and never answered")

    async def refused(self, update: Update, sender: Sender | None = None, **options: Any) -> Refused:
        """Sends what must be refused; why it was."""
        return await self.refusal_of(self.send(update, sender, **options))

    @staticmethod
    async def refusal_of(sending: Any) -> Refused:
        """Why an update that is being sent was refused."""
        try:
            receipt = await sending
        except WorkflowUpdateFailedError as failed:
            cause = failed.cause
            assert isinstance(cause, ApplicationError), cause
            detail = cause.details[0]
            return Refused(str(cause.type), detail["code"], detail["metadata"])
        raise AssertionError(f"accepted: {receipt}")

    async def view(self) -> CaseStatusView:
        """get_status. The time-skipping server loses a query that meets a run at its end (continue-as-new), so it is asked again."""
        for _ in range(_QUERIES):
            try:
                view: CaseStatusView = await self.handle.query("get_status", result_type=CaseStatusView, rpc_timeout=_QUERY)
            except RPCError as error:
                if error.status not in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED):
                    raise
            else:
                return view
        raise AssertionError(f"{_QUERIES} queries without an answer")

    async def until(self, *statuses: Status, seconds: float = PATIENCE) -> CaseStatusView:
        """Waits until one of the statuses is stored, and true in the workflow. Queries are dear: the store is asked first."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.script.status in statuses and (view := await self.view()).status in statuses:
                return view
            await asyncio.sleep(0.01)
        raise AssertionError(f"not {statuses} after {seconds} s; stored {self.script.statuses}; calls {self.script.calls}")

    async def eventually(self, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Waits for a fact of the script."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s; stored {self.script.statuses}; calls {self.script.calls}")
            await asyncio.sleep(0.01)

    async def pass_time(self, **duration: float) -> None:
        """Skips time."""
        await self.server.env.sleep(timedelta(**duration))

    async def result(self) -> Receipt:
        """The workflow's end; time is skipped while waiting."""
        async with asyncio.timeout(PATIENCE):
            handle = self.server.client.get_workflow_handle(self.handle.id, result_type=Receipt)
            receipt: Receipt = await handle.result()
        return receipt

    async def to(self, status: Status) -> RunningCase:
        """Brings the case to a state on the straight path, with the customer's first submission where it is on the way."""
        if status in (Status.CREATED, Status.PRE_INVESTIGATION, Status.DOCUMENT_GAP_ANALYSIS):
            raise ValueError("block an activity instead")
        await self.until(Status.REQUIREMENTS_REVIEW)
        if status is Status.REQUIREMENTS_REVIEW:
            return self
        await self.send(Update.REQUIREMENTS_APPROVED)
        await self.until(Status.AWAITING_DOCUMENTS)
        if status is Status.AWAITING_DOCUMENTS:
            return self
        await self.send(Update.DOCUMENTS_SUBMITTED)
        await self.until(status)
        return self


@dataclass
class Server:
    """A time-skipping server with a worker on it."""

    env: WorkflowEnvironment
    client: Client
    cases: dict[str, ScriptedCase]
    task_queue: str
    host: WorkerHost
    # After how long a workflow task that went to a worker that is gone is given to another one; None = the server's 10 s.
    task_timeout: timedelta | None = None

    async def crash(self) -> None:
        """The worker goes away with everything it had in memory, and another one takes over.

        For servers with `max_cached_workflows=0`: this server never gives up the sticky queue of a worker that is gone.
        """
        await self.host.stop()
        await self.host.begin()

    async def start(self, script: ScriptedCase | None = None, *, open_it: bool = True, country: str = "BE", **policy: Any) -> RunningCase:
        """Starts a case, and opens it; `policy` are fields of its template's policy."""
        case = CaseInput(str(uuid.uuid4()), TENANT, "kyb_standard", 1, country, "officer-one", policy=replace(Policy(), **policy))
        self.cases[case.case_id] = script or ScriptedCase()
        await self.begin(case)
        running = RunningCase(self, case, self.cases[case.case_id])
        if open_it:
            await running.send(Update.OPEN)
        return running

    async def begin(self, case: CaseInput) -> None:
        """Starts the workflow as case-api does."""
        await self.client.start_workflow(
            contract.WORKFLOW,
            case,
            id=contract.workflow_id(case.tenant_id, case.case_id),
            task_queue=self.task_queue,
            search_attributes=of_new_case(case),
            task_timeout=self.task_timeout,
        )


class WorkerHost:
    """A worker that can be taken away and replaced."""

    def __init__(self, build: Callable[[], Worker]) -> None:
        self._build = build
        self._worker: Worker | None = None
        self._running: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Starts a fresh worker: it knows no workflow."""
        self._worker = self._build()
        self._running = asyncio.create_task(self._worker.run())

    async def stop(self) -> None:
        """Ends it; activities that were running are tried again elsewhere."""
        if self._worker is None or self._running is None:
            return
        await self._worker.shutdown()
        await self._running
        self._worker = self._running = None


@asynccontextmanager
async def serving(plugins: Sequence[Plugin] = (), max_cached_workflows: int = 1000) -> AsyncIterator[Server]:
    """The server, and a worker built as production builds it, with scripted activities. Without a cache every workflow task is a replay."""
    path = shutil.which("temporal-test-server", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    async with await WorkflowEnvironment.start_time_skipping(test_server_existing_path=path, plugins=plugins) as env:
        types = dict.fromkeys((key.name for key in KEYS), IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD)
        request = AddSearchAttributesRequest(search_attributes=types, namespace=env.client.namespace)
        await env.client.operator_service.add_search_attributes(request)
        async with working(env, env.client, max_cached_workflows=max_cached_workflows) as server:
            yield server


@asynccontextmanager
async def working(env: WorkflowEnvironment, client: Client, *, max_cached_workflows: int = 1000, build_id: str = "") -> AsyncIterator[Server]:
    """A worker on an existing server."""
    assertion_keys.install(verifier())
    known: dict[str, ScriptedCase] = {}
    domain = Domain(contract.TASK_QUEUE, contract.DEPLOYMENT, [ComplianceCaseWorkflow, DocumentExtraction], activities(known))
    host = WorkerHost(lambda: build_worker(client, domain, Slots(20, 50, timedelta(0), max_cached_workflows), build_id))
    await host.begin()
    try:
        yield Server(env, client, known, domain.task_queue, host)
    finally:
        await host.stop()
