"""What each domain is: its names, how much it takes on, and how its workflows meet a new version."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import grpc.aio
import pytest
from temporalio import workflow
from temporalio.common import VersioningBehavior

from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.bootstrap import Settings, slots_of
from trustrelay.workflow_worker.entrypoints.domains import DOMAINS, Domain
from trustrelay.workflow_worker.entrypoints.domains.capacity import CAPACITIES

_DECISION = Path(__file__).parents[3] / "docs/adr/0016-versions-per-domain.md"
_ROW = re.compile(r"^\| (?P<workflow>\w+) \| (?P<domain>\w+) \| (?P<behaviour>PINNED|AUTO_UPGRADE) \|", re.M)
_REQUIRED = ("TEMPORAL_ADDRESS", "PAYLOAD_KEYS_FILE", "PAYLOAD_S3_ENDPOINT", "PAYLOAD_S3_ACCESS_KEY", "PAYLOAD_S3_SECRET_KEY",
             "PERSISTENCE_TARGET", "DOCUMENT_TARGET", "OSINT_TARGET", "ASSERTION_PUBLIC_KEY_FILE")  # fmt: skip


def domain(name: str) -> Domain:
    """As the worker makes it, on channels that nobody uses."""
    unused = grpc.aio.insecure_channel("127.0.0.1:1")
    return DOMAINS[name](services(unused, unused, unused))


def settings(monkeypatch: pytest.MonkeyPatch, **more: str) -> Settings:
    """What is required, and `more`."""
    for name in [name for name in os.environ if name.startswith("TRUSTRELAY_")]:
        monkeypatch.delenv(name)
    for name, value in (dict.fromkeys(_REQUIRED, "x") | more).items():
        monkeypatch.setenv(f"TRUSTRELAY_{name}", value)
    return Settings()


@pytest.mark.parametrize("name", DOMAINS)
async def test_worker_domain_is_named_as_its_queue(name: str) -> None:
    """Command, task queue, deployment and capacity follow from one name."""
    found = domain(name)
    assert (found.task_queue, found.deployment) == (name, f"trustrelay-{name}")
    assert name in CAPACITIES


@pytest.mark.parametrize("name", DOMAINS)
async def test_worker_workflows_meet_new_versions_as_decided(name: str) -> None:
    """Every workflow says itself whether it is pinned or goes on with new code, and the decision record says the same."""
    decided = {found["workflow"]: (found["domain"], found["behaviour"]) for found in _ROW.finditer(_DECISION.read_text())}
    for one in domain(name).workflows:
        definition = workflow._Definition.must_from_class(one)
        assert definition.versioning_behavior is not VersioningBehavior.UNSPECIFIED, definition.name
        assert decided[str(definition.name)] == (name, definition.versioning_behavior.name)


async def test_worker_takes_on_what_its_domain_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings the domain's own numbers hold; settings replace what they name and nothing else."""
    cases = domain("compliance")
    own = CAPACITIES["compliance"]
    slots = slots_of(settings(monkeypatch), cases)
    assert (slots.workflow_tasks, slots.activities, slots.cached_workflows) == (own.workflow_tasks, own.activities, own.cached_workflows)
    assert slots.queue_activities_per_second is None
    changed = slots_of(settings(monkeypatch, ACTIVITY_SLOTS="3", QUEUE_ACTIVITIES_PER_SECOND="12.5", DRAIN_SECONDS="4"), cases)
    assert (changed.workflow_tasks, changed.activities) == (own.workflow_tasks, 3)
    assert changed.queue_activities_per_second == 12.5
    assert changed.drain == timedelta(seconds=4)
