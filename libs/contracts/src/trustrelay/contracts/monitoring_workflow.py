"""ContinuousMonitoringWorkflow, SanctionsSuppressionRefreshWorkflow and the housekeeping around them, shared by case-api and workflow-worker."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum

WORKFLOW = "ContinuousMonitoringWorkflow"
SUPPRESSION_WORKFLOW = "SanctionsSuppressionRefreshWorkflow"
HOUSEKEEPING_WORKFLOW = "ScheduleReconciliationWorkflow"
TASK_QUEUE = "monitoring"
DEPLOYMENT = "trustrelay-monitoring"

# Schedules of tenants begin with these; whatever else a namespace holds is left alone.
MONITORING_SCHEDULES = "monitoring/"
SUPPRESSION_SCHEDULES = "suppression/"
HOUSEKEEPING_SCHEDULE = "housekeeping/schedules"
_RUNS = uuid.UUID("7d3f8a52-0f3c-5c6e-9f61-5b0f6d1a2c34")


class CheckKind(StrEnum):
    """What monitoring can look at again."""

    REGISTRY = "registry"
    VAT = "vat"
    EORI = "eori"
    SCREENING = "screening"


# Reasons of checks that have nothing to look at: no outage, so a run does not count their cases as not assessed. The observation itself says it.
NOTHING_TO_LOOK_AT = frozenset({"NOT_APPLICABLE", "VAT_NOT_DECLARED", "EORI_NOT_DECLARED"})


class Trigger(StrEnum):
    """Why a run began."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    BACKFILL = "backfill"


def schedule_id(tenant_id: str) -> str:
    """The Temporal schedule of a tenant's monitoring: one, deterministic, so that it can be reconciled."""
    return f"{MONITORING_SCHEDULES}{tenant_id}"


def suppression_schedule_id(tenant_id: str) -> str:
    """The Temporal schedule of a tenant's suppression refresh."""
    return f"{SUPPRESSION_SCHEDULES}{tenant_id}"


def workflow_id(tenant_id: str) -> str:
    """Of the runs of a tenant's schedule; Temporal appends the time that each was scheduled for."""
    return f"monitoring/{tenant_id}"


def suppression_workflow_id(tenant_id: str) -> str:
    """As `workflow_id`."""
    return f"suppression/{tenant_id}"


def run_id_of(workflow_id: str) -> str:
    """The stored run of one workflow, the same through continue-as-new and retries."""
    return str(uuid.uuid5(_RUNS, workflow_id))


@dataclass(frozen=True)
class MonitoringInput:
    """One pass over a tenant's watched cases. Empty `enabled_checks` = those of the tenant's stored policy."""

    tenant_id: str
    enabled_checks: tuple[str, ...] = ()
    trigger: Trigger = Trigger.SCHEDULE
    # Cases checked at the same time.
    window: int = 8
    # Where a run that continues as new goes on.
    after_case_id: str = ""
    opened: bool = False
    # Catch-up window and jitter of the schedule: a run that begins later than this after its time was asked for by a backfill.
    catchup_seconds: int = 3600


@dataclass(frozen=True)
class MonitoringResult:
    """What a run came to; the rest is in the read model. status: a RunStatus without prefix, or SKIPPED: nothing was begun, `reason` says why."""

    run_id: str
    status: str
    cases_checked: int = 0
    cases_not_assessed: int = 0
    alerts_opened: int = 0
    reason: str = ""


@dataclass(frozen=True)
class SuppressionResult:
    """What a refresh came to."""

    expired_rules: int = 0
    tested_hits: int = 0
    reopened_hits: int = 0
    not_assessed_hits: int = 0
    # CLEAR: the lists were fetched anew; NOT_ASSESSED with the reason: hits were tested against those that were loaded.
    lists_outcome: str = ""
    lists_reason: str = ""


@dataclass(frozen=True)
class ReconciliationInput:
    """Makes Temporal's schedules equal to the stored ones; nothing to say."""

    # Tenants per page.
    page_size: int = 200


@dataclass(frozen=True)
class ReconciliationResult:
    """How many schedules it took; `failed` are those of tenants whose schedule Temporal refused."""

    created: int = 0
    updated: int = 0
    removed: int = 0
    failed: int = 0


@dataclass(frozen=True)
class SuppressionInput:
    """One refresh of a tenant's suppression."""

    tenant_id: str
    # What a refresh that continues as new knows already: where it goes on, what is done, what it came to so far.
    page_token: str = ""
    lists_refreshed: bool = False
    expired: bool = False
    so_far: SuppressionResult = SuppressionResult()
