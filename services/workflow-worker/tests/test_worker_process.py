"""The worker as the process that is deployed."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from worker_processes import COMMAND, Account, Place, environment, free_port, worker_process

from trustrelay.devstack.testing import (
    bench,
    running_bench,  # noqa: F401  fixtures
    running_engine,
    s3_engine,  # noqa: F401
    temporal_engine,  # noqa: F401
)
from trustrelay.servicekit.health import ALIVE, ask


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
async def test_worker_process_waits_for_its_bucket(temporal_engine: Any, s3_engine: Any, tmp_path: Path) -> None:  # noqa: F811
    """A store that answers before its buckets are made is waited for like one that does not answer."""
    port, bucket = free_port(), f"later-{tmp_path.parent.name}"
    place = Place(temporal_engine.address, s3_engine.endpoint, s3_engine.admin)  # the worker's own account knows one bucket only
    settings = environment(tmp_path, place, place, port) | {"TRUSTRELAY_PAYLOAD_BUCKET": bucket}
    async with worker_process(settings, port) as worker:
        await worker.until_waiting("PAYLOAD_BUCKET_MISSING")
        s3_engine.client().make_bucket(bucket)
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
    process = await asyncio.create_subprocess_exec(*COMMAND, "compliance", env={}, stderr=subprocess.PIPE)
    _, told = await process.communicate()
    assert process.returncode == 2
    assert b"TRUSTRELAY_TEMPORAL_ADDRESS" in told


async def test_worker_process_knows_its_domains() -> None:
    """An unknown domain is wrong usage."""
    process = await asyncio.create_subprocess_exec(*COMMAND, "elsewhere", env={}, stderr=subprocess.PIPE)
    _, told = await process.communicate()
    assert process.returncode == 2
    assert b"compliance" in told
