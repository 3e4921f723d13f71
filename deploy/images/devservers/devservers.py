"""One server of the dev profile as a container's only command: `devservers COMMAND`.

    postgres    5432  roles trustrelay_owner and trustrelay_app, database trustrelay     database.json
    s3          8333  buckets quarantine, evidence, temporal-payloads                    s3.json
    temporal    7233  and its UI on 8233; search attributes registered
    sandbox     8070  the public registries, invented; SANDBOX_SEED (1)
    issuer      8071  dev tokens under ISSUER_URL, its address as others see it          issuer_private.pem, dev_users.json
    collector   4317  OTLP over gRPC into files in DATA/telemetry
    keys              makes every key, password and dev user of an installation in SECRETS, once; keeps those that are there
    ready             exit 0 once the server of this container is set up (for exec probes)

The files named on the right are in SECRETS (/etc/trustrelay/secret), as `keys` makes them. DATA (/data) is the one folder
that a server writes to, beside /tmp. For development only: no backups, no TLS.
"""

# ruff: noqa: S603, T201  (a command that starts servers and talks to whoever started it)
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType

from trustrelay.devstack.engines import PostgresEngine, SeaweedEngine, TemporalEngine
from trustrelay.devstack.engines.postgres import DEFAULT_PORT as POSTGRES_PORT
from trustrelay.devstack.errors import StackError
from trustrelay.devstack.health import probe
from trustrelay.devstack.part import Command, Part
from trustrelay.devstack.secrets import DatabasePasswords, S3Key, Secrets

EVERYWHERE = "0.0.0.0"  # noqa: S104  (a container's own network; the charts' policies say who reaches it)
READY = Path("/tmp/devservers-ready")  # noqa: S108  (the container's own)
START_SECONDS = 90.0
USAGE = 2

_S3_PORTS = {
    "s3": 8333, "s3_grpc": 18333, "master": 9333, "master_grpc": 19333, "volume": 9340, "volume_grpc": 19340,
    "filer": 8888, "filer_grpc": 18888, "admin": 13646, "admin_grpc": 23646,
}  # fmt: skip
_TEMPORAL_PORTS = {"grpc": 7233, "ui": 8233, "http": 7243, "metrics": 7253}


def required(name: str) -> str:
    """A setting that has no default; ends the process with 2 and its name when it is missing."""
    value = os.environ.get(name, "")
    if not value:
        print(f"{name}: is required but not set", file=sys.stderr)
        raise SystemExit(USAGE)
    return value


def data_folder() -> Path:
    """Where servers keep what they store."""
    return Path(os.environ.get("DATA", "/data"))


def secret(name: str) -> Path:
    """A file that `keys` makes; ends the process with 2 and its name when it is missing."""
    path = Path(os.environ.get("SECRETS", "/etc/trustrelay/secret")) / name
    if not path.is_file():
        print(f"{path}: is required but not there (`devservers keys` makes it)", file=sys.stderr)
        raise SystemExit(USAGE)
    return path


def postgres() -> None:
    """Postgres, reachable from other containers by password only."""
    passwords = DatabasePasswords(**json.loads(secret("database.json").read_text()))
    engine = PostgresEngine(data_folder() / "postgres", {"sql": POSTGRES_PORT}, dict(os.environ), passwords)

    def open_up(command: Command) -> Command:
        rules = data_folder() / "postgres" / "data" / "pg_hba.conf"
        rule = "host all trustrelay_owner,trustrelay_app all scram-sha-256\n"
        if rule not in rules.read_text():
            with rules.open("a") as file:
                file.write(rule)
        return replace(command, argv=(*command.argv, "-c", f"listen_addresses={EVERYWHERE}"))

    run(engine, open_up)


def s3() -> None:
    """SeaweedFS; its inner ports stay closed to callers without its certificates and tokens."""
    keys = {who: S3Key(**key) for who, key in json.loads(secret("s3.json").read_text()).items()}
    engine = SeaweedEngine(data_folder() / "s3", _S3_PORTS, dict(os.environ), keys["admin"], keys["payloads"])
    run(engine, replacing("-ip.bind=127.0.0.1", f"-ip.bind={EVERYWHERE}"))


def temporal() -> None:
    """Temporal's development server with its history in one file."""
    engine = TemporalEngine(data_folder() / "temporal", _TEMPORAL_PORTS, dict(os.environ))
    run(engine, replacing("--ip=127.0.0.1", f"--ip={EVERYWHERE}"))


def sandbox() -> None:
    """The public registries; becomes the sandbox's own process."""
    become("trustrelay.sandbox", "serve", "--seed", os.environ.get("SANDBOX_SEED", "1"), "--host", EVERYWHERE, "--port", "8070", "--admin")


def issuer() -> None:
    """The token issuer, under the address that tokens name."""
    import uvicorn

    from trustrelay.devstack.issuer import load_issuer

    made = load_issuer(required("ISSUER_URL"), secret("issuer_private.pem"), secret("dev_users.json"))
    uvicorn.run(made.application(), host=EVERYWHERE, port=8071, log_level="warning", access_log=False, timeout_graceful_shutdown=2)


def collector() -> None:
    """The OTLP collector; becomes its own process."""
    folder = data_folder() / "telemetry"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    become("trustrelay.devstack.otlp", "--address", f"{EVERYWHERE}:4317", "--folder", str(folder))


def keys() -> None:
    """Every secret of an installation, as files of mode 600."""
    folder = Path(os.environ.get("SECRETS", "/etc/trustrelay/secret"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    Secrets.open(folder)


def ready() -> None:
    """Exit 1 while the server is not set up."""
    raise SystemExit(0 if READY.exists() else 1)


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


def run(engine: Part, change: Callable[[Command], Command]) -> None:
    """Start an engine, set it up, pass SIGTERM on in the way it wants, end as it ends (0 after a wanted stop)."""
    READY.unlink(missing_ok=True)
    engine.prepare()
    command = change(engine.command())
    process = subprocess.Popen(command.argv, env=dict(command.env), cwd=command.cwd)
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()
        process.send_signal(command.stop_signal)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        if wait_until_up(engine, process, stopping):
            engine.configure()
            READY.touch()
            print(f"{engine.name}: ready ({engine.version})", flush=True)
        code = process.wait()
    finally:
        if process.poll() is None:
            process.kill()
    raise SystemExit(0 if stopping.is_set() else code or 1)


def wait_until_up(engine: Part, process: subprocess.Popen[bytes], stopping: threading.Event) -> bool:
    """True when the engine's probe answers; False when it was asked to stop or ended before; kills it after START_SECONDS."""
    for _ in range(int(START_SECONDS / 0.2)):
        if stopping.is_set() or process.poll() is not None:
            return False
        if probe(engine.probe):
            return True
        stopping.wait(0.2)
    print(f"{engine.name}: did not get up in {START_SECONDS:.0f} s", file=sys.stderr)
    process.kill()
    return False


COMMANDS: Mapping[str, Callable[[], None]] = {
    command.__name__: command for command in (postgres, s3, temporal, sandbox, issuer, collector, keys, ready)
}


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
