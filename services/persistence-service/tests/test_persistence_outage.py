"""Servers that die under the service, and the service that dies under its callers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from persistence_harness import PRE, Caller, Service, post, refused, serving, sha
from sqlalchemy import text

from trustrelay.devstack.testing import bench, running_engine
from trustrelay.persistence.v1 import object_service_pb2 as pb
from trustrelay.persistence_service.migrate import migrate
from trustrelay.servicekit.errors import ServiceError, Unavailable
from trustrelay.servicekit.health import ask

BODY = b"%PDF-1.7\n" + b"z" * 3_000_000


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.1)


async def works(caller: Caller, case_id: str) -> bool:
    try:
        await caller.file(case_id)
    except Unavailable:
        return False
    return True


async def test_a_killed_postgres_is_unavailable_and_then_works_again(s3_engine: Any, capsule_keys: tuple[Path, Path]) -> None:
    """While Postgres is down every call answers DATABASE_UNAVAILABLE with RetryInfo, quickly; after its restart all facts are there."""
    with bench() as made:
        engine = made.postgres()
        with running_engine(engine, made.folder) as process:
            await migrate(engine.owner_url)
            async with serving(engine.app_url, s3_engine, capsule_keys[0]) as service:
                caller = service.caller()
                case_id = await caller.open()
                await asyncio.to_thread(process.kill)
                began = time.monotonic()
                with refused("UNAVAILABLE", "DATABASE_UNAVAILABLE") as caught:
                    await caller.move(case_id, 1, PRE)
                assert caught.value.retry_after is not None
                assert time.monotonic() - began < 15
                await until(lambda: _negated(ask(service.target)))
                await asyncio.to_thread(process.start, timeout=60)
                await until(lambda: works(caller, case_id))
                assert (await caller.move(case_id, 1, PRE)).state_version == 2
                await until(lambda: ask(service.target))


_END_OURS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'trustrelay-persistence-service'"


async def test_connections_that_died_while_nobody_called_cost_no_call(service: Service, postgres_engine: Any) -> None:
    """Postgres ends every pooled connection, more than once; each next transaction runs on a new one, without an error that a caller must retry."""
    for _ in range(3):
        async with service.database.transaction("t-idle") as connection:
            assert await connection.scalar(text("SELECT app_tenant()")) == "t-idle"
        await asyncio.to_thread(postgres_engine.sql, _END_OURS)


async def _negated(answer: Awaitable[bool]) -> bool:
    return not await answer


async def test_a_killed_object_store_is_unavailable_and_loses_nothing(migrated: Any, capsule_keys: tuple[Path, Path]) -> None:
    """An upload that meets a dead object store answers OBJECT_STORE_UNAVAILABLE and is completed after the restart."""
    with bench() as made:
        engine = made.seaweed()
        with running_engine(engine, made.folder) as process:
            async with serving(migrated.app_url, engine, capsule_keys[0]) as service:
                caller = service.caller()
                case_id, given = await wished(caller)
                assert (await post(given.grant, BODY)).status_code in (200, 204)
                await asyncio.to_thread(process.kill)
                request = pb.CompleteUploadRequest(case_id=case_id, upload_id=given.upload_id)
                with refused("UNAVAILABLE", "OBJECT_STORE_UNAVAILABLE"):
                    await caller.call(caller.objects.CompleteUpload, request)
                await asyncio.to_thread(process.start, timeout=60)
                assert (await completed(caller, request)).original.sha256 == sha(BODY)


async def wished(caller: Caller) -> tuple[str, pb.CreateUploadResponse]:
    case_id = await caller.open()
    request = pb.CreateUploadRequest(case_id=case_id, request_id=str(uuid.uuid4()), requirement_id="proof_of_address", uploaded_by="customer")
    request.file_name, request.size_bytes = "a.pdf", len(BODY)
    return case_id, await caller.call(caller.objects.CreateUpload, request)


async def completed(caller: Caller, request: pb.CompleteUploadRequest, seconds: float = 40) -> Any:
    """Retry as a client does, until it is done."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return (await caller.call(caller.objects.CompleteUpload, request)).document
        except ServiceError as error:
            if error.code.name != "UNAVAILABLE" or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)


@asynccontextmanager
async def own_process(database_url: str, s3: Any, key_file: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as its own process, as it is deployed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRUSTRELAY_")}
    environment |= {
        "TRUSTRELAY_PORT": str(port), "TRUSTRELAY_DATABASE_URL": database_url, "TRUSTRELAY_S3_ENDPOINT": s3.endpoint,
        "TRUSTRELAY_S3_ACCESS_KEY": s3.admin.access, "TRUSTRELAY_S3_SECRET_KEY": s3.admin.secret, "TRUSTRELAY_CAPSULE_KEY_FILE": str(key_file),
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trustrelay.persistence_service", env=environment, stderr=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await until(lambda: ask(f"127.0.0.1:{port}"))
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


@pytest.mark.parametrize("delay", [0.01, 0.04])
async def test_a_service_killed_while_completing_loses_no_upload(
    migrated: Any, s3_engine: Any, capsule_keys: tuple[Path, Path], delay: float, unused_tcp_port: int
) -> None:
    """SIGKILL anywhere inside CompleteUpload: after the restart the same call finishes, with one document and nothing in quarantine."""
    target = f"127.0.0.1:{unused_tcp_port}"
    caller = Caller(target, f"t-{uuid.uuid4().hex[:10]}")
    async with own_process(migrated.app_url, s3_engine, capsule_keys[0], unused_tcp_port) as process:
        case_id, given = await wished(caller)
        assert (await post(given.grant, BODY)).status_code in (200, 204)
        request = pb.CompleteUploadRequest(case_id=case_id, upload_id=given.upload_id)
        call = asyncio.create_task(completed(caller, request))
        await asyncio.sleep(delay)
        process.kill()
        await process.wait()
        async with own_process(migrated.app_url, s3_engine, capsule_keys[0], unused_tcp_port):
            document = await call
            assert document.original.sha256 == sha(BODY)
            assert [d.document_id for d in (await caller.file(case_id)).documents] == [document.document_id]
            found = s3_engine.client().list_objects("quarantine", prefix=f"tenant/{caller.tenant}/", recursive=True)
            assert list(found) == []


async def test_missing_settings_are_named(tmp_path: Path) -> None:
    """Without its settings the service ends at once with exit code 2 and the variables' names, and no value of any of them."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRUSTRELAY_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trustrelay.persistence_service", env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert b"TRUSTRELAY_DATABASE_URL" in said
    assert b"TRUSTRELAY_CAPSULE_KEY_FILE" in said
