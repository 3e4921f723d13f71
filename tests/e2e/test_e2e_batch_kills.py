"""Ten thousand decided cases scored again on real servers, while the worker and Temporal are killed."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from trustrelay.case.v1.batch_service_pb2 import GetBatchRequest, PauseBatchRequest, ResumeBatchRequest, StartBatchRequest
from trustrelay.case.v1.batch_service_pb2_grpc import BatchServiceStub
from trustrelay.common.v1.portfolio_types_pb2 import RUN_STATUS_COMPLETED, RUN_STATUS_PAUSED, BatchRun
from trustrelay.devstack.calling import bearer
from trustrelay.devstack.client import Endpoint, log_in
from trustrelay.devstack.demo.people import TENANT
from trustrelay.devstack.environment import StackEnvironment
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.plan import PlannedPart, build
from trustrelay.devstack.portfolio import seed
from trustrelay.devstack.reporting import PlainReporter
from trustrelay.devstack.supervisor import Stack, running_stack
from trustrelay.servicekit.grpc_client import channel

CASES = 10_000
WORKER = "workflow-worker-batch"
# What a batch does not need: it reads no documents.
_WITHOUT = frozenset({"document-service"})
_PATIENCE = 240.0


def _plan(environment: StackEnvironment) -> Sequence[PlannedPart]:
    return [planned for planned in build(environment) if planned.part.name not in _WITHOUT]


@pytest.fixture(scope="module")
def portfolio_stack() -> Iterator[Stack]:
    """A stack of its own, as Temporal is killed in it, with a portfolio of decided cases."""
    folder = Path(tempfile.mkdtemp(prefix="trustrelay-e2e-", dir="/var/tmp"))
    try:
        with running_stack(DataFolder.open(folder), seed=20, reporter=PlainReporter(), plan=_plan, domains=("batch",)) as stack:
            seed(stack.environment.postgres, TENANT, CASES)
            yield stack
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Manager:
    """BatchService as mara sees it."""

    stub: BatchServiceStub
    token: str
    run: BatchRun

    async def call(self, method: Any, request: Any) -> BatchRun:
        reply = await method(request, metadata=(bearer(self.token),), timeout=60)
        self.run.CopyFrom(reply.run)
        return self.run

    async def until(self, holds: Callable[[BatchRun], bool]) -> BatchRun:
        deadline = time.monotonic() + _PATIENCE
        while not holds(await self.call(self.stub.GetBatch, GetBatchRequest(run_id=self.run.run_id))):
            assert time.monotonic() < deadline, self.run
            await asyncio.sleep(0.2)
        return self.run


async def _kill(stack: Stack, name: str) -> None:
    await asyncio.to_thread(stack.kill, name)
    await asyncio.to_thread(stack.restart, name)


async def test_e2e_batch_survives_kills_and_scores_each_case_once(portfolio_stack: Stack) -> None:
    """With kill -9 of its worker and of Temporal, a pause and a resume, a run completes: one result, one new score per case, counters that agree."""
    stack = portfolio_stack
    environment = stack.environment
    endpoint = Endpoint(environment.target("case-api"), environment.issuer_url)
    token = await log_in(endpoint, "mara", environment.secrets.dev_password("mara"))
    async with channel(endpoint.case_api) as opened:
        manager = Manager(BatchServiceStub(opened), token, BatchRun())
        request = StartBatchRequest(request_id=str(uuid.uuid4()))
        run = await manager.call(manager.stub.StartBatch, request)
        assert run.cases_total == CASES
        await manager.until(lambda run: run.cases_scored > CASES // 10)
        await _kill(stack, WORKER)
        paused = PauseBatchRequest(run_id=run.run_id, request_id=str(uuid.uuid4()), reason="month end")
        assert (await manager.call(manager.stub.PauseBatch, paused)).status == RUN_STATUS_PAUSED
        resumed = ResumeBatchRequest(run_id=run.run_id, request_id=str(uuid.uuid4()), reason="month over")
        await manager.call(manager.stub.ResumeBatch, resumed)
        await manager.until(lambda run: run.cases_scored > CASES // 2)
        await _kill(stack, "temporal")
        ended = await manager.until(lambda run: run.status == RUN_STATUS_COMPLETED)
        again = await manager.call(manager.stub.StartBatch, request)
    assert (ended.cases_scored, ended.cases_not_assessed, sum(level.cases for level in ended.levels)) == (CASES, 0, CASES)
    assert again == ended
    assert await _stored(environment.postgres.app_url, ended.run_id) == (CASES, CASES, CASES, CASES)


async def _stored(database: str, run_id: str) -> tuple[int, ...]:
    """Results, different cases among them, assessments that the run made current, different cases among those."""
    connection = await asyncpg.connect(database.replace("+asyncpg", ""))
    try:
        await connection.execute("SELECT set_config('app.tenant', $1, false)", TENANT)
        results = "SELECT count(*), count(DISTINCT case_id) FROM batch_results WHERE run_id = $1"
        scores = "SELECT count(*), count(DISTINCT case_id) FROM risk_assessments WHERE operation_id = $1"
        return (*await connection.fetchrow(results, run_id), *await connection.fetchrow(scores, f"batch-run/{run_id}"))
    finally:
        await connection.close()
