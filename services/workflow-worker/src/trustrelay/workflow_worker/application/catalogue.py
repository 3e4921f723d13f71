"""Every activity a workflow names: its limit, its retry class and what it returns. The workers register an implementation for each.

Classes: P persistence (a long outage delays, never loses), S our services, X outside sources (deadlines per source inside, partial results kept).
Best effort: when its retries are exhausted the case goes on, and NOT_ASSESSED with the reason is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from temporalio.common import RetryPolicy

from trustrelay.workflow_worker.domain.records import (
    CapsuleStored,
    CaseRef,
    NotAssessed,
    OpenCaseArgs,
    OpenedCase,
    Stored,
    TierAssigned,
    Transition,
    Validated,
)
from trustrelay.workflow_worker.domain.state import Summary

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


def _p(name: str, argument: type[A], result: type[R], seconds: int = 30) -> Activity[A, R]:
    return Activity(name, argument, result, timedelta(seconds=seconds), RetryClass.PERSISTENCE)


def _s(name: str, argument: type[A], result: type[R], seconds: int, *, best_effort: bool = False, streams: bool = False) -> Activity[A, R]:
    return Activity(name, argument, result, timedelta(seconds=seconds), RetryClass.SERVICE, best_effort, streams)


def _x(name: str, argument: type[A], result: type[R], seconds: int, *, best_effort: bool = False) -> Activity[A, R]:
    return Activity(name, argument, result, timedelta(seconds=seconds), RetryClass.OUTSIDE, best_effort, streams=True)


OPEN_CASE = _p("open_case", OpenCaseArgs, OpenedCase)
PERSIST = _p("persist_workflow_state", Transition, Stored)
RECORD_NOT_ASSESSED = _p("record_not_assessed", NotAssessed, Summary)

REGISTRY_AND_DOCUMENTS = _x("registry_and_documents", CaseRef, Summary, 15 * 60, best_effort=True)
RUN_OSINT_INVESTIGATION = _x("run_osint_investigation", CaseRef, Summary, 30 * 60, best_effort=True)
RUN_VERIFICATION_CHECKS = _x("run_verification_checks", CaseRef, Summary, 3 * 60, best_effort=True)
SCREEN_PARTIES = _s("screen_parties", CaseRef, Summary, 3 * 60, best_effort=True, streams=True)
CROSS_REFERENCE_EVIDENCE = _s("cross_reference_evidence", CaseRef, Summary, 60)
ANALYZE_DOCUMENT_GAPS = _s("analyze_document_gaps", CaseRef, Summary, 30)
REASSESS_RISK = _s("reassess_risk", CaseRef, Summary, 30)
ASSIGN_AUTOMATION_TIER = _s("assign_automation_tier", CaseRef, TierAssigned, 30, best_effort=True)
PROCESS_DOCUMENTS = _s("process_documents", CaseRef, Summary, 5 * 60, streams=True)
VALIDATE_DOCUMENTS = _s("validate_documents", CaseRef, Validated, 3 * 60)
EXTRACT_DOCUMENT_DATA = _s("extract_document_data", CaseRef, Summary, 3 * 60)
ASSEMBLE_TRUST_CAPSULE = _s("assemble_trust_capsule", CaseRef, CapsuleStored, 5 * 60)

CASE_ACTIVITIES: tuple[Activity[object, object], ...] = tuple(  # in the order a case meets them
    value for value in globals().values() if isinstance(value, Activity)
)
