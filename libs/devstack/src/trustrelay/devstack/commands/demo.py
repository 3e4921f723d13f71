"""`trustrelay demo`: cases of a template from creation to their signed decisions, on a stack of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trustrelay.devstack.demo.wishes import KILLABLE, KYB, STORIES, TEMPLATES, Wishes
from trustrelay.devstack.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    seed: Annotated[int, typer.Option("--seed", help="Which invented companies, people, numbers and files.")] = 1,
    template: Annotated[str, typer.Option("--template", help=f"Which stories: {', '.join(TEMPLATES)}.")] = KYB,
    story: Annotated[str, typer.Option("--story", help=f"Instead of cases: {', '.join(STORIES)}.")] = "",
    kill: Annotated[str | None, typer.Option("--kill", help=f"SIGKILL a part while it works: {', '.join(KILLABLE)}.")] = None,
    trace_out: Annotated[Path | None, typer.Option("--trace-out", help="Write the traces as OTLP JSON lines.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the data folder: databases, logs, traces, documents.")] = False,
) -> int:
    """Run cases to their decisions and check everything on the way; the last line says DEMO OK or why not."""
    if kill is not None and kill not in KILLABLE:
        raise UsageError(f"--kill takes one of {', '.join(KILLABLE)}")
    if template not in TEMPLATES:
        raise UsageError(f"--template takes one of {', '.join(TEMPLATES)}")
    if story not in ("", *STORIES):
        raise UsageError(f"--story takes one of {', '.join(STORIES)}")
    if story and template != KYB:
        raise UsageError("give either --story or --template")
    if kill is not None and (story or template != KYB):
        raise UsageError(f"--kill goes with --template {KYB}")
    # Sandbox, Temporal client and stack take a second to import; the other commands should not wait for them.
    from trustrelay.devstack.demo.own_stack import run_on_own_stack

    return 0 if run_on_own_stack(Wishes(seed, kill, trace_out, template, story), keep=keep) else 1
