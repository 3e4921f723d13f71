"""deploy/images/egress.py, which proves what a build reaches, on a server of this test's own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = [pytest.mark.containers, pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")]

EGRESS = Path(__file__).parents[2] / "deploy" / "images" / "egress.py"
FETCH = "import sys, urllib.request as r; sys.exit(0 if r.urlopen(sys.argv[1], timeout=5).read() == b'answer' else 9)"
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Always the same six bytes."""
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"answer")

    def log_message(self, *arguments: object) -> None:
        """Nothing: pytest's output is for failures."""


@pytest.fixture
def port() -> Iterator[int]:
    """Where a server of this machine answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def through(report: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """COMMAND with 127.0.0.1 as the only host that it may reach."""
    return subprocess.run([sys.executable, EGRESS, "--allow", "127.0.0.1", report, *command], capture_output=True, text=True, timeout=60)


def test_an_allowed_host_is_reached_and_listed(port: int, tmp_path: Path) -> None:
    """What is asked of the proxy for an allowed host arrives, and the report names the host and counts the connection."""
    done = through(tmp_path / "hosts", sys.executable, "-c", FETCH, f"http://127.0.0.1:{port}/")
    assert done.returncode == 0, done.stderr
    host, connections, received = (tmp_path / "hosts").read_text().split()
    assert (host, connections) == (f"127.0.0.1:{port}", "1")
    assert int(received) > len("answer")


def test_another_host_is_refused_even_if_the_command_does_not_mind(port: int, tmp_path: Path) -> None:
    """A command that succeeds without the host that it was refused ends with 3, and the report says which host."""
    script = f"{FETCH.partition(';')[0]}\ntry: r.urlopen(sys.argv[1])\nexcept OSError: pass"
    done = through(tmp_path / "hosts", sys.executable, "-c", script, f"http://localhost:{port}/")
    assert done.returncode == 3, done.stderr
    assert (tmp_path / "hosts").read_text().split() == [f"localhost:{port}", "1", "refused"]


def test_there_is_no_way_round_the_proxy(port: int, tmp_path: Path) -> None:
    """A command that connects by itself reaches nothing, not even the machine that it runs on."""
    done = through(tmp_path / "hosts", sys.executable, "-c", CONNECT, "127.0.0.1", str(port))
    assert done.returncode == 1
    assert "ConnectionRefusedError" in done.stderr
    assert (tmp_path / "hosts").read_text() == ""
