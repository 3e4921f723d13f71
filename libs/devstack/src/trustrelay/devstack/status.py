"""`trustrelay status`: what is recorded, whether it is still there, and whether it answers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from trustrelay.devstack.health import probe
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.remote import running_state
from trustrelay.devstack.state import PartState, StackState


@dataclass(frozen=True, slots=True)
class PartReport:
    """One part, looked at now."""

    part: PartState
    alive: bool
    healthy: bool


@dataclass(frozen=True, slots=True)
class StackReport:
    """The whole stack, looked at now; `state` is None when nothing runs."""

    data: str
    state: StackState | None
    parts: tuple[PartReport, ...] = ()

    @property
    def healthy(self) -> bool:
        """Everything is up and answers."""
        return self.state is not None and all(report.healthy for report in self.parts)


def inspect(data: DataFolder) -> StackReport:
    """Ask every part, at once."""
    state = running_state(data)
    if state is None:
        return StackReport(str(data.root), None)
    with ThreadPoolExecutor(max_workers=len(state.parts)) as pool:
        return StackReport(str(data.root), state, tuple(pool.map(_look, state.parts)))


def print_status(report: StackReport, *, as_json: bool) -> int:
    """Write the report to stdout. Returns 0 when all is healthy, else 1."""
    if as_json:
        print(json.dumps(_as_json(report), indent=1))
    elif report.state is None:
        print(f"nothing runs on {report.data}")
    else:
        _print_table(report, report.state)
    return 0 if report.healthy else 1


def _look(part: PartState) -> PartReport:
    alive = part.process is not None and part.process.alive()
    return PartReport(part, alive, alive and probe(part.probe, timeout=2.0))


def _as_json(report: StackReport) -> dict[str, object]:
    state = report.state
    if state is None:
        return {"data": report.data, "running": False, "healthy": False, "parts": []}
    parts = [
        {
            "name": found.part.name,
            "status": found.part.status,
            "healthy": found.healthy,
            "pid": None if found.part.process is None else found.part.process.pid,
            "ports": dict(found.part.ports),
            "version": found.part.version,
            "restarts": found.part.restarts,
            "log": found.part.log,
        }
        for found in report.parts
    ]
    head = {"data": report.data, "running": True, "healthy": report.healthy, "ready": state.ready, "seed": state.seed}
    return {**head, "supervisor": asdict(state.supervisor), "urls": dict(state.urls), "parts": parts}


def _print_table(report: StackReport, state: StackState) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("part", "status", "health", "pid", "ports", "version", "restarts"):
        table.add_column(heading, overflow="fold")
    for found in report.parts:
        pid = "" if found.part.process is None else str(found.part.process.pid)
        ports = " ".join(f"{purpose}:{port}" for purpose, port in found.part.ports.items())
        health = "[green]healthy[/]" if found.healthy else "[red]not healthy[/]" if found.alive else "[red]gone[/]"
        table.add_row(found.part.name, str(found.part.status), health, pid, ports, found.part.version, str(found.part.restarts))
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table)
    for name, url in state.urls.items():
        console.print(f"{name:<12} {url}", highlight=False)
