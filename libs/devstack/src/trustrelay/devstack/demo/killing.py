"""Kills one part while it works on a case, and starts it again: the case must end as if nothing had happened."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import Client
from temporalio.service import RPCError

from trustrelay.contracts.case_workflow import workflow_id
from trustrelay.devstack.demo.telling import DemoFailed, Teller
from trustrelay.devstack.supervisor import Stack
from trustrelay.devstack.workers import worker_name

T = TypeVar("T")

#: What the user names → the part, and in which activities it is caught (empty = an officer's update is in flight).
TARGETS: dict[str, tuple[str, frozenset[str]]] = {
    "worker": (worker_name("compliance"), frozenset({"process_documents", "registry_and_documents"})),
    "document-service": ("document-service", frozenset({"process_documents"})),
    "osint-service": ("osint-service", frozenset({"registry_and_documents", "run_osint_investigation", "screen_parties", "run_verification_checks"})),
    "persistence-service": ("persistence-service", frozenset()),
    "temporal": ("temporal", frozenset()),
    "postgres": ("postgres", frozenset()),
}
_POLL_SECONDS = 0.01
# Long enough for the message to have left this process, short enough that no update has been stored by then.
_IN_FLIGHT_SECONDS = 0.005
_DEAD_SECONDS = 2.0


class Killer:
    """Kills `target` once."""

    def __init__(self, stack: Stack, target: str, teller: Teller, tenant_id: str) -> None:
        self._stack = stack
        self._part, self._activities = TARGETS[target]
        self._teller = teller
        self._tenant_id = tenant_id
        self.done = asyncio.Event()

    @property
    def wants_update(self) -> bool:
        """Whether this part is to be killed under an update rather than under an activity."""
        return not self._activities

    async def watch(self, client: Client, case_id: str) -> None:
        """Waits until one of the part's activities is running for the case, kills the part, starts it again."""
        handle = client.get_workflow_handle(workflow_id(self._tenant_id, case_id))
        while not self.done.is_set():
            running = await self._running(handle)
            if running:
                await self._kill(f"activity {running} in flight")
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def _running(self, handle: Any) -> str | None:
        try:
            description = await handle.describe()
        except RPCError:
            return None  # not started yet
        started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
        for activity in description.raw_description.pending_activities:
            if activity.state == started and activity.activity_type.name in self._activities:
                return str(activity.activity_type.name)
        return None

    async def under(self, update: str, call: Coroutine[Any, Any, T]) -> T:
        """Runs the call and kills the part while its answer is still out. Raises DemoFailed when the answer was faster."""
        answer = asyncio.ensure_future(call)
        await asyncio.sleep(_IN_FLIGHT_SECONDS)
        if answer.done():
            raise DemoFailed(f"{update} was answered before {self._part} could be killed")
        await self._kill(f"update {update} in flight")
        return await answer

    async def _kill(self, what: str) -> None:
        await asyncio.to_thread(self._stack.kill, self._part)
        self._teller.tell(f"KILLED {self._part} (SIGKILL) with {what}")
        await asyncio.sleep(_DEAD_SECONDS)
        await asyncio.to_thread(self._stack.restart, self._part)
        self._teller.tell(f"restarted {self._part}")
        self.done.set()
