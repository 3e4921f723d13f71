"""Schedules, runs and alerts for a terminal: tables for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trustrelay.case.v1.monitoring_service_pb2 import GetMonitoringRunResponse, GetMonitoringScheduleResponse
from trustrelay.common.v1.evidence_types_pb2 import Severity
from trustrelay.common.v1.portfolio_types_pb2 import Alert, AlertStatus, MonitoringRun, MonitoringSchedule, RunStatus
from trustrelay.devstack.commands._case_views import moment, print_json, table
from trustrelay.devstack.commands._session import as_dict, short
from trustrelay.devstack.commands._spans import said


def print_schedule(found: GetMonitoringScheduleResponse, as_json: bool) -> None:
    """When, what, and whether the workflow engine has it."""
    if as_json:
        return print_json(as_dict(found))
    print(rhythm(found.schedule))
    print(f"watches {', '.join(found.schedule.policy.enabled_checks)} of customs clients{_more_paths(found.schedule)}")
    print(f"a change of {_from(found.schedule)} opens a review case" if found.schedule.policy.review_from else "no change opens a review case")
    print(f"etag {found.schedule.etag} · set by {found.schedule.updated_by} at {moment(found.schedule.update_time)}")
    if not found.in_force:
        print("! not in force yet: the workflow engine is brought in line within minutes")
    for time in found.next_run_times[:3]:
        print(f"next run {moment(time)}")


def rhythm(schedule: MonitoringSchedule) -> str:
    """`every 1d, up to 5m later, PAUSED`."""
    when = f"cron {schedule.cron} (UTC)" if schedule.cron else f"every {said(schedule.interval.ToTimedelta())}"
    jitter = f", up to {said(schedule.jitter.ToTimedelta())} later" if schedule.jitter.ToTimedelta() else ""
    return f"{when}{jitter}{', PAUSED' if schedule.paused else ''}"


def print_runs(runs: Sequence[MonitoringRun], as_json: bool) -> None:
    """One line a run, newest first."""
    if as_json:
        return print_json([as_dict(run) for run in runs])
    rows = [
        (r.run_id, status_of(r), r.trigger, str(r.cases_total), str(r.cases_checked), str(r.cases_not_assessed), str(r.alerts_opened),
         moment(r.start_time), r.reason)
        for r in runs
    ]  # fmt: skip
    table(("run", "status", "trigger", "cases", "checked", "not assessed", "alerts", "started", "why"), rows)


def print_run(found: GetMonitoringRunResponse, as_json: bool) -> None:
    """A run, and what it could not assess: nobody looked there, so nothing is clear there."""
    if as_json:
        return print_json(as_dict(found))
    print_runs([found.run], as_json=False)
    if found.not_assessed:
        print("\nNot assessed")
        table(("case", "check", "reason"), [(one.case_id, one.check_kind, one.reason) for one in found.not_assessed])


def print_alerts(alerts: Sequence[Alert], as_json: bool) -> None:
    """One line an alert, newest first."""
    if as_json:
        return print_json([as_dict(alert) for alert in alerts])
    rows = [
        (a.alert_id, _severity(a), a.kind, _status(a), a.case_id, changed(a), a.review_case_id, a.resolved_by, moment(a.create_time)) for a in alerts
    ]
    table(("alert", "severity", "kind", "status", "case", "what changed", "review case", "resolved by", "since"), rows)


def changed(alert: Alert) -> str:
    """`status: active → ceased`."""
    return " · ".join(f"{one.fact}: {one.before or '-'} → {one.after or '-'}" for one in alert.changes)


def status_of(run: MonitoringRun) -> str:
    """COMPLETED."""
    return short(RunStatus.Name(run.status), "RUN_STATUS_")


def describe(run: MonitoringRun) -> str:
    """One line for the end of a run."""
    return f"{run.run_id} {status_of(run)}: {run.cases_checked} cases, {run.alerts_opened} alerts, {run.cases_not_assessed} not assessed in part"


def _severity(alert: Alert) -> str:
    return short(Severity.Name(alert.severity), "SEVERITY_")


def _status(alert: Alert) -> str:
    return short(AlertStatus.Name(alert.status), "ALERT_STATUS_")


def _from(schedule: MonitoringSchedule) -> str:
    return f"{short(Severity.Name(schedule.policy.review_from), 'SEVERITY_')} or more"


def _more_paths(schedule: MonitoringSchedule) -> str:
    paths: Iterable[str] = schedule.policy.paths
    return f", and of approved {' and '.join(paths)} cases" if schedule.policy.paths else ""
