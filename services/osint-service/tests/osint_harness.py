"""What the tests of this service share: a real sandbox process and the service itself over a real channel."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import httpx

from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.osint_service.bootstrap import Service, assembled
from trustrelay.osint_service.settings import OsintSettings
from trustrelay.sandbox import Cast
from trustrelay.sandbox.model import Company
from trustrelay.servicekit.context import CallContext, use
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import running

SEED, OTHER_SEED = 7, 23
PREFIX = "tenant/acme/case/c1/iteration-0/"
_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox process and the cast it serves."""

    base: str
    cast: Cast

    def settings(self, cache: Path, hosts: str, **changed: object) -> OsintSettings:
        """Settings that point every source at it."""
        urls: dict[str, object] = {
            "vies_url": f"{self.base}/vies/rest-api", "gleif_url": f"{self.base}/gleif/api/v1", "nbb_url": f"{self.base}/nbb", "nbb_key": "key",
            "kbo_url": f"{self.base}/kbo/KboOpenData_Full.zip", "gdelt_url": f"{self.base}/gdelt/api/v2/doc/doc", "gdelt_interval_seconds": 0,
            "list_ofac_url": f"{self.base}/lists/ofac", "list_un_url": f"{self.base}/lists/un/consolidated.xml",
            "list_eu_url": f"{self.base}/lists/eu/xmlFullSanctionsList_1_1.xml", "list_pep_url": f"{self.base}/lists/pep/entities.ftm.json",
        }  # fmt: skip
        return OsintSettings(cache_dir=cache, object_store_hosts=hosts, source_timeout_seconds=2.0, **{**urls, **changed})  # type: ignore[arg-type]

    @contextmanager
    def failing(self, source: str, mode: str) -> Iterator[None]:
        """Make one source fail meanwhile."""
        httpx.post(f"{self.base}/admin/fault", json={"source": source, "mode": mode}).raise_for_status()
        try:
            yield
        finally:
            httpx.post(f"{self.base}/admin/fault", json={"source": source, "mode": "off"}).raise_for_status()


@contextmanager
def sandbox_process(seed: int) -> Iterator[Sandbox]:
    """`python -m trustrelay.sandbox serve` on a free port, until it answers."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "trustrelay.sandbox", "serve", "--seed", str(seed), "--port", str(port), "--admin"]
    process = subprocess.Popen(command, env={**os.environ, "NO_PROXY": "127.0.0.1"})
    try:
        base = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{base}/healthz") or process.poll() is not None, _START_SECONDS)
        assert process.poll() is None, "the sandbox did not start"
        yield Sandbox(base, Cast.generate(seed))
    finally:
        process.terminate()
        process.wait(10)


def answers(url: str) -> bool:
    """True when it answers 200."""
    try:
        return httpx.get(url, timeout=1).status_code == 200
    except httpx.HTTPError:
        return False


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Poll with a deadline."""
    deadline, waiter = datetime.now(UTC) + timedelta(seconds=seconds), socket.socketpair()
    waiter[0].settimeout(0.05)
    while not condition():
        assert datetime.now(UTC) < deadline, "condition not reached in time"
        try:
            waiter[0].recv(1)
        except TimeoutError:
            continue
    for end in waiter:
        end.close()


@dataclass(frozen=True, slots=True)
class Running:
    """The service behind a real channel."""

    channel: grpc.aio.Channel
    service: Service
    target: str


@asynccontextmanager
async def osint(settings: OsintSettings, *, loaded: bool = True) -> AsyncIterator[Running]:
    """Serve on a free port as tenant `acme`; with `loaded`, wait for the lists."""
    async with assembled(settings) as service, running(service.registrations) as target, channel(target) as opened:
        with use(CallContext("acme", "tester")):
            if loaded:
                await asyncio.wait_for(service.desk.first_load_ended(), _START_SECONDS)
            yield Running(opened, service, target)


def company_subject(company: Company, **changed: str) -> case_types.Subject:
    """The company as a creator declares it."""
    facts = {
        "legal_name": company.legal_name, "country": "BE", "registration_number": company.enterprise_number, "vat_number": company.vat,
        "lei": company.lei or "",
    }  # fmt: skip
    return case_types.Subject(type=case_types.SUBJECT_TYPE_COMPANY, **{**facts, **changed})
