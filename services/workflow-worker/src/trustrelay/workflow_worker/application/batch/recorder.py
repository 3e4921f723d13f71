"""Stores every change of a run's status before anyone is told of it, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.batch_workflow import RunStatus
    from trustrelay.workflow_worker.application.batch.catalogue import LOAD_BATCH_RUN, SET_BATCH_STATUS
    from trustrelay.workflow_worker.application.running import is_final, reason_of, run_activity, run_until_done
    from trustrelay.workflow_worker.domain.batch.records import RunRef, StatusChange, StoredRun
    from trustrelay.workflow_worker.domain.batch.state import BatchState
    from trustrelay.workflow_worker.domain.refusals import Refused

# Who does what no person asked for.
MACHINE = "workflow"
_CONFLICT = "STATE_VERSION_CONFLICT"


@dataclass
class Recorder:
    """Whoever holds the lock judges, stores and only then changes the state."""

    run: RunRef
    state: BatchState
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def load(self) -> StoredRun:
        """The run as it is stored becomes the state. Raises ActivityError."""
        stored = await run_activity(LOAD_BATCH_RUN, self.run)
        self._adopt(stored)
        self.state.as_of_date, self.state.max_cases_per_second = stored.as_of_date, stored.max_cases_per_second
        return stored

    async def change(self, status: RunStatus, actor: str, reason: str, cause: str) -> None:
        """A message's change; `cause` is its request id. Raises Refused ETAG_MISMATCH when the store is ahead, ActivityError."""
        try:
            self._adopt(await run_activity(SET_BATCH_STATUS, self._change(status, actor, reason, cause)))
        except ActivityError as error:
            if not (is_final(error) and reason_of(error) == _CONFLICT):
                raise
            # A write that was given up was stored after all.
            await self.load()
            raise Refused("ABORTED", "ETAG_MISMATCH", "The run has changed since you looked; read it again.") from error

    async def settle(self, status: RunStatus, reason: str, still: Callable[[], bool]) -> None:
        """The workflow's own change, however long the store is away; nothing when `still` is no longer true once its turn has come."""
        async with self.lock:
            while still():
                try:
                    return self._adopt(await run_until_done(SET_BATCH_STATUS, self._change(status, MACHINE, reason, reason or "pages")))
                except ActivityError as error:
                    if reason_of(error) != _CONFLICT:
                        raise
                    self._adopt(await run_until_done(LOAD_BATCH_RUN, self.run))

    def _change(self, status: RunStatus, actor: str, reason: str, cause: str) -> StatusChange:
        version = self.state.state_version
        return StatusChange(self.run, version, status, actor, reason, f"{self.run.run_id}/{version + 1}/{status}/{cause}")

    def _adopt(self, stored: StoredRun) -> None:
        self.state.status, self.state.state_version = stored.status, stored.state_version
