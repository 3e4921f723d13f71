"""One server of the dev profile as a container's only command: `devservers COMMAND`.

    postgres    POSTGRES_PORT (5432)   roles trustrelay_owner and trustrelay_app, database trustrelay     database.json
    s3          S3_PORT (8333)         buckets quarantine, evidence, temporal-payloads                    s3.json
    temporal    TEMPORAL_PORT (7233)   UI, HTTP and metrics on +1000, +10, +20; search attributes registered
    sandbox     SANDBOX_PORT (8070)    the public registries, invented; SANDBOX_SEED (1)              file named by SANDBOX_RELYING_PARTY (none)
    issuer      ISSUER_PORT (8071)     dev tokens under ISSUER_URL, its address as others see it          issuer_private.pem, dev_users.json
    collector   COLLECTOR_PORT (4317)  OTLP over gRPC into files in DATA/telemetry
    keys                               makes every key, password and dev user of an installation in SECRETS, once; keeps those that are there
    ready                              exit 0 once postgres, s3 or temporal is set up (answered by the shell script around this file)

The files named on the right are in SECRETS (/etc/trustrelay/secret), as `keys` makes them. SANDBOX_RELYING_PARTY: who may ask the sandbox's
identity provider, identity_registration.json for what `keys` makes; without it nobody. DATA (/data) is the one folder that a server
writes to, beside /tmp. Servers listen on BIND (0.0.0.0; it must include loopback, where they are set up). For development only: no backups, no TLS.
Exit codes: 0 asked to stop, or done; 1 the server failed; 2 a setting or a file is missing or wrong.
"""

# ruff: noqa: S603, T201  (a command that starts servers and talks to whoever started it)
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

from trustrelay.devstack.engines import PostgresEngine, SeaweedEngine, TemporalEngine
from trustrelay.devstack.engines.postgres import DEFAULT_PORT as POSTGRES_PORT
from trustrelay.devstack.engines.temporal import DEFAULT_PORT as TEMPORAL_PORT
from trustrelay.devstack.errors import StackError
from trustrelay.devstack.health import probe
from trustrelay.devstack.part import Command, Part
from trustrelay.devstack.relying_party import write_registration
from trustrelay.devstack.secrets import DatabasePasswords, S3Key, Secrets

READY = Path("/tmp/devservers-ready")  # noqa: S108  (the container's own)
START_SECONDS = 90.0
USAGE = 2
HIGHEST_PORT = 65535

#: What each server is reached at unless NAME_PORT says otherwise.
PORTS = {"postgres": POSTGRES_PORT, "s3": 8333, "temporal": TEMPORAL_PORT, "sandbox": 8070, "issuer": 8071, "collector": 4317}
_S3_INNER_PORTS = {
    "s3_grpc": 18333, "master": 9333, "master_grpc": 19333, "volume": 9340, "volume_grpc": 19340,
    "filer": 8888, "filer_grpc": 18888, "admin": 13646, "admin_grpc": 23646,
}  # fmt: skip


def refuse(setting: str, why: str) -> NoReturn:
    """End with 2 and one line that names the setting or file, never its value."""
    print(f"{setting}: {why}", file=sys.stderr)
    raise SystemExit(USAGE)


def required(name: str) -> str:
    """A setting that has no default."""
    return os.environ.get(name) or refuse(name, "is required but not set")


def port(server: str) -> int:
    """Where a server listens: NAME_PORT, or its usual port."""
    setting = f"{server.upper()}_PORT"
    given = os.environ.get(setting) or str(PORTS[server])
    if not given.isdecimal() or not 1 <= int(given) <= HIGHEST_PORT:
        refuse(setting, f"must be a port, 1 to {HIGHEST_PORT}")
    return int(given)


def bind() -> str:
    """The address that servers listen on: everywhere in a container's own network; the charts' policies say who reaches it."""
    return os.environ.get("BIND") or "0.0.0.0"  # noqa: S104


def data_folder() -> Path:
    """Where servers keep what they store."""
    return Path(os.environ.get("DATA", "/data"))


def secrets_folder() -> Path:
    """Where the files that `keys` makes are."""
    return Path(os.environ.get("SECRETS", "/etc/trustrelay/secret"))


def secret(name: str) -> Path:
    """One of these files."""
    path = secrets_folder() / name
    return path if path.is_file() else refuse(str(path), "is required but not there (`devservers keys` makes it)")


def postgres() -> None:
    """Postgres, reachable from other containers by password only."""
    passwords = DatabasePasswords(**json.loads(secret("database.json").read_text()))
    engine = PostgresEngine(data_folder() / "postgres", {"sql": port("postgres")}, dict(os.environ), passwords)

    def open_up(command: Command) -> Command:
        rules = data_folder() / "postgres" / "data" / "pg_hba.conf"
        rule = "host all trustrelay_owner,trustrelay_app all scram-sha-256\n"
        if rule not in rules.read_text():
            with rules.open("a") as file:
                file.write(rule)
        return replace(command, argv=(*command.argv, "-c", f"listen_addresses={bind()}"))

    run(engine, open_up)


