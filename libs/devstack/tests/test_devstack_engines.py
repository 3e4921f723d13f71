"""The real servers: what they keep when killed, and whom they refuse."""

from __future__ import annotations

import io
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import asyncpg
import pytest
from minio.error import S3Error

from trustrelay.devstack.engines import PostgresEngine, SeaweedEngine, TemporalEngine
from trustrelay.devstack.engines._binary import program
from trustrelay.devstack.engines.temporal import SEARCH_ATTRIBUTES
from trustrelay.devstack.testing import FreshDatabase, bench, running_engine


def _plain(url: str) -> str:
    return url.replace("+asyncpg", "")


async def test_postgres_keeps_committed_rows_over_a_kill() -> None:
    """A row that was committed is there after SIGKILL and a restart on the same port."""
    with bench() as place:
        engine = place.postgres()
        with running_engine(engine, place.folder) as process:
            connection = await asyncpg.connect(_plain(engine.owner_url))
            await connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
            process.kill()
            process.start(timeout=60)
            again = await asyncpg.connect(_plain(engine.owner_url))
            assert await again.fetchval("SELECT n FROM kept") == 42
            await again.close()
        assert not process.running()


async def test_the_application_role_is_neither_superuser_nor_owner(fresh_database: FreshDatabase) -> None:
    """The role that the product uses can neither bypass row security nor make or read what nobody granted it."""
    owner = await asyncpg.connect(_plain(fresh_database.owner_url))
    await owner.execute("CREATE TABLE secret (n int)")
    app = await asyncpg.connect(_plain(fresh_database.app_url))
    rights = await app.fetchrow("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user")
    assert rights is not None
    assert not any(rights.values())
    for forbidden in ("SELECT * FROM secret", "CREATE TABLE mine (n int)", "ALTER TABLE secret ADD m int"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(forbidden)
    await owner.close()
    await app.close()


async def test_postgres_wants_a_password(postgres_engine: PostgresEngine) -> None:
    """Nobody on the machine gets in without the role's password."""
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(_plain(postgres_engine.url("trustrelay_app", "wrong")))


def test_the_object_store_keeps_objects_over_a_kill() -> None:
    """An acknowledged object and its version are there after SIGKILL and a restart."""
    with bench() as place:
        engine = place.seaweed()
        with running_engine(engine, place.folder) as process:
            written = engine.client().put_object("evidence", "a/b", io.BytesIO(b"kept"), 4)
            process.kill()
            process.start(timeout=60)
            found = engine.client().get_object("evidence", "a/b", version_id=written.version_id)
            assert found.data == b"kept"


def test_buckets_are_what_evidence_needs(s3_engine: SeaweedEngine) -> None:
    """Evidence is versioned and can be locked; the quarantine forgets what is deleted."""
    client = s3_engine.client()
    assert client.get_bucket_versioning("evidence").status == "Enabled"
    assert client.get_object_lock_config("evidence") is not None
    assert client.get_bucket_versioning("quarantine").status != "Enabled"


def test_the_payload_key_opens_one_bucket_only(s3_engine: SeaweedEngine) -> None:
    """The workers' key reads and writes its own bucket and is refused everywhere else."""
    client = s3_engine.client(s3_engine.payloads)
    client.put_object("temporal-payloads", "x", io.BytesIO(b"1"), 1)
    assert client.get_object("temporal-payloads", "x").data == b"1"
    for bucket in ("evidence", "quarantine"):
        with pytest.raises(S3Error, match="AccessDenied"):
            client.put_object(bucket, "x", io.BytesIO(b"1"), 1)
        with pytest.raises(S3Error, match="AccessDenied"):
            list(client.list_objects(bucket))


@pytest.mark.parametrize(
    ("port", "path"),
    [("filer", "buckets/evidence/closed"), ("filer", "buckets/evidence/"), ("filer", ""), ("s3", "evidence/closed")],
)
def test_no_http_port_serves_objects_without_credentials(s3_engine: SeaweedEngine, port: str, path: str) -> None:
    """Neither the filer nor S3 reads, lists or overwrites anything for a caller without a key."""
    s3_engine.client().put_object("evidence", "closed", io.BytesIO(b"personal"), 8)
    for method in ("GET", "PUT", "DELETE"):
        request = urllib.request.Request(f"http://127.0.0.1:{s3_engine.ports[port]}/{path}", method=method, data=b"x")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=5)
        assert refused.value.code in {401, 403}


def test_no_grpc_port_of_the_object_store_answers_without_its_certificate(s3_engine: SeaweedEngine) -> None:
    """The server's own shell lists every file with the certificates in the server's folder, and nothing without them."""
    s3_engine.client().put_object("evidence", "listed", io.BytesIO(b"personal"), 8)
    assert b"listed" in _weed_shell(s3_engine, s3_engine.folder)
    assert b"listed" not in _weed_shell(s3_engine, Path("/"))


def _weed_shell(engine: SeaweedEngine, folder: Path) -> bytes:
    """What the shell prints when it is started in this folder, where it looks for security.toml."""
    master = f"127.0.0.1:{engine.ports['master']}.{engine.ports['master_grpc']}"
    argv = [program("weed"), "shell", f"-master={master}"]
    shell = subprocess.Popen(argv, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        return shell.communicate(b"fs.ls /buckets/evidence\nexit\n", timeout=4)[0]
    except subprocess.TimeoutExpired:  # refused, it tries for ever
        shell.kill()
        return shell.communicate()[0]


def test_temporal_keeps_its_history_and_gains_search_attributes_over_a_kill() -> None:
    """A workflow that was started is there after SIGKILL, and every search attribute is registered each time."""
    with bench() as place:
        engine = place.temporal()
        with running_engine(engine, place.folder) as process:
            _temporal(engine, "workflow", "start", "--type=T", "--task-queue=q", "--workflow-id=kept")
            process.kill()
            process.start(timeout=60)
            assert "kept" in _temporal(engine, "workflow", "describe", "--workflow-id=kept")
            registered = _temporal(engine, "operator", "search-attribute", "list")
            assert all(name in registered for name in SEARCH_ATTRIBUTES)


def test_a_search_attribute_missing_in_an_old_database_is_registered(temporal_engine: TemporalEngine) -> None:
    """A database file from before an attribute existed gets it at the next start."""
    _temporal(temporal_engine, "operator", "search-attribute", "remove", "--name=Country", "--yes")
    temporal_engine.configure()
    assert "Country" in _temporal(temporal_engine, "operator", "search-attribute", "list")


def _temporal(engine: TemporalEngine, *arguments: str) -> str:
    argv = [program("temporal"), *arguments, f"--address={engine.address}"]
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=30).stdout
