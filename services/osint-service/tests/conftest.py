"""Fixtures: a real sandbox process, a real S3 server, a write grant for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from minio.datatypes import PostPolicy

from trustrelay.common.v1 import objects_pb2 as objects
from trustrelay.devstack.engines.seaweed import EVIDENCE, SeaweedEngine
from trustrelay.devstack.testing import running_bench, s3_engine  # noqa: F401  # fixtures

# Test modules are imported without a package: this is how they find their harness.
sys.path.insert(0, str(Path(__file__).parent))

from osint_harness import PREFIX, SEED, Sandbox, sandbox_process


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with sandbox_process(SEED) as started:
        yield started


@pytest.fixture
def grant(s3_engine: SeaweedEngine) -> objects.WriteGrant:  # noqa: F811
    """What persistence-service gives: a POST policy for one prefix."""
    expires = datetime.now(UTC) + timedelta(minutes=10)
    policy = PostPolicy(EVIDENCE, expires)
    policy.add_starts_with_condition("key", PREFIX)
    policy.add_content_length_range_condition(1, 5_000_000)
    fields = s3_engine.client().presigned_post_policy(policy)
    written = objects.WriteGrant(url=f"http://{s3_engine.endpoint}/{EVIDENCE}", fields=fields, key_prefix=PREFIX, max_bytes=5_000_000)
    written.expire_time.FromDatetime(expires)
    return written
