"""What the stack is made of: a part is one program with ports, a probe and what it needs around its start."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SystemUser:
    """A system account that a part runs as when we are root."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Command:
    """How to start one process. `env` is the whole environment, not an addition to ours."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    user: SystemUser | None = None
    #: Sent by the kernel when the supervisor dies without stopping its children.
    death_signal: signal.Signals = signal.SIGKILL
    #: Asks the process to end by itself.
    stop_signal: signal.Signals = signal.SIGTERM


class Part(Protocol):
    """One supervised program. Every method may be called again: a part is started as often as it dies."""

    @property
    def name(self) -> str:
        """Unique in the stack; names the log file."""
        ...

    @property
    def version(self) -> str:
        """What runs, for people."""
        ...

    @property
    def ports(self) -> Mapping[str, int]:
        """Every TCP port it opens on loopback, by purpose."""
        ...

    @property
    def probe(self) -> str:
        """The health probe as a URL, see `health.probe`."""
        ...

    def prepare(self) -> None:
        """Runs before each spawn: data folders, configuration files."""
        ...

    def command(self) -> Command:
        """How to start it now."""
        ...

    def configure(self) -> None:
        """Runs after each start, once the probe answers: roles, buckets, search attributes. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class PythonPart:
    """A process of ours: one Python module with settings from the environment."""

    name: str
    version: str
    module: str
    probe: str
    ports: Mapping[str, int]
    environment: Mapping[str, str]
    executable: str
    cwd: Path
    arguments: tuple[str, ...] = field(default=())
    on_ready: Callable[[], None] | None = None

    def prepare(self) -> None:
        """Nothing: services make nothing but what their settings name."""

    def command(self) -> Command:
        """`python -m MODULE ARGUMENT…`."""
        return Command(argv=(self.executable, "-m", self.module, *self.arguments), env=self.environment, cwd=self.cwd)

    def configure(self) -> None:
        """What this part wants done each time it is up, if anything."""
        if self.on_ready is not None:
            self.on_ready()
