"""The worker as the process that is deployed."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from worker_signing import SIGNER

from trustrelay.devstack.testing import (
    bench,
    running_bench,  # noqa: F401  fixtures
    running_engine,
    s3_engine,  # noqa: F401
    temporal_engine,  # noqa: F401
)
from trustrelay.servicekit.health import ALIVE, ask
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
async def worker_process(settings: dict[str, str], port: int) -> AsyncIterator[Told]:
    """The process as it is deployed, killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(*_COMMAND, "compliance", env=settings, stderr=subprocess.PIPE)
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


@pytest.mark.integration
async def test_worker_process_serves_and_ends_on_sigterm(temporal_engine: Any, s3_engine: Any, tmp_path: Path) -> None:  # noqa: F811
    """A worker started from its settings alone becomes healthy, and ends with 0 when it is told to stop."""
    port = free_port()
    async with worker_process(environment(tmp_path, temporal_engine, s3_engine, port), port) as worker:
        await worker.until(lambda: ask(worker.target))
        assert await worker.ended_by_sigterm(within=15) == 0, worker.lines[-5:]
        assert worker.waited_for() == []


@pytest.mark.integration
async def test_worker_process_started_first_waits_for_the_others(tmp_path: Path) -> None:
    """A worker that starts before its servers is alive and not serving, says once per try what it waits for, and serves once they are there."""
    port = free_port()
    with bench() as servers:
        store, temporal = servers.seaweed(), servers.temporal()
        async with worker_process(environment(tmp_path, temporal, store, port), port) as worker:
            await worker.until_waiting("OBJECT_STORE_UNREACHABLE")
            with running_engine(store, servers.folder):
                await worker.until_waiting("TEMPORAL_UNREACHABLE")
                with running_engine(temporal, servers.folder):
                    await worker.until(lambda: ask(worker.target))
                    assert await worker.ended_by_sigterm(within=15) == 0, worker.lines[-5:]
            waiting = [line for line in worker.lines if line.get("event") == "worker.waiting"]
            assert [line["failures"] for line in waiting] == list(range(1, len(waiting) + 1))
            assert not [line for line in worker.lines if "Retrying" in line["event"]]


@pytest.mark.integration
async def test_worker_process_waits_for_its_bucket(temporal_engine: Any, tmp_path: Path) -> None:  # noqa: F811
    """A store that answers before its buckets are made is waited for like one that does not answer."""
    port = free_port()
    with bench() as servers:
        store = servers.seaweed()
        with running_engine(store, servers.folder):
            store.client().remove_bucket("temporal-payloads")
            async with worker_process(environment(tmp_path, temporal_engine, store, port), port) as worker:
                await worker.until_waiting("PAYLOAD_BUCKET_MISSING")
                store.client().make_bucket("temporal-payloads")
                await worker.until(lambda: ask(worker.target))


async def test_worker_process_waits_for_a_name_that_is_not_known_yet(tmp_path: Path) -> None:
    """A store whose name does not resolve is waited for; SIGTERM while waiting ends the process at once, with 0."""
    port = free_port()
    nowhere = Place("temporal.invalid:7233", "store.invalid:8333", Account("key", "secret"))
    async with worker_process(environment(tmp_path, nowhere, nowhere, port), port) as worker:
        await worker.until_waiting("OBJECT_STORE_UNREACHABLE")
        assert await worker.ended_by_sigterm(within=3) == 0


async def test_worker_process_ends_at_once_while_a_silent_store_holds_it(tmp_path: Path) -> None:
    """A store that accepts and never answers cannot hold back the end: no thread that waits for it is joined."""
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        place = Place(address, address, Account("key", "secret"))
        async with worker_process(environment(tmp_path, place, place, port), port) as worker:
            await worker.until(lambda: ask(worker.target, ALIVE))
            held, _ = await asyncio.to_thread(silent.accept)  # its request is on the way
            with held:
                assert not await ask(worker.target)
                assert await worker.ended_by_sigterm(within=3) == 0


async def test_worker_process_does_not_wait_for_what_no_waiting_mends(tmp_path: Path) -> None:
    """A keyring that others may read ends the process at once, and not with 0."""
    port = free_port()
    nowhere = Place("temporal.invalid:7233", "store.invalid:8333", Account("key", "secret"))
    settings = environment(tmp_path, nowhere, nowhere, port)
    (tmp_path / "keys.json").chmod(0o644)
    async with worker_process(settings, port) as worker:
        async with asyncio.timeout(20):
            assert await worker.process.wait() == 1
        assert worker.waited_for() == []


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
