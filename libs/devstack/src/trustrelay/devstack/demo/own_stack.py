"""Runs the demo on a stack that is started for it in a folder of its own, and cleaned up afterwards."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from pathlib import Path

from rich.console import Console

from trustrelay.devstack.demo.portfolio import PORTFOLIO_STORIES
from trustrelay.devstack.demo.run import Demo
from trustrelay.devstack.demo.telling import DemoFailed, Teller
from trustrelay.devstack.demo.wishes import Wishes
from trustrelay.devstack.errors import StackError
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.reporting import PlainReporter
from trustrelay.devstack.supervisor import Stack, running_stack
from trustrelay.servicekit.errors import ServiceError


def run_on_own_stack(wishes: Wishes, *, keep: bool) -> bool:
    """Whether all of it held. The folder is kept, and named, when it did not, or when `keep` asks for it."""
    folder = Path(tempfile.mkdtemp(prefix="trustrelay-demo-", dir="/var/tmp"))
    # SIGTERM unwinds like Ctrl-C, so that nothing is left running.
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    held, verdict = False, ""
    try:
        held, verdict = _run(folder, wishes)
    finally:
        if held and not keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"data and logs are in {folder}")
    print(verdict)
    return held


def _run(folder: Path, wishes: Wishes) -> tuple[bool, str]:
    """Whether all of it held, and the last line."""
    console = Console(width=None if Console().is_terminal else 200)
    teller = Teller(console)
    try:
        teller.chapter("Starting Temporal, PostgreSQL, S3, the sandbox and the five services")
        with running_stack(DataFolder.open(folder), seed=wishes.seed, reporter=PlainReporter(), domains=wishes.domains) as stack:
            teller.tell(f"stack of {len(stack.names())} parts is up")
            told = asyncio.run(_told(stack, wishes, teller))
    except (DemoFailed, ServiceError, StackError) as failed:
        reason = f"{failed.reason}: {failed.message}" if isinstance(failed, ServiceError) else str(failed)
        return False, f"DEMO FAILED {reason}"
    return True, f"DEMO OK {told} seconds={teller.seconds:.1f}"


async def _told(stack: Stack, wishes: Wishes, teller: Teller) -> str:
    """Runs the story; what the last line says of it."""
    if not wishes.story:
        return f"case={await Demo(stack, wishes, teller).run()} status=APPROVED"
    await PORTFOLIO_STORIES[wishes.story](stack, wishes, teller).run()
    return f"story={wishes.story}"
