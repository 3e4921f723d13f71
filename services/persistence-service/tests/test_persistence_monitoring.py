"""Watching decided cases: schedules, runs, what they saw."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from persistence_harness import APPROVED, PERSON, WITHDRAWN, Caller, Service, clear_checks, decided, hit, investigate, refused, resolved, state_of

from trustrelay.common.v1.case_types_pb2 import PARTY_ROLE_DIRECTOR, CompanyProfile, Party
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_CLEAR, CHECK_OUTCOME_FAILED, CHECK_OUTCOME_NOT_ASSESSED, SEVERITY_HIGH
from trustrelay.common.v1.portfolio_types_pb2 import (
    RUN_STATUS_CANCELLED,
    RUN_STATUS_COMPLETED,
    RUN_STATUS_FAILED,
    RUN_STATUS_PAUSED,
    RUN_STATUS_RUNNING,
    FactChange,
    MonitoringPolicy,
    MonitoringSchedule,
    Observation,
    ObservedChange,
)
from trustrelay.persistence.v1 import monitoring_store_service_pb2 as pb
from trustrelay.persistence.v1.audit_service_pb2 import ListAuditEventsRequest
from trustrelay.persistence_service.domain.monitoring import cron_problem
from trustrelay.servicekit.grpc_client import channel

POLICY = MonitoringPolicy(enabled_checks=["registry", "screening"], paths=["kyb", "kyc"], review_from=SEVERITY_HIGH)
DAILY = MonitoringSchedule(cron="15 3 * * *", policy=POLICY)


async def approved(caller: Caller, template: str = "kyb_standard", **more: Any) -> str:
    """A case that was approved."""
    case_id = await caller.open(template=template, **more)
    version = await caller.to_review(case_id)
    await investigate(caller, case_id, checks=clear_checks())
    await caller.move(case_id, version, APPROVED, decided(1, "officer:ines"))
    return case_id


async def begin(caller: Caller, run_id: str = "", policy: MonitoringPolicy = POLICY) -> pb.OpenMonitoringRunResponse:
    request = pb.OpenMonitoringRunRequest(run_id=run_id or str(uuid.uuid4()), trigger="schedule", policy=policy)
    return await caller.call(caller.monitoring.OpenMonitoringRun, request)


async def end(caller: Caller, run_id: str, status: int = RUN_STATUS_COMPLETED, reason: str = "") -> Any:
    request = pb.CloseMonitoringRunRequest(run_id=run_id, status=status, reason=reason)
    return (await caller.call(caller.monitoring.CloseMonitoringRun, request)).run


def seen(kind: str = "registry", outcome: int = CHECK_OUTCOME_CLEAR, reason: str = "", **facts: str) -> Observation:
    return Observation(check_kind=kind, outcome=outcome, reason=reason, facts=facts)


def change(before: str = "active", after: str = "stopped", severity: int = SEVERITY_HIGH) -> ObservedChange:
    changes = [FactChange(fact="status", before=before, after=after)]
    return ObservedChange(kind="REGISTRY_CHANGED", severity=severity, check_kind="registry", changes=changes)


async def record(caller: Caller, run_id: str, case_id: str, *observations: Observation, changes: Any = ()) -> list[Any]:
    request = pb.RecordObservationsRequest(run_id=run_id, case_id=case_id, observations=observations or [seen()], changes=changes)
    return list((await caller.call(caller.monitoring.RecordObservations, request)).alerts)


async def audited(caller: Caller, resource: str) -> list[str]:
    reply = await caller.call(caller.audit.ListAuditEvents, ListAuditEventsRequest(resource=resource))
    return [event.type for event in reply.events]


async def watched(caller: Caller, run_id: str, after: str = "", size: int = 0) -> pb.ListWatchedCasesResponse:
    request = pb.ListWatchedCasesRequest(run_id=run_id, after_case_id=after, page_size=size)
    return await caller.call(caller.monitoring.ListWatchedCases, request)


async def put(caller: Caller, schedule: MonitoringSchedule = DAILY) -> MonitoringSchedule:
    return (await caller.call(caller.monitoring.PutSchedule, pb.PutScheduleRequest(schedule=schedule))).schedule


async def test_persistence_schedule_is_kept_audited_and_versioned(caller: Caller) -> None:
    """Who set what is in the audit log; a stale etag changes nothing, the very same schedule is no change."""
    with refused("NOT_FOUND", "MONITORING_SCHEDULE_NOT_FOUND"):
        await caller.call(caller.monitoring.GetSchedule, pb.GetScheduleRequest())
    first = await put(caller)
    assert (first.updated_by, await put(caller)) == ("officer:ines", first)
    paused = MonitoringSchedule(cron="15 3 * * *", policy=POLICY, paused=True, etag=first.etag)
    second = await put(caller, paused)
    with refused("ABORTED", "ETAG_MISMATCH"):
        await put(caller, MonitoringSchedule(cron="0 4 * * *", policy=POLICY, etag=first.etag))
    assert (await caller.call(caller.monitoring.GetSchedule, pb.GetScheduleRequest())).schedule == second
    await caller.call(caller.monitoring.DeleteSchedule, pb.DeleteScheduleRequest())
    await caller.call(caller.monitoring.DeleteSchedule, pb.DeleteScheduleRequest())
    with refused("NOT_FOUND", "MONITORING_SCHEDULE_NOT_FOUND"):
        await caller.call(caller.monitoring.GetSchedule, pb.GetScheduleRequest())
    with refused("ABORTED", "ETAG_MISMATCH"):
        await put(caller, paused)
    assert (await put(caller)).etag not in (first.etag, second.etag)
    assert await audited(caller, "monitoring-schedule") == ["schedule_set", "schedule_set", "schedule_deleted", "schedule_set"]


def _schedule(**changed: Any) -> MonitoringSchedule:
    return MonitoringSchedule(**{"cron": "0 3 * * *", "policy": POLICY} | changed)


@pytest.mark.parametrize(("field", "schedule"), [
    ("cron", _schedule(cron="")),
    ("cron", _schedule(interval=timedelta(hours=1))),
    ("cron", _schedule(cron="61 3 * * *")),
    ("interval", MonitoringSchedule(interval=timedelta(seconds=5), policy=POLICY)),
    ("jitter", _schedule(jitter=timedelta(days=2))),
    ("catchup_window", _schedule(catchup_window=timedelta(seconds=1))),
    ("policy.enabled_checks", _schedule(policy=MonitoringPolicy())),
    ("policy.enabled_checks", _schedule(policy=MonitoringPolicy(enabled_checks=["weather"]))),
    ("policy.paths", _schedule(policy=MonitoringPolicy(enabled_checks=["vat"], paths=["customs"]))),
    ("policy.review_from", _schedule(policy=MonitoringPolicy(enabled_checks=["vat"], review_from=99))),
])  # fmt: skip
async def test_persistence_schedule_that_could_not_run_is_refused(caller: Caller, field: str, schedule: MonitoringSchedule) -> None:
    """What the workflow engine would refuse at night is refused here, to whoever can correct it."""
    with refused("INVALID_ARGUMENT", "FIELD_INVALID") as caught:
        await put(caller, schedule)
    assert [violation.field for violation in caught.value.violations] == [f"schedule.{field}"]


@pytest.mark.parametrize("expression", ["* * * * *", "*/15 8-18 1,15 JAN-mar 1-5", "0 0 31 12 7", "5 4 * * SUN"])
def test_persistence_cron_expression_is_understood(expression: str) -> None:
    """Numbers, names, ranges, lists and steps."""
    assert cron_problem(expression) == ""


@pytest.mark.parametrize("expression", ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "9-5 * * * *",
                                        "*/0 * * * *", "@daily", "a * * * *", "1,,2 * * * *", "* * * * MON#2"])  # fmt: skip
def test_persistence_cron_expression_that_no_engine_takes_is_refused(expression: str) -> None:
    """A schedule is never accepted here and refused when it is made."""
    assert cron_problem(expression)


async def test_persistence_schedules_of_all_tenants_are_listed_without_one(caller: Caller, service: Service) -> None:
    """The reconciliation sees every tenant's schedule, page by page, and those that were taken away no more."""
    others = [service.caller(f"{caller.tenant}-{n}") for n in range(3)]
    for one in others:
        await put(one)
    await others[1].call(others[1].monitoring.DeleteSchedule, pb.DeleteScheduleRequest())
    found, token, stub = [], f"{caller.tenant}-", type(caller.monitoring)(channel(service.target))
    while True:
        reply = await stub.ListTenantSchedules(pb.ListTenantSchedulesRequest(page_size=1, page_token=token), timeout=20)
        found += [one for one in reply.schedules if one.tenant_id.startswith(f"{caller.tenant}-")]
        token = reply.next_page_token
        if len(found) == 2 or not token:
            break
    assert [(one.tenant_id, one.schedule.cron) for one in found] == [(f"{caller.tenant}-{n}", DAILY.cron) for n in (0, 2)]


