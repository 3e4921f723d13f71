"""A pass of a risk model over a portfolio, as stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from trustrelay.common.v1.portfolio_types_pb2 import BatchFilter, BatchRun, LevelCount
from trustrelay.contracts.batch_workflow import resource
from trustrelay.contracts.etags import etag as etag_of
from trustrelay.persistence_service.domain.alerts import Change, NewAlert
from trustrelay.persistence_service.domain.enums import RISK_LEVEL, RUN_STATUS

# How much worse a level is than another. MEDIUM and HIGH are severities too, those of the alert.
_RANK = {"UNSPECIFIED": 0, "LOW": 1, "MEDIUM": 2, "HIGH": 3}


@dataclass(frozen=True)
class Run:
    """One row. `status` is the short name of common.v1.RunStatus; times are aware."""

    run_id: str
    request_id: str
    request_sha256: str
    filter: BatchFilter
    dry_run: bool
    as_of_date: date
    max_cases_per_second: float
    # Assessments with a higher ordinal were made after the run began.
    since_ordinal: int
    created_by: str
    created_at: datetime
    status: str = "RUNNING"
    state_version: int = 1
    ended_at: datetime | None = None
    reason: str = ""
    cases_total: int = 0
    cases_scored: int = 0
    cases_not_assessed: int = 0
    model_versions: Sequence[str] = ()
    # (before, after, cases)
    levels: Sequence[tuple[str, str, int]] = field(default=())

    @property
    def resource(self) -> str:
        """Its name in the audit log."""
        return resource(self.run_id)


def shown(run: Run) -> BatchRun:
    """The run as the contracts write it."""
    message = BatchRun(
        run_id=run.run_id, status=RUN_STATUS.number(run.status), filter=run.filter, dry_run=run.dry_run, as_of_date=run.as_of_date.isoformat(),  # type: ignore[arg-type]  # the stubs want the enum's NewType
        max_cases_per_second=run.max_cases_per_second, created_by=run.created_by, cases_total=run.cases_total, cases_scored=run.cases_scored,
        cases_not_assessed=run.cases_not_assessed, etag=etag_of(run.run_id, run.state_version), state_version=run.state_version, reason=run.reason,
        model_versions=run.model_versions,
        levels=[LevelCount(before=RISK_LEVEL.number(a), after=RISK_LEVEL.number(b), cases=n) for a, b, n in run.levels],  # type: ignore[arg-type]
    )  # fmt: skip
    message.create_time.FromDatetime(run.created_at)
    if run.ended_at is not None:
        message.end_time.FromDatetime(run.ended_at)
    return message


def raised(run: Run, case_id: str, before: str, after: str) -> NewAlert | None:
    """The alert about a level that rose; None when it did not. A case that was never scored rises to MEDIUM or HIGH as from nothing."""
    if _RANK[after] <= max(_RANK[before], _RANK["LOW"]):
        return None
    return NewAlert(case_id, "RISK_RAISED", after, "", [Change("risk_level", before, after)], run.resource)
