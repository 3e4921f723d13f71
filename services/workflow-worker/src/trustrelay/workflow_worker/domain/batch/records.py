"""What crosses the boundary between the batch workflow and its activities: references, counts and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trustrelay.contracts.batch_workflow import RunStatus


@dataclass(frozen=True)
class RunRef:
    """One run."""

    tenant_id: str
    run_id: str


@dataclass(frozen=True)
class StoredRun:
    """What the workflow needs of a run, as it is stored."""

    status: RunStatus
    state_version: int
    # ISO 8601 date.
    as_of_date: str
    # 0 = as fast as it goes.
    max_cases_per_second: float


@dataclass(frozen=True)
class PlanPages:
    """Cut the cases after `after_case_id` into pages."""

    run: RunRef
    after_case_id: str
    page_size: int
    page_limit: int


@dataclass(frozen=True)
class Page:
    """The run's cases after `after_case_id` up to and with `last_case_id`."""

    after_case_id: str
    last_case_id: str
    cases: int


@dataclass(frozen=True)
class PagePlan:
    """`more` = cases lie beyond these pages."""

    pages: tuple[Page, ...]
    more: bool


@dataclass(frozen=True)
class ScorePage:
    """Score what is not scored yet of one page."""

    run: RunRef
    as_of_date: str
    page: Page


@dataclass(frozen=True)
class PageScored:
    """How many cases got a result by this attempt; those of an earlier one are in the store's counters."""

    recorded: int
    alerts_opened: int


@dataclass(frozen=True)
class StatusChange:
    """Compare-and-set of the run's status; `event_id` is the same on every attempt."""

    run: RunRef
    expected_version: int
    status: RunStatus
    actor: str
    reason: str
    event_id: str


@dataclass(frozen=True)
class RefusedMessage:
    """A message that changed nothing, for the audit log."""

    run: RunRef
    message: str
    reason: str
    event_id: str
    at: datetime
