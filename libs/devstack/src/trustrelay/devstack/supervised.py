"""A part under supervision: its process, its status, and what to do when it dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from trustrelay.devstack.errors import StackError
from trustrelay.devstack.plan import PlannedPart
from trustrelay.devstack.process import PartProcess
from trustrelay.devstack.state import PartState, PartStatus

MAX_RESTARTS = 5
_FIRST_BACKOFF_SECONDS = 0.5
#: A part that stayed up this long has recovered: its restarts no longer count.
_RECOVERED_SECONDS = 60.0


class Supervised:
    """One part's life. The lock makes a person's kill and restart, and the watchdog's restart, take turns."""

    def __init__(self, planned: PlannedPart, process: PartProcess, changed: Callable[[Supervised], None]) -> None:
        self.planned = planned
        self.process = process
        self.status = PartStatus.WAITING
        self.restarts = 0
        self._changed = changed
        self._ready_at = 0.0
        self._lock = threading.RLock()

    @property
    def name(self) -> str:
        """The part's name."""
        return self.process.name

    def state(self) -> PartState:
        """As others see it."""
        part = self.planned.part
        return PartState(
            name=part.name,
            status=self.status,
            version=part.version,
            probe=part.probe,
            ports=dict(part.ports),
            log=str(self.process.log),
            process=self.process.identity,
            restarts=self.restarts,
        )

    def start_first(self) -> None:
        """The first start, with what comes before it."""
        with self._lock:
            self._to(PartStatus.STARTING)
            if self.planned.before is not None:
                self.planned.before()
            self._start()

    def kill(self) -> None:
        """SIGKILL, and leave it dead until `restart`."""
        with self._lock:
            self._to(PartStatus.KILLED)  # before the process ends: the watchdog must not take it for an accident
            self.process.kill()

    def restart(self) -> None:
        """Start it (again); blocks until it is healthy."""
        with self._lock:
            self._to(PartStatus.RESTARTING)
            self.process.stop()
            self._start()

    def stop(self, *, grace: float) -> None:
        """End it for good."""
        with self._lock:
            if self.process.identity is None:
                return  # never ran
            self._to(PartStatus.STOPPING)
            self.process.stop(grace=grace)
            self._to(PartStatus.STOPPED)

    def died(self) -> bool:
        """Has the process ended without anybody asking for it?"""
        return self.status is PartStatus.READY and not self.process.running()

    def revive(self, stop_asked: threading.Event, note: Callable[[str], None]) -> None:
        """Start a dead part again, later each time, at most MAX_RESTARTS times in a row."""
        with self._lock:
            if not self.died():
                return
            note(f"{self.name} ended unexpectedly with {self.process.exit_code()}; see {self.process.log}")
            if time.monotonic() - self._ready_at > _RECOVERED_SECONDS:
                self.restarts = 0
            while self.restarts < MAX_RESTARTS:
                if stop_asked.wait(_FIRST_BACKOFF_SECONDS * 2**self.restarts):
                    return
                self.restarts += 1
                if self._revived(note):
                    return
            self._to(PartStatus.FAILED)
            note(f"{self.name} failed {MAX_RESTARTS} times and stays down: trustrelay status, then its log")

    def _revived(self, note: Callable[[str], None]) -> bool:
        self._to(PartStatus.RESTARTING)
        try:
            self.process.stop()
            self._start()
        except StackError as error:
            note(f"{self.name} did not come back: {error}")
            return False
        note(f"{self.name} is back (restart {self.restarts})")
        return True

    def _start(self) -> None:
        self.process.spawn()
        self._changed(self)
        self.process.wait_ready(timeout=self.planned.timeout)
        self._ready_at = time.monotonic()
        self._to(PartStatus.READY)

    def _to(self, status: PartStatus) -> None:
        self.status = status
        self._changed(self)
