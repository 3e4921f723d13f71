"""What a batch run is watched by: its counters, the memory of who works for it, and the history of its workflow."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import psutil
from temporalio.client import Client

from trustrelay.common.v1.portfolio_types_pb2 import RUN_STATUS_RUNNING, BatchRun
from trustrelay.contracts.batch_workflow import workflow_id
from trustrelay.devstack.demo.people import TENANT
from trustrelay.devstack.supervisor import Stack
from trustrelay.persistence.v1.batch_store_service_pb2 import GetBatchRunRequest
from trustrelay.persistence.v1.batch_store_service_pb2_grpc import BatchStoreServiceStub
from trustrelay.servicekit.context import CallContext, use
from trustrelay.servicekit.grpc_client import channel

WATCHED = ("persistence-service", "osint-service", "workflow-worker-batch")
_EVERY_SECONDS = 0.5
_MEGABYTE = 1024 * 1024


@dataclass
class Watch:
    """Looks at a run twice a second until it has ended."""

    stack: Stack
    run_id: str
    began: float = field(default_factory=time.perf_counter)
    run: BatchRun = field(default_factory=BatchRun)
    # (seconds since the start, cases with a result)
    progress: list[tuple[float, int]] = field(default_factory=list)
    memory: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def done(self) -> int:
        """Cases with a result."""
        return self.run.cases_scored + self.run.cases_not_assessed

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self.began

    async def keep_looking(self) -> None:
        """Until the run has ended."""
        async with channel(self.stack.environment.target("persistence-service")) as opened:
            store = BatchStoreServiceStub(opened)
            while not self.ended.is_set():
                with use(CallContext(tenant_id=TENANT, actor="bench", roles=frozenset({"service"}))):
                    self.run = (await store.GetBatchRun(GetBatchRunRequest(run_id=self.run_id), timeout=60)).run
                self.progress.append((self.seconds, self.done))
                for part in self.stack.state().parts:
                    if part.name in WATCHED and part.process is not None and psutil.pid_exists(part.process.pid):
                        self.memory[part.name].append(psutil.Process(part.process.pid).memory_info().rss / _MEGABYTE)
                if self.run.status != RUN_STATUS_RUNNING:
                    self.ended.set()
                    return
                await asyncio.sleep(_EVERY_SECONDS)

    async def until(self, cases: int) -> None:
        """Until so many cases have a result, or the run has ended."""
        while self.done < cases and not self.ended.is_set():  # noqa: ASYNC110 - another process tells
            await asyncio.sleep(_EVERY_SECONDS / 2)

    def pace(self, first: int, last: int) -> float:
        """Cases per second between two marks."""
        inside = [(at, done) for at, done in self.progress if first <= done <= last]
        (began, start), (ended, end) = inside[0], inside[-1]
        return round((end - start) / max(ended - began, 0.001), 1)


def memory_figures(samples: Iterable[float]) -> dict[str, float]:
    """Megabytes early (after the first tenth), late and at most; `growth` is late over early."""
    taken = list(samples)
    tenth = max(len(taken) // 10, 1)
    early, late = statistics.median(taken[tenth : 3 * tenth] or taken), statistics.median(taken[-2 * tenth :])
    return {"early_mb": round(early, 1), "late_mb": round(late, 1), "most_mb": round(max(taken), 1), "growth": round(late / early, 3)}


async def history_figures(address: str, run_id: str) -> dict[str, int]:
    """How many runs the workflow had, and how many events the longest of them."""
    client = await Client.connect(address)
    handle, lengths = client.get_workflow_handle(workflow_id(TENANT, run_id)), []
    run = (await handle.describe()).run_id or ""
    while run:
        history = await client.get_workflow_handle(handle.id, run_id=run).fetch_history()
        lengths.append(len(history.events))
        run = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return {"runs": len(lengths), "longest_events": max(lengths), "events": sum(lengths)}


async def stored_figures(database: str, run_id: str) -> dict[str, Any]:
    """What the tables themselves say: results, different cases among them, and assessments that the run made current."""
    connection = await asyncpg.connect(database.replace("+asyncpg", ""))
    try:
        await connection.execute("SELECT set_config('app.tenant', $1, false)", TENANT)
        results = "SELECT count(*) AS results, count(DISTINCT case_id) AS cases FROM batch_results WHERE run_id = $1"
        row = await connection.fetchrow(results, run_id)
        scores = "SELECT count(*) AS assessments, count(DISTINCT case_id) AS scored FROM risk_assessments WHERE operation_id = $1"
        other = await connection.fetchrow(scores, f"batch-run/{run_id}")
        alerts = await connection.fetchval("SELECT count(*) FROM alerts WHERE found_by = $1", f"batch-run/{run_id}")
    finally:
        await connection.close()
    return {**dict(row), **dict(other), "alerts": alerts}
