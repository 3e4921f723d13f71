"""A stack in another process: start one in the background, stop one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from trustrelay.devstack.errors import StackError, StartFailed
from trustrelay.devstack.identity import ProcessIdentity
from trustrelay.devstack.leftovers import end_leftovers
from trustrelay.devstack.lock import FolderLock
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.reporting import Reporter
from trustrelay.devstack.state import StackState, read_state

_START_SECONDS = 240.0
#: Three layers of at most 10 s, and a little.
_STOP_SECONDS = 45.0
_POLL_SECONDS = 0.2


def running_state(data: DataFolder) -> StackState | None:
    """The state of the stack that runs on this folder now; None when none does."""
    state = read_state(data.state_file)
    return state if state is not None and state.supervisor.alive() else None


def start_detached(data: DataFolder, seed: int, reporter: Reporter) -> None:
    """Start a supervisor of its own session and wait until its stack is ready. Does nothing where one runs.

    Raises StartFailed with the end of the supervisor's log.
    """
    if running_state(data) is not None:
        return
    log = data.log("supervisor")
    argv = [sys.executable, "-m", "trustrelay.devstack", "up", "--data", str(data.root), "--seed", str(seed)]
    began = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd=data.root, env={**os.environ}
        )
    deadline = time.monotonic() + _START_SECONDS
    while not _ready(data, process.pid, reporter):
        if process.poll() == 0:
            return  # somebody else's start was faster
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            raise StartFailed(f"the stack did not start; see {log}\n{_reason(log.read_bytes()[began:].decode(errors='replace'))}")
        time.sleep(_POLL_SECONDS)


def ask_down(data: DataFolder) -> bool:
    """Stop the stack on this folder and wait for it; end what a crashed one left. False when there was nothing."""
    state = read_state(data.state_file)
    if state is None:
        return False
    if state.supervisor.alive():
        os.kill(state.supervisor.pid, signal.SIGTERM)
        _wait_gone(state.supervisor)
    with FolderLock(data.lock_file):
        end_leftovers(state)  # nothing, unless the supervisor was killed
        data.state_file.unlink(missing_ok=True)
    return True


def _reason(log: str) -> str:
    """What the supervisor gave as its reason; all it wrote when it gave none."""
    return log[max(log.rfind("\ntrustrelay: "), 0) :].strip()


def _wait_gone(supervisor: ProcessIdentity) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while supervisor.alive():
        if time.monotonic() > deadline:
            raise StackError(f"supervisor {supervisor.pid} did not stop in {_STOP_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)


def _ready(data: DataFolder, pid: int, reporter: Reporter) -> bool:
    state = running_state(data)
    if state is None or state.supervisor.pid != pid:
        return False
    for part in state.parts:
        reporter.changed(part)
    return state.ready
