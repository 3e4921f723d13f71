"""Which process a recorded pid meant: pids are reused, a pid with its start time is not."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

#: Environment variable that every child of one stack carries; tells our stragglers from strangers.
STACK_ID = "TRUSTRELAY_STACK_ID"


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process of one boot. `started` is opaque: only equality means something."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity | None:
        """The live process that has this pid now; None when there is none (a zombie counts as none)."""
        started = _started(pid)
        return None if started is None else cls(pid, started)

    def alive(self) -> bool:
        """Is this very process still there? False when the pid now belongs to another."""
        return ProcessIdentity.of(self.pid) == self

    def started_at(self) -> float:
        """When it started, in seconds since the epoch; infinity when it is gone, as what is gone has read nothing."""
        try:
            return psutil.Process(self.pid).create_time() if self.alive() else math.inf
        except psutil.NoSuchProcess:
            return math.inf


def _started(pid: int) -> str | None:
    """Boot id and kernel ticks, which no clock change moves; psutil's clock time where there is no /proc."""
    if not Path("/proc/self/stat").exists():
        return _started_by_clock(pid)
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in {"Z", "X"} else f"{_boot_id()}:{fields[19]}"


def _started_by_clock(pid: int) -> str | None:
    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.NoSuchProcess:
        return None


@cache
def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]


def members_of(stack_id: str) -> list[ProcessIdentity]:
    """Every live process of this user (or of any user, for root) that was started for this stack."""
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid() or not _belongs(process, stack_id):
            continue
        identity = ProcessIdentity.of(process.pid)
        if identity is not None:
            found.append(identity)
    return found


def _belongs(process: psutil.Process, stack_id: str) -> bool:
    try:
        return bool(process.environ().get(STACK_ID) == stack_id)
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False  # gone, or another user's: not ours either way
