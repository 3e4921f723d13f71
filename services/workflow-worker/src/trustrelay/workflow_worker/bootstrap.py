"""The only place where the worker is wired."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from pydantic import Field
from temporalio.client import Client
from temporalio.worker import Worker
from urllib3.exceptions import HTTPError

from trustrelay.servicekit import telemetry
from trustrelay.servicekit.assertions import Verifier, key_id
from trustrelay.servicekit.errors import FailedPrecondition
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import serve
from trustrelay.servicekit.settings import load_settings
from trustrelay.servicekit.telemetry import get_logger
from trustrelay.servicekit.temporal import TemporalSettings, connect
from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.application import assertion_keys
from trustrelay.workflow_worker.entrypoints.domains import DOMAINS
from trustrelay.workflow_worker.entrypoints.worker import Slots, build_worker

# One try to reach the object store and Temporal: a server that accepts and stays silent would hold it for ever.
_TRY_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 15.0


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


@dataclass
class _Polling:
    """What health asks for: nothing is there until the worker polls."""

    client: Client | None = None
    worker: Worker | None = None

    async def temporal_answers(self) -> bool:
        return self.client is not None and bool(await self.client.service_client.check_health())

    async def worker_runs(self) -> bool:
        return self.worker is not None and self.worker.is_running


async def run(settings: Settings, domain: str, leave: Callable[[], NoReturn]) -> None:
    """Polls until SIGTERM, then finishes what it has taken within the drain time; `leave` is called when nothing was taken yet.

    Health is there from the start: NOT_SERVING, yet alive, while the object store or Temporal cannot be reached.
    """
    assertion_keys.install(_verifier(settings))
    stubs = services(channel(settings.persistence_target), channel(settings.document_target), channel(settings.osint_target))
    polling = _Polling()
    health = {"temporal": polling.temporal_answers, "worker": polling.worker_runs}
    serving = asyncio.create_task(serve(settings, [], service_name=f"workflow-worker-{domain}", health=health), name="serving")
    connecting = asyncio.create_task(_connected(settings), name="connecting")
    try:
        await asyncio.wait((serving, connecting), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving  # raises when it could not serve
            leave()
        polling.client = await connecting
        slots = Slots(settings.workflow_task_slots, settings.activity_slots, timedelta(seconds=settings.drain_seconds))
        polling.worker = build_worker(polling.client, DOMAINS[domain](stubs), slots, settings.deployment_version)
        async with polling.worker:
            await serving
    finally:
        connecting.cancel()
        serving.cancel()
        await asyncio.gather(connecting, serving, return_exceptions=True)


async def _connected(settings: Settings) -> Client:
    """A client once the object store and Temporal answer, however long that takes. Raises KeyringError and whatever else no waiting mends."""
    failures = 0
    with _quiet_retries():
        while True:
            try:
                async with asyncio.timeout(_TRY_SECONDS):
                    return await connect(settings)
            except (FailedPrecondition, HTTPError, TimeoutError, RuntimeError) as error:
                if (reason := _reason_to_wait(error)) is None:
                    raise
            failures += 1
            pause = min(_LONGEST_PAUSE_SECONDS, 2.0 ** min(failures - 1, 10)) * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing
            get_logger().warning("worker.waiting", reason=reason, failures=failures, retry_in_seconds=round(pause, 1))
            await asyncio.sleep(pause)


def _reason_to_wait(error: Exception) -> str | None:
    """What is not there yet, on an installation that starts everything at once; None for an error of another kind."""
    match error:
        case FailedPrecondition(reason="PAYLOAD_BUCKET_MISSING"):
            return error.reason  # whoever installs the store makes its buckets a moment later
        case HTTPError():
            return "OBJECT_STORE_UNREACHABLE"
        case TimeoutError():
            return "NO_ANSWER"
        case RuntimeError() if type(error) is RuntimeError:
            return "TEMPORAL_UNREACHABLE"  # the SDK has no type of its own for it
        case _:
            return None


@contextmanager
def _quiet_retries() -> Iterator[None]:
    """Without the object store client's own three warnings per try: `worker.waiting` says the same once, as keys."""
    noisy = logging.getLogger("urllib3.connectionpool")
    level = noisy.level
    noisy.setLevel(logging.ERROR)
    try:
        yield
    finally:
        noisy.setLevel(level)


def main() -> None:
    """`trustrelay-workflow-worker DOMAIN`: one process per domain."""
    parser = argparse.ArgumentParser(prog="trustrelay-workflow-worker")
    parser.add_argument("domain", choices=sorted(DOMAINS), help="whose task queue this process polls")
    arguments = parser.parse_args()
    settings = load_settings(Settings)
    shutdown = telemetry.setup("workflow-worker", settings)

    def leave() -> NoReturn:
        """Ends without joining threads: one may still wait for a silent object store, for a minute, and nothing was begun that could be lost."""
        shutdown()
        sys.stderr.flush()
        os._exit(0)

    try:
        asyncio.run(run(settings, arguments.domain, leave))
    finally:
        shutdown()
