"""A whole portfolio scored again, beside bare activities on the same Temporal, with decisions meanwhile and kill -9 in between.

    python bench/batch_rescore.py [--cases 100000] [--bare-seconds 15] [--decision-cases 6]

One run over all cases. Its first half is left alone but for decisions, sent in turn with bare updates; then its worker is killed, then Temporal.
Writes bench/results.json; exit 1 when a limit is missed: cases/s at least 5 times bare activities/s, a decision's p99 at most 4 times the bare
update's, each case once, memory flat, history bounded.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bare_activities import activities_per_second
from batch_watching import Watch, history_figures, memory_figures, stored_figures
from decision_cases import DecidedCase
from decision_update import bare_workflows, prepared, timed
from results import Latency, write

from trustrelay.case.v1.batch_service_pb2 import StartBatchRequest
from trustrelay.case.v1.batch_service_pb2_grpc import BatchServiceStub
from trustrelay.devstack.calling import bearer, new_request_id
from trustrelay.devstack.client import Endpoint, log_in
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.people import TENANT, logged_in
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.portfolio import seed
from trustrelay.devstack.reporting import PlainReporter
from trustrelay.devstack.supervisor import Stack, running_stack
from trustrelay.servicekit.grpc_client import channel

SEED = 30
LIMITS = {"pace_over_bare_activities": 5.0, "decision_p99_ratio": 4.0, "memory_growth": 1.15, "longest_history_events": 2_000}
WORKER = "workflow-worker-batch"
# Where in the run what happens, as shares of its cases.
_DECISIONS_FROM, _DECISIONS_TO, _KILL_WORKER_AT, _KILL_TEMPORAL_AT = 0.15, 0.60, 0.65, 0.80
_DEAD_SECONDS = 1.0
_Send = Callable[[], Awaitable[Any]]


async def start_batch(stack: Stack) -> str:
    """As a manager does; the run's id."""
    environment = stack.environment
    token = await log_in(Endpoint(environment.target("case-api"), environment.issuer_url), "mara", environment.secrets.dev_password("mara"))
    async with channel(environment.target("case-api")) as opened:
        request = StartBatchRequest(request_id=new_request_id())
        reply = await BatchServiceStub(opened).StartBatch(request, metadata=(bearer(token),), timeout=60)
    return str(reply.run.run_id)


async def decisions_meanwhile(watch: Watch, until: int, cases: list[DecidedCase], bare: _Send) -> tuple[list[float], list[float]]:
    """Decisions and bare updates in turn, one at a time, until so many cases of the batch have a result."""
    decided, plain = [], []
    turn = itertools.cycle(cases)
    while watch.done < until and not watch.ended.is_set():
        decided.append(await timed(next(turn).send))
        plain.append(await timed(bare))
    return decided, plain


