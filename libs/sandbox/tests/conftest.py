"""One real server per set of options, on a free port."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date

import httpx
import pytest
import uvicorn

from trustrelay.sandbox import Cast, Limits, World, create_app

SEED = 7
AS_OF = date(2026, 11, 22)


@contextmanager
def running(world: World, *, admin: bool = False) -> Iterator[str]:
    """Serve on a socket that listens before the server starts, so that nobody has to wait for it."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(world, admin=admin), log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


@pytest.fixture(scope="session")
def cast() -> Cast:
    return Cast.generate(SEED)


@pytest.fixture(scope="session")
def world(cast: Cast) -> World:
    return World(cast, AS_OF)


@pytest.fixture(scope="session")
def client(world: World) -> Iterator[httpx.Client]:
    with running(world) as base, httpx.Client(base_url=base, timeout=10) as http:
        yield http


@pytest.fixture(scope="session")
def serving() -> Callable[[World], AbstractContextManager[str]]:
    """Serves another world for a while; yields its base address."""
    return running


@pytest.fixture
def limited(cast: Cast) -> Iterator[Callable[[Limits], httpx.Client]]:
    """Makes clients of servers with rate limits."""
    opened: list[tuple[object, httpx.Client]] = []

    def open_client(limits: Limits) -> httpx.Client:
        context = running(World(cast, AS_OF, limits))
        http = httpx.Client(base_url=context.__enter__(), timeout=10)
        opened.append((context, http))
        return http

    yield open_client
    for context, http in opened:
        http.close()
        context.__exit__(None, None, None)  # type: ignore[attr-defined]


@pytest.fixture
def failing(world: World) -> Iterator[httpx.Client]:
    """A server whose sources can be made to fail."""
    with running(world, admin=True) as base, httpx.Client(base_url=base, timeout=10) as http:
        yield http
