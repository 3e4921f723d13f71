"""How long a decision takes, beside a bare update with one insert, idle and while documents are converted.

    python bench/decision_update.py [--samples 300] [--cases 6]

Decisions and bare updates alternate, one at a time, so that both meet the same noise. Writes bench/results.json; exit 1 when p99 is more than
2 times (idle) or 4 times (document-service saturated) the bare one's.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

from bare_update import TASK_QUEUE, BareUpdate
from decision_cases import TEMPLATE, DecidedCase
from document_load import saturated
from results import Latency, write
from rich.console import Console
from temporalio.client import Client

from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.devstack.client import Endpoint, log_in
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.people import People, logged_in
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.reporting import PlainReporter
from trustrelay.devstack.supervisor import Stack, running_stack
from trustrelay.devstack.template_client import TemplateClient
from trustrelay.servicekit.assertions import Signer
from trustrelay.servicekit.temporal import TemporalSettings, connect

SEED = 30
LIMITS = {"idle": 2.0, "document_service_saturated": 4.0}
_WARM_UP = 20
_PATIENCE = 300.0


async def prepared(stack: Stack, people: People, cast: DemoCast, count: int) -> tuple[list[DecidedCase], str, ObjectRef]:
    """`count` cases in review, and one stored document for the load."""
    environment = stack.environment
    await _put_template(Endpoint(environment.target("case-api"), environment.issuer_url), environment.secrets.dev_password("mara"))
    settings = _settings(environment.case_api())
    client, signer = await connect(settings), Signer(environment.secrets.assertion_private_key.read_bytes())
    teller = Teller(Console(quiet=True))
    cases, stored = [], ObjectRef()
    for number in range(count):
        receipt = await people.olivia.create_case("bench_decisions", cast.subject("a"))
        waiter = Waiter(people.olivia, receipt.case_id, teller, _PATIENCE)
        await waiter.until("REQUIREMENTS_REVIEW")
        await people.olivia.approve_requirements(receipt.case_id, reason="bench")
        await waiter.until("AWAITING_DOCUMENTS")
        if number == 0:
            async with people.customer(receipt.case_id) as customer:
                await customer.upload("ubo_register_extract", cast.files / "ubo-register-extract.pdf")
            stored = (await people.olivia.case_file(receipt.case_id)).documents[0].original
        await people.olivia.skip_documents(receipt.case_id, "bench")
        file = await waiter.until("REVIEW_PENDING")
        cases.append(DecidedCase.of(client, signer, receipt.case_id, file.header.state_version))
    return cases, cases[0].case_id, stored


async def _put_template(endpoint: Endpoint, password: str) -> None:
    keeper = TemplateClient(endpoint.case_api, await log_in(endpoint, "mara", password))
    await keeper.put(TEMPLATE)
    await keeper.close()


def _settings(environment: dict[str, str]) -> TemporalSettings:
    """case-api's own, read as it reads them."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        return TemporalSettings()  # type: ignore[call-arg]  # filled from the environment
    finally:
        os.environ.clear()
        os.environ.update(before)


@asynccontextmanager
async def bare_workflows(stack: Stack, count: int) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    """One bare update at a time, by a worker process of its own on the same Temporal and Postgres.

    As many workflows take turns as there are cases: Temporal rewrites the list of a workflow's updates with each one, so that one long workflow
    would be slow by itself.
    """
    environment = stack.environment
    environment.postgres.create_database("bench")
    database = environment.postgres.url("trustrelay_owner", environment.secrets.database.owner, "bench")
    worker = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("bare_update.py")), environment.temporal.address, database, stdout=PIPE
    )
    try:
        assert worker.stdout is not None
        if not await worker.stdout.readline():
            raise RuntimeError("the bare worker did not start")
        client = await Client.connect(environment.temporal.address)
        handles = [await client.start_workflow(BareUpdate.run, id=f"bench-bare-{number}", task_queue=TASK_QUEUE) for number in range(count)]
        turn = itertools.cycle(handles)
        yield lambda: next(turn).execute_update(BareUpdate.insert, "bench")
        for handle in handles:
            await handle.signal(BareUpdate.end)
    finally:
        worker.terminate()
        await worker.wait()


async def timed(call: Callable[[], Awaitable[Any]]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    await call()
    return time.perf_counter() - began


async def compare(name: str, samples: int, cases: list[DecidedCase], bare: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
    """Latencies of both, and the ratio of their p99."""
    decisions, baseline = [], []
    turn = itertools.cycle(cases)
    for _ in range(_WARM_UP):
        await next(turn).send()
        await bare()
    for _ in range(samples):
        decisions.append(await timed(next(turn).send))
        baseline.append(await timed(bare))
    decided, plain = Latency.of(decisions), Latency.of(baseline)
    ratio = round(decided.p99 / plain.p99, 2)
    middle = round(decided.p50 / plain.p50, 2)
    print(f"{name}: decision p50 {decided.p50} p99 {decided.p99} ms, bare p50 {plain.p50} p99 {plain.p99} ms")
    print(f"{name}: p50 ratio {middle}, p99 ratio {ratio} (limit {LIMITS[name]})")
    return {"decision_ms": decided, "bare_ms": plain, "p50_ratio": middle, "p99_ratio": ratio, "limit": LIMITS[name]}


async def measure(stack: Stack, samples: int, count: int, folder: Path) -> dict[str, Any]:
    """Both rounds on one stack."""
    environment = stack.environment
    cast = DemoCast.generate(SEED, folder)
    figures: dict[str, Any] = {}
    async with logged_in(Endpoint(environment.target("case-api"), environment.issuer_url), environment.secrets) as people:
        cases, case_id, document = await prepared(stack, people, cast, count)
    async with bare_workflows(stack, count) as bare:
        figures["idle"] = await compare("idle", samples, cases, bare)
        async with saturated(environment.target("document-service"), environment.target("persistence-service"), case_id, document) as load:
            figures["document_service_saturated"] = await compare("document_service_saturated", samples, cases, bare)
        figures["document_service_saturated"]["conversions_meanwhile"] = load.conversions
    return figures


def main() -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--cases", type=int, default=6)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="trustrelay-bench-", dir="/var/tmp"))
    try:
        with running_stack(DataFolder.open(folder), seed=SEED, reporter=PlainReporter()) as stack:
            figures = asyncio.run(measure(stack, arguments.samples, arguments.cases, folder / "files"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    write("decision_update", figures)
    return int(any(part["p99_ratio"] > part["limit"] for part in figures.values()))


if __name__ == "__main__":
    sys.exit(main())
