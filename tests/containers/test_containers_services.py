"""Every image as the charts run it: hardened, SERVING, draining, refusing wrong settings."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import grpc
import pytest
from containers_names import GRACE_SECONDS, PORTS, SERVICES, tag
from grpc_health.v1 import health_pb2, health_pb2_grpc

from trustrelay.servicekit import health

if TYPE_CHECKING:
    from containers_stack import Running, Stack

pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]

SERVING = health_pb2.HealthCheckResponse.SERVING

MISSING = {
    "persistence-service": "TRUSTRELAY_DATABASE_URL",
    "osint-service": "TRUSTRELAY_CACHE_DIR",
    "workflow-worker": "TRUSTRELAY_ASSERTION_PUBLIC_KEY_FILE",
    "case-api": "TRUSTRELAY_PERSISTENCE_TARGET",
}


@contextmanager
def serving(stack: Stack, name: str, **change: str) -> Iterator[Running]:
    """A container of the service, with its settings or with changed ones, that has turned SERVING."""
    from containers_stack import until

    with stack.service(name, change=change) as service:
        address = service.address(PORTS[name])
        until(f"{name} SERVING", lambda: not service.is_up() or asyncio.run(health.ask(address)))
        assert service.is_up(), service.logs()
        yield service


@pytest.mark.parametrize("name", SERVICES)
def test_turns_serving_without_any_privilege(store: Stack, name: str) -> None:
    """The image serves as user 10001 with no capability, no new privileges and a root it cannot write to."""
    with serving(store, name) as service:
        status = service.run("cat", "/proc/1/status")[1]
        lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert set(lines["Uid"].split()) == {"10001"}
        assert int(lines["CapEff"], 16) == int(lines["CapBnd"], 16) == 0
        assert lines["NoNewPrivs"] == "1"
        for place in ("/opt/app/x", "/opt/venv/x", "/etc/x", "/home/x"):
            assert service.run("touch", place)[0] != 0, place
        # podman gives a read-only container these folders to write to, Kubernetes does not: nothing may be needed there.
        assert service.run("sh", "-c", "find /var/tmp /run -type f -user 10001 2>/dev/null")[1] == ""


@pytest.mark.parametrize("name", SERVICES)
def test_drains_on_sigterm_within_the_grace_period(store: Stack, name: str) -> None:
    """On SIGTERM watchers of health are told NOT_SERVING and the process ends with 0 within its grace period."""
    with serving(store, name) as service, grpc.insecure_channel(service.address(PORTS[name]), options=[("grpc.enable_http_proxy", 0)]) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=60)
        assert next(watch).status == SERVING
        began = time.monotonic()
        service.raw.kill("TERM")
        assert next(watch).status != SERVING
        code = service.end(GRACE_SECONDS)
        assert time.monotonic() - began < GRACE_SECONDS
        assert code == 0, service.logs()
        assert '"event": "stopped"' in service.logs()


def test_the_workers_build_id_is_the_images_version(store: Stack) -> None:
    """Temporal knows a worker's container by its image's tag, or by the build id that it is given: another tag is another build."""
    from containers_stack import until

    def builds() -> str:
        return store.servers["temporal"].run("temporal", "worker", "deployment", "describe", "--name=trustrelay-compliance", "-o=json")[1]

    for settings, build in (({}, tag()), ({"TRUSTRELAY_DEPLOYMENT_VERSION": "another-build"}, "another-build")):
        with serving(store, "workflow-worker", **settings):
            until(f"Temporal knows {build}", lambda build=build: re.search(rf'"buildid": *"{re.escape(build)}"', builds(), re.IGNORECASE) is not None)


@pytest.mark.parametrize("name", MISSING)
def test_refuses_a_missing_setting(stack: Stack, name: str) -> None:
    """Without a required setting the image ends with 2 and one line that names the setting and what it is for."""
    with stack.service(name, without=MISSING[name]) as service:
        assert service.end(60) == 2
        said = [line for line in service.logs().splitlines() if line.startswith(f"{MISSING[name]}: is required but not set (")]
        assert len(said) == 1, service.logs()


def test_refuses_a_wrong_setting(stack: Stack) -> None:
    """document-service needs no setting; a value outside its range ends it with 2 and names the setting, not the value."""
    with stack.service("document-service", change={"TRUSTRELAY_DOCUMENT_WORKERS": "-77"}) as service:
        assert service.end(60) == 2
        assert service.logs().startswith("TRUSTRELAY_DOCUMENT_WORKERS: ")
        assert "-77" not in service.logs()


def test_migration_refuses_a_missing_setting(stack: Stack) -> None:
    """The migration's command in the persistence image ends with 2 without the owner's URL."""
    with stack.start("persistence-service", entrypoint="trustrelay-migrate") as migration:
        assert migration.end(60) == 2
        assert "TRUSTRELAY_DATABASE_OWNER_URL: is required but not set" in migration.logs()


def test_migration_may_run_again(servers: Stack) -> None:
    """A second migration finds nothing to do and ends with 0."""
    servers.migrate()
