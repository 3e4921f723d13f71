"""`trustrelay monitor schedule …`: when a tenant's cases are watched, and for what."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from trustrelay.common.v1.evidence_types_pb2 import Severity
from trustrelay.common.v1.portfolio_types_pb2 import MonitoringPolicy, MonitoringSchedule
from trustrelay.contracts.monitoring_workflow import CheckKind
from trustrelay.devstack.client import MonitoringClient
from trustrelay.devstack.commands._monitor_views import print_schedule, rhythm
from trustrelay.devstack.commands._session import AsOption, Caller, DataOption, EtagOption, JsonOption, connected, named, run, show
from trustrelay.devstack.commands._spans import span
from trustrelay.devstack.errors import UsageError

MANAGER = "mara"
app = typer.Typer(name="schedule", no_args_is_help=True, help="When cases are watched, and for what.")


@app.command(name="show")
def show_schedule(user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """The schedule, whether it is in force, and the next runs."""

    async def work() -> int:
        async with connected(Caller(data, user), MonitoringClient) as api:
            print_schedule(await api.schedule(), as_json)
        return 0

    return run(work())


@app.command(name="set")
def set_schedule(  # noqa: PLR0913 - each is an option of the command
    every: Annotated[str, typer.Option("--every", help="Interval: 30m, 12h, 1d.")] = "",
    cron: Annotated[str, typer.Option("--cron", help="Five cron fields in UTC, instead of --every.")] = "",
    check: Annotated[list[str] | None, typer.Option("--check", help="registry, vat, eori, screening; may be repeated.", show_default="all")] = None,
    path: Annotated[list[str] | None, typer.Option("--path", help="kyb, kyc: approved cases watched beside customs; may be repeated.")] = None,
    review_from: Annotated[str, typer.Option("--review-from", help="Alerts from this severity on open a review case: low … critical.")] = "",
    jitter: Annotated[str, typer.Option("--jitter", help="Runs start up to this much later.")] = "0s",
    catchup: Annotated[str, typer.Option("--catchup", help="After an outage, runs missed longer ago are not made up for.")] = "1h",
    etag: EtagOption = "",
    user: AsOption = MANAGER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Create the schedule, or replace it. It is stored at once; when the workflow engine is away, it comes into force within minutes."""
    if bool(every) == bool(cron):
        raise UsageError("give either --every or --cron")
    severity = named(Severity, "SEVERITY_", review_from, "--review-from") if review_from else Severity.SEVERITY_UNSPECIFIED
    policy = MonitoringPolicy(enabled_checks=check or [str(kind) for kind in CheckKind], paths=path or [], review_from=severity)
    wanted = MonitoringSchedule(cron=cron, policy=policy, etag=etag)
    if every:
        wanted.interval.FromTimedelta(span("--every", every))
    wanted.jitter.FromTimedelta(span("--jitter", jitter))
    wanted.catchup_window.FromTimedelta(span("--catchup", catchup) or timedelta(hours=1))

    async def work() -> int:
        async with connected(Caller(data, user), MonitoringClient) as api:
            await api.put_schedule(wanted)
            print_schedule(await api.schedule(), as_json)
        return 0

    return run(work())


@app.command()
def pause(etag: EtagOption = "", user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """No run by itself until resumed; `monitor run` still begins one."""

    async def work() -> int:
        async with connected(Caller(data, user), MonitoringClient) as api:
            stored = await api.pause(etag)
        show(stored, as_json, rhythm(stored))
        return 0

    return run(work())


@app.command()
def resume(etag: EtagOption = "", user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """Runs go on."""

    async def work() -> int:
        async with connected(Caller(data, user), MonitoringClient) as api:
            stored = await api.resume(etag)
        show(stored, as_json, rhythm(stored))
        return 0

    return run(work())


@app.command()
def delete(user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """Watch no more; runs and alerts stay."""

    async def work() -> int:
        async with connected(Caller(data, user), MonitoringClient) as api:
            await api.delete_schedule()
        print("{}" if as_json else "nothing is watched any more")
        return 0

    return run(work())
