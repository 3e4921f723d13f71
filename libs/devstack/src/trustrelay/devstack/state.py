"""stack.json: what runs in a data folder now. The supervisor writes it, everybody may read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from trustrelay.devstack.files import write_atomically
from trustrelay.devstack.identity import ProcessIdentity


class PartStatus(StrEnum):
    """Where a part is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    KILLED = "killed"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PartState:
    """One part as others see it."""

    name: str
    status: PartStatus
    version: str
    probe: str
    ports: Mapping[str, int]
    log: str
    process: ProcessIdentity | None = None
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class StackState:
    """The whole stack: `ready` once every part answered."""

    stack_id: str
    supervisor: ProcessIdentity
    seed: int
    ready: bool
    urls: Mapping[str, str]
    parts: tuple[PartState, ...] = field(default=())

    def part(self, name: str) -> PartState:
        """One part by name. Raises KeyError."""
        return {part.name: part for part in self.parts}[name]

    def write(self, path: Path) -> None:
        """Replace the file."""
        write_atomically(path, json.dumps(asdict(self), indent=1).encode())


def read_state(path: Path) -> StackState | None:
    """The recorded state, or None when nothing is recorded. Says nothing about what is still alive."""
    try:
        raw = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    parts = tuple(PartState(**{**part, "status": PartStatus(part["status"]), "process": _identity(part["process"])}) for part in raw.pop("parts"))
    return StackState(**{**raw, "supervisor": ProcessIdentity(**raw["supervisor"]), "parts": parts})


def _identity(raw: dict[str, str] | None) -> ProcessIdentity | None:
    return None if raw is None else ProcessIdentity(int(raw["pid"]), raw["started"])
