"""Temporal schedules follow what is stored; on the real server, as the time-skipping one has none."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError
from temporalio.worker import Worker

from trustrelay.common.v1.portfolio_types_pb2 import MonitoringSchedule
from trustrelay.devstack.testing import running_bench, temporal_engine  # noqa: F401  fixtures
from trustrelay.servicekit import tenant_schedules
from trustrelay.servicekit._data_keys import scope_of
from trustrelay.servicekit.schedules import Outcome, Wanted, backfill, bring_in_line, describe, ids, remove, trigger

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Said:
    """What a run is told."""

    word: str


@workflow.defn(name="ScheduledForTest", sandboxed=False)
class Waits:
    """Runs until it is told to end, so that runs overlap."""

    def __init__(self) -> None:
        self._ended = False

    @workflow.run
    async def run(self, said: Said) -> str:
        """Answers what it was told."""
        await workflow.wait_condition(lambda: self._ended or said.word != "wait")
        return said.word

    @workflow.signal
    def end(self) -> None:
        """Ends it."""
        self._ended = True


@pytest_asyncio.fixture
async def client(temporal_engine: Any) -> Client:  # noqa: F811
    """A client of the real server."""
    return await Client.connect(temporal_engine.address)


@pytest_asyncio.fixture
async def wanted(client: Client) -> AsyncIterator[Wanted]:
    """A schedule of this test's own, gone afterwards."""
    name = uuid.uuid4().hex[:8]
    one = Wanted(f"t{name}/one", "ScheduledForTest", Said("done"), f"t{name}/run", f"queue-{name}", interval=timedelta(hours=5))
    yield one
    await remove(client, one.schedule_id)


async def _until(look: Callable[[], Awaitable[object]], expected: object) -> None:
    async with asyncio.timeout(40):
        while True:
            if await look() == expected:
                return
            await asyncio.sleep(0.2)


async def _names(client: Client, prefix: str) -> list[str]:
    return [name async for name in ids(client, prefix)]


async def _completed(client: Client, wanted: Wanted) -> int:
    query = f"WorkflowId STARTS_WITH '{wanted.workflow_id}' AND ExecutionStatus = 'Completed'"
    return (await client.count_workflows(query)).count


async def test_servicekit_schedule_is_created_changed_and_left_alone(client: Client, wanted: Wanted) -> None:
    """Bringing in line creates, then does nothing, then changes what differs."""
    assert await describe(client, wanted.schedule_id) is None
    assert await bring_in_line(client, wanted) is Outcome.CREATED
    assert await bring_in_line(client, wanted) is Outcome.SAME
    hourly = replace(wanted, interval=None, cron="15 * * * *")
    assert await bring_in_line(client, hourly) is Outcome.UPDATED
    standing = await describe(client, wanted.schedule_id)
    assert standing is not None
    assert standing.is_in_force(hourly)
    assert not standing.is_in_force(wanted)
    assert {time.minute for time in standing.next_times} == {15}


async def test_servicekit_schedule_paused_by_hand_is_not_in_force(client: Client, wanted: Wanted) -> None:
    """What somebody pauses at Temporal itself is found, and undone: the stored word counts."""
    await bring_in_line(client, wanted)
    await client.get_schedule_handle(wanted.schedule_id).pause(note="by hand")
    standing = await describe(client, wanted.schedule_id)
    assert standing is not None
    assert standing.paused
    assert not standing.is_in_force(wanted)
    assert await bring_in_line(client, wanted) is Outcome.UPDATED
    paused = replace(wanted, paused=True)
    assert await bring_in_line(client, paused) is Outcome.UPDATED
    assert await bring_in_line(client, paused) is Outcome.SAME


async def test_servicekit_removed_schedule_is_gone_and_removing_again_says_so(client: Client, wanted: Wanted) -> None:
    """A schedule is removed once; the second time there is none."""
    await bring_in_line(client, wanted)
    assert await remove(client, wanted.schedule_id)
    assert not await remove(client, wanted.schedule_id)
    with pytest.raises(RPCError):
        await backfill(client, wanted.schedule_id, datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC))


