"""What crosses between a monitoring run and its activities: references, counts and reasons, never names or what was seen."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.contracts.case_workflow import Policy


@dataclass(frozen=True)
class RunRef:
    """One run of a tenant."""

    tenant_id: str
    run_id: str


@dataclass(frozen=True)
class OpenRun:
    """Begins a run; empty `enabled_checks` = those of the stored policy."""

    run: RunRef
    trigger: str
    enabled_checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunOpened:
    """The run as it is: RUNNING, or as it ended when it is begun again. `review_from` is a severity's rank, 0 = no alert opens a review."""

    status: str
    enabled_checks: tuple[str, ...] = ()
    review_from: int = 0
    cases_checked: int = 0
    cases_not_assessed: int = 0
    alerts_opened: int = 0


@dataclass(frozen=True)
class FetchCases:
    """The page of watched cases after `after_case_id`."""

    run: RunRef
    after_case_id: str = ""
    page_size: int = 200


@dataclass(frozen=True)
class WatchedCases:
    """Ids in order; `more` = there is another page."""

    case_ids: tuple[str, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class CheckCase:
    """One case of a run."""

    run: RunRef
    case_id: str
    enabled_checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class AlertRaised:
    """An alert whose review is not open yet; `severity` is the rank of common.v1.Severity."""

    alert_id: str
    severity: int


@dataclass(frozen=True)
class CaseChecked:
    """What a look at one case came to, stored already."""

    not_assessed: int = 0
    alerts: tuple[AlertRaised, ...] = ()


@dataclass(frozen=True)
class CaseUnchecked:
    """A case that could not be looked at, and why."""

    case: CheckCase
    reason: str


@dataclass(frozen=True)
class StageReview:
    """The alert that asks for a review."""

    tenant_id: str
    alert_id: str


@dataclass(frozen=True)
class ReviewCase:
    """A staged review, as its workflow starts; `opened` = it runs already."""

    case_id: str
    template_id: str
    template_version: int
    country: str
    created_by: str
    owner: str
    language: str
    policy: Policy
    opened: bool = False


@dataclass(frozen=True)
class CloseRun:
    """How a run ended; `reason` of a FAILED one."""

    run: RunRef
    status: str
    reason: str = ""