async def test_persistence_every_other_monitoring_call_needs_a_tenant(service: Service, caller: Caller) -> None:
    """The one exception opens nothing else."""
    stub = type(caller.monitoring)(channel(service.target))
    with refused("UNAUTHENTICATED", "TENANT_MISSING"):
        await stub.ListMonitoringRuns(pb.ListMonitoringRunsRequest(), timeout=20)


async def test_persistence_run_watches_approved_cases_of_its_policy_once(caller: Caller) -> None:
    """By id, page by page; open, withdrawn and already checked cases are left out."""
    await caller.move(await caller.open(), 1, WITHDRAWN)
    await caller.open()
    cases = sorted([await approved(caller) for _ in range(3)])
    run = (await begin(caller)).run
    assert (run.status, run.cases_total, run.trigger) == (RUN_STATUS_RUNNING, 3, "schedule")
    first = await watched(caller, run.run_id, size=2)
    assert ([one.case_id for one in first.cases], first.more, first.cases[0].path, first.cases[0].country) == (cases[:2], True, "kyb", "BE")
    await record(caller, run.run_id, cases[2])
    second = await watched(caller, run.run_id, after=cases[1])
    assert (list(second.cases), second.more) == ([], False)
    assert (await begin(caller, run.run_id)).run.cases_checked == 1


