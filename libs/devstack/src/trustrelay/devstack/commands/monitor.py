"""`trustrelay monitor …`: what is watched after decisions."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from trustrelay.case.v1.monitoring_service_pb2 import GetMonitoringRunResponse
from trustrelay.common.v1.portfolio_types_pb2 import ALERT_STATUS_UNSPECIFIED, RUN_STATUS_COMPLETED, RUN_STATUS_RUNNING, AlertStatus
from trustrelay.devstack.client import MonitoringClient, patiently
from trustrelay.devstack.commands import _monitor_schedule
from trustrelay.devstack.commands._monitor_views import describe, print_alerts, print_run, print_runs, status_of
from trustrelay.devstack.commands._progress import Told, telling, until
from trustrelay.devstack.commands._session import (
    AsOption,
    Caller,
    DataOption,
    JsonOption,
    RequestOption,
    connected,
    named,
    run,
    show,
)
from trustrelay.devstack.commands._spans import moment_of
from trustrelay.devstack.errors import StackError
from trustrelay.servicekit.errors import NotFound

OFFICER, MANAGER = "olivia", "mara"
_BEGINS_WITHIN_SECONDS = 60.0
app = typer.Typer(name="monitor", no_args_is_help=True, help="What is watched after decisions: schedule, runs, alerts.")
app.add_typer(_monitor_schedule.app, name="schedule")


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="monitor")


@app.command(name="run")
def run_now(
    backfill: Annotated[
        tuple[str, str] | None, typer.Option("--backfill", help="Instead: the runs that should have been between FROM and TO.", metavar="FROM TO")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the run to its end.")] = True,
    request_id: RequestOption = "",
    user: AsOption = MANAGER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Look at every watched case now. Ends with 1 when the run does not complete."""
    caller = Caller(data, user)
    if backfill is not None:
        return run(_backfill(caller, *backfill, as_json))
    return run(_trigger(caller, request_id, wait, as_json))


@app.command()
def runs(user: AsOption = OFFICER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """The newest runs, with what they came to."""

    async def work() -> int:
        async with connected(Caller(data, user), MonitoringClient) as api:
            print_runs(await api.runs(), as_json)
        return 0

    return run(work())


@app.command(name="show")
def show_run(run_id: str, user: AsOption = OFFICER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """One run, and what it could not assess."""

    async def work() -> int:
        async with connected(Caller(data, user), MonitoringClient) as api:
            print_run(await api.run(run_id), as_json)
        return 0

    return run(work())


@app.command()
def alerts(
    status: Annotated[str, typer.Option("--status", help="open or resolved.")] = "",
    case_id: Annotated[str, typer.Option("--case", help="Of one case only.")] = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """What changed since cases were decided, newest first."""
    wanted = named(AlertStatus, "ALERT_STATUS_", status, "--status") if status else ALERT_STATUS_UNSPECIFIED

    async def work() -> int:
        async with connected(Caller(data, user), MonitoringClient) as api:
            print_alerts(await api.alerts(wanted, case_id), as_json)
        return 0

    return run(work())


@app.command()
def resolve_alert(
    alert_id: str,
    reason: Annotated[str, typer.Option("--reason", help="What was done about it; it is stored with the alert.")],
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say what was done about an alert."""

    async def work() -> int:
        async with connected(Caller(data, user), MonitoringClient) as api:
            alert = await api.resolve_alert(alert_id, reason)
        show(alert, as_json, f"{alert.alert_id} resolved by {alert.resolved_by}")
        return 0

    return run(work())


async def _backfill(caller: Caller, start: str, end: str, as_json: bool) -> int:
    wanted = moment_of("--backfill", start), moment_of("--backfill", end)
    async with connected(caller, MonitoringClient) as api:
        await api.backfill(*wanted)
    print("{}" if as_json else "asked for; `trustrelay monitor runs` shows them as they begin")
    return 0


async def _trigger(caller: Caller, request_id: str, wait: bool, as_json: bool) -> int:
    async with connected(caller, MonitoringClient) as api:
        run_id = await api.trigger(request_id)
        if not wait:
            print(json.dumps({"run_id": run_id}) if as_json else run_id)
            return 0
        with telling("monitoring") as tell:
            found = await _ended(api, run_id, tell)
    if not as_json:
        print(describe(found.run))
    if as_json or found.not_assessed:
        print_run(found, as_json)
    return 0 if found.run.status == RUN_STATUS_COMPLETED else 1


async def _ended(api: MonitoringClient, run_id: str, tell: Told) -> GetMonitoringRunResponse:
    """The run once it is over; a run exists from the moment on at which a worker begins it. Raises StackError when none does."""
    begins_before = time.monotonic() + _BEGINS_WITHIN_SECONDS

    async def read() -> GetMonitoringRunResponse:
        try:
            return await patiently(lambda: api.run(run_id))
        except NotFound:
            if time.monotonic() > begins_before:
                raise StackError(f"run {run_id} was asked for, but no worker has begun it: `trustrelay status` shows what is down") from None
            return GetMonitoringRunResponse()

    def over(found: GetMonitoringRunResponse) -> bool:
        return bool(found.run.run_id) and found.run.status != RUN_STATUS_RUNNING

    def told(found: GetMonitoringRunResponse) -> None:
        words = status_of(found.run) if found.run.run_id else "waits for a worker"
        tell(words, found.run.cases_checked, found.run.cases_total)

    return await until(read, over, told)