def s3() -> None:
    """SeaweedFS; its inner ports stay closed to callers without its certificates and tokens."""
    keys = {who: S3Key(**key) for who, key in json.loads(secret("s3.json").read_text()).items()}
    ports = {"s3": port("s3"), **_S3_INNER_PORTS}
    engine = SeaweedEngine(data_folder() / "s3", ports, dict(os.environ), keys["admin"], keys["payloads"])
    run(engine, replacing("-ip.bind=127.0.0.1", f"-ip.bind={bind()}"))


def temporal() -> None:
    """Temporal's development server with its history in one file."""
    grpc = port("temporal")
    ports = {"grpc": grpc, "ui": grpc + 1000, "http": grpc + 10, "metrics": grpc + 20}
    engine = TemporalEngine(data_folder() / "temporal", ports, dict(os.environ))
    run(engine, replacing("--ip=127.0.0.1", f"--ip={bind()}"))


def sandbox() -> None:
    """The public registries; becomes the sandbox's own process."""
    seed = os.environ.get("SANDBOX_SEED") or "1"
    registration = os.environ.get("SANDBOX_RELYING_PARTY")
    known = ("--relying-party", str(secret(registration))) if registration else ()
    become("trustrelay.sandbox", "serve", "--seed", seed, "--host", bind(), "--port", str(port("sandbox")), "--admin", *known)


def issuer() -> None:
    """The token issuer, under the address that tokens name."""
    import uvicorn

    from trustrelay.devstack.issuer import load_issuer

    made = load_issuer(required("ISSUER_URL"), secret("issuer_private.pem"), secret("dev_users.json"))
    uvicorn.run(made.application(), host=bind(), port=port("issuer"), log_level="warning", access_log=False, timeout_graceful_shutdown=2)


def collector() -> None:
    """The OTLP collector; becomes its own process."""
    folder = data_folder() / "telemetry"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    become("trustrelay.devstack.otlp", "--address", f"{bind()}:{port('collector')}", "--folder", str(folder))


def keys() -> None:
    """Every secret of an installation, as files of mode 600; beside them how the identity provider knows us."""
    folder = secrets_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_registration(Secrets.open(folder), folder)


def become(module: str, *arguments: str) -> None:
    """Process 1 is the server itself."""
    os.execv(sys.executable, (sys.executable, "-m", module, *arguments))  # noqa: S606


def replacing(old: str, new: str) -> Callable[[Command], Command]:
    """The same command with one argument changed. Raises ValueError when the engine no longer gives that argument."""

    def change(command: Command) -> Command:
        if old not in command.argv:
            raise ValueError(f"{old} is not an argument of {command.argv[0]}")
        return replace(command, argv=tuple(new if argument == old else argument for argument in command.argv))

    return change


@dataclass
class Stop:
    """SIGTERM or SIGINT, from the first moment on: process 1 would otherwise not notice them, and be killed after its grace period."""

    asked: threading.Event = field(default_factory=threading.Event)
    server: subprocess.Popen[bytes] | None = None
    wanted: signal.Signals = signal.SIGTERM

    def listen(self) -> None:
        """From now on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def hand_to(self, server: subprocess.Popen[bytes], wanted: signal.Signals) -> None:
        """Pass it on as the signal that this server wants; at once if it came before."""
        self.server, self.wanted = server, wanted
        if self.asked.is_set():
            server.send_signal(wanted)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked.set()
        if self.server is not None:
            self.server.send_signal(self.wanted)


def run(engine: Part, change: Callable[[Command], Command]) -> None:
    """Start an engine, set it up, pass SIGTERM on in the way it wants, end as it ends (0 after a wanted stop)."""
    READY.unlink(missing_ok=True)
    stop = Stop()
    stop.listen()
    engine.prepare()
    command = change(engine.command())
    process = subprocess.Popen(command.argv, env=dict(command.env), cwd=command.cwd)
    stop.hand_to(process, command.stop_signal)
    try:
        if wait_until_up(engine, process, stop.asked):
            engine.configure()
            READY.touch()
            print(f"{engine.name}: ready ({engine.version})", flush=True)
        code = process.wait()
    finally:
        if process.poll() is None:
            process.kill()
    raise SystemExit(0 if stop.asked.is_set() else code or 1)


def wait_until_up(engine: Part, process: subprocess.Popen[bytes], stopping: threading.Event) -> bool:
    """True when the engine's probe answers; False when it was asked to stop or ended before; kills it after START_SECONDS."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if stopping.is_set() or process.poll() is not None:
            return False
        if probe(engine.probe):
            return True
        stopping.wait(0.2)
    print(f"{engine.name}: did not get up in {START_SECONDS:.0f} s", file=sys.stderr)
    process.kill()
    return False


COMMANDS: Mapping[str, Callable[[], None]] = {command.__name__: command for command in (postgres, s3, temporal, sandbox, issuer, collector, keys)}


def main() -> None:
    """Run the one command that is named."""
    command = COMMANDS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if command is None:
        print(__doc__, file=sys.stderr)
        raise SystemExit(USAGE)
    try:
        command()
    except StackError as error:
        print(f"devservers: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
