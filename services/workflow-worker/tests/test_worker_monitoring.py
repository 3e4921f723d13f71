"""Monitoring runs on the time-skipping server: every path, and every way to fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import CancelledError
from worker_monitoring import CRITICAL, HIGH, MEDIUM, MonitoringServer, ScriptedTenant, refused, serving_monitoring, unavailable

from trustrelay.contracts import case_workflow
from trustrelay.contracts.monitoring_workflow import (
    HOUSEKEEPING_SCHEDULE,
    TASK_QUEUE,
    ReconciliationInput,
    ReconciliationResult,
    Trigger,
    run_id_of,
)
from trustrelay.workflow_worker.application.monitoring import continuing
from trustrelay.workflow_worker.application.monitoring.reconciliation import ScheduleReconciliationWorkflow
from trustrelay.workflow_worker.domain.monitoring.records import AlertRaised

CASES = tuple(f"case-{n:03d}" for n in range(25))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[MonitoringServer]:
    """One server for the module; each test has tenants of its own."""
    async with serving_monitoring() as running:
        yield running


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_worker_run_looks_at_every_case_once_page_by_page(server: MonitoringServer) -> None:
    """Lists are refreshed first, then each watched case is looked at, never more at once than the window is wide."""
    script = ScriptedTenant(CASES, page_size=10)
    result = await server.run(script, window=4, trigger=Trigger.MANUAL)
    assert (result.status, result.cases_checked, result.cases_not_assessed) == ("COMPLETED", 25, 0)
    assert sorted(script.checked) == list(CASES)
    assert script.most_at_once <= 4
    assert script.calls[:3] == ["open_monitoring_run", "refresh_lists", "fetch_active_customs_cases"]
    assert script.calls.count("fetch_active_customs_cases") == 3
    assert script.triggers == ["manual"]


async def test_worker_run_without_screening_refreshes_no_lists(server: MonitoringServer) -> None:
    """Lists are fetched for who is screened against them."""
    script = ScriptedTenant(("case-1",), checks=("registry",))
    await server.run(script)
    assert "refresh_lists" not in script.calls


async def test_worker_run_goes_on_with_the_lists_it_has(server: MonitoringServer) -> None:
    """A publisher that is away for long delays a run, and each screening says which lists it used."""
    script = ScriptedTenant(("case-1",), failures={"refresh_lists": unavailable()})
    assert (await server.run(script)).status == "COMPLETED"
    assert script.checked == ["case-1"]


async def test_worker_free_slot_takes_the_next_case_at_once(server: MonitoringServer) -> None:
    """A slow case keeps its own slot, not the page."""
    script = ScriptedTenant(CASES[:10], held={CASES[0]: asyncio.Event()})
    handle = await server.start(script, window=2)
    await server.eventually(lambda: len(script.checked) == 9)
    assert CASES[0] not in script.checked
    script.held[CASES[0]].set()
    assert (await handle.result()).cases_checked == 10


async def test_worker_failing_case_stops_no_other(server: MonitoringServer) -> None:
    """What could not be looked at is stored as NOT_ASSESSED with the reason; the rest is looked at."""
    failures = {"run_monitoring_checks:case-001": refused("PARTY_TYPE_MISSING", "INVALID_ARGUMENT"), "run_monitoring_checks:case-002": unavailable()}
    script = ScriptedTenant(CASES[:5], failures=failures)
    result = await server.run(script)
    assert (result.status, result.cases_not_assessed, result.cases_checked) == ("COMPLETED", 2, 5)
    assert script.unchecked == {"case-001": "PARTY_TYPE_MISSING", "case-002": "SOURCE_DOWN"}
    assert sorted(script.checked) == ["case-000", "case-003", "case-004"]


async def test_worker_outage_of_everything_outside_ends_with_every_case_not_assessed(server: MonitoringServer) -> None:
    """A run in an outage ends, and says of every case that nobody looked."""
    script = ScriptedTenant(CASES[:6], failures={"run_monitoring_checks": unavailable("SOURCE_TIMEOUT")})
    result = await server.run(script)
    assert (result.status, result.cases_not_assessed) == ("COMPLETED", 6)
    assert set(script.unchecked.values()) == {"SOURCE_TIMEOUT"}


async def test_worker_case_that_is_gone_meanwhile_stops_nothing(server: MonitoringServer) -> None:
    """A case that was erased since the page was read can be neither looked at nor recorded."""
    gone = refused("CASE_NOT_FOUND", "NOT_FOUND")
    script = ScriptedTenant(CASES[:3], failures={"run_monitoring_checks:case-001": gone, "record_monitoring_not_assessed": gone})
    assert (await server.run(script)).status == "COMPLETED"
    assert sorted(script.checked) == ["case-000", "case-002"]


async def test_worker_alerts_open_reviews_from_the_severity_that_policy_names(server: MonitoringServer) -> None:
    """The review is a case of its own that outlives the run: staged, started, under the policy of the case it reviews."""
    alerts = {"case-000": (AlertRaised("low", MEDIUM), AlertRaised("grave", HIGH)), "case-001": (AlertRaised("minor", MEDIUM),)}
    script = ScriptedTenant(CASES[:2], review_from=HIGH, alerts=alerts)
    handle = await server.start(script)
    assert (await handle.result()).alerts_opened == 3
    assert script.reviews == ["grave"]
    tenant_id = handle.id.removeprefix("monitoring/")
    described = await server.client.get_workflow_handle(case_workflow.workflow_id(tenant_id, "review-of-grave")).describe()
    assert described.status is WorkflowExecutionStatus.RUNNING
    assert (described.task_queue, described.workflow_type) == (case_workflow.TASK_QUEUE, case_workflow.WORKFLOW)
    given = (await described_input(server, tenant_id, "review-of-grave"))[0]
    assert (given.review_of_alert_id, given.created_by, given.owner, given.predecessor_case_id) == ("grave", "officer-one", "officer-two", "")


async def described_input(server: MonitoringServer, tenant_id: str, case_id: str) -> list[case_workflow.CaseInput]:
    """What a case's workflow was started with."""
    history = await server.client.get_workflow_handle(case_workflow.workflow_id(tenant_id, case_id)).fetch_history()
    payloads = history.events[0].workflow_execution_started_event_attributes.input.payloads
    return await server.client.data_converter.decode(payloads, [case_workflow.CaseInput])


