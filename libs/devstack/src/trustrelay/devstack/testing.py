"""Pytest fixtures that start the real servers, for every part's integration tests.

Use them from a top-level `conftest.py` or a test module (elsewhere: import the fixtures by name):

    pytest_plugins = ["trustrelay.devstack.testing"]

Each server starts once per pytest session on free ports with its data in a folder under /var/tmp, and is stopped and
removed at the end (the kernel ends it should pytest be killed). All fixtures are synchronous objects and cost nothing
until asked for; `running_engine` starts a second one where a test wants to kill it.

    postgres_engine   PostgresEngine  .owner_url .app_url .create_database(name) .url(role, password, database)
    fresh_database    FreshDatabase   .owner_url .app_url of an empty database for one test
    s3_engine         SeaweedEngine   .endpoint .client() .admin .payloads (access, secret); the three buckets exist
    temporal_engine   TemporalEngine  .address; search attributes registered
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from trustrelay.devstack.base_environment import child_environment
from trustrelay.devstack.engines import PostgresEngine, SeaweedEngine, TemporalEngine
from trustrelay.devstack.engines.postgres import APP, OWNER
from trustrelay.devstack.part import Part
from trustrelay.devstack.ports import PortClaims
from trustrelay.devstack.process import PartProcess
from trustrelay.devstack.secrets import Secrets

#: Generous, because the machine may be busy with other things.
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Bench:
    """What an engine needs to be made: a folder, its own ports, secrets, an environment."""

    folder: Path
    claims: PortClaims
    secrets: Secrets
    environment: dict[str, str]

    def postgres(self) -> PostgresEngine:
        """A Postgres that is not started yet."""
        return PostgresEngine(self.folder / "postgres", PostgresEngine.choose_ports(self.claims), self.environment, self.secrets.database)

    def seaweed(self) -> SeaweedEngine:
        """An S3 server that is not started yet."""
        return SeaweedEngine(
            self.folder / "seaweed", SeaweedEngine.choose_ports(self.claims), self.environment, self.secrets.s3_admin, self.secrets.s3_payloads
        )

    def temporal(self) -> TemporalEngine:
        """A Temporal server that is not started yet."""
        return TemporalEngine(self.folder / "temporal", TemporalEngine.choose_ports(self.claims), self.environment)


@contextmanager
def bench() -> Iterator[Bench]:
    """A throw-away data folder under /var/tmp that the database's system user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="trustrelay-test-", dir="/var/tmp"))
    folder.chmod(0o711)
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    try:
        with PortClaims(use_defaults=False) as claims:
            yield Bench(folder, claims, Secrets.open(keys), child_environment(f"test-{uuid.uuid4().hex[:8]}"))
    finally:
        shutil.rmtree(folder)


@contextmanager
def running_engine(part: Part, folder: Path) -> Iterator[PartProcess]:
    """Start one part, end it at the end; `.kill()` and `.start(timeout=…)` in between are the test's.

    Its data go with it, so it is not waited for; but a killed Postgres would leave its shared memory behind.
    """
    process = PartProcess(part, folder / f"{part.name}.log")
    try:
        process.start(timeout=START_SECONDS)
        yield process
    finally:
        if isinstance(part, PostgresEngine):
            process.stop()
        else:
            process.kill(descendants_grace=0.0)


@pytest.fixture(scope="session")
def running_bench() -> Iterator[Bench]:
    with bench() as made:
        yield made


@pytest.fixture(scope="session")
def postgres_engine(running_bench: Bench) -> Iterator[PostgresEngine]:
    """A real Postgres with both roles and the database `trustrelay`."""
    engine = running_bench.postgres()
    with running_engine(engine, running_bench.folder):
        yield engine


@pytest.fixture(scope="session")
def s3_engine(running_bench: Bench) -> Iterator[SeaweedEngine]:
    """A real S3 server with the buckets `quarantine`, `evidence` (versioned, lockable) and `temporal-payloads`."""
    engine = running_bench.seaweed()
    with running_engine(engine, running_bench.folder):
        yield engine


@pytest.fixture(scope="session")
def temporal_engine(running_bench: Bench) -> Iterator[TemporalEngine]:
    """A real, file-backed Temporal server with our search attributes."""
    engine = running_bench.temporal()
    with running_engine(engine, running_bench.folder):
        yield engine


@dataclass(frozen=True, slots=True)
class FreshDatabase:
    """SQLAlchemy URLs (postgresql+asyncpg) of one empty database."""

    name: str
    owner_url: str
    app_url: str


@pytest.fixture(scope="session")
def make_database(postgres_engine: PostgresEngine) -> Callable[[], FreshDatabase]:
    """Makes an empty database at each call, with the owner and the grants of the real one."""

    def make() -> FreshDatabase:
        name, passwords = f"t_{uuid.uuid4().hex[:12]}", postgres_engine.passwords
        postgres_engine.create_database(name)
        return FreshDatabase(
            name,
            postgres_engine.url(OWNER, passwords.owner, name),
            postgres_engine.url(APP, passwords.app, name),
        )

    return make


@pytest.fixture
def fresh_database(make_database: Callable[[], FreshDatabase]) -> FreshDatabase:
    """An empty database of this test's own."""
    return make_database()
