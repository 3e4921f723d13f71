"""Finding the servers' programs: beside our interpreter first, so that a machine's own version is never taken."""

from __future__ import annotations

import shutil
import sys
from importlib import metadata
from pathlib import Path

from trustrelay.devstack.errors import StackError


def program(name: str) -> str:
    """Absolute path of a program that one of our packages installs. Raises StackError when it is not installed."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise StackError(f"{name} is not installed beside {sys.executable}: run the set-up again")
    return found


def package_version(distribution: str) -> str:
    """`NAME VERSION` of an installed package."""
    return f"{distribution} {metadata.version(distribution)}"
