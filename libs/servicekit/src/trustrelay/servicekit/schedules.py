"""Temporal schedules that are made equal to what is stored: worker (reconciliation) and case-api (at once, when an officer changes one).

What a schedule was made from is a digest in its note, so that comparing needs no understanding of how the server normalises times.
Every function raises temporalio.service.RPCError when Temporal does not answer.

Workflow modules must not import this one: the workflow sandbox would load all of it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleBackfill,
    ScheduleDescription,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

#: A note that begins so carries the digest of what the schedule was made from.
_NOTE = "as stored: "
#: Raised when the form of a schedule changes here, so that those made before are made again.
_FORM = 1
_DEADLINE = timedelta(seconds=10)


class Outcome(StrEnum):
    """What bringing a schedule in line took."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    SAME = "SAME"


@dataclass(frozen=True)
class Wanted:
    """One schedule as it should be. Either `cron` (UTC) or `interval`."""

    schedule_id: str
    workflow: str
    # A dataclass of references; encrypted by the client's codec.
    argument: Any
    # Temporal appends the time that a run was scheduled for.
    workflow_id: str
    task_queue: str
    cron: str = ""
    interval: timedelta | None = None
    jitter: timedelta = timedelta(0)
    # After an outage, runs missed longer ago than this are not made up for; Temporal's least is 10 s.
    catchup_window: timedelta = timedelta(hours=1)
    paused: bool = False
    # Ends a run that hangs: with overlap SKIP it would keep every later one from beginning.
    execution_timeout: timedelta = timedelta(hours=24)

    def digest(self) -> str:
        """Changes with anything that would make another schedule. Short lower-case hex."""
        said = [_FORM, asdict(self)]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Standing:
    """What Temporal has under a schedule's id."""

    digest: str
    paused: bool
    # Soonest first.
    next_times: tuple[datetime, ...]
    # Workflow ids of the runs that it began and that are not over.
    running: tuple[str, ...]

    def is_in_force(self, wanted: Wanted) -> bool:
        """Whether Temporal's schedule is the wanted one. One that was paused by hand at Temporal is not."""
        return (self.digest, self.paused) == (wanted.digest(), wanted.paused)


async def bring_in_line(client: Client, wanted: Wanted) -> Outcome:
    """Creates the schedule, or changes it where it differs; the same call again changes nothing. Runs under way go on."""
    standing = await describe(client, wanted.schedule_id)
    if standing is None:
        try:
            await client.create_schedule(wanted.schedule_id, _schedule(wanted), rpc_timeout=_DEADLINE)
        except ScheduleAlreadyRunningError:  # somebody else made it in between
            return await bring_in_line(client, wanted)
        return Outcome.CREATED
    if standing.is_in_force(wanted):
        return Outcome.SAME

    def replaced(_: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(_schedule(wanted))

    await client.get_schedule_handle(wanted.schedule_id).update(replaced, rpc_timeout=_DEADLINE)
    return Outcome.UPDATED


async def remove(client: Client, schedule_id: str) -> bool:
    """Deletes a schedule; False when there was none. Runs under way go on."""
    try:
        await client.get_schedule_handle(schedule_id).delete(rpc_timeout=_DEADLINE)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def describe(client: Client, schedule_id: str) -> Standing | None:
    """What Temporal has; None when it has no such schedule."""
    try:
        found = await client.get_schedule_handle(schedule_id).describe(rpc_timeout=_DEADLINE)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    return _standing(found)


async def ids(client: Client, *prefixes: str) -> AsyncIterator[str]:
    """Ids of all schedules that begin with one of `prefixes`. One made a moment ago may be missing: the list is eventually consistent."""
    async for entry in await client.list_schedules(rpc_timeout=_DEADLINE):
        if entry.id.startswith(prefixes):
            yield entry.id


async def trigger(client: Client, wanted: Wanted, request_id: str, argument: Any) -> str:
    """Begins one run now, beside the schedule and whether or not it is paused; its workflow id.

    The same `request_id` again begins nothing and answers the same. `argument` stands in for the schedule's, to say that it was asked for.
    That another run is under way is for the caller to refuse (`Standing.running` knows of the schedule's own only), and for the read model to settle.
    """
    workflow_id = f"{wanted.workflow_id}/manual/{request_id}"
    try:
        await client.start_workflow(
            wanted.workflow,
            argument,
            id=workflow_id,
            task_queue=wanted.task_queue,
            execution_timeout=wanted.execution_timeout,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            rpc_timeout=_DEADLINE,
        )
    except WorkflowAlreadyStartedError:
        return workflow_id  # it has run, and is over
    return workflow_id


async def backfill(client: Client, schedule_id: str, start: datetime, end: datetime) -> None:
    """The runs that should have been after `start` until `end`, one after another. One that has been is found by its id and not made again.

    Raises RPCError NOT_FOUND without such a schedule.
    """
    wanted = ScheduleBackfill(start_at=start, end_at=end, overlap=ScheduleOverlapPolicy.BUFFER_ALL)
    await client.get_schedule_handle(schedule_id).backfill(wanted, rpc_timeout=_DEADLINE)


def _schedule(wanted: Wanted) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            wanted.workflow,
            wanted.argument,
            id=wanted.workflow_id,
            task_queue=wanted.task_queue,
            execution_timeout=wanted.execution_timeout,
        ),
        spec=ScheduleSpec(
            cron_expressions=[wanted.cron] if wanted.cron else [],
            intervals=[ScheduleIntervalSpec(every=wanted.interval)] if wanted.interval else [],
            jitter=wanted.jitter or None,
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=wanted.catchup_window),
        state=ScheduleState(note=f"{_NOTE}{wanted.digest()}", paused=wanted.paused),
    )


def _standing(found: ScheduleDescription) -> Standing:
    note = found.schedule.state.note or ""
    running = (a.workflow_id for a in found.info.running_actions if isinstance(a, ScheduleActionExecutionStartWorkflow))
    return Standing(
        digest=note.removeprefix(_NOTE) if note.startswith(_NOTE) else "",
        paused=found.schedule.state.paused,
        next_times=tuple(sorted(found.info.next_action_times)),
        running=tuple(running),
    )