async def test_persistence_policy_names_the_paths_beside_customs(caller: Caller) -> None:
    """Approved KYB cases are watched only where policy says so; checks that are asked for stand in for the schedule's."""
    await approved(caller)
    with refused("NOT_FOUND", "MONITORING_SCHEDULE_NOT_FOUND"):
        await begin(caller, policy=MonitoringPolicy())
    await put(caller, _schedule(policy=MonitoringPolicy(enabled_checks=["vat"])))
    run = (await begin(caller, policy=MonitoringPolicy())).run
    assert (run.cases_total, list(run.policy.enabled_checks)) == (0, ["vat"])
    await end(caller, run.run_id)
    asked = (await begin(caller, policy=MonitoringPolicy(enabled_checks=["screening"]))).run
    assert list(asked.policy.enabled_checks) == ["screening"]


async def test_persistence_one_run_of_a_tenant_goes_on_at_a_time(caller: Caller, service: Service) -> None:
    """Two that begin at once are one run and one refusal; another tenant's do not matter; a silent one is given up after two hours."""
    answers = await asyncio.gather(*(begin(caller) for _ in range(4)), return_exceptions=True)
    assert sorted(getattr(answer, "reason", "begun") for answer in answers) == ["MONITORING_RUNNING"] * 3 + ["begun"]
    await begin(service.caller())
    first = next(answer.run for answer in answers if isinstance(answer, pb.OpenMonitoringRunResponse))
    service.clock.ahead = timedelta(hours=3)
    second = (await begin(caller)).run
    listed = (await caller.call(caller.monitoring.ListMonitoringRuns, pb.ListMonitoringRunsRequest())).runs
    assert [(run.run_id, run.status, run.reason) for run in listed] == [
        (second.run_id, RUN_STATUS_RUNNING, ""),
        (first.run_id, RUN_STATUS_FAILED, "RUN_ABANDONED"),
    ]


