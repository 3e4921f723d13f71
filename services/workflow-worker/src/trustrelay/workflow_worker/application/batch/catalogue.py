"""Every activity a batch run names: its limit, its retry class and what it returns."""

from __future__ import annotations

from datetime import timedelta

from trustrelay.workflow_worker.application.activity import Activity, RetryClass
from trustrelay.workflow_worker.application.activity import persistence_activity as _p
from trustrelay.workflow_worker.domain.batch.records import (
    PagePlan,
    PageScored,
    PlanPages,
    RefusedMessage,
    RunRef,
    ScorePage,
    StatusChange,
    StoredRun,
)

# The reason of a page that the risk rules could not be asked about: an outage of theirs delays a run, it never fails one.
SCORING_UNAVAILABLE = "SCORING_UNAVAILABLE"

LOAD_BATCH_RUN = _p("load_batch_run", RunRef, StoredRun)
SET_BATCH_STATUS = _p("set_batch_status", StatusChange, StoredRun)
PLAN_BATCH_PAGES = _p("plan_batch_pages", PlanPages, PagePlan)
RECORD_BATCH_REFUSAL = _p("record_batch_refusal", RefusedMessage, int)
# Class P, as it ends with what it stores. Few pages run at once and each takes a second: those of a worker that is gone hold the whole run up.
SCORE_BATCH_PAGE = Activity(
    "score_batch_page", ScorePage, PageScored, timedelta(minutes=5), RetryClass.PERSISTENCE, streams=True, heartbeat=timedelta(seconds=15)
)

BATCH_ACTIVITIES: tuple[Activity[object, object], ...] = tuple(value for value in globals().values() if isinstance(value, Activity))
