"""Session fixtures: the socket, the network with its keys, the dev servers that the services need."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from containers_names import IMAGES, image
from containers_socket import NoSocket, docker_socket

if TYPE_CHECKING:
    from containers_stack import Stack


def pytest_configure(config: pytest.Config) -> None:
    """The marker of everything here."""
    config.addinivalue_line("markers", "containers: needs the built images and a Docker-compatible socket")


def _cannot(reason: str) -> None:
    """Skip; fail where containers must be tested (TRUSTRELAY_CONTAINERS_REQUIRED=1)."""
    if os.environ.get("TRUSTRELAY_CONTAINERS_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def socket() -> Iterator[None]:
    """testcontainers reads its settings when it is imported, so nothing imports it before this."""
    if importlib.util.find_spec("testcontainers") is None:
        _cannot("testcontainers is not installed")
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        try:
            found = opened.enter_context(docker_socket())
        except NoSocket as reason:
            _cannot(str(reason))
        for name, value in found.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def stack(socket: None) -> Iterator[Stack]:
    """Network and keys. Images are not built by tests: `make images` does."""
    import docker
    from containers_stack import bare_stack

    client = docker.from_env()
    missing = [image(name) for name in IMAGES if not client.images.list(name=image(name))]
    client.close()
    if missing:
        _cannot(f"images are not built (make images): {', '.join(missing)}")
    with bare_stack() as made:
        yield made


@pytest.fixture(scope="session")
def servers(stack: Stack) -> Iterator[Stack]:
    """Postgres, S3, Temporal and the sandbox, set up; the schema at its newest version."""
    from containers_stack import until

    with ExitStack() as opened:
        for name in ("postgres", "s3", "temporal", "sandbox"):
            stack.servers[name] = opened.enter_context(stack.server(name))
        for name in ("postgres", "s3", "temporal"):
            server = stack.servers[name]
            until(f"{name} ready", lambda server=server: server.run("devservers", "ready")[0] == 0 or not server.is_up())
            assert server.is_up(), server.logs()
        stack.migrate()
        yield stack


@pytest.fixture(scope="session")
def store(servers: Stack) -> Iterator[Stack]:
    """The same with persistence-service, which case-api's health follows."""
    with servers.service("persistence-service"):
        yield servers
