"""Finding the servers' programs: beside our interpreter first, so that a machine's own version is never taken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from trustrelay.devstack.errors import StackError, StartFailed


def program(name: str) -> str:
    """Absolute path of a program that one of our packages installs. Raises StackError when it is not installed."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise StackError(f"{name} is not installed beside {sys.executable}: run the set-up again")
    return found


def run_tool(argv: Sequence[str], env: Mapping[str, str], *, seconds: float, script: str | None = None) -> str:
    """Run a server's own tool and return its stdout. Raises StartFailed with its first complaint, or when it hangs."""
    name = Path(argv[0]).name
    try:
        done = subprocess.run(argv, input=script, env=dict(env), capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise StartFailed(f"{name} did not end in {seconds:.0f} s") from error
    if done.returncode != 0:
        raise StartFailed(f"{name}: {done.stderr.strip()[:300]}")
    return done.stdout


def package_version(distribution: str) -> str:
    """`NAME VERSION` of an installed package."""
    return f"{distribution} {metadata.version(distribution)}"
