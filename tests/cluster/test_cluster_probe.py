"""The stand-in for the kubelet's gRPC probes, against a real health server and as the post-renderer passes it on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

PROBE = (Path(__file__).parent / "probe.py").read_text()
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def port() -> Iterator[int]:
    """A server whose process lives and whose dependencies do not."""
    servicer = health.HealthServicer()
    servicer.set("", NOT_SERVING)
    servicer.set("alive", SERVING)
    server = grpc.server(ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    free = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield free
    server.stop(None).wait()


def probe(*arguments: str) -> int:
    """The exit code in a bare Python, after the post-renderer's str.format."""
    command = [sys.executable, "-ISc", PROBE.format(port="", service=""), *arguments]
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode


def test_the_probe_tells_serving_from_everything_else(port: int) -> None:
    """Alive is alive, failing dependencies are not ready, and an unknown health service is no."""
    assert [probe(str(port), "alive"), probe(str(port), ""), probe(str(port), "unknown")] == [0, 1, 1]


def test_the_probe_fails_where_nothing_listens(port: int) -> None:
    """A closed port is not alive."""
    assert probe("1", "alive") == 1