async def test_persistence_run_ends_once(caller: Caller) -> None:
    """Its counts are those of what it stored, and what came first stays."""
    one, two = [await approved(caller) for _ in range(2)]
    run_id = (await begin(caller)).run.run_id
    await record(caller, run_id, one, seen(outcome=CHECK_OUTCOME_FAILED, status="stopped"), changes=[change()])
    await record(caller, run_id, two, seen(outcome=CHECK_OUTCOME_NOT_ASSESSED, reason="SOURCE_UNREACHABLE"))
    ended = await end(caller, run_id)
    assert (ended.cases_checked, ended.cases_not_assessed, ended.alerts_opened, ended.status) == (2, 1, 1, RUN_STATUS_COMPLETED)
    assert await end(caller, run_id, RUN_STATUS_CANCELLED) == ended
    with refused("FAILED_PRECONDITION", "MONITORING_RUN_CLOSED"):
        await record(caller, run_id, await approved(caller))
    again = await record(caller, run_id, one, changes=[change()])
    assert [alert.found_by for alert in again] == [f"monitoring-run/{run_id}"]
    view = await caller.call(caller.monitoring.GetMonitoringRun, pb.GetMonitoringRunRequest(run_id=run_id))
    assert [(one.case_id, one.check_kind, one.reason) for one in view.not_assessed] == [(two, "registry", "SOURCE_UNREACHABLE")]


async def test_persistence_check_with_nothing_to_look_at_is_no_outage(caller: Caller) -> None:
    """A company that declared no EORI number says so in its observation, and does not hide the case whose register was silent."""
    one, two = [await approved(caller) for _ in range(2)]
    run_id = (await begin(caller)).run.run_id
    for case_id in (one, two):
        nothing = seen("eori", CHECK_OUTCOME_NOT_ASSESSED, "EORI_NOT_DECLARED")
        silent = seen("vat", CHECK_OUTCOME_NOT_ASSESSED, "MS_UNAVAILABLE") if case_id == two else seen("vat")
        await record(caller, run_id, case_id, seen(), nothing, silent)
    assert (await end(caller, run_id)).cases_not_assessed == 1
    view = await caller.call(caller.monitoring.GetMonitoringRun, pb.GetMonitoringRunRequest(run_id=run_id))
    assert [(each.case_id, each.check_kind) for each in view.not_assessed] == [(two, "vat")]


@pytest.mark.parametrize("status", [RUN_STATUS_PAUSED, RUN_STATUS_RUNNING, 99, RUN_STATUS_FAILED])
async def test_persistence_run_ends_as_something(caller: Caller, status: int) -> None:
    """A run does not end as running or paused, nor fail without a reason."""
    run_id = (await begin(caller)).run.run_id
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await end(caller, run_id, status)


async def test_persistence_state_to_compare_with_is_never_what_nobody_assessed(caller: Caller) -> None:
    """A later run compares with the last look that answered; the look that did not stays in its run."""
    case_id = await approved(caller)
    for observation in (seen(status="active"), seen(outcome=CHECK_OUTCOME_NOT_ASSESSED, reason="SOURCE_TIMEOUT", status="stopped")):
        run_id = (await begin(caller)).run.run_id
        await record(caller, run_id, case_id, observation, seen("vat", valid="yes"))
        await end(caller, run_id)
    run_id = (await begin(caller)).run.run_id
    baseline = await caller.call(caller.monitoring.GetBaseline, pb.GetBaselineRequest(run_id=run_id, case_id=case_id))
    assert [(one.check_kind, dict(one.facts)) for one in baseline.last] == [("registry", {"status": "active"}), ("vat", {"valid": "yes"})]


