"""Activities of a monitoring run."""

from __future__ import annotations

from temporalio import activity

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED, CheckOutcome
from trustrelay.common.v1.portfolio_types_pb2 import MonitoringPolicy, MonitoringRun, Observation, RunStatus
from trustrelay.contracts.policies import policy_of
from trustrelay.osint.v1.monitoring_service_pb2 import ObserveRequest, ObserveResult
from trustrelay.persistence.v1 import monitoring_store_service_pb2 as store
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.monitoring.records import (
    AlertRaised,
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
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import all_parties
from trustrelay.workflow_worker.entrypoints.activities.measures import count_checks
from trustrelay.workflow_worker.entrypoints.activities.streaming import SILENCE_SECONDS, result_event

_STATUS, _OUTCOME = "RUN_STATUS_", "CHECK_OUTCOME_"


class RunActivities:
    """The monitoring store and the watching side of osint-service, for workflows."""

    def __init__(self, services: Services, silence: float = SILENCE_SECONDS) -> None:
        self._store = services.persistence.monitoring
        self._osint = services.osint.monitoring
        self._silence = silence

    @activity.defn(name="open_monitoring_run")
    async def open_monitoring_run(self, asked: OpenRun) -> RunOpened:
        """Begins the run; on retry, and when the run has been, the stored one is answered."""
        policy = MonitoringPolicy(enabled_checks=asked.enabled_checks)
        with on_behalf_of(asked.run.tenant_id):
            request = store.OpenMonitoringRunRequest(run_id=asked.run.run_id, trigger=asked.trigger, policy=policy)
            return _opened((await self._store.OpenMonitoringRun(request)).run)

    @activity.defn(name="fetch_active_customs_cases")
    async def fetch_active_customs_cases(self, asked: FetchCases) -> WatchedCases:
        """A page of watched cases that the run has not checked; on retry those that it has checked meanwhile are left out."""
        with on_behalf_of(asked.run.tenant_id):
            request = store.ListWatchedCasesRequest(run_id=asked.run.run_id, after_case_id=asked.after_case_id, page_size=asked.page_size)
            reply = await self._store.ListWatchedCases(request)
        return WatchedCases(tuple(case.case_id for case in reply.cases), reply.more)

    @activity.defn(name="run_monitoring_checks")
    async def run_monitoring_checks(self, case: CheckCase) -> CaseChecked:
        """Looks again and stores what was seen; on retry of a stored look, what that opened is answered."""
        with on_behalf_of(case.run.tenant_id):
            known = await self._store.GetBaseline(store.GetBaselineRequest(run_id=case.run.run_id, case_id=case.case_id))
            seen = await self._observed(known, case.enabled_checks)
            checked = await self._recorded(case, list(seen.observations), seen)
        count_checks((f"monitoring_{one.check_kind}", CheckOutcome.Name(one.outcome).removeprefix(_OUTCOME), one.reason) for one in seen.observations)
        return checked

    async def _observed(self, known: store.GetBaselineResponse, enabled_checks: tuple[str, ...]) -> ObserveResult:
        request = ObserveRequest(
            subject=known.subject,
            parties=all_parties(CaseFile(subject=known.subject, parties=known.parties)),
            profiles=known.profiles,
            hits=known.hits,
            last=known.last,
            enabled_checks=enabled_checks,
            party_statements=known.party_statements,
        )
        return (await result_event(self._osint.Observe(request, timeout=time_limit()), silence=self._silence)).result

    async def _recorded(self, case: CheckCase, observations: list[Observation], seen: ObserveResult) -> CaseChecked:
        request = store.RecordObservationsRequest(
            run_id=case.run.run_id, case_id=case.case_id, observations=observations, changes=seen.changes
        )  # fmt: skip
        alerts = (await self._store.RecordObservations(request)).alerts
        unassessed = sum(one.outcome == CHECK_OUTCOME_NOT_ASSESSED for one in observations)
        return CaseChecked(unassessed, tuple(AlertRaised(alert.alert_id, int(alert.severity)) for alert in alerts))

    @activity.defn(name="record_monitoring_not_assessed")
    async def record_monitoring_not_assessed(self, given_up: CaseUnchecked) -> CaseChecked:
        """Stores that nobody could look at the case, with the reason; on retry of a stored look that one stands."""
        case = given_up.case
        observations = [
            Observation(check_kind=kind, outcome=CHECK_OUTCOME_NOT_ASSESSED, reason=given_up.reason) for kind in case.enabled_checks
        ]  # fmt: skip
        for one in observations:
            one.observe_time.GetCurrentTime()
        with on_behalf_of(case.run.tenant_id):
            return await self._recorded(case, observations, ObserveResult())

    @activity.defn(name="stage_review_case")
    async def stage_review_case(self, asked: StageReview) -> ReviewCase:
        """Stages the case that reviews the alert; on retry the staged one is answered."""
        with on_behalf_of(asked.tenant_id):
            staged = await self._store.StageReviewCase(store.StageReviewCaseRequest(alert_id=asked.alert_id))
        return ReviewCase(
            case_id=staged.case_id,
            template_id=staged.template_id,
            template_version=staged.template_version,
            country=staged.country,
            created_by=staged.created_by,
            owner=staged.owner,
            language=staged.language,
            policy=policy_of(staged.policy),
            opened=staged.opened,
        )

    @activity.defn(name="update_monitoring_last_run")
    async def update_monitoring_last_run(self, ended: CloseRun) -> RunOpened:
        """Ends the run; on retry, and after another end, the stored one is answered."""
        status = RunStatus.Value(f"{_STATUS}{ended.status}")
        with on_behalf_of(ended.run.tenant_id):
            request = store.CloseMonitoringRunRequest(run_id=ended.run.run_id, status=status, reason=ended.reason)
            return _opened((await self._store.CloseMonitoringRun(request)).run)


def _opened(run: MonitoringRun) -> RunOpened:
    return RunOpened(
        status=RunStatus.Name(run.status).removeprefix(_STATUS),
        enabled_checks=tuple(run.policy.enabled_checks),
        review_from=int(run.policy.review_from),
        cases_checked=run.cases_checked,
        cases_not_assessed=run.cases_not_assessed,
        alerts_opened=run.alerts_opened,
    )
