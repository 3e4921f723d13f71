"""Runs of the risk model for a terminal: tables for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trustrelay.common.v1.decision_types_pb2 import RiskLevel
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED, CheckOutcome
from trustrelay.common.v1.portfolio_types_pb2 import RUN_STATUS_PAUSED, RUN_STATUS_RUNNING, BatchResult, BatchRun, FactChange, RunStatus
from trustrelay.devstack.commands._case_views import Row, moment, print_json, table
from trustrelay.devstack.commands._session import as_dict, short


def print_runs(runs: Sequence[BatchRun], as_json: bool) -> None:
    """One line a run, newest first."""
    if as_json:
        return print_json([as_dict(run) for run in runs])
    rows = [(r.run_id, status_of(r), "dry run" if r.dry_run else "", counted(r), r.created_by, moment(r.create_time), r.reason) for r in runs]
    table(("run", "status", "mode", "cases", "by", "begun", "why"), rows)


def print_batch(run: BatchRun, as_json: bool) -> None:
    """How far it is, and which levels went where."""
    if as_json:
        return print_json(as_dict(run))
    mode = " · dry run: nothing but the report is written" if run.dry_run else ""
    print(f"batch {run.run_id}{mode}")
    print(f"{status_of(run)} · version {run.state_version} · etag {run.etag}{f' · {run.reason}' if run.reason else ''}")
    print(f"{counted(run)} · models {', '.join(run.model_versions) or '-'} · lists as of {run.as_of_date or 'today'}")
    print(f"begun by {run.created_by} at {moment(run.create_time)}{_ended(run)}")
    if run.levels:
        print("\nLevels")
        table(("before", "after", "cases"), [(_level(c.before), _level(c.after), str(c.cases)) for c in run.levels])


def result_row(result: BatchResult) -> Row:
    """One case of the report."""
    outcome = short(CheckOutcome.Name(result.outcome), "CHECK_OUTCOME_")
    if result.outcome == CHECK_OUTCOME_NOT_ASSESSED:
        return result.case_id, f"{outcome} {result.reason}", _scored(result.before_level, result.before_score), "-", ""
    before, after = _scored(result.before_level, result.before_score), _scored(result.after_level, result.after_score)
    return result.case_id, outcome, before, after, _differs(result)


_SHOWN = 3
REPORT_HEADINGS: Row = ("case", "outcome", "before", "after", "what differs")


def print_report(rows: Iterable[Row]) -> None:
    """The report as a table."""
    table(REPORT_HEADINGS, rows)


def counted(run: BatchRun) -> str:
    """`812 of 1000 scored, 3 not assessed`."""
    return f"{run.cases_scored} of {run.cases_total} scored, {run.cases_not_assessed} not assessed"


def status_of(run: BatchRun) -> str:
    """COMPLETED."""
    return short(RunStatus.Name(run.status), "RUN_STATUS_")


def is_over(run: BatchRun) -> bool:
    """Whether nothing more is scored."""
    return run.status not in (RUN_STATUS_RUNNING, RUN_STATUS_PAUSED)


def _differs(result: BatchResult) -> str:
    """The factors that differ most; --json has them all."""
    most = sorted(result.changes, key=_distance, reverse=True)[:_SHOWN]
    more = f" · {len(result.changes) - len(most)} more" if len(result.changes) > len(most) else ""
    return " · ".join(f"{c.fact}: {c.before or '-'} → {c.after or '-'}" for c in most) + more


def _distance(change: FactChange) -> float:
    """Between two factors; a factor that only one model has counts by its value."""
    return abs(float(change.after or 0) - float(change.before or 0))


def _ended(run: BatchRun) -> str:
    return f", ended at {moment(run.end_time)}" if run.HasField("end_time") else ""


def _scored(level: RiskLevel.ValueType, score: float) -> str:
    return f"{_level(level)} {score:.2f}" if level else "never scored"


def _level(level: RiskLevel.ValueType) -> str:
    return short(RiskLevel.Name(level), "RISK_LEVEL_") if level else "none"
