"""The process itself: starts by command line, describes what it serves, stops when told."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

START_SECONDS = 20.0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _until_healthy(base: str, process: subprocess.Popen[bytes]) -> dict[str, object]:
    """Poll the health page; every refused connection costs a few milliseconds of waiting for the process."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            return dict(httpx.get(f"{base}/healthz", timeout=2).json())
        except httpx.TransportError:
            try:
                process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            pytest.fail(f"the sandbox ended with {process.returncode}")
    pytest.fail("the sandbox did not become healthy")


def test_serves_and_stops(tmp_path: Path) -> None:
    """It writes what it serves, answers, and ends on SIGTERM even while a source hangs."""
    base = f"http://127.0.0.1:{(port := _free_port())}"
    command = [sys.executable, "-m", "trustrelay.sandbox", "serve", "--seed", "3", "--port", str(port), "--admin", "--data", str(tmp_path)]
    with subprocess.Popen(command) as process:
        try:
            assert _until_healthy(base, process)["seed"] == 3
            number = json.loads((tmp_path / "cast.json").read_text())["cases"]["b"]["company"]["registration_number"]
            assert httpx.get(f"{base}/vies/rest-api/ms/BE/vat/{number}", timeout=5).json()["isValid"] is True
            httpx.post(f"{base}/admin/fault", json={"source": "gdelt", "mode": "timeout"}, timeout=5)
            with pytest.raises(httpx.ReadTimeout):
                httpx.get(f"{base}/gdelt/api/v2/doc/doc", timeout=0.2)
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=10)
        finally:
            process.kill()
