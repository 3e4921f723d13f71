"""The only place where the worker is wired."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from pydantic import Field
from temporalio.worker import Worker

from trustrelay.servicekit import telemetry
from trustrelay.servicekit.assertions import Verifier, key_id
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import serve
from trustrelay.servicekit.settings import load_settings
from trustrelay.servicekit.temporal import TemporalSettings, connect
from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.application import assertion_keys
from trustrelay.workflow_worker.entrypoints.worker import DOMAINS, Slots, build_worker


class Settings(TemporalSettings):
    """Settings of one worker process."""

    port: int = Field(default=50055, description="gRPC port of the health service")
    persistence_target: str = Field(description="host:port of persistence-service")
    document_target: str = Field(description="host:port of document-service")
    osint_target: str = Field(description="host:port of osint-service")
    assertion_public_key_file: Path = Field(description="PEM public key that actor assertions are verified with")
    deployment_version: str = Field(default="", description="build id of this worker; empty = not versioned (tests only)")
    workflow_task_slots: int = Field(default=20, description="workflow tasks at once")
    activity_slots: int = Field(default=20, description="activities at once")


def _verifier(settings: Settings) -> Verifier:
    pem = settings.assertion_public_key_file.read_bytes()
    return Verifier({key_id(pem): pem})


async def run(settings: Settings, domain: str) -> None:
    """Polls until SIGTERM, then finishes what it has taken within the drain time."""
    assertion_keys.install(_verifier(settings))
    stubs = services(channel(settings.persistence_target), channel(settings.document_target), channel(settings.osint_target))
    client = await connect(settings)
    slots = Slots(settings.workflow_task_slots, settings.activity_slots, timedelta(seconds=settings.drain_seconds))
    worker = build_worker(client, DOMAINS[domain](stubs), slots, settings.deployment_version)

    async def temporal_answers() -> bool:
        return bool(await client.service_client.check_health())

    async with worker:
        await serve(settings, [], service_name=f"workflow-worker-{domain}", health={"temporal": temporal_answers, "worker": _running(worker)})


def _running(worker: Worker) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return worker.is_running

    return check


def main() -> None:
    """`trustrelay-workflow-worker DOMAIN`: one process per domain."""
    parser = argparse.ArgumentParser(prog="trustrelay-workflow-worker")
    parser.add_argument("domain", choices=sorted(DOMAINS), help="whose task queue this process polls")
    arguments = parser.parse_args()
    settings = load_settings(Settings)
    shutdown = telemetry.setup("workflow-worker", settings)
    try:
        asyncio.run(run(settings, arguments.domain))
    finally:
        shutdown()
