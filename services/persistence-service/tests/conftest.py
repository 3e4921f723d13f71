"""A real Postgres, a real S3 server and the service itself on a free port, for every test that asks."""

# ruff: noqa: F401, F811 - imported fixtures are used by name

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from trustrelay.devstack.testing import fresh_database, make_database, postgres_engine, running_bench, s3_engine
from trustrelay.persistence_service.migrate import migrate

# import-mode=importlib leaves sys.path alone; the harness beside this file is for these tests only.
sys.path.insert(0, str(Path(__file__).parent))

from persistence_harness import Caller, Service, serving


@pytest.fixture(scope="session")
def capsule_keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Files with a private and its public key."""
    folder, key = tmp_path_factory.mktemp("keys"), generate_private_key(SECP256R1())
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "pub.pem").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return folder / "key.pem", folder / "pub.pem"


@pytest.fixture(scope="session")
def migrated(make_database: Callable[[], Any]) -> Any:
    """One migrated database for the session; tests use tenants of their own."""
    database = make_database()
    asyncio.run(migrate(database.owner_url))
    return database


@pytest.fixture
async def service(migrated: Any, s3_engine: Any, capsule_keys: tuple[Path, Path]) -> AsyncIterator[Service]:
    async with serving(migrated.app_url, s3_engine, capsule_keys[0], migrated.owner_url) as running_service:
        yield running_service


@pytest.fixture
def caller(service: Service) -> Caller:
    """An officer of a tenant that no other test knows."""
    return service.caller()
