"""What an activity is to a workflow: its name, its limit, and its retry class, which follows from who is called.

Classes: P persistence (a long outage delays, never loses), S our services, X outside sources (deadlines per source inside, partial results kept).
Best effort: when its retries are exhausted the work goes on, and NOT_ASSESSED with the reason is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from temporalio.common import RetryPolicy

A = TypeVar("A")
R = TypeVar("R")

HEARTBEAT = timedelta(seconds=30)
_DAY = timedelta(hours=24)


class RetryClass(StrEnum):
    """Who is called decides how long one waits for them."""

    PERSISTENCE = "P"
    SERVICE = "S"
    OUTSIDE = "X"


@dataclass(frozen=True)
class Activity(Generic[A, R]):
    """One activity as workflows see it."""

    name: str
    argument: type[A]
    result: type[R]
    limit: timedelta
    retry_class: RetryClass
    best_effort: bool = False
    streams: bool = False
    # After how long without a beat the attempt's worker counts as gone, where it streams. Beats reach the server every 10 s at the latest.
    heartbeat: timedelta = HEARTBEAT

    @property
    def retry_policy(self) -> RetryPolicy:
        """P 1 s → 30 s, S and X 1 s → 60 s, without a count: schedule_to_close ends it."""
        longest = 30 if self.retry_class is RetryClass.PERSISTENCE else 60
        return RetryPolicy(initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=longest))

    @property
    def schedule_to_close(self) -> timedelta:
        """When the activity is given up, all retries included."""
        match self.retry_class:
            case RetryClass.PERSISTENCE:
                return _DAY
            case RetryClass.SERVICE:
                return self.limit * 6
            case RetryClass.OUTSIDE:
                return self.limit * 2


def persistence_activity(name: str, argument: type[A], result: type[R], seconds: int = 30, *, best_effort: bool = False) -> Activity[A, R]:
    """Class P; `seconds` is the limit of one attempt."""
    return Activity(name, argument, result, timedelta(seconds=seconds), RetryClass.PERSISTENCE, best_effort)


def service_activity(
    name: str, argument: type[A], result: type[R], seconds: int, *, best_effort: bool = False, streams: bool = False
) -> Activity[A, R]:
    """Class S."""
    return Activity(name, argument, result, timedelta(seconds=seconds), RetryClass.SERVICE, best_effort, streams)


def outside_activity(name: str, argument: type[A], result: type[R], seconds: int, *, streams: bool = True) -> Activity[A, R]:
    """Class X: best effort, as nobody can make an outside source answer."""
    return Activity(name, argument, result, timedelta(seconds=seconds), RetryClass.OUTSIDE, True, streams)
