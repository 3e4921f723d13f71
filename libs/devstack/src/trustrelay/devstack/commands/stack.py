"""`trustrelay up`, `down` and `status`: the stack by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trustrelay.devstack.errors import AlreadyRunning, StackError
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.remote import ask_down, start_detached
from trustrelay.devstack.reporting import LiveReporter, PlainReporter, Reporter
from trustrelay.devstack.state import read_state
from trustrelay.devstack.status import inspect, print_status
from trustrelay.devstack.supervisor import prepared_stack, stop_on_signals

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Data folder.", envvar="TRUSTRELAY_DATA", show_default="a folder per user under /var/tmp"),
]
SeedOption = Annotated[int, typer.Option("--seed", help="Which invented companies and people the sandbox holds.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable answer on stdout.")]
DEFAULT_SEED = 1


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(down)
    app.command()(status)


def up(
    data: DataOption = None,
    seed: SeedOption = DEFAULT_SEED,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it running in the background.")] = False,
) -> int:
    """Start the stack: real Temporal, Postgres and S3 servers, the sandbox and the five services.

    Starting it where it already runs is no error; with another seed it is.
    """
    folder = DataFolder.open(data)
    if detach:
        start_detached(folder, seed, PlainReporter())
        return _already_running(folder, seed)
    console = Console(stderr=True)
    try:
        if not console.is_terminal:
            return _run(folder, seed, PlainReporter(), lambda: None)
        with LiveReporter(console) as live:
            return _run(folder, seed, live, live.close)
    except AlreadyRunning:
        return _already_running(folder, seed)


def down(data: DataOption = None) -> int:
    """Stop the stack that runs on this data folder, wherever it was started. Data stays."""
    folder = DataFolder.at(data)
    print("stopped" if ask_down(folder) else "nothing runs here")
    return 0


def status(data: DataOption = None, as_json: JsonOption = False) -> int:
    """Every part with port, pid, version and health. Ends with 1 unless all are healthy."""
    return print_status(inspect(DataFolder.at(data)), as_json=as_json)


def _run(folder: DataFolder, seed: int, reporter: Reporter, when_ready: Callable[[], None]) -> int:
    """Start, say where things are, wait for Ctrl-C or SIGTERM, stop."""
    with prepared_stack(folder, seed=seed, reporter=reporter) as stack:
        stop_on_signals(stack)
        stack.start()
        when_ready()
        for name, url in stack.state().urls.items():
            reporter.note(f"{name:<12} {url}")
        reporter.note("up; Ctrl-C stops everything")
        stack.wait()
    reporter.note("stopped")
    return 0


def _already_running(folder: DataFolder, seed: int) -> int:
    state = read_state(folder.state_file)
    if state is None or not state.supervisor.alive():
        raise StackError(f"another process holds {folder.lock_file} but runs no stack yet: try again in a moment")
    if state.seed != seed:
        raise StackError(f"a stack with seed {state.seed} runs on {folder.root}: `trustrelay down` first")
    print(f"running on {folder.root} (supervisor {state.supervisor.pid}): {len(state.parts)} parts, case-api {state.urls['case-api']}")
    return 0
