"""Monitoring's activities against scripted services over a real gRPC channel: what they ask for, what they store, what comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import ActivityEnvironment

from trustrelay.common.v1 import case_types_pb2 as types
from trustrelay.common.v1.case_file_pb2 import CasePolicy
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_CLEAR, CHECK_OUTCOME_NOT_ASSESSED, SEVERITY_CRITICAL, SEVERITY_HIGH, Hit
from trustrelay.common.v1.portfolio_types_pb2 import (
    RUN_STATUS_COMPLETED,
    RUN_STATUS_RUNNING,
    Alert,
    FactChange,
    MonitoringPolicy,
    MonitoringRun,
    Observation,
    ObservedChange,
)
from trustrelay.contracts.case_workflow import Path
from trustrelay.osint.v1 import monitoring_service_pb2 as osint
from trustrelay.osint.v1.monitoring_service_pb2_grpc import MonitoringServiceServicer, add_MonitoringServiceServicer_to_server
from trustrelay.persistence.v1 import monitoring_store_service_pb2 as store
from trustrelay.persistence.v1.monitoring_store_service_pb2_grpc import (
    MonitoringStoreServiceServicer,
    add_MonitoringStoreServiceServicer_to_server,
)
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.errors import FailedPrecondition, ServiceError, Unavailable
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import Registration, running
from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.domain.monitoring.records import (
    AlertRaised,
    CaseChecked,
    CaseUnchecked,
    CheckCase,
    CloseRun,
    FetchCases,
    OpenRun,
    RunRef,
    StageReview,
)
from trustrelay.workflow_worker.entrypoints.activities.monitoring.run_activities import RunActivities

RUN = RunRef("tenant-test", "run-1")
CASE = CheckCase(RUN, "case-1", ("registry", "screening"))
SECRET = "Odalric Vantongerloo"
POLICY = MonitoringPolicy(enabled_checks=CASE.enabled_checks, review_from=SEVERITY_HIGH)


class Scripted(MonitoringStoreServiceServicer, MonitoringServiceServicer):
    """Both services; remembers what it was asked and for whom."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.tenants: set[str] = set()
        self.refusal: ServiceError | None = None
        self.silent = False

    def _note(self, request: Any) -> None:
        self.asked.append(request)
        self.tenants.add(call_context.current().tenant_id)
        if self.refusal is not None:
            raise self.refusal

    def only(self, kind: type) -> Any:
        """The one request of a type."""
        (found,) = [one for one in self.asked if isinstance(one, kind)]
        return found

    async def OpenMonitoringRun(self, request: store.OpenMonitoringRunRequest, context: Any) -> store.OpenMonitoringRunResponse:
        self._note(request)
        return store.OpenMonitoringRunResponse(run=MonitoringRun(run_id=request.run_id, status=RUN_STATUS_RUNNING, policy=POLICY))

    async def ListWatchedCases(self, request: store.ListWatchedCasesRequest, context: Any) -> store.ListWatchedCasesResponse:
        self._note(request)
        return store.ListWatchedCasesResponse(cases=[store.WatchedCase(case_id="case-1"), store.WatchedCase(case_id="case-2")], more=True)

    async def GetBaseline(self, request: store.GetBaselineRequest, context: Any) -> store.GetBaselineResponse:
        self._note(request)
        subject = types.Subject(type=types.SUBJECT_TYPE_COMPANY, legal_name="Zandloper Textiel", country="BE", registration_number="0123456749")
        person = types.Party(party_id="p-1", type=types.SUBJECT_TYPE_PERSON, full_name=SECRET, source="nbb")
        return store.GetBaselineResponse(
            subject=subject, parties=[person], party_statements=[person], profiles=[types.CompanyProfile(source="kbo", status="active")],
            hits=[Hit(hit_id="known")], last=[Observation(check_kind="registry", outcome=CHECK_OUTCOME_CLEAR)],
        )  # fmt: skip

    async def Observe(self, request: osint.ObserveRequest, context: Any) -> AsyncIterator[osint.ObserveResponse]:
        self._note(request)
        yield osint.ObserveResponse(progress={"source": "kbo", "stage": "started"})
        if self.silent:
            return
        seen = [
            Observation(check_kind="registry", outcome=CHECK_OUTCOME_CLEAR, facts={"directors": SECRET}),
            Observation(check_kind="screening", outcome=CHECK_OUTCOME_NOT_ASSESSED, reason="LIST_UNAVAILABLE"),
        ]
        told = ObservedChange(
            kind="LIST_HIT_NEW", severity=SEVERITY_CRITICAL, check_kind="screening", changes=[FactChange(fact="hits", after=SECRET)]
        )
        yield osint.ObserveResponse(result=osint.ObserveResult(observations=seen, changes=[told]))

    async def RecordObservations(self, request: store.RecordObservationsRequest, context: Any) -> store.RecordObservationsResponse:
        self._note(request)
        alerts = [Alert(alert_id="alert-1", severity=SEVERITY_CRITICAL, changes=one.changes) for one in request.changes]
        return store.RecordObservationsResponse(alerts=alerts)

    async def CloseMonitoringRun(self, request: store.CloseMonitoringRunRequest, context: Any) -> store.CloseMonitoringRunResponse:
        self._note(request)
        run = MonitoringRun(run_id=request.run_id, status=request.status, cases_checked=7, cases_not_assessed=2, alerts_opened=1)
        return store.CloseMonitoringRunResponse(run=run)

    async def StageReviewCase(self, request: store.StageReviewCaseRequest, context: Any) -> store.StageReviewCaseResponse:
        self._note(request)
        return store.StageReviewCaseResponse(
            case_id="review-1", template_id="kyb_standard", template_version=3, policy=CasePolicy(path="kyb", max_bounces=2), country="BE",
            created_by="officer-one", owner="officer-two", language="nl", opened=True,
        )  # fmt: skip


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest_asyncio.fixture
async def activities(scripted: Scripted) -> AsyncIterator[RunActivities]:
    """The activities, with stubs that reach the scripted services."""
    registrations = [
        Registration(add_MonitoringStoreServiceServicer_to_server, scripted, "trustrelay.persistence.v1.MonitoringStoreService"),
        Registration(add_MonitoringServiceServicer_to_server, scripted, "trustrelay.osint.v1.MonitoringService"),
    ]
    async with running(registrations) as target, channel(target) as opened:
        yield RunActivities(services(opened, opened, opened), silence=5)


