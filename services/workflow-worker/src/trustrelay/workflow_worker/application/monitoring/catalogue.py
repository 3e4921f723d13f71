"""Every activity a monitoring run names: its limit, its retry class and what it returns."""

from __future__ import annotations

from trustrelay.contracts.monitoring_workflow import ReconciliationInput, ReconciliationResult
from trustrelay.workflow_worker.application.activity import Activity
from trustrelay.workflow_worker.application.activity import outside_activity as _x
from trustrelay.workflow_worker.application.activity import persistence_activity as _p
from trustrelay.workflow_worker.application.activity import service_activity as _s
from trustrelay.workflow_worker.domain.monitoring.records import (
    CaseChecked,
    CaseUnchecked,
    CheckCase,
    CloseRun,
    FetchCases,
    OpenRun,
    ReviewCase,
    RunOpened,
    StageReview,
    WatchedCases,
)

OPEN_RUN = _p("open_monitoring_run", OpenRun, RunOpened)
# Customs cases always, KYB and KYC by policy.
FETCH_CASES = _p("fetch_active_customs_cases", FetchCases, WatchedCases)
RUN_CHECKS = _x("run_monitoring_checks", CheckCase, CaseChecked, 3 * 60)
RECORD_UNCHECKED = _p("record_monitoring_not_assessed", CaseUnchecked, CaseChecked)
STAGE_REVIEW = _p("stage_review_case", StageReview, ReviewCase)
CLOSE_RUN = _p("update_monitoring_last_run", CloseRun, RunOpened)

RECONCILE_SCHEDULES = _s("reconcile_schedules", ReconciliationInput, ReconciliationResult, 2 * 60, streams=True)

MONITORING_ACTIVITIES: tuple[Activity[object, object], ...] = tuple(value for value in globals().values() if isinstance(value, Activity))
