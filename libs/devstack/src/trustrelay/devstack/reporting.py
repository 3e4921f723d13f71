"""Telling a person what the stack does: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table

from trustrelay.devstack.state import PartState, PartStatus

_STYLES = {PartStatus.READY: "green", PartStatus.FAILED: "bold red", PartStatus.KILLED: "red"}
_UNTOLD = {PartStatus.WAITING, PartStatus.STARTING, PartStatus.STOPPING}


class Reporter(Protocol):
    """Called from any thread."""

    def changed(self, state: PartState) -> None:
        """A part has another status."""
        ...

    def note(self, text: str) -> None:
        """Something worth a line."""
        ...


class PlainReporter:
    """One line when a part is ready, ends or fails; on stderr, so that a command's own answer stays clean."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._told: dict[str, PartStatus] = {}

    def changed(self, state: PartState) -> None:
        """Nothing for statuses that pass by."""
        if state.status in _UNTOLD or self._told.get(state.name) == state.status:
            return
        self._told[state.name] = state.status
        self.note(f"{state.name:<20} {state.status:<10} {_ports(state)}")

    def note(self, text: str) -> None:
        """With the seconds since the start."""
        print(f"{time.monotonic() - self._began:6.1f} s  {text}", file=sys.stderr, flush=True)


class LiveReporter:
    """A table that fills itself while the stack starts; after `close`, plain lines."""

    def __init__(self, console: Console) -> None:
        self._began = time.monotonic()
        self._rows: dict[str, tuple[PartState, float]] = {}
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=8)
        self._live.start()

    def changed(self, state: PartState) -> None:
        """The row of this part."""
        self._rows[state.name] = (state, time.monotonic() - self._began)

    def note(self, text: str) -> None:
        """A line above the table."""
        self._live.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        """Draw it a last time and leave it on the screen."""
        self._live.stop()

    def __enter__(self) -> LiveReporter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for heading in ("part", "status", "seconds", "ports"):
            table.add_column(heading)
        for state, seconds in list(self._rows.values()):
            style = _STYLES.get(state.status, "yellow")
            table.add_row(state.name, f"[{style}]{state.status}[/]", f"{seconds:.1f}", _ports(state))
        return table


def _ports(state: PartState) -> str:
    """The ports that people use; a server's internal ones only in `trustrelay status --json`."""
    shown = [f"{purpose} {port}" for purpose, port in state.ports.items() if purpose in _SHOWN]
    return ", ".join(shown)


_SHOWN = {"grpc", "http", "sql", "s3", "ui", "health"}
