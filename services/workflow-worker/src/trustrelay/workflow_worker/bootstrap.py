"""The only place where the worker is wired."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from pydantic import Field
from temporalio.client import Client
from temporalio.worker import Worker

from trustrelay.servicekit import telemetry
from trustrelay.servicekit.assertions import Verifier, key_id
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import serve
from trustrelay.servicekit.settings import load_settings
from trustrelay.servicekit.temporal import TemporalSettings, connect
from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.adapters.patience import reached
from trustrelay.workflow_worker.application import assertion_keys
from trustrelay.workflow_worker.entrypoints.domains import DOMAINS, Domain
from trustrelay.workflow_worker.entrypoints.domains.capacity import capacity_of
from trustrelay.workflow_worker.entrypoints.worker import Slots, build_worker

SERVICE_NAME = "workflow-worker"


class Settings(TemporalSettings):
    """Settings of one worker process."""

    port: int = Field(default=50055, description="gRPC port of the health service")
    persistence_target: str = Field(description="host:port of persistence-service")
    document_target: str = Field(description="host:port of document-service")
    osint_target: str = Field(description="host:port of osint-service")
    assertion_public_key_file: Path = Field(description="PEM public key that actor assertions are verified with")
    deployment_version: str = Field(default="", description="build id of this worker; empty = not versioned (tests only)")
    workflow_task_slots: int | None = Field(default=None, gt=0, description="workflow tasks at once; absent = the domain's own number")
    activity_slots: int | None = Field(default=None, gt=0, description="activities at once; absent = the domain's own number")
    queue_activities_per_second: float | None = Field(
        default=None, gt=0, description="cap of the whole task queue, over all its workers; absent = as fast as slots allow"
    )


def _verifier(settings: Settings) -> Verifier:
    pem = settings.assertion_public_key_file.read_bytes()
    return Verifier({key_id(pem): pem})


def slots_of(settings: Settings, domain: Domain) -> Slots:
    """The domain's own capacity, where settings say nothing else."""
    own = capacity_of(domain.task_queue)
    return Slots(
        workflow_tasks=settings.workflow_task_slots or own.workflow_tasks,
        activities=settings.activity_slots or own.activities,
        drain=timedelta(seconds=settings.drain_seconds),
        cached_workflows=own.cached_workflows,
        queue_activities_per_second=settings.queue_activities_per_second,
    )


@dataclass
class _Polling:
    """What health asks for: nothing is there until the worker polls."""

    client: Client | None = None
    worker: Worker | None = None

    async def temporal_answers(self) -> bool:
        return self.client is not None and bool(await self.client.service_client.check_health())

    async def worker_runs(self) -> bool:
        return self.worker is not None and self.worker.is_running


async def run(settings: Settings, name: str, leave: Callable[[], NoReturn]) -> None:
    """Polls until SIGTERM, then finishes what it has taken within the drain time; `leave` is called when nothing was taken yet.

    Health is there from the start: NOT_SERVING, yet alive, while the object store or Temporal cannot be reached.
    """
    assertion_keys.install(_verifier(settings))
    stubs = services(channel(settings.persistence_target), channel(settings.document_target), channel(settings.osint_target))
    domain, polling = DOMAINS[name](stubs), _Polling()
    health = {"temporal": polling.temporal_answers, "worker": polling.worker_runs}
    serving = asyncio.create_task(serve(settings, [], service_name=f"{SERVICE_NAME}-{name}", health=health), name="serving")
    connecting = asyncio.create_task(_prepared(settings, name, domain), name="connecting")
    try:
        await asyncio.wait((serving, connecting), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving  # raises when it could not serve
            leave()
        polling.client = await connecting
        polling.worker = build_worker(polling.client, domain, slots_of(settings, domain), settings.deployment_version)
        async with polling.worker:
            await serving
    finally:
        connecting.cancel()
        serving.cancel()
        await asyncio.gather(connecting, serving, return_exceptions=True)


async def _prepared(settings: Settings, name: str, domain: Domain) -> Client:
    """A client, once the object store and Temporal answer and what the domain wants done at its start is done."""
    client = await reached(lambda: connect(settings, {"service.name": SERVICE_NAME, **_labels(name)}))
    if (at_start := domain.at_start) is not None:
        await reached(lambda: at_start(client))
    return client


def _labels(name: str) -> dict[str, str]:
    """What tells the processes of the domains apart in traces and metrics."""
    return {"trustrelay.domain": name}


def main() -> None:
    """`trustrelay-workflow-worker DOMAIN`: one process per domain."""
    parser = argparse.ArgumentParser(prog="trustrelay-workflow-worker")
    parser.add_argument("domain", choices=sorted(DOMAINS), help="whose task queue this process polls")
    name: str = parser.parse_args().domain
    settings = load_settings(Settings)
    shutdown = telemetry.setup(SERVICE_NAME, settings, _labels(name))

    def leave() -> NoReturn:
        """Ends without joining threads: one may still wait for a silent object store, for a minute, and nothing was begun that could be lost."""
        shutdown()
        sys.stderr.flush()
        os._exit(0)

    try:
        asyncio.run(run(settings, name, leave))
    finally:
        shutdown()
