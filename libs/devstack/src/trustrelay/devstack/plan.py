"""Which parts make the stack, what each waits for, and how long it may take."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from importlib import metadata
from pathlib import Path

from trustrelay.devstack.engines._binary import package_version, program
from trustrelay.devstack.environment import Environment, StackEnvironment
from trustrelay.devstack.errors import StartFailed
from trustrelay.devstack.part import Part, PythonPart
from trustrelay.devstack.relying_party import write_registration
from trustrelay.devstack.workers import deployment_of, worker_name

_ENGINE_SECONDS = 60.0
_SERVICE_SECONDS = 120.0
_VERSION_SECONDS = 30.0
_MIGRATION_SECONDS = 120.0


class Layer(IntEnum):
    """Stopped from the top down: nobody loses what it stands on while it drains."""

    SERVER = 0
    STORE = 1
    SERVICE = 2


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """A part and when to start it. `before` runs once, before the first spawn only."""

    part: Part
    layer: Layer = Layer.SERVICE
    after: tuple[str, ...] = ()
    timeout: float = _SERVICE_SECONDS
    before: Callable[[], None] | None = None


def deployment_version() -> str:
    """The worker's build id: the version of its package."""
    return metadata.version("trustrelay-workflow-worker")


def build(env: StackEnvironment) -> tuple[PlannedPart, ...]:
    """Every part, in an order in which they may be started one after the other (and stopped in reverse).

    Services that import much start before what they will need is there: they say NOT_SERVING until it is.
    """
    return (
        PlannedPart(_service(env, "document-service", env.document_service())),
        PlannedPart(env.postgres, Layer.SERVER, timeout=_ENGINE_SECONDS),
        PlannedPart(env.temporal, Layer.SERVER, timeout=_ENGINE_SECONDS),
        PlannedPart(env.seaweed, Layer.SERVER, timeout=_ENGINE_SECONDS),
        PlannedPart(_collector(env), Layer.SERVER, timeout=_ENGINE_SECONDS),
        PlannedPart(_issuer(env), Layer.SERVER, timeout=_ENGINE_SECONDS),
        PlannedPart(_sandbox(env), Layer.SERVER),
        PlannedPart(
            _service(env, "persistence-service", env.persistence_service()),
            Layer.STORE,
            after=("postgres", "seaweed"),
            before=lambda: migrate(env),
        ),
        PlannedPart(_service(env, "osint-service", env.osint_service()), after=("sandbox",)),
        *(PlannedPart(_worker(env, domain), after=("temporal", "seaweed")) for domain in env.domains),
        PlannedPart(_service(env, "case-api", env.case_api()), after=("temporal", "seaweed", "issuer")),
    )


def migrate(env: StackEnvironment) -> None:
    """Bring the schema up to date. Raises StartFailed naming the log."""
    log = env.data.log("migrate")
    with log.open("ab") as output:
        done = subprocess.run(
            [program("trustrelay-migrate")],
            env=env.migrate(),
            cwd=env.data.root,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=_MIGRATION_SECONDS,
        )
    if done.returncode != 0:
        raise StartFailed(f"trustrelay-migrate ended with {done.returncode}; see {log}{_last_line(log)}")


def _service(env: StackEnvironment, name: str, settings: Environment) -> PythonPart:
    ports = {"grpc": env.ports[name]}
    return _python(env, name, f"trustrelay.{name.replace('-', '_')}", ports, f"grpc://{env.target(name)}", settings)


def _worker(env: StackEnvironment, domain: str) -> PythonPart:
    name = worker_name(domain)
    return _python(
        env,
        name,
        "trustrelay.workflow_worker",
        {"health": env.ports[name]},
        f"grpc://{env.target(name)}",
        env.workflow_worker(domain),
        arguments=(domain,),
        on_ready=lambda: _make_current(env, deployment_of(domain)),
    )


def _make_current(env: StackEnvironment, deployment: str) -> None:
    """Route work to this build. Temporal knows the build a moment after its worker's first poll."""
    deadline = time.monotonic() + _VERSION_SECONDS
    while True:
        try:
            return env.temporal.set_current_version(deployment, env.deployment_version)
        except StartFailed:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def _sandbox(env: StackEnvironment) -> PythonPart:
    port = env.ports["sandbox"]
    registration = write_registration(env.secrets, env.data.keys)
    arguments = ("serve", "--seed", str(env.seed), "--port", str(port), "--admin", "--relying-party", str(registration))
    probe = f"http://{env.target('sandbox')}/healthz"
    return _python(env, "sandbox", "trustrelay.sandbox", {"http": port}, probe, dict(env.base), arguments)


def _issuer(env: StackEnvironment) -> PythonPart:
    port = env.ports["issuer"]
    arguments = ("--port", str(port), "--key-file", str(env.secrets.issuer_private_key), "--users-file", str(env.secrets.dev_users))
    probe = f"{env.issuer_url}/healthz"
    return _python(env, "issuer", "trustrelay.devstack.issuer", {"http": port}, probe, dict(env.base), arguments)


def _collector(env: StackEnvironment) -> PythonPart:
    address = env.target("collector")
    ports = {"grpc": env.ports["collector"]}
    arguments = ("--address", address, "--folder", str(env.data.telemetry))
    return _python(env, "collector", "trustrelay.devstack.otlp", ports, f"grpc://{address}", dict(env.base), arguments)


def _python(
    env: StackEnvironment,
    name: str,
    module: str,
    ports: dict[str, int],
    probe: str,
    settings: Environment,
    arguments: tuple[str, ...] = (),
    on_ready: Callable[[], None] | None = None,
) -> PythonPart:
    return PythonPart(
        name=name,
        version=package_version(f"trustrelay-{module.split('.')[1].replace('_', '-')}"),
        module=module,
        probe=probe,
        ports=ports,
        environment=settings,
        executable=sys.executable,
        cwd=env.data.root,
        arguments=arguments,
        on_ready=on_ready,
    )


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return f"\n    {lines[-1][:300]}" if lines else ""
