"""The dev servers' image: one server per container, at the port that is asked for, ending when asked to."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from containers_names import GRACE_SECONDS

if TYPE_CHECKING:
    from containers_stack import Running, Stack

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]

SERVERS = ("postgres", "s3", "temporal", "sandbox", "issuer", "collector")
PORT = 9100  # of none of them by itself
# Temporal listens before it has begun: told to stop in between, it says that it failed to start.
BEGUN = {"temporal": ("temporal", "operator", "cluster", "health", "--address", f"127.0.0.1:{PORT}")}
NEEDED = {"issuer": {"ISSUER_URL": f"http://issuer:{PORT}"}}


def serves(server: Running, name: str) -> bool:
    """Does something listen at the port, and has it begun?"""
    host, port = server.address(PORT).split(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return name not in BEGUN or server.run(*BEGUN[name])[0] == 0


@pytest.mark.parametrize("name", SERVERS)
def test_serves_where_it_is_told_to_and_ends_when_asked(stack: Stack, name: str) -> None:
    """NAME_PORT moves the server; on SIGTERM the container ends with 0 within its grace period."""
    from containers_stack import until

    settings = {f"{name.upper()}_PORT": str(PORT)} | NEEDED.get(name, {})
    with stack.server(name, alias=f"moved-{name}", port=PORT, **settings) as server:
        until(f"{name} at {PORT}", lambda: not server.is_up() or serves(server, name))
        assert server.is_up(), server.logs()
        server.raw.kill("TERM")
        assert server.end(GRACE_SECONDS) == 0, server.logs()


def test_a_stop_during_the_first_start_is_heard(stack: Stack) -> None:
    """Postgres that is asked to end while it still makes its database ends with 0 within the grace period, it need not be killed."""
    from containers_stack import until

    with stack.server("postgres", alias="stopped-postgres") as server:
        until("initdb runs", lambda: server.run("sh", "-c", "ls -d /tmp/data/postgres")[0] == 0 or not server.is_up())
        server.raw.kill("TERM")
        assert server.end(GRACE_SECONDS) == 0, server.logs()


def test_refuses_a_port_that_is_none(stack: Stack) -> None:
    """A NAME_PORT that is no port (such as an address) ends the container with 2 and names the setting, not its value."""
    with stack.server("s3", alias="refused-s3", S3_PORT="tcp://192.0.2.77:8333") as server:
        assert server.end(60) == 2
        assert server.logs().startswith("S3_PORT: ")
        assert "192.0.2.77" not in server.logs()


def test_refuses_a_missing_setting_or_file(stack: Stack) -> None:
    """The issuer without its address, and a server without its secrets, end with 2 and one line that says what is missing."""
    with stack.server("issuer", alias="refused-issuer") as server:
        assert server.end(60) == 2
        assert server.logs().splitlines() == ["ISSUER_URL: is required but not set"]
    with stack.server("postgres", alias="refused-postgres", SECRETS="/nowhere") as server:
        assert server.end(60) == 2
        assert server.logs().startswith("/nowhere/database.json: is required but not there")