async def test_persistence_baseline_tells_what_was_known_at_the_decision(caller: Caller) -> None:
    """Subject, what registers said, who said what about whom, and every hit with what became of it."""
    case_id = await caller.open()
    await caller.to_review(case_id)
    director = Party(party_id="p-1", type=1, full_name="Ada Vermeiren", roles=[PARTY_ROLE_DIRECTOR], source="nbb")
    await investigate(
        caller, case_id, checks=clear_checks(), profiles=[CompanyProfile(source="kbo", status="active")], parties=[director], hits=[hit()]
    )
    await caller.move(case_id, 8, 8, resolved("hit-1", 3))
    await caller.move(case_id, 9, APPROVED, decided(1, "officer:ines"))
    run_id = (await begin(caller)).run.run_id
    baseline = await caller.call(caller.monitoring.GetBaseline, pb.GetBaselineRequest(run_id=run_id, case_id=case_id))
    assert (baseline.subject.legal_name, baseline.profiles[0].status, list(baseline.last)) == ("Zandloper Textiel BV", "active", [])
    assert [(one.full_name, one.source) for one in baseline.party_statements] == [("Ada Vermeiren", "nbb")]
    assert [(one.hit_id, one.status) for one in baseline.hits] == [("hit-1", 3)]


async def test_persistence_same_run_and_case_again_changes_nothing(caller: Caller) -> None:
    """A retried activity neither observes nor alerts twice, whatever it says the second time."""
    case_id = await approved(caller)
    run_id = (await begin(caller)).run.run_id
    first = await record(caller, run_id, case_id, changes=[change()])
    assert await record(caller, run_id, case_id, seen(), seen("vat", valid="no"), changes=[change(after="gone")]) == first
    baseline = await caller.call(caller.monitoring.GetBaseline, pb.GetBaselineRequest(run_id=run_id, case_id=case_id))
    assert [one.check_kind for one in baseline.last] == ["registry"]


async def test_persistence_alert_is_opened_once_and_again_when_the_change_comes_back(caller: Caller) -> None:
    """The same change seen by the next run is the same alert; after it was undone it is news again."""
    case_id = await approved(caller)

    async def run_with(*observations: Observation, changes: Any = ()) -> list[str]:
        run_id = (await begin(caller)).run.run_id
        found = await record(caller, run_id, case_id, *observations, changes=changes)
        await end(caller, run_id)
        return [alert.alert_id for alert in found]

    unassessed = seen(outcome=CHECK_OUTCOME_NOT_ASSESSED, reason="SOURCE_TIMEOUT")
    first = await run_with(unassessed, changes=[change()])
    assert await run_with(seen(status="stopped"), changes=[change()]) == first
    assert len(await run_with(seen(status="active"), changes=[change("stopped", "active", 3)])) == 2
    assert len(await run_with(seen(status="stopped"), changes=[change()])) == 3
    assert await audited(caller, f"alert/{first[0]}") == ["alert_opened"]
    events = await caller.call(caller.audit.ListAuditEvents, ListAuditEventsRequest(case_id=case_id))
    told = [json.loads(event.data_json) for event in events.events if event.type == "alert_opened"]
    assert [one["facts"] for one in told] == [["status"]] * 3


