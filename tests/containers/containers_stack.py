"""The images as containers on one network: hardened as in the charts, with the dev servers as their dependencies."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import docker
from containers_leftovers import labels, remove_abandoned, remove_mine
from containers_names import DEVSERVERS, PORTS, image
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from trustrelay.devstack.sandbox_urls import sandbox_urls

KEYS = "/etc/trustrelay/secret"
START_SECONDS = 120.0


def until(what: str, check: Callable[[], bool], seconds: float = START_SECONDS) -> None:
    """Poll until true. Raises AssertionError naming what did not happen."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.2)


@dataclass(frozen=True)
class Running:
    """One started container."""

    name: str
    container: DockerContainer

    @property
    def raw(self) -> Any:
        """docker-py's container."""
        return self.container.get_wrapped_container()

    def address(self, port: int) -> str:
        """`host:port` as this process reaches it."""
        return f"{self.container.get_container_host_ip()}:{self.container.get_exposed_port(port)}"

    def run(self, *command: str) -> tuple[int, str]:
        """Exit code and output of a command inside."""
        done = self.raw.exec_run(list(command))
        return int(done.exit_code), done.output.decode(errors="replace")

    def logs(self) -> str:
        """Everything it printed."""
        return str(self.raw.logs().decode(errors="replace"))

    def is_up(self) -> bool:
        """False once it has ended."""
        self.raw.reload()
        return bool(self.raw.status == "running")

    def end(self, seconds: float) -> int:
        """Its exit code. Raises requests' timeout errors when it does not end in time."""
        return int(self.raw.wait(timeout=seconds)["StatusCode"])


