"""Runs real batch workflows against scripted activities on the time-skipping server."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError, WorkflowUpdateStage
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from worker_batch_store import BatchActivities, ScriptedRun
from worker_harness import PATIENCE, TENANT, Refused, WorkerHost
from worker_signing import MANAGER, Sender, verifier

from trustrelay.contracts import batch_workflow as contract
from trustrelay.contracts.batch_workflow import BatchInput, BatchProgress, BatchReceipt, BatchUpdate
from trustrelay.contracts.messages import Envelope, payload_sha256
from trustrelay.workflow_worker.application import assertion_keys
from trustrelay.workflow_worker.application.batch.batch_run import BatchRiskReEvaluationWorkflow
from trustrelay.workflow_worker.entrypoints.domains import Domain
from trustrelay.workflow_worker.entrypoints.worker import Slots, build_worker

MESSAGES: dict[BatchUpdate, type] = {
    BatchUpdate.START: contract.StartBatch,
    BatchUpdate.PAUSE: contract.PauseBatch,
    BatchUpdate.RESUME: contract.ResumeBatch,
    BatchUpdate.CANCEL: contract.CancelBatch,
}
_QUERY = timedelta(seconds=4)
# Of a start, which says nothing itself: the digest of the request that case-api got.
ORDER = "ab" * 32


@dataclass
class RunningBatch:
    """One workflow, its script and its senders."""

    server: BatchServer
    input: BatchInput
    script: ScriptedRun

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The workflow."""
        return self.server.client.get_workflow_handle(contract.workflow_id(self.input.tenant_id, self.input.run_id))

    async def message(
        self, update: BatchUpdate, sender: Sender = MANAGER, *, request_id: str | None = None, version: int = 0, about: str = "", **said: Any
    ) -> Any:
        """A signed message."""
        kind, nothing = MESSAGES[update], Envelope("", "", "")
        message = kind(nothing, **said)
        digest = ORDER if update is BatchUpdate.START else payload_sha256(self.input.run_id, message)
        named = SimpleNamespace(tenant_id=self.input.tenant_id, case_id=about or self.input.run_id)
        now = await self.server.env.get_current_time()
        envelope = sender.sign(named, update, now, request_id, digest, version)  # type: ignore[arg-type]  # a run where a case is expected
        return replace(message, envelope=envelope)

    async def send(self, update: BatchUpdate, sender: Sender = MANAGER, **options: Any) -> BatchReceipt:
        """Sends it as case-api does and waits for the answer."""
        return await self.deliver(update, await self.message(update, sender, **options))

    async def deliver(self, update: BatchUpdate, message: Any) -> BatchReceipt:
        """Sends a message as it is."""
        receipt: BatchReceipt = await self.handle.execute_update(update, message, result_type=BatchReceipt)
        return receipt

    async def begin(self, sender: Sender = MANAGER, **options: Any) -> BatchReceipt:
        """Starts the workflow with its first message, as case-api does."""
        message = await self.message(BatchUpdate.START, sender, **options)
        start = WithStartWorkflowOperation(
            contract.WORKFLOW,
            self.input,
            id=self.handle.id,
            task_queue=self.server.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            task_timeout=self.server.task_timeout,
        )
        update = await self.server.client.start_update_with_start_workflow(
            BatchUpdate.START, message, start_workflow_operation=start, wait_for_stage=WorkflowUpdateStage.COMPLETED, result_type=BatchReceipt
        )
        receipt: BatchReceipt = await update.result()
        return receipt

    async def refused(self, update: BatchUpdate, sender: Sender = MANAGER, **options: Any) -> Refused:
        """Sends what must be refused; why it was."""
        return await refusal_of(self.send(update, sender, **options))

    async def progress(self) -> BatchProgress:
        """get_progress. The time-skipping server loses a query that meets a run at its end (continue-as-new), so it is asked again."""
        for _ in range(5):
            try:
                progress: BatchProgress = await self.handle.query("get_progress", result_type=BatchProgress, rpc_timeout=_QUERY)
            except RPCError as error:
                if error.status not in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED):
                    raise
            else:
                return progress
        raise AssertionError("five queries without an answer")

    async def eventually(self, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Waits for a fact of the script."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s: {self.script.status}, {len(self.script.scored)} scored, {self.script.changes}")
            await asyncio.sleep(0.01)

    async def until(self, status: contract.RunStatus) -> None:
        """Until it is stored."""
        await self.eventually(lambda: self.script.status is status)

    async def result(self) -> BatchReceipt:
        """The workflow's end; time is skipped while waiting."""
        env: Any = self.server.env
        async with asyncio.timeout(PATIENCE), env.time_skipping_unlocked():
            receipt: BatchReceipt = await self.server.client.get_workflow_handle(self.handle.id, result_type=BatchReceipt).result()
        return receipt

    async def histories(self) -> list[int]:
        """Events of each run of the workflow, the newest first."""
        run_id, lengths = (await self.handle.describe()).run_id, []
        while run_id:
            history = await self.server.client.get_workflow_handle(self.handle.id, run_id=run_id).fetch_history()
            lengths.append(len(history.events))
            run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        return lengths


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


@dataclass
class BatchServer:
    """A time-skipping server with a batch worker on it."""

    env: WorkflowEnvironment
    client: Client
    runs: dict[str, ScriptedRun]
    task_queue: str
    host: WorkerHost
    task_timeout: timedelta | None = None

    def batch(self, script: ScriptedRun | None = None, **more: Any) -> RunningBatch:
        """A run that is stored, and not begun yet."""
        given = BatchInput(str(uuid.uuid4()), TENANT, **more)
        self.runs[given.run_id] = script or ScriptedRun()
        return RunningBatch(self, given, self.runs[given.run_id])

    async def start(self, script: ScriptedRun | None = None, **more: Any) -> RunningBatch:
        """A run that was begun."""
        running = self.batch(script, **more)
        await running.begin()
        return running

    async def crash(self) -> None:
        """The worker goes away with everything it had in memory, and another one takes over."""
        await self.host.stop()
        await self.host.begin()


@asynccontextmanager
async def serving_batches(max_cached_workflows: int = 1000) -> AsyncIterator[BatchServer]:
    """The server, and a worker built as production builds it, with scripted activities."""
    assertion_keys.install(verifier())
    path = shutil.which("temporal-test-server", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    async with await WorkflowEnvironment.start_time_skipping(test_server_existing_path=path) as env:
        runs: dict[str, ScriptedRun] = {}
        domain = Domain(contract.TASK_QUEUE, contract.DEPLOYMENT, [BatchRiskReEvaluationWorkflow], BatchActivities(runs).all())
        host = WorkerHost(lambda: build_worker(env.client, domain, Slots(20, 500, timedelta(0), max_cached_workflows), ""))
        await host.begin()
        try:
            yield BatchServer(env, env.client, runs, domain.task_queue, host)
        finally:
            await host.stop()
