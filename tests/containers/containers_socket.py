"""A Docker-compatible socket for testcontainers: the machine's own, else podman's, started for these tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DOCKER_SOCKET = Path("/var/run/docker.sock")
# Machines without CAP_SYS_RESOURCE cannot raise limits; the test cluster's wrapper takes that capability out of what is asked for.
_RUNTIME = Path(__file__).parents[3] / "shared" / "cluster" / "runc-wrapper"
_LIMITS = '[containers]\ndefault_ulimits = ["nofile=16384:16384","nproc=16384:16384"]\n'
_START_SECONDS = 30.0
_IDLE_SECONDS = 900  # it ends by itself when the tests were killed and nobody asks it anything any more
_STOP_SECONDS = 10.0


class NoSocket(Exception):
    """Why containers cannot be tested here."""


@contextmanager
def docker_socket() -> Iterator[dict[str, str]]:
    """The environment that leads testcontainers to a socket. Raises NoSocket with the reason where there is none."""
    if "DOCKER_HOST" in os.environ or _answers(_DOCKER_SOCKET):
        yield {}
        return
    if shutil.which("podman") is None:
        raise NoSocket("no Docker-compatible socket: DOCKER_HOST is not set, /var/run/docker.sock does not answer, podman is not installed")
    with tempfile.TemporaryDirectory(prefix="trustrelay-podman-") as folder, _podman(Path(folder)) as path:
        yield {
            "DOCKER_HOST": f"unix://{path}",
            "TESTCONTAINERS_RYUK_DISABLED": "true",  # its image is not here; the fixtures remove what they make
            "TESTCONTAINERS_CONNECTION_MODE": "docker_host",
            "TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1",
        }


@contextmanager
def _podman(folder: Path) -> Iterator[Path]:
    limits, path, log = folder / "containers.conf", folder / "podman.sock", folder / "log"
    limits.write_text(_LIMITS)
    command = ["podman", "--cgroup-manager=cgroupfs", "--events-backend=file"]
    if _RUNTIME.exists():
        command.append(f"--runtime={_RUNTIME}")
    command += ["system", "service", f"--time={_IDLE_SECONDS}", f"unix://{path}"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env={**os.environ, "CONTAINERS_CONF": str(limits)}, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoSocket(f"podman's socket did not come up: {log.read_text(errors='replace')[-300:]}")
            _wait(process, 0.1)
        yield path
    finally:
        process.terminate()
        _wait(process, _STOP_SECONDS)
        if process.poll() is None:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for a process to end, or for that long."""
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True
