"""One running part: spawn, wait for health, stop, kill, start again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from trustrelay.devstack.errors import Interrupted, StartFailed
from trustrelay.devstack.health import probe
from trustrelay.devstack.identity import ProcessIdentity
from trustrelay.devstack.part import Command, Part

_LAUNCHER = str(Path(__file__).with_name("_launch.py"))
#: The kernel's "parent died" signal follows the spawning thread, so one thread that lives as long as we do spawns all.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
_POLL_SECONDS = 0.05
_SLOWEST_POLL_SECONDS = 0.25
_LAST_LINES = 15


class PartProcess:
    """A part and the process that runs it. Methods may be called from any thread; one at a time per part."""

    def __init__(self, part: Part, log: Path, *, stop_asked: threading.Event | None = None) -> None:
        self.part = part
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._stop_asked = stop_asked or threading.Event()
        self.identity: ProcessIdentity | None = None

    @property
    def name(self) -> str:
        """The part's name."""
        return self.part.name

    def running(self) -> bool:
        """Has the process been started, and not ended?"""
        return self._process is not None and self._process.poll() is None

    def exit_code(self) -> int | None:
        """How the process ended (negative: by that signal); None while it runs or before it ran."""
        return None if self._process is None else self._process.poll()

    def start(self, *, timeout: float) -> None:
        """Spawn, wait for the probe, configure. Raises StartFailed naming the log when it ends or takes too long."""
        self.spawn()
        self.wait_ready(timeout=timeout)

    def spawn(self) -> None:
        """Prepare and start the process; returns at once."""
        self.part.prepare()
        self._process = _SPAWNER.submit(_spawn, self.part.command(), self.log).result()
        self.identity = ProcessIdentity.of(self._process.pid)

    def wait_ready(self, *, timeout: float) -> None:
        """Wait until the probe answers, then configure."""
        self._until(lambda: probe(self.part.probe), timeout, "did not become healthy")
        self.part.configure()

    def stop(self, *, grace: float = 10.0) -> None:
        """Ask it to end; after `grace` seconds end it and everything it started. Does nothing when it is not running."""
        process = self._process
        if process is None:
            return
        descendants = descendants_of(process.pid)
        if process.poll() is None:
            process.send_signal(self.part.command().stop_signal)
            try:
                process.wait(grace)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        end_all(descendants, grace=1.0)

    def send(self, number: signal.Signals) -> None:
        """Signal the process, if it runs. Safe in a signal handler."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self, *, descendants_grace: float = 2.0) -> None:
        """SIGKILL, as a crash would; what it had started has a moment to notice, then goes too."""
        process = self._process
        if process is None:
            return
        descendants = descendants_of(process.pid)
        process.kill()
        process.wait()
        end_all(descendants, grace=descendants_grace)

    def _until(self, ready: Callable[[], bool], timeout: float, complaint: str) -> None:
        deadline, pause = time.monotonic() + timeout, _POLL_SECONDS
        while not ready():
            if self._stop_asked.is_set():
                raise Interrupted("stopped while starting")
            if not self.running():
                raise StartFailed(f"{self.name} ended with {self.exit_code()}{self._tail()}")
            if time.monotonic() > deadline:
                raise StartFailed(f"{self.name} {complaint} in {timeout:.0f} s{self._tail()}")
            self._stop_asked.wait(pause)
            pause = min(pause * 1.2, _SLOWEST_POLL_SECONDS)

    def _tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_LAST_LINES:] if self.log.exists() else []
        return f"; see {self.log}" + "".join(f"\n    {line[:300]}" for line in lines)


def _spawn(command: Command, log: Path) -> subprocess.Popen[bytes]:
    user = "-" if command.user is None else f"{command.user.uid}:{command.user.gid}"
    launcher = [sys.executable, "-I", "-S", _LAUNCHER, str(os.getpid()), str(int(command.death_signal)), user]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*launcher, *command.argv],
            env=dict(command.env),
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C at the terminal reaches the supervisor only, which stops in order
        )


def descendants_of(pid: int) -> list[ProcessIdentity]:
    """Live processes started by this one, directly or not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        children = psutil.Process(pid).children(recursive=True)
        return [found for child in children if (found := ProcessIdentity.of(child.pid)) is not None]
    return []


def end_all(processes: list[ProcessIdentity], *, grace: float, ask: signal.Signals | None = None) -> None:
    """Wait up to `grace` seconds for these processes to end (after asking with `ask`), then SIGKILL what is left."""
    if ask is not None:
        for process in processes:
            _signal(process, ask)
    deadline = time.monotonic() + grace
    while (left := [process for process in processes if process.alive()]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    for process in left:
        _signal(process, signal.SIGKILL)
    deadline = time.monotonic() + 5.0
    while any(process.alive() for process in left) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _signal(process: ProcessIdentity, number: signal.Signals) -> None:
    if process.alive():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
