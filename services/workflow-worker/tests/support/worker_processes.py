"""Worker processes as they are deployed, for tests that start, ask, kill and replace them."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker_signing import SIGNER

from trustrelay.servicekit.health import ALIVE, ask
from trustrelay.servicekit.temporal import new_keyring

COMMAND = (sys.executable, "-m", "trustrelay.workflow_worker")


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(folder: Path, temporal: Any, s3: Any, port: int) -> dict[str, str]:
    """Every required setting; the services behind are not there, which a worker survives."""
    keys, public = folder / "keys.json", folder / "public.pem"
    if not keys.exists():  # several processes share it
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


@dataclass(frozen=True)
class Account:
    """What an object store knows a caller by."""

    access: str
    secret: str


@dataclass(frozen=True)
class Place:
    """Where a server is, or will be."""

    address: str
    endpoint: str
    payloads: Any


@dataclass
class Told:
    """A worker process and every line that it has logged so far."""

    process: asyncio.subprocess.Process
    target: str
    lines: list[dict[str, Any]] = field(default_factory=list)

    def waited_for(self) -> list[str]:
        """Reasons to wait, in order."""
        return [line["reason"] for line in self.lines if line.get("event") == "worker.waiting"]

    async def until(self, condition: Callable[[], Awaitable[bool]], seconds: float = 120) -> None:
        """Poll with a deadline that a loaded machine keeps, as long as the process lives."""
        async with asyncio.timeout(seconds):
            while not await condition():
                assert self.process.returncode is None, self.lines[-5:]
                await asyncio.sleep(0.05)

    async def until_waiting(self, reason: str) -> None:
        """Until it has logged that it waits for that, alive and not serving."""

        async def waiting() -> bool:
            return reason in self.waited_for() and await ask(self.target, ALIVE)

        await self.until(waiting)
        assert not await ask(self.target)

    async def ended_by_sigterm(self, within: float) -> int:
        """Its exit code."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(within):
            return await self.process.wait()


@asynccontextmanager
async def worker_process(settings: dict[str, str], port: int, domain: str = "compliance", command: Sequence[str] = COMMAND) -> AsyncIterator[Told]:
    """The process as it is deployed, killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(*command, domain, env=settings, stderr=subprocess.PIPE)
    told = Told(process, f"127.0.0.1:{port}")
    reading = asyncio.create_task(_read(process, told.lines))
    try:
        yield told
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await reading


async def _read(process: asyncio.subprocess.Process, lines: list[dict[str, Any]]) -> None:
    assert process.stderr is not None
    async for line in process.stderr:
        lines.append(json.loads(line) if line.startswith(b"{") else {"event": line.decode()})