async def test_worker_policy_without_reviews_opens_none(server: MonitoringServer) -> None:
    """Alerts alone: an officer decides what becomes of them."""
    script = ScriptedTenant(CASES[:1], alerts={"case-000": (AlertRaised("grave", CRITICAL),)})
    await server.run(script)
    assert script.reviews == []


async def test_worker_review_that_is_refused_stops_nothing(server: MonitoringServer) -> None:
    """An officer was faster: the run goes on, and so do the other alerts."""
    alerts = {"case-000": (AlertRaised("first", HIGH), AlertRaised("second", HIGH))}
    script = ScriptedTenant(CASES[:2], review_from=HIGH, alerts=alerts, failures={"stage_review_case:first": refused("ALERT_RESOLVED")})
    assert (await server.run(script)).status == "COMPLETED"
    assert script.reviews == ["second"]


async def test_worker_alert_joins_a_review_that_runs(server: MonitoringServer) -> None:
    """No second workflow is started, whether the store or Temporal knows of the first."""
    alerts = {"case-000": (AlertRaised("known", HIGH),), "case-001": (AlertRaised("twice", HIGH), AlertRaised("twice", HIGH))}
    script = ScriptedTenant(CASES[:2], review_from=HIGH, alerts=alerts, running_reviews=frozenset({"known"}))
    assert (await server.run(script)).status == "COMPLETED"
    assert sorted(script.reviews) == ["known", "twice", "twice"]


