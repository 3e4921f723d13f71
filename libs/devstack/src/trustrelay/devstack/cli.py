"""The `trustrelay` command. Exit codes: 0 done, 1 refused or failed (reason on stderr), 2 usage.

Each module of `commands` adds its commands to the application by a function `register(app)`.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

from trustrelay.devstack import commands
from trustrelay.devstack.errors import StackError


def application() -> typer.Typer:
    """The whole command with every sub-command."""
    app = typer.Typer(
        name="trustrelay",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        result_callback=_exit_with,
        help="Trust Relay on this machine: the stack, and cases on it.",
    )
    for module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda found: found.name):
        if not module.name.startswith("_"):
            importlib.import_module(f"{commands.__name__}.{module.name}").register(app)
    return app


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        application()(arguments)
    except StackError as error:
        print(f"trustrelay: {error}", file=sys.stderr)
        return error.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _exit_with(code: int | None) -> None:
    """Commands return their exit code; a command that returns nothing is done."""
    raise typer.Exit(code or 0)
