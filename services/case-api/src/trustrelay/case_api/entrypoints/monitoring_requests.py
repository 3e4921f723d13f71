"""Requests about monitoring, checked and in canonical form. Each function raises InvalidArgument with every mistake of its request."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration

from trustrelay.case.v1 import monitoring_service_pb2 as pb
from trustrelay.case_api.domain import fields
from trustrelay.case_api.domain.cron import is_cron
from trustrelay.case_api.domain.problems import Problems
from trustrelay.common.v1.evidence_types_pb2 import Severity
from trustrelay.common.v1.portfolio_types_pb2 import MonitoringPolicy, MonitoringSchedule
from trustrelay.contracts.monitoring_workflow import CheckKind

_PATHS = frozenset({"kyb", "kyc"})
_KINDS = frozenset(CheckKind)
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=366)
_MAX_JITTER = timedelta(days=1)
_MAX_CATCHUP = timedelta(days=31)
_MAX_BACKFILL = timedelta(days=31)


def schedule(request: pb.PutMonitoringScheduleRequest) -> MonitoringSchedule:
    """When the tenant's cases are watched, and for what; what the store says itself (who, when) is left out."""
    problems, given = Problems(), request.schedule
    cron = given.cron.strip()
    if bool(cron) == given.HasField("interval"):
        problems.add("schedule", "give either a cron expression or an interval")
    if cron and not is_cron(cron):
        problems.add("schedule.cron", "must be five fields (minute, hour, day, month, weekday), UTC")
    if given.HasField("interval"):
        _span("schedule.interval", given.interval, _SHORTEST, _LONGEST, problems)
    _span("schedule.jitter", given.jitter, timedelta(0), _MAX_JITTER, problems)
    _span("schedule.catchup_window", given.catchup_window, timedelta(0), _MAX_CATCHUP, problems)
    _among("schedule.policy.enabled_checks", given.policy.enabled_checks, _KINDS, problems, required=True)
    _among("schedule.policy.paths", given.policy.paths, _PATHS, problems, required=False)
    if given.policy.review_from not in Severity.values():
        problems.add("schedule.policy.review_from", "is no severity")
    problems.refuse_if_any()
    policy = MonitoringPolicy(
        enabled_checks=sorted(set(given.policy.enabled_checks)), paths=sorted(set(given.policy.paths)), review_from=given.policy.review_from
    )
    checked = MonitoringSchedule(
        cron=cron, jitter=given.jitter, catchup_window=given.catchup_window, paused=given.paused, policy=policy, etag=given.etag
    )
    if given.HasField("interval"):
        checked.interval.CopyFrom(given.interval)
    return checked


def trigger(request: pb.TriggerMonitoringRequest) -> str:
    """The request id."""
    problems = Problems()
    request_id = fields.request_id(request.request_id, problems)
    problems.refuse_if_any()
    return request_id


def backfill(request: pb.BackfillMonitoringRequest) -> tuple[datetime, datetime]:
    """Start and end, aware, at most 31 days apart."""
    problems = Problems()
    for name in ("start_time", "end_time"):
        if not request.HasField(name):
            problems.add(name, "is required")
    problems.refuse_if_any()
    start, end = request.start_time.ToDatetime(UTC), request.end_time.ToDatetime(UTC)
    if not timedelta(0) < end - start <= _MAX_BACKFILL:
        problems.add("end_time", f"must be after start_time, and at most {_MAX_BACKFILL.days} days after it")
    if end > datetime.now(UTC):
        problems.add("end_time", "must not lie ahead: only what was missed can be made up for")
    problems.refuse_if_any()
    return start, end


def run_id(value: str) -> str:
    """NotFound / MONITORING_RUN_NOT_FOUND when it cannot be an id."""
    return fields.resource_id("run_id", value, "MONITORING_RUN_NOT_FOUND")


def resolution(request: pb.ResolveAlertRequest) -> tuple[str, str]:
    """Alert and reason."""
    problems = Problems()
    reason = fields.text("reason", request.reason, problems)
    if not request.alert_id.strip():
        problems.add("alert_id", "is required")
    problems.refuse_if_any()
    return fields.resource_id("alert_id", request.alert_id, "ALERT_NOT_FOUND"), reason


def case_filter(value: str) -> str:
    """Empty, or a canonical case id; text that is no id is the case of no alert."""
    return fields.case_id(value) if value.strip() else ""


def _span(path: str, given: Duration, least: timedelta, most: timedelta, problems: Problems) -> None:
    if not least.total_seconds() <= given.seconds + given.nanos / 1e9 <= most.total_seconds():
        problems.add(path, f"must be {least.total_seconds():.0f}..{most.total_seconds():.0f} seconds")


def _among(path: str, given: Collection[str], allowed: Collection[str], problems: Problems, *, required: bool) -> None:
    if required and not given:
        problems.add(path, f"needs at least one of {', '.join(sorted(allowed))}")
    if not set(given) <= set(allowed):
        problems.add(path, f"takes {', '.join(sorted(allowed))}")