async def test_worker_long_run_continues_as_new_where_it_was(server: MonitoringServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a tenant's portfolio, a history stays bounded; lists are refreshed once, and no case is looked at twice."""
    monkeypatch.setattr(continuing, "max_events", 60)
    script = ScriptedTenant(CASES, page_size=5)
    handle = await server.start(script)
    result = await handle.result()
    assert (result.status, result.run_id) == ("COMPLETED", run_id_of(handle.id))
    assert sorted(script.checked) == list(CASES)
    assert script.calls.count("refresh_lists") == 1
    assert script.calls.count("open_monitoring_run") > 1
    last = await handle.fetch_history()
    assert last.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    assert len(last.events) < 150


async def test_worker_cancelled_run_ends_cancelled(server: MonitoringServer) -> None:
    """What was looked at stays; what runs is ended, and the read model says how the run ended."""
    script = ScriptedTenant(CASES[:6], held={CASES[2]: asyncio.Event()})
    handle = await server.start(script, window=2)
    await server.eventually(lambda: len(script.checked) == 5)
    await handle.cancel()
    with pytest.raises(WorkflowFailureError) as caught:
        await handle.result()
    assert isinstance(caught.value.cause, CancelledError)
    assert (script.status, script.reason) == ("CANCELLED", "")
    assert CASES[2] not in script.checked


async def test_worker_cancelled_run_is_closed_though_it_waits_for_a_page(server: MonitoringServer) -> None:
    """A cancellation that meets an activity of the run itself, not of a case, closes it all the same."""
    script = ScriptedTenant(CASES[:2], failures={"fetch_active_customs_cases": unavailable("DATABASE_UNAVAILABLE")})
    handle = await server.start(script)
    await server.eventually(lambda: "fetch_active_customs_cases" in script.calls)
    await handle.cancel()
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    assert script.status == "CANCELLED"


@pytest.mark.parametrize("reason", ["MONITORING_RUNNING", "MONITORING_SCHEDULE_NOT_FOUND"])
async def test_worker_run_that_may_not_begin_is_skipped(server: MonitoringServer, reason: str) -> None:
    """Another run goes on, or the tenant's schedule went: nothing is looked at, and nothing failed."""
    script = ScriptedTenant(CASES[:2], failures={"open_monitoring_run": refused(reason)})
    result = await server.run(script)
    assert (result.status, result.reason) == ("SKIPPED", reason)
    assert script.calls == ["open_monitoring_run"]


async def test_worker_run_that_has_been_is_not_made_again(server: MonitoringServer) -> None:
    """A backfill that covers a time which had its run finds that one."""
    script = ScriptedTenant(CASES[:2], status="COMPLETED", checked=list(CASES[:2]))
    result = await server.run(script)
    assert (result.status, result.cases_checked) == ("COMPLETED", 2)
    assert script.calls == ["open_monitoring_run"]


async def test_worker_run_that_was_given_up_meanwhile_ends(server: MonitoringServer) -> None:
    """The store has closed the run, as nothing was heard of it: its workflow ends, it does not write on."""
    script = ScriptedTenant(CASES, failures={"run_monitoring_checks:case-003": refused("MONITORING_RUN_CLOSED")})
    result = await server.run(script, window=1)
    assert (result.status, script.reason) == ("FAILED", "MONITORING_RUN_CLOSED")
    assert script.checked == list(CASES[:3])


async def test_worker_run_whose_store_says_no_fails_and_says_why(server: MonitoringServer) -> None:
    """A refusal of the page itself ends the run as FAILED, for whoever watches workflows and for the read model."""
    script = ScriptedTenant(CASES[:2], failures={"fetch_active_customs_cases": refused("FIELD_INVALID", "INVALID_ARGUMENT")})
    with pytest.raises(WorkflowFailureError):
        await server.run(script)
    assert (script.status, script.reason) == ("FAILED", "FIELD_INVALID")


async def test_worker_housekeeping_is_one_activity(server: MonitoringServer) -> None:
    """What it did is its result."""
    result = await server.client.execute_workflow(
        ScheduleReconciliationWorkflow.run, ReconciliationInput(7), id=f"{HOUSEKEEPING_SCHEDULE}-now", task_queue=TASK_QUEUE
    )
    assert result == ReconciliationResult(created=7)