@dataclass
class Stack:
    """A network, a volume with the keys, and the dev servers that run on them for all tests, by name."""

    network: Network
    keys: str
    secrets: dict[str, Any] = field(default_factory=dict)
    servers: dict[str, Running] = field(default_factory=dict)

    @contextmanager
    def start(
        self, name: str, command: Sequence[str] = (), *, env: Mapping[str, str] = {}, alias: str = "", port: int = 0, entrypoint: str = "",
        keys_mode: str = "ro",
    ) -> Iterator[Running]:  # fmt: skip
        """One container as the charts run it: read-only root, no capability, no new privilege, /tmp to write to."""
        container = DockerContainer(image(name)).with_network(self.network).with_envs(**env).with_tmpfs_mount("/tmp")
        container = container.with_volume_mapping(self.keys, KEYS, keys_mode)
        more: dict[str, Any] = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"], "labels": labels()}
        if entrypoint:
            more["entrypoint"] = [entrypoint]
        if command:
            container = container.with_command(list(command))
        if alias:
            container = container.with_network_aliases(alias)
        if port:
            container = container.with_exposed_ports(port)
        container = container.with_kwargs(**more)
        container.start()  # one that was made but did not start is taken away with the stack
        try:
            yield Running(name, container)
        finally:
            container.stop()

    @contextmanager
    def server(self, command: str, *, alias: str = "", port: int = 0, **settings: str) -> Iterator[Running]:
        """One dev server, reachable from other containers under its own name or another."""
        with self.start(DEVSERVERS, [command], env={"DATA": "/tmp/data"} | settings, alias=alias or command, port=port) as running:
            yield running

    @contextmanager
    def service(self, name: str, *, without: str = "", change: Mapping[str, str] = {}) -> Iterator[Running]:
        """A service with its settings, `without` one of them, or with changed ones."""
        env = {variable: value for variable, value in (self.settings(name) | change).items() if variable != without}
        command = ["compliance"] if name == "workflow-worker" else []
        with self.start(name, command, env=env, alias=name, port=PORTS[name]) as running:
            yield running

    def settings(self, name: str) -> dict[str, str]:
        """The TRUSTRELAY_* variables of one service on this network."""
        s3, database = self.secrets["s3.json"], self.secrets["database.json"]
        temporal = {
            "TRUSTRELAY_TEMPORAL_ADDRESS": "temporal:7233",
            "TRUSTRELAY_PAYLOAD_KEYS_FILE": f"{KEYS}/payload_keys.json",
            "TRUSTRELAY_PAYLOAD_S3_ENDPOINT": "s3:8333",
            "TRUSTRELAY_PAYLOAD_S3_ACCESS_KEY": s3["payloads"]["access"],
            "TRUSTRELAY_PAYLOAD_S3_SECRET_KEY": s3["payloads"]["secret"],
            "TRUSTRELAY_PERSISTENCE_TARGET": "persistence-service:50054",
        }
        match name:
            case "case-api":
                return temporal | {
                    "TRUSTRELAY_ASSERTION_PRIVATE_KEY_FILE": f"{KEYS}/assertion_private.pem",
                    "TRUSTRELAY_OIDC_ISSUER": "http://issuer:8071",
                    "TRUSTRELAY_OIDC_JWKS_URL": "http://issuer:8071/jwks.json",
                    "TRUSTRELAY_OIDC_AUDIENCE": "trustrelay",
                }
            case "workflow-worker":
                return temporal | {
                    "TRUSTRELAY_DOCUMENT_TARGET": "document-service:50052",
                    "TRUSTRELAY_OSINT_TARGET": "osint-service:50053",
                    "TRUSTRELAY_ASSERTION_PUBLIC_KEY_FILE": f"{KEYS}/assertion_public.pem",
                }
            case "persistence-service":
                return {
                    "TRUSTRELAY_DATABASE_URL": f"postgresql://trustrelay_app:{database['app']}@postgres:5432/trustrelay",
                    "TRUSTRELAY_S3_ENDPOINT": "s3:8333",
                    "TRUSTRELAY_S3_ACCESS_KEY": s3["admin"]["access"],
                    "TRUSTRELAY_S3_SECRET_KEY": s3["admin"]["secret"],
                    "TRUSTRELAY_CAPSULE_KEY_FILE": f"{KEYS}/capsule_private.pem",
                }
            case "osint-service":
                return sandbox_urls("http://sandbox:8070") | {
                    "TRUSTRELAY_OBJECT_STORE_HOSTS": "s3:8333", "TRUSTRELAY_CACHE_DIR": "/tmp/cache", "TRUSTRELAY_GDELT_INTERVAL_SECONDS": "0",
                }  # fmt: skip
            case _:
                return {"TRUSTRELAY_OBJECT_STORE_HOSTS": "s3:8333"}

    def make_keys(self) -> None:
        """Every secret, made by the dev servers' image in the volume that all containers share."""
        with self.start(DEVSERVERS, ["keys"], keys_mode="rw") as made:
            assert made.end(60) == 0, made.logs()
        for name in ("s3.json", "database.json"):
            with self.start(DEVSERVERS, [f"{KEYS}/{name}"], entrypoint="cat") as shown:
                assert shown.end(60) == 0, shown.logs()
                self.secrets[name] = json.loads(shown.logs())

    def migrate(self) -> None:
        """What the charts' migration job does."""
        url = f"postgresql://trustrelay_owner:{self.secrets['database.json']['owner']}@postgres:5432/trustrelay"
        with self.start("persistence-service", env={"TRUSTRELAY_DATABASE_OWNER_URL": url}, entrypoint="trustrelay-migrate") as migration:
            assert migration.end(120) == 0, migration.logs()


@contextmanager
def bare_stack() -> Iterator[Stack]:
    """Network and keys; nothing runs. Takes away what killed runs left, and at its end all that this run made."""
    client = docker.from_env()
    remove_abandoned(client)
    try:
        volume = client.volumes.create(labels=labels())
        network = Network(docker_network_kw={"labels": labels()}).create()
        stack = Stack(network, volume.name)
        stack.make_keys()
        yield stack
    finally:
        remove_mine(client)
        client.close()
