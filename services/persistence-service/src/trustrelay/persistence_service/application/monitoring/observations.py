"""What a run compares with, and what it saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.portfolio_types_pb2 import Alert, Observation, ObservedChange
from trustrelay.contracts.monitoring_workflow import CheckKind
from trustrelay.persistence.v1.monitoring_store_service_pb2 import RecordObservationsRequest
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.monitoring.alerts import open_alerts
from trustrelay.persistence_service.application.monitoring.runs import need_run
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.domain.alerts import Change, NewAlert
from trustrelay.persistence_service.domain.enums import CHECK_OUTCOME, SEVERITY
from trustrelay.persistence_service.domain.monitoring import is_running
from trustrelay.servicekit.errors import FailedPrecondition

_ASSESSED = frozenset({"CLEAR", "HIT", "FAILED"})


@dataclass(frozen=True)
class Baseline:
    """Whom to check, and what was seen last."""

    known: CaseFile
    last: Sequence[Observation]


async def baseline(store: Store, tenant: str, run_id: str, case_id: str) -> Baseline:
    """Raises MONITORING_RUN_NOT_FOUND, CASE_NOT_FOUND."""
    async with store.snapshot(tenant) as unit:
        await need_run(unit, run_id)
        known = await unit.reader.parties_and_profiles(await unit.cases.get(case_id))
        return Baseline(known, await unit.monitoring.last_seen(case_id))


async def record_observations(
    store: Store, clock: Clock, tenant: str, actor: str, request: RecordObservationsRequest, trace_id: str
) -> Sequence[Alert]:
    """Alerts of the case that are open and have no review yet, and all that this run opened; the same run and case again changes nothing.

    Raises FIELD_INVALID, MONITORING_RUN_NOT_FOUND, MONITORING_RUN_CLOSED, CASE_NOT_FOUND.
    """
    _check(request)
    now = clock()
    async with store.unit(tenant) as unit:
        run = await need_run(unit, request.run_id)
        case = await unit.cases.locked(request.case_id)
        if await unit.monitoring.observe(run.run_id, case.case_id, list(request.observations), now):
            if not is_running(run):
                raise FailedPrecondition("MONITORING_RUN_CLOSED", "the run has ended")
            await _store(unit, request, actor, now, trace_id)
        await unit.monitoring.heard(run.run_id, now)
        return await unit.alerts.to_review(case.case_id, f"monitoring-run/{run.run_id}")


async def _store(unit: Unit, request: RecordObservationsRequest, actor: str, now: datetime, trace_id: str) -> None:
    """The alerts, then the states that later runs compare with: an alert says which of them it was compared with."""
    before = await unit.monitoring.states(request.case_id)
    for change in request.changes:
        since = before[change.check_kind].run_id if change.check_kind in before else ""
        await open_alerts(unit, [_alert(request, change, since)], actor, now, trace_id)
    for seen in request.observations:
        if CHECK_OUTCOME.name(seen.outcome) in _ASSESSED:
            await unit.monitoring.put_state(request.run_id, request.case_id, seen, now)


def _alert(request: RecordObservationsRequest, change: ObservedChange, since: str) -> NewAlert:
    told = [Change(one.fact, one.before, one.after) for one in change.changes]
    found_by = f"monitoring-run/{request.run_id}"
    return NewAlert(request.case_id, change.kind, SEVERITY.name(change.severity), change.check_kind, told, found_by, since)


def _check(request: RecordObservationsRequest) -> None:
    """Raises FIELD_INVALID."""
    kinds = [one.check_kind for one in request.observations]
    if not kinds or len(set(kinds)) != len(kinds) or set(kinds) - set(CheckKind):
        raise checks.invalid("observations", f"one per kind of check, of {', '.join(CheckKind)}")
    for seen in request.observations:
        try:
            outcome = CHECK_OUTCOME.name(seen.outcome)
        except ValueError:
            outcome = "UNSPECIFIED"
        if outcome == "UNSPECIFIED" or (outcome == "NOT_ASSESSED" and not seen.reason):
            raise checks.invalid("observations.outcome", "is required, and a reason where nobody could look")
    for change in request.changes:
        checks.need_text("changes.kind", change.kind, longest=100)
        try:
            severity = SEVERITY.name(change.severity)
        except ValueError:
            severity = "UNSPECIFIED"
        if severity == "UNSPECIFIED" or change.check_kind not in kinds or not change.changes:
            raise checks.invalid("changes", "each has a severity, a check that saw it, and what changed")