async def quiet(samples: int, cases: list[DecidedCase], bare: _Send) -> tuple[list[float], list[float]]:
    """The same while nothing else runs; the first tenth warms up."""
    decided, plain = [], []
    turn = itertools.cycle(cases)
    for _ in range(samples):
        decided.append(await timed(next(turn).send))
        plain.append(await timed(bare))
    return decided[samples // 10 :], plain[samples // 10 :]


async def kill(stack: Stack, name: str) -> None:
    """SIGKILL, and back a second later."""
    await asyncio.to_thread(stack.kill, name)
    await asyncio.sleep(_DEAD_SECONDS)
    await asyncio.to_thread(stack.restart, name)


async def run_batch(stack: Stack, total: int, cases: list[DecidedCase], bare: _Send) -> tuple[Watch, dict[str, Any]]:
    """The run with everything that happens to it."""
    watch = Watch(stack, await start_batch(stack))
    looking = asyncio.create_task(watch.keep_looking())
    await watch.until(int(total * _DECISIONS_FROM))
    decided, plain = await decisions_meanwhile(watch, int(total * _DECISIONS_TO), cases, bare)
    kills = {}
    for name, share in ((WORKER, _KILL_WORKER_AT), ("temporal", _KILL_TEMPORAL_AT)):
        await watch.until(int(total * share))
        before, began = watch.done, time.perf_counter()
        await kill(stack, name)
        await watch.until(before + 1_000)
        kills[name] = {"at_cases": before, "seconds_until_going_on": round(time.perf_counter() - began, 1)}
    await looking
    return watch, {"decided": decided, "plain": plain, "kills": kills}


async def measure(stack: Stack, total: int, bare_seconds: float, count: int, folder: Path) -> dict[str, Any]:
    """Everything on one stack."""
    environment = stack.environment
    cast = DemoCast.generate(SEED, folder)
    await asyncio.to_thread(seed, environment.postgres, TENANT, total)
    async with logged_in(Endpoint(environment.target("case-api"), environment.issuer_url), environment.secrets) as people:
        cases, _, _ = await prepared(stack, people, cast, count)
    before = await activities_per_second(environment.temporal.address, bare_seconds)
    async with bare_workflows(stack, count) as bare:
        idle = await quiet(100, cases, bare)
        watch, seen = await run_batch(stack, total, cases, bare)
    after = await activities_per_second(environment.temporal.address, bare_seconds)
    bare_activities = max(before, after)  # other work on the machine makes the baseline slower, and the comparison too easy
    pace_alone = watch.pace(int(total * 0.01), int(total * _DECISIONS_FROM))
    pace_with_decisions = watch.pace(int(total * _DECISIONS_FROM), int(total * _DECISIONS_TO))
    last = watch.progress[-1]
    decided, plain, idle_plain = Latency.of(seen["decided"]), Latency.of(seen["plain"]), Latency.of(idle[1])
    return {
        "cases": total,
        "status": watch.run.status,
        "seconds": round(last[0], 1),
        "scored": watch.run.cases_scored,
        "not_assessed": watch.run.cases_not_assessed,
        "bare_activities_per_second": round(bare_activities, 1),
        "bare_activities_measured": {"before": round(before, 1), "after": round(after, 1)},
        "cases_per_second": {"alone": pace_alone, "with_decisions": pace_with_decisions, "whole_run_with_kills": round(last[1] / last[0], 1)},
        "pace_over_bare_activities": round(pace_alone / bare_activities, 2),
        "whole_run_over_bare_activities": round(last[1] / last[0] / bare_activities, 2),
        "decision_ms": {"idle": Latency.of(idle[0]), "meanwhile": decided},
        "bare_update_ms": {"idle": idle_plain, "meanwhile": plain},
        "decision_p99_ratio": round(decided.p99 / plain.p99, 2),
        "decision_p99_over_idle_bare": round(decided.p99 / idle_plain.p99, 2),
        "kills": seen["kills"],
        "memory": {name: memory_figures(samples) for name, samples in watch.memory.items()},
        "history": await history_figures(environment.temporal.address, watch.run_id),
        "stored": await stored_figures(environment.postgres.app_url, watch.run_id),
        "limits": LIMITS,
    }


def misses(figures: dict[str, Any]) -> list[str]:
    """Which promises did not hold."""
    total, stored = figures["cases"], figures["stored"]
    once = stored["results"] == stored["cases"] == total and stored["assessments"] == stored["scored"] == figures["scored"]
    held = {
        "completed": figures["status"] == 3 and figures["scored"] + figures["not_assessed"] == total,
        "each case once": once,
        "pace": figures["pace_over_bare_activities"] >= LIMITS["pace_over_bare_activities"],
        "decisions": figures["decision_p99_ratio"] <= LIMITS["decision_p99_ratio"],
        "memory": all(one["growth"] <= LIMITS["memory_growth"] for one in figures["memory"].values()),
        "history": figures["history"]["longest_events"] <= LIMITS["longest_history_events"],
    }
    return [name for name, holds in held.items() if not holds]


def main() -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--bare-seconds", type=float, default=15.0)
    parser.add_argument("--decision-cases", type=int, default=6)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="trustrelay-bench-", dir="/var/tmp"))
    try:
        with running_stack(DataFolder.open(folder), seed=SEED, reporter=PlainReporter(), domains=("compliance", "batch")) as stack:
            figures = asyncio.run(measure(stack, arguments.cases, arguments.bare_seconds, arguments.decision_cases, folder / "files"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    write("batch_rescore", figures)
    for name in ("cases", "seconds", "cases_per_second", "bare_activities_per_second", "pace_over_bare_activities", "whole_run_over_bare_activities"):
        print(f"{name}: {figures[name]}")
    for name in ("decision_ms", "bare_update_ms", "decision_p99_ratio", "decision_p99_over_idle_bare", "kills", "memory", "history", "stored"):
        print(f"{name}: {figures[name]}")
    missed = misses(figures)
    print(f"missed: {', '.join(missed)}" if missed else "every limit held")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
