"""`trustrelay batch …`: score decided cases again with the current risk model."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from trustrelay.common.v1.decision_types_pb2 import RiskLevel
from trustrelay.common.v1.portfolio_types_pb2 import RUN_STATUS_COMPLETED, BatchFilter, BatchRun
from trustrelay.devstack.client import BatchClient, patiently
from trustrelay.devstack.commands._batch_views import (
    is_over,
    print_batch,
    print_report,
    print_runs,
    result_row,
    status_of,
)
from trustrelay.devstack.commands._progress import telling, until
from trustrelay.devstack.commands._session import (
    AsOption,
    Caller,
    DataOption,
    EtagOption,
    JsonOption,
    RequestOption,
    as_dict,
    connected,
    named,
    run,
    show,
)
from trustrelay.devstack.commands._spans import moment_of

MANAGER = "mara"
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is stored with the run.")]
app = typer.Typer(name="batch", no_args_is_help=True, help="Score decided cases again: begin, follow, hold, report.")


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="batch")


@app.command()
def reassess(  # noqa: PLR0913 - each is an option of the command
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing but the report.")] = False,
    country: Annotated[list[str] | None, typer.Option("--country", help="ISO 3166-1 alpha-2; may be repeated.", show_default="every")] = None,
    template: Annotated[list[str] | None, typer.Option("--template", help="May be repeated.", show_default="every")] = None,
    level: Annotated[list[str] | None, typer.Option("--level", help="Risk before: low, medium, high; may be repeated.", show_default="every")] = None,
    scored_before: Annotated[str, typer.Option("--scored-before", help="Only cases scored last before this time (UTC).")] = "",
    as_of: Annotated[str, typer.Option("--as-of", help="Date for effective-dated lists, 2026-11-22.", show_default="today")] = "",
    rate: Annotated[float, typer.Option("--rate", help="Cases per second at most; 0 = as fast as it goes.", min=0)] = 0.0,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the run to its end.")] = True,
    request_id: RequestOption = "",
    user: AsOption = MANAGER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Score approved cases again; each once. Ctrl-C while it is followed does not end it. Ends with 1 unless it completes."""
    levels = [named(RiskLevel, "RISK_LEVEL_", one, "--level") for one in level or ()]
    chosen = BatchFilter(template_ids=template or [], countries=country or [], risk_levels=levels)
    if scored_before:
        chosen.scored_before.FromDatetime(moment_of("--scored-before", scored_before))

    async def work() -> int:
        async with connected(Caller(data, user), BatchClient) as api:
            begun = await api.start(chosen, dry_run=dry_run, as_of_date=as_of, cases_per_second=rate, request_id=request_id)
            if not wait:
                show(begun, as_json, begun.run_id)
                return 0
            return await _follow(api, begun.run_id, as_json)

    return run(work())


@app.command()
def watch(run_id: str, user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """Follow a run to its end. Ends with 1 unless it completes."""

    async def work() -> int:
        async with connected(Caller(data, user), BatchClient) as api:
            return await _follow(api, run_id, as_json)

    return run(work())


@app.command(name="show")
def show_batch(run_id: str, user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """How far a run is, and which risk levels went where."""

    async def work() -> int:
        async with connected(Caller(data, user), BatchClient) as api:
            print_batch(await api.run(run_id), as_json)
        return 0

    return run(work())


@app.command(name="list")
def list_batches(user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """The newest runs."""

    async def work() -> int:
        async with connected(Caller(data, user), BatchClient) as api:
            print_runs(await api.runs(), as_json)
        return 0

    return run(work())


@app.command()
def pause(
    run_id: str, reason: ReasonOption, etag: EtagOption = "", user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False
) -> int:
    """Begin no further page; those that run finish."""
    return _steer(Caller(data, user), as_json, lambda api: api.pause(run_id, reason, etag))


@app.command()
def resume(
    run_id: str, reason: ReasonOption, etag: EtagOption = "", user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False
) -> int:
    """Go on where it paused."""
    return _steer(Caller(data, user), as_json, lambda api: api.resume(run_id, reason, etag))


@app.command()
def cancel(
    run_id: str, reason: ReasonOption, etag: EtagOption = "", user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False
) -> int:
    """End a run after the pages that are being scored; what was scored stays."""
    return _steer(Caller(data, user), as_json, lambda api: api.cancel(run_id, reason, etag))


@app.command()
def report(
    run_id: str,
    everything: Annotated[bool, typer.Option("--all", help="Every case, not only those that changed or could not be assessed.")] = False,
    user: AsOption = "anton",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """What the model makes of each case, against what stood before. --json prints one object a line."""

    async def work() -> int:
        async with connected(Caller(data, user), BatchClient) as api:
            results = api.results(run_id, changed_only=not everything)
            if as_json:
                async for result in results:
                    print(json.dumps(as_dict(result), ensure_ascii=False))
                return 0
            print_report([result_row(result) async for result in results])
        return 0

    return run(work())


async def _follow(api: BatchClient, run_id: str, as_json: bool) -> int:
    """The end of a run, or of this person's patience."""

    def told(seen: BatchRun) -> None:
        tell(status_of(seen), seen.cases_scored + seen.cases_not_assessed, seen.cases_total)

    try:
        with telling("scoring") as tell:
            ended = await until(lambda: patiently(lambda: api.run(run_id)), is_over, told)
    except asyncio.CancelledError:
        print(f"it goes on without you: `trustrelay batch watch {run_id}` follows it again", file=sys.stderr)
        raise
    print_batch(ended, as_json)
    return 0 if ended.status == RUN_STATUS_COMPLETED else 1


def _steer(caller: Caller, as_json: bool, call: Callable[[BatchClient], Awaitable[BatchRun]]) -> int:
    """Send one message and show where the run stands; the command's exit code."""

    async def work() -> int:
        async with connected(caller, BatchClient) as api:
            seen = await call(api)
        show(seen, as_json, f"{seen.run_id} {status_of(seen)} version {seen.state_version} etag {seen.etag}")
        return 0

    return run(work())