async def test_persistence_alert_is_resolved_by_one_officer_with_a_reason(caller: Caller) -> None:
    """The first word counts; the same word again is no error; pages are newest first."""
    case_id = await approved(caller)
    run_id = (await begin(caller)).run.run_id
    alerts = await record(caller, run_id, case_id, changes=[change(), change("Dorpsstraat 1", "Kerkstraat 2")])
    request = pb.ResolveAlertRequest(alert_id=alerts[0].alert_id, reason="phoned the client")
    done = (await caller.call(caller.monitoring.ResolveAlert, request)).alert
    assert (done.status, done.resolved_by) == (2, "officer:ines")
    assert (await caller.call(caller.monitoring.ResolveAlert, request)).alert == done
    with refused("FAILED_PRECONDITION", "ALERT_RESOLVED"):
        await caller.call(caller.monitoring.ResolveAlert, request, actor="officer:joost")
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await caller.call(caller.monitoring.ResolveAlert, pb.ResolveAlertRequest(alert_id=alerts[1].alert_id))
    page = await caller.call(caller.monitoring.ListAlerts, pb.ListAlertsRequest(page_size=1, case_id=case_id))
    rest = await caller.call(caller.monitoring.ListAlerts, pb.ListAlertsRequest(page_size=1, page_token=page.next_page_token))
    assert {page.alerts[0].alert_id, rest.alerts[0].alert_id} == {alert.alert_id for alert in alerts}
    assert not rest.next_page_token
    still_open = await caller.call(caller.monitoring.ListAlerts, pb.ListAlertsRequest(status=1))
    assert [alert.alert_id for alert in still_open.alerts] == [alerts[1].alert_id]
    assert await audited(caller, f"alert/{alerts[0].alert_id}") == ["alert_opened", "alert_resolved"]
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await caller.call(caller.monitoring.ListAlerts, pb.ListAlertsRequest(page_token="bm9uZQ=="))


async def test_persistence_another_tenant_sees_nothing_of_monitoring(caller: Caller, service: Service) -> None:
    """Runs, cases and alerts of a tenant do not exist for the others."""
    case_id, other = await approved(caller), service.caller()
    run_id = (await begin(caller)).run.run_id
    (alert,) = await record(caller, run_id, case_id, changes=[change()])
    with refused("NOT_FOUND", "MONITORING_RUN_NOT_FOUND"):
        await record(other, run_id, case_id)
    with refused("NOT_FOUND", "ALERT_NOT_FOUND"):
        await other.call(other.monitoring.ResolveAlert, pb.ResolveAlertRequest(alert_id=alert.alert_id, reason="x"))
    with refused("NOT_FOUND", "ALERT_NOT_FOUND"):
        await other.call(other.monitoring.StageReviewCase, pb.StageReviewCaseRequest(alert_id=alert.alert_id))
    own = (await begin(other)).run.run_id
    with refused("NOT_FOUND", "CASE_NOT_FOUND"):
        await record(other, own, case_id)
    assert not (await other.call(other.monitoring.ListAlerts, pb.ListAlertsRequest())).alerts


async def test_persistence_observations_must_be_whole(caller: Caller) -> None:
    """One per kind, each with an outcome, a reason where nobody could look, and changes that one of them saw."""
    case_id = await approved(caller)
    run_id = (await begin(caller)).run.run_id
    bad = [
        [seen(), seen()], [seen("weather")], [seen(outcome=0)], [seen(outcome=CHECK_OUTCOME_NOT_ASSESSED)], [seen(outcome=77)],
    ]  # fmt: skip
    for observations in bad:
        with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
            await record(caller, run_id, case_id, *observations)
    for wrong in (change(severity=0), ObservedChange(kind="X", severity=5, check_kind="registry"), change(severity=99)):
        with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
            await record(caller, run_id, case_id, changes=[wrong])
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await record(caller, run_id, case_id, seen("vat"), changes=[change()])


async def test_persistence_what_a_run_saw_is_never_rewritten(caller: Caller, service: Service) -> None:
    """Not by the app role, nor a run that has ended by anybody."""
    case_id = await approved(caller)
    run_id = (await begin(caller)).run.run_id
    await record(caller, run_id, case_id, changes=[change()])
    assert await state_of(service, caller.tenant, "UPDATE monitoring_observations SET body = '[]'") == "42501"
    await end(caller, run_id)
    assert await state_of(service, caller.tenant, "UPDATE monitoring_runs SET cases_not_assessed = 0") == ""
    assert await state_of(service, caller.tenant, "UPDATE monitoring_runs SET alerts_opened = 0") == "TR008"


async def test_persistence_person_case_is_watched_by_policy(caller: Caller) -> None:
    """A private client who is open is not watched: only a decided one is."""
    await caller.open(template="kyc_natural_person", subject=PERSON)
    assert (await begin(caller)).run.cases_total == 0