async def test_servicekit_schedules_are_found_by_prefix(client: Client, wanted: Wanted) -> None:
    """Reconciliation sees every schedule of ours and none of anybody else's."""
    await bring_in_line(client, wanted)
    prefix = wanted.schedule_id.partition("/")[0] + "/"
    await _until(lambda: _names(client, prefix), [wanted.schedule_id])
    assert [name async for name in ids(client, "nobody's/")] == []


async def test_servicekit_triggered_run_begins_once_per_request(client: Client, wanted: Wanted) -> None:
    """The same request again is the same run, while it runs and after it."""
    await bring_in_line(client, replace(wanted, paused=True))
    first = await trigger(client, wanted, "request-1", Said("asked"))
    async with Worker(client, task_queue=wanted.task_queue, workflows=[Waits]):
        assert await client.get_workflow_handle(first).result() == "asked"
        assert await trigger(client, wanted, "request-1", Said("asked")) == first
        run = await client.get_workflow_handle(first).describe()
        assert run.status is WorkflowExecutionStatus.COMPLETED
        assert await trigger(client, wanted, "request-2", Said("asked")) != first


async def test_servicekit_backfill_makes_the_missed_runs_one_after_another(client: Client, wanted: Wanted) -> None:
    """Each time in the range gets its run."""
    await bring_in_line(client, replace(wanted, paused=True, interval=timedelta(hours=1)))
    end = datetime.now(UTC)
    start = end - timedelta(hours=3)
    async with Worker(client, task_queue=wanted.task_queue, workflows=[Waits]):
        await backfill(client, wanted.schedule_id, start, end)
        await _until(lambda: _completed(client, wanted), 3)


async def test_servicekit_overlapping_run_is_skipped(client: Client, wanted: Wanted) -> None:
    """While a run goes on the schedule begins no other, and says which one runs."""
    waiting = replace(wanted, argument=Said("wait"), interval=timedelta(seconds=1))
    await bring_in_line(client, waiting)
    async with Worker(client, task_queue=wanted.task_queue, workflows=[Waits]), asyncio.timeout(40):
        while True:
            info = (await client.get_schedule_handle(wanted.schedule_id).describe()).info
            if info.num_actions_skipped_overlap:
                break
            await asyncio.sleep(0.2)
        standing = await describe(client, wanted.schedule_id)
        assert standing is not None
        assert len(standing.running) == 1
        await remove(client, wanted.schedule_id)
        await client.get_workflow_handle(standing.running[0]).signal(Waits.end)
        assert await client.get_workflow_handle(standing.running[0]).result() == "wait"


def test_servicekit_tenant_has_two_schedules_with_its_own_timing() -> None:
    """Monitoring and the suppression refresh of a tenant follow the one stored schedule."""
    stored = MonitoringSchedule(cron="0 3 * * *", paused=True, jitter=Duration(seconds=60))
    first, second = tenant_schedules.of_tenant("tenant-a", stored)
    assert (first.schedule_id, second.schedule_id) == tenant_schedules.ids_of_tenant("tenant-a")
    assert {one.cron for one in (first, second)} == {"0 3 * * *"}
    assert {one.catchup_window for one in (first, second)} == {timedelta(hours=1)}
    assert (first.paused, second.paused, first.interval) == (True, True, None)
    every = tenant_schedules.monitoring("tenant-a", MonitoringSchedule(interval=Duration(seconds=600)))
    assert every.interval == timedelta(minutes=10)
    assert every.digest() != first.digest()


def test_servicekit_runs_of_a_schedule_share_their_data_key() -> None:
    """A run every few minutes leaves no key each behind, while a run that was asked for has a scope of its own."""
    assert scope_of("monitoring/tenant-a-2026-11-22T03:00:00Z") == scope_of("monitoring/tenant-a") == "monitoring/tenant-a"
    assert scope_of("monitoring/tenant-a/manual/1") != "monitoring/tenant-a"
