"""Messages of BatchRiskReEvaluationWorkflow, shared by case-api (sender) and workflow-worker (receiver).

Every update takes one dataclass and answers with a `BatchReceipt`; refusals are as for cases (contracts.messages). In the actor assertion the run's
id stands where a case's would.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from trustrelay.contracts.messages import Envelope

WORKFLOW = "BatchRiskReEvaluationWorkflow"
TASK_QUEUE = "batch"
DEPLOYMENT = "trustrelay-batch"


def workflow_id(tenant_id: str, run_id: str) -> str:
    """The one workflow of a run."""
    return f"batch/{tenant_id}/{run_id}"


def resource(run_id: str) -> str:
    """The run in the audit log."""
    return f"batch-run/{run_id}"


class RunStatus(StrEnum):
    """The value is the name of common.v1.RunStatus without its prefix."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class BatchUpdate(StrEnum):
    """Names of the updates; also the `action` of the actor assertion. START is the assertion of the start itself."""

    START = "start_batch"
    PAUSE = "pause_batch"
    RESUME = "resume_batch"
    CANCEL = "cancel_batch"


@dataclass(frozen=True)
class BatchInput:
    """One run, stored already: filter and mode are in the read model."""

    run_id: str
    tenant_id: str
    page_size: int = 200
    # Pages scored at the same time.
    window: int = 3
    # 0 = as fast as it goes.
    max_cases_per_second: float = 0.0
    as_of_date: str = ""
    # The worker's own state (its JSON form), carried over when it continues as new; None at first.
    carried: dict[str, Any] | None = None


@dataclass(frozen=True)
class StartBatch:
    """A manager's word that begins the run; nothing is scored before it."""

    envelope: Envelope


@dataclass(frozen=True)
class PauseBatch:
    """Begins no further page."""

    envelope: Envelope
    reason: str = ""


@dataclass(frozen=True)
class ResumeBatch:
    """Goes on where it paused."""

    envelope: Envelope
    reason: str = ""


@dataclass(frozen=True)
class CancelBatch:
    """Ends it after the pages that run."""

    envelope: Envelope
    reason: str = ""


@dataclass(frozen=True)
class BatchReceipt:
    """What an accepted message answers, after it was stored."""

    status: RunStatus
    state_version: int


@dataclass(frozen=True)
class BatchProgress:
    """Answer of query get_progress; for debugging and tests, the read model serves everyone else."""

    status: RunStatus
    state_version: int
    cases_scored: int
    pages_done: int
    after_case_id: str
