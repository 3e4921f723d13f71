"""The stack: start every part in order, keep them running, stop them in reverse."""

from __future__ import annotations

import os
import signal
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

from trustrelay.devstack.assembly import assemble, public_urls
from trustrelay.devstack.environment import StackEnvironment
from trustrelay.devstack.errors import Interrupted, UsageError
from trustrelay.devstack.identity import ProcessIdentity
from trustrelay.devstack.leftovers import end_leftovers
from trustrelay.devstack.lock import FolderLock
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.plan import Layer, PlannedPart, build
from trustrelay.devstack.ports import PortClaims
from trustrelay.devstack.process import PartProcess
from trustrelay.devstack.reporting import Reporter
from trustrelay.devstack.state import StackState, read_state
from trustrelay.devstack.supervised import Supervised

_STOP_SECONDS = 10.0
_WATCH_SECONDS = 0.3

Planner = Callable[[StackEnvironment], Sequence[PlannedPart]]


class Stack:
    """A running stack in this process. `kill` and `restart` may be called from any thread."""

    def __init__(self, environment: StackEnvironment, plan: Sequence[PlannedPart], stack_id: str, reporter: Reporter) -> None:
        self.environment = environment
        self.stop_asked = threading.Event()
        self._stack_id = stack_id
        self._reporter = reporter
        self._ready = False
        self._state_lock = threading.Lock()
        self._parts = {planned.part.name: Supervised(planned, self._process(planned), self._changed) for planned in plan}
        self._started = {name: threading.Event() for name in self._parts}
        self._watcher = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Start all parts, each as soon as what it waits for is ready. Raises the first failure, after stopping nothing."""
        with ThreadPoolExecutor(max_workers=len(self._parts), thread_name_prefix="start") as pool:
            futures = [pool.submit(self._start_one, part) for part in self._parts.values()]
            try:
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
                failed = [future.exception() for future in done if future.exception() is not None]
            finally:
                if not all(future.done() and future.exception() is None for future in futures):
                    self.stop_asked.set()
        if failed:
            raise _worst(failed)
        self._ready = True
        self._publish()
        self._watcher.start()

    def wait(self) -> None:
        """Until somebody asks for the stop."""
        self.stop_asked.wait()

    def ask_stop(self) -> None:
        """From a signal handler. Asked twice, parts are killed instead of waited for."""
        if self.stop_asked.is_set():
            for part in self._parts.values():
                part.process.send(signal.SIGKILL)
        self.stop_asked.set()

    def stop(self) -> None:
        """End every part: those that wait for others first, each within 10 s, then SIGKILL."""
        self.stop_asked.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for layer in reversed(Layer):
            level = [part for part in self._parts.values() if part.planned.layer is layer]
            with ThreadPoolExecutor(max_workers=len(self._parts), thread_name_prefix="stop") as pool:
                list(pool.map(lambda part: part.stop(grace=_STOP_SECONDS), level))

    def names(self) -> tuple[str, ...]:
        """Every part, in start order."""
        return tuple(self._parts)

    def kill(self, name: str) -> None:
        """SIGKILL one part and leave it dead until `restart`. Raises UsageError for an unknown name."""
        self._part(name).kill()

    def restart(self, name: str) -> None:
        """Start one part again on its old ports; returns when it is healthy. Raises StartFailed."""
        self._part(name).restart()

    def state(self) -> StackState:
        """What stack.json says."""
        supervisor = ProcessIdentity.of(os.getpid())
        assert supervisor is not None
        return StackState(
            stack_id=self._stack_id,
            supervisor=supervisor,
            seed=self.environment.seed,
            ready=self._ready,
            urls=public_urls(self.environment),
            parts=tuple(part.state() for part in self._parts.values()),
        )

    def _part(self, name: str) -> Supervised:
        if name not in self._parts:
            raise UsageError(f"no part {name!r}; there are {', '.join(self._parts)}")
        return self._parts[name]

    def _process(self, planned: PlannedPart) -> PartProcess:
        return PartProcess(planned.part, self.environment.data.log(planned.part.name), stop_asked=self.stop_asked)

    def _start_one(self, part: Supervised) -> None:
        for name in part.planned.after:
            while not self._started[name].wait(0.05):
                if self.stop_asked.is_set():
                    raise Interrupted("stopped while starting")
        part.start_first()
        self._started[part.name].set()

    def _watch(self) -> None:
        with ThreadPoolExecutor(max_workers=len(self._parts), thread_name_prefix="revive") as pool:
            reviving: dict[str, Future[None]] = {}
            while not self.stop_asked.wait(_WATCH_SECONDS):
                for part in self._parts.values():
                    future = reviving.get(part.name)
                    if part.died() and (future is None or future.done()):
                        reviving[part.name] = pool.submit(part.revive, self.stop_asked, self._reporter.note)
                        reviving[part.name].add_done_callback(self._complain)

    def _complain(self, revival: Future[None]) -> None:
        """A revival reports its own failures; this is for a mistake in ours."""
        error = revival.exception()
        if error is not None:
            self._reporter.note("".join(traceback.format_exception(error)))

    def _changed(self, part: Supervised) -> None:
        self._publish()
        self._reporter.changed(part.state())

    def _publish(self) -> None:
        with self._state_lock:
            self.state().write(self.environment.data.state_file)


def _worst(failures: list[BaseException | None]) -> BaseException:
    """The cause rather than the parts that stopped because of it."""
    real = [failure for failure in failures if failure is not None]
    return next((failure for failure in real if not isinstance(failure, Interrupted)), real[0])


@contextmanager
def prepared_stack(
    data: DataFolder, *, seed: int, reporter: Reporter, plan: Planner = build, domains: Sequence[str] | None = None
) -> Iterator[Stack]:
    """A stack that is not started yet; stopped at the end, whatever happens in between. `plan` says of which parts, `domains` with whose
    workers (None = all).

    Raises AlreadyRunning when another process runs one here. What a crashed one left is ended first; data is kept.
    """
    with FolderLock(data.lock_file), PortClaims() as claims:
        _clear(data, reporter)
        stack_id = uuid.uuid4().hex
        environment = assemble(data, claims, seed=seed, stack_id=stack_id, domains=domains)
        environment.postgres.check_place()
        stack = Stack(environment, plan(environment), stack_id, reporter)
        try:
            yield stack
        finally:
            stack.stop()
            data.state_file.unlink(missing_ok=True)


@contextmanager
def running_stack(data: DataFolder, *, seed: int, reporter: Reporter, plan: Planner = build, domains: Sequence[str] | None = None) -> Iterator[Stack]:
    """A stack whose every part is healthy. Raises as `prepared_stack` does, and StartFailed."""
    with prepared_stack(data, seed=seed, reporter=reporter, plan=plan, domains=domains) as stack:
        stack.start()
        yield stack


def stop_on_signals(stack: Stack) -> None:
    """Ctrl-C, SIGTERM and a closed terminal ask for the stop; a second one does not wait. Main thread only."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stack.ask_stop())


def _clear(data: DataFolder, reporter: Reporter) -> None:
    """We hold the lock: whatever is recorded belongs to a supervisor that is no more."""
    before = read_state(data.state_file)
    if before is None:
        return
    ended = end_leftovers(before)
    reporter.note(f"the last stack crashed; ended {len(ended)} processes that it left")
    data.state_file.unlink()