async def _do(activity: Any, argument: Any) -> Any:
    return await ActivityEnvironment().run(activity, argument)


async def test_worker_look_compares_with_all_that_was_known_and_stores_what_was_seen(activities: RunActivities, scripted: Scripted) -> None:
    """The subject is screened beside its parties; observations and changes go to the store, ids and counts to the history."""
    checked = await _do(activities.run_monitoring_checks, CASE)
    assert checked == CaseChecked(1, (AlertRaised("alert-1", SEVERITY_CRITICAL),))
    assert SECRET not in repr(checked)
    asked = scripted.only(osint.ObserveRequest)
    assert [party.full_name for party in asked.parties] == ["Zandloper Textiel", SECRET]
    assert (list(asked.enabled_checks), asked.profiles[0].source, asked.hits[0].hit_id) == (["registry", "screening"], "kbo", "known")
    assert (asked.last[0].check_kind, asked.party_statements[0].source) == ("registry", "nbb")
    stored = scripted.only(store.RecordObservationsRequest)
    assert (stored.run_id, stored.case_id, len(stored.observations), stored.changes[0].kind) == ("run-1", "case-1", 2, "LIST_HIT_NEW")
    assert scripted.tenants == {"tenant-test"}


async def test_worker_look_without_a_result_stores_nothing(activities: RunActivities, scripted: Scripted) -> None:
    """A stream that ends early is no look: it is tried again."""
    scripted.silent = True
    with pytest.raises(Unavailable) as caught:
        await _do(activities.run_monitoring_checks, CASE)
    assert caught.value.reason == "RESULT_MISSING"
    assert not [one for one in scripted.asked if isinstance(one, store.RecordObservationsRequest)]


async def test_worker_case_that_was_given_up_is_stored_as_not_assessed(activities: RunActivities, scripted: Scripted) -> None:
    """Every enabled check, with the reason and a time, and no change."""
    assert await _do(activities.record_monitoring_not_assessed, CaseUnchecked(CASE, "SOURCE_TIMEOUT")) == CaseChecked(2)
    stored = scripted.only(store.RecordObservationsRequest)
    assert [(one.check_kind, one.outcome, one.reason) for one in stored.observations] == [
        ("registry", CHECK_OUTCOME_NOT_ASSESSED, "SOURCE_TIMEOUT"),
        ("screening", CHECK_OUTCOME_NOT_ASSESSED, "SOURCE_TIMEOUT"),
    ]
    assert all(one.observe_time.seconds for one in stored.observations)
    assert not stored.changes


async def test_worker_run_is_opened_paged_and_closed(activities: RunActivities, scripted: Scripted) -> None:
    """What policy says comes from the store; pages are ids; the end brings the counts."""
    opened = await _do(activities.open_monitoring_run, OpenRun(RUN, "manual", ("vat",)))
    assert (opened.status, opened.enabled_checks, opened.review_from) == ("RUNNING", ("registry", "screening"), SEVERITY_HIGH)
    asked = scripted.only(store.OpenMonitoringRunRequest)
    assert (asked.trigger, list(asked.policy.enabled_checks)) == ("manual", ["vat"])
    page = await _do(activities.fetch_active_customs_cases, FetchCases(RUN, "case-0", 50))
    assert (page.case_ids, page.more) == (("case-1", "case-2"), True)
    assert (scripted.only(store.ListWatchedCasesRequest).after_case_id, scripted.only(store.ListWatchedCasesRequest).page_size) == ("case-0", 50)
    closed = await _do(activities.update_monitoring_last_run, CloseRun(RUN, "COMPLETED"))
    assert (closed.status, closed.cases_checked, closed.cases_not_assessed, closed.alerts_opened) == ("COMPLETED", 7, 2, 1)
    assert scripted.only(store.CloseMonitoringRunRequest).status == RUN_STATUS_COMPLETED


async def test_worker_review_is_staged_with_the_policy_of_its_case(activities: RunActivities, scripted: Scripted) -> None:
    """The workflow gets references and the policy in its own words."""
    staged = await _do(activities.stage_review_case, StageReview("tenant-test", "alert-1"))
    assert (staged.case_id, staged.opened, staged.owner, staged.policy.path, staged.policy.max_bounces) == (
        "review-1", True, "officer-two", Path.KYB, 2,
    )  # fmt: skip
    assert scripted.only(store.StageReviewCaseRequest).alert_id == "alert-1"


async def test_worker_refusal_of_the_store_keeps_its_reason(activities: RunActivities, scripted: Scripted) -> None:
    """The workflow judges by it."""
    scripted.refusal = FailedPrecondition("MONITORING_RUNNING", "another run goes on")
    with pytest.raises(ServiceError) as caught:
        await _do(activities.open_monitoring_run, OpenRun(RUN, "schedule"))
    assert caught.value.reason == "MONITORING_RUNNING"
