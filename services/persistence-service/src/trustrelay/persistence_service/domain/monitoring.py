"""What a tenant may ask of monitoring: when, what, which cases."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from trustrelay.common.v1.portfolio_types_pb2 import RUN_STATUS_RUNNING, MonitoringPolicy, MonitoringRun, MonitoringSchedule
from trustrelay.contracts.case_workflow import Path
from trustrelay.contracts.monitoring_workflow import CheckKind
from trustrelay.persistence_service.domain.enums import SEVERITY

LEAST_INTERVAL, LONGEST_INTERVAL = timedelta(minutes=1), timedelta(days=366)
LEAST_CATCHUP = timedelta(seconds=10)
#: A run that has written nothing for this long has died: its own case takes minutes, and a database that was away ends the wait for it too.
SILENCE = timedelta(hours=2)
# Customs cases are watched always: their clients act on our guarantee.
ALWAYS_WATCHED = Path.CUSTOMS.value
_CHOSEN_PATHS = frozenset({Path.KYB.value, Path.KYC.value})
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_CRON = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, ("", *_MONTHS)),
    ("day of week", 0, 7, tuple(_DAYS)),
)
_PART = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d{1,2}))?")


@dataclass(frozen=True)
class StoredSchedule:
    """A tenant's schedule; `version` grows with every write, its removal included."""

    tenant_id: str
    version: int
    updated_by: str
    updated_at: datetime
    body: MonitoringSchedule
    in_use: bool = True


@dataclass(frozen=True)
class Watched:
    """A case that a run looks at."""

    case_id: str
    path: str
    country: str


@dataclass(frozen=True)
class State:
    """What was seen last of one kind, and by which run."""

    check_kind: str
    run_id: str
    outcome: str


@dataclass(frozen=True)
class NotAssessedCheck:
    """A check that a run could not make."""

    case_id: str
    check_kind: str
    reason: str


def is_running(run: MonitoringRun) -> bool:
    """Whether it may still write."""
    return run.status == RUN_STATUS_RUNNING


def watched_paths(policy: MonitoringPolicy) -> tuple[str, ...]:
    """The paths whose approved cases are watched."""
    return (ALWAYS_WATCHED, *policy.paths)


def policy_problems(policy: MonitoringPolicy) -> Iterator[tuple[str, str]]:
    """(field, what is wrong with it) of everything that is."""
    if not policy.enabled_checks or set(policy.enabled_checks) - set(CheckKind):
        yield "policy.enabled_checks", f"at least one of {', '.join(CheckKind)}"
    if set(policy.paths) - _CHOSEN_PATHS:
        yield "policy.paths", f"only {', '.join(sorted(_CHOSEN_PATHS))}: customs cases are watched always"
    try:
        SEVERITY.name(policy.review_from)
    except ValueError:
        yield "policy.review_from", "is not a known severity"


def schedule_problems(schedule: MonitoringSchedule) -> Iterator[tuple[str, str]]:
    """As `policy_problems`, of the whole schedule."""
    interval, jitter, catchup = (getattr(schedule, name).ToTimedelta() for name in ("interval", "jitter", "catchup_window"))
    if bool(schedule.cron) == schedule.HasField("interval"):
        yield "cron", "set exactly one of cron and interval"
    elif schedule.cron and (problem := cron_problem(schedule.cron)):
        yield "cron", problem
    elif not schedule.cron and not LEAST_INTERVAL <= interval <= LONGEST_INTERVAL:
        yield "interval", "one minute to 366 days"
    if not timedelta(0) <= jitter <= timedelta(days=1):
        yield "jitter", "at most a day"
    if catchup and not LEAST_CATCHUP <= catchup <= LONGEST_INTERVAL:
        yield "catchup_window", "10 seconds to 366 days, or 0 for an hour"
    yield from policy_problems(schedule.policy)


def cron_problem(expression: str) -> str:
    """What is wrong with a cron expression of five fields; empty when nothing is.

    Stricter than any engine: what passes here is never refused when the schedule is made, hours later and with nobody there to correct it.
    """
    fields = expression.split()
    if len(fields) != len(_CRON):
        return "five fields: minute, hour, day of month, month, day of week"
    for text, (name, least, most, names) in zip(fields, _CRON, strict=True):
        if not all(_part_fits(part, least, most, names) for part in text.split(",")):
            return f"{name}: numbers {least}..{most}, ranges, lists and steps only"
    return ""


def _part_fits(part: str, least: int, most: int, names: tuple[str, ...]) -> bool:
    found = _PART.fullmatch(part)
    if found is None or found["step"] == "0":
        return False
    if found["all"]:
        return True
    first = _number(found["first"], names)
    last = first if found["last"] is None else _number(found["last"], names)
    return first is not None and last is not None and least <= first <= last <= most


def _number(word: str, names: tuple[str, ...]) -> int | None:
    if word.upper() in names:
        return names.index(word.upper())
    return int(word) if word.isascii() and word.isdigit() and len(word) <= 2 else None
