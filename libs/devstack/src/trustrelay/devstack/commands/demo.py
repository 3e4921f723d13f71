"""`trustrelay demo`: two KYB cases from creation to their signed decisions, on a stack of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trustrelay.devstack.demo.killing import TARGETS
from trustrelay.devstack.demo.run import Demo, DemoFailed, Wishes
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.errors import StackError, UsageError
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.reporting import PlainReporter
from trustrelay.devstack.supervisor import running_stack
from trustrelay.servicekit.errors import ServiceError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    seed: Annotated[int, typer.Option("--seed", help="Which invented companies, people, numbers and files.")] = 1,
    kill: Annotated[str | None, typer.Option("--kill", help=f"SIGKILL a part while it works: {', '.join(TARGETS)}.")] = None,
    trace_out: Annotated[Path | None, typer.Option("--trace-out", help="Write the traces as OTLP JSON lines.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the data folder: databases, logs, traces, documents.")] = False,
) -> int:
    """Run two cases to their decisions and check everything on the way; the last line says DEMO OK or why not."""
    if kill is not None and kill not in TARGETS:
        raise UsageError(f"--kill takes one of {', '.join(TARGETS)}")
    folder = Path(tempfile.mkdtemp(prefix="trustrelay-demo-", dir="/var/tmp"))
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    held = False
    try:
        held = _run(folder, Wishes(seed, kill, trace_out))
    finally:
        if held and not keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"data and logs are in {folder}")
    return 0 if held else 1


def _run(folder: Path, wishes: Wishes) -> bool:
    console = Console(width=None if Console().is_terminal else 200)
    teller = Teller(console)
    try:
        teller.chapter("Starting Temporal, PostgreSQL, S3, the sandbox and the five services")
        with running_stack(DataFolder.open(folder), seed=wishes.seed, reporter=PlainReporter()) as stack:
            teller.tell(f"stack of {len(stack.names())} parts is up")
            case_id = asyncio.run(Demo(stack, wishes, teller).run())
    except (DemoFailed, ServiceError, StackError) as failed:
        reason = f"{failed.reason}: {failed.message}" if isinstance(failed, ServiceError) else str(failed)
        print(f"DEMO FAILED {reason}")
        return False
    print(f"DEMO OK case={case_id} status=APPROVED seconds={teller.seconds:.1f}")
    return True
