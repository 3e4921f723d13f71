"""The worker as the process that is deployed."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from worker_signing import SIGNER

from trustrelay.devstack.testing import running_bench, s3_engine, temporal_engine  # noqa: F401  fixtures
from trustrelay.servicekit.health import ask
from trustrelay.servicekit.temporal import new_keyring

_COMMAND = [sys.executable, "-m", "trustrelay.workflow_worker"]


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(folder: Path, temporal: Any, s3: Any, port: int) -> dict[str, str]:
    """Every required setting; the services behind are not there, which a worker survives."""
    keys, public = folder / "keys.json", folder / "public.pem"
    keys.write_text(new_keyring("test"))
    keys.chmod(0o600)
    public.write_bytes(SIGNER.public_key_pem)
    values = {
        "PORT": str(port),
        "TEMPORAL_ADDRESS": temporal.address,
        "PAYLOAD_KEYS_FILE": str(keys),
        "PAYLOAD_S3_ENDPOINT": s3.endpoint,
        "PAYLOAD_S3_ACCESS_KEY": s3.payloads.access,
        "PAYLOAD_S3_SECRET_KEY": s3.payloads.secret,
        "PERSISTENCE_TARGET": "127.0.0.1:1",
        "DOCUMENT_TARGET": "127.0.0.1:1",
        "OSINT_TARGET": "127.0.0.1:1",
        "ASSERTION_PUBLIC_KEY_FILE": str(public),
        "DEPLOYMENT_VERSION": "process-test-1",
        "DRAIN_SECONDS": "2",
    }
    return {f"TRUSTRELAY_{name}": value for name, value in values.items()}


@pytest.mark.integration
async def test_worker_process_serves_and_ends_on_sigterm(temporal_engine: Any, s3_engine: Any, tmp_path: Path) -> None:  # noqa: F811
    """A worker started from its settings alone becomes healthy, and ends with 0 when it is told to stop."""
    port = free_port()
    settings = environment(tmp_path, temporal_engine, s3_engine, port)
    process = await asyncio.create_subprocess_exec(*_COMMAND, "compliance", env=settings, stderr=subprocess.PIPE)
    try:
        async with asyncio.timeout(30):
            while not await ask(f"127.0.0.1:{port}"):
                assert process.returncode is None, (await process.communicate())[1].decode()
                await asyncio.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            _, told = await process.communicate()
        assert process.returncode == 0, told.decode()[-2000:]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_worker_process_names_what_is_missing() -> None:
    """A worker without its settings says which, and ends with 2."""
    process = await asyncio.create_subprocess_exec(*_COMMAND, "compliance", env={}, stderr=subprocess.PIPE)
    _, told = await process.communicate()
    assert process.returncode == 2
    assert b"TRUSTRELAY_TEMPORAL_ADDRESS" in told


async def test_worker_process_knows_its_domains() -> None:
    """An unknown domain is wrong usage."""
    process = await asyncio.create_subprocess_exec(*_COMMAND, "elsewhere", env={}, stderr=subprocess.PIPE)
    _, told = await process.communicate()
    assert process.returncode == 2
    assert b"compliance" in told
