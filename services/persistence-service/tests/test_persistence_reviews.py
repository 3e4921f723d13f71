"""The case that looks again at what an alert is about."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from persistence_harness import (
    APPROVED,
    PRE,
    REJECTED,
    WITHDRAWN,
    Caller,
    Service,
    audit_events,
    clear_checks,
    decided,
    investigate,
    refused,
    state_of,
)
from test_persistence_monitoring import approved, audited, begin, change, end, record, watched

from trustrelay.persistence.v1 import case_store_service_pb2 as cases
from trustrelay.persistence.v1 import monitoring_store_service_pb2 as pb

REJECT = 3


async def alerted(caller: Caller, *changes: Any) -> tuple[str, list[Any]]:
    """An approved case and the alerts of a run over it."""
    case_id = await approved(caller)
    run_id = (await begin(caller)).run.run_id
    alerts = await record(caller, run_id, case_id, changes=changes or [change()])
    await end(caller, run_id)
    return case_id, alerts


async def stage(caller: Caller, alert_id: str) -> pb.StageReviewCaseResponse:
    return await caller.call(caller.monitoring.StageReviewCase, pb.StageReviewCaseRequest(alert_id=alert_id))


async def open_case(caller: Caller, case_id: str) -> Any:
    return (await caller.call(caller.cases.OpenCase, cases.OpenCaseRequest(case_id=case_id))).header


async def test_persistence_review_is_the_same_subject_under_the_same_rules(caller: Caller) -> None:
    """It is linked to the case and to the alert, opens like any case, and everybody's audit log tells of it."""
    case_id, (alert,) = await alerted(caller)
    staged = await stage(caller, alert.alert_id)
    assert (staged.opened, staged.created_by, staged.country, staged.template_id) == (False, "officer:ines", "BE", "kyb_standard")
    assert await stage(caller, alert.alert_id) == staged
    header = await open_case(caller, staged.case_id)
    assert (header.review_of_case_id, header.opened_by_alert_id, header.subject_name) == (case_id, alert.alert_id, "Zandloper Textiel BV")
    assert (await stage(caller, alert.alert_id)).opened
    before, after = await caller.file(case_id), await caller.file(staged.case_id)
    assert (before.subject, before.policy, before.header.owner) == (after.subject, after.policy, after.header.owner)
    assert await audited(caller, f"alert/{alert.alert_id}") == ["alert_opened", "review_staged"]
    assert [event.type for event in await audit_events(caller, case_id)][-2:] == ["alert_opened", "review_staged"]
    listed = await caller.call(caller.monitoring.ListAlerts, pb.ListAlertsRequest(case_id=case_id))
    assert [one.review_case_id for one in listed.alerts] == [staged.case_id]


async def test_persistence_further_alerts_join_the_review_under_way(caller: Caller) -> None:
    """One subject, one review at a time, also for alerts that ask at the same moment; after it, another."""
    case_id, alerts = await alerted(caller, change(), change("Dorpsstraat 1", "Kerkstraat 2"), change("Ada", "Bea"))
    first, second = await asyncio.gather(*(stage(caller, alert.alert_id) for alert in alerts[:2]))
    assert first.case_id == second.case_id
    await open_case(caller, first.case_id)
    await caller.move(first.case_id, 1, WITHDRAWN)
    assert (await stage(caller, alerts[2].alert_id)).case_id not in (first.case_id, case_id)


async def test_persistence_run_tells_of_alerts_whose_review_was_cut_short(caller: Caller) -> None:
    """An alert that no review has opened for comes back with the next run, until one is open or an officer dealt with it."""
    case_id, (alert,) = await alerted(caller)

    async def told() -> list[str]:
        run_id = (await begin(caller)).run.run_id
        found = await record(caller, run_id, case_id)
        await end(caller, run_id)
        return [one.alert_id for one in found]

    assert await told() == [alert.alert_id]
    staged = await stage(caller, alert.alert_id)
    assert await told() == [alert.alert_id]
    await open_case(caller, staged.case_id)
    assert await told() == []


@pytest.mark.parametrize(("decision", "number"), [(APPROVED, 1), (REJECTED, REJECT)])
async def test_persistence_decided_review_is_watched_in_place_of_its_case(caller: Caller, decision: int, number: int) -> None:
    """Approved again: the review is watched from then on. Rejected: neither is."""
    case_id, (alert,) = await alerted(caller)
    review = (await stage(caller, alert.alert_id)).case_id
    await open_case(caller, review)
    run = (await begin(caller)).run
    assert [one.case_id for one in (await watched(caller, run.run_id)).cases] == [case_id]
    await end(caller, run.run_id)
    version = await caller.to_review(review)
    if decision == APPROVED:
        await investigate(caller, review, checks=clear_checks())
    await caller.move(review, version, decision, decided(1, "officer:joost", number))
    run = (await begin(caller)).run
    assert [one.case_id for one in (await watched(caller, run.run_id)).cases] == ([review] if decision == APPROVED else [])


async def test_persistence_resolved_alert_opens_no_review(caller: Caller) -> None:
    """An officer has dealt with it: a late machine does not reopen the matter."""
    _, (alert,) = await alerted(caller)
    await caller.call(caller.monitoring.ResolveAlert, pb.ResolveAlertRequest(alert_id=alert.alert_id, reason="known"))
    with refused("FAILED_PRECONDITION", "ALERT_RESOLVED"):
        await stage(caller, alert.alert_id)


COPY = (
    "INSERT INTO cases (tenant_id, case_id, request_id, request_sha256, template_id, template_version, subject, language, policy, created_by,"
    " created_at, updated_at, review_of_case_id, opened_by_alert_id)"
    " SELECT tenant_id, 'x', 'x', request_sha256, template_id, template_version, {subject}, language, policy, created_by, created_at, updated_at,"
    " :of, :alert FROM cases WHERE case_id = :c"
)


async def test_persistence_database_refuses_a_review_without_its_alert(caller: Caller, service: Service) -> None:
    """Direct statements too: a real alert, about that very case, which is approved, and the same subject."""
    case_id, (alert,) = await alerted(caller)
    open_one = await caller.open()

    async def tried(of: str, alert_id: str, subject: str = "subject") -> str:
        return await state_of(service, caller.tenant, COPY.format(subject=subject), c=case_id, of=of, alert=alert_id)

    assert await tried(case_id, alert.alert_id) == ""
    assert await tried(open_one, alert.alert_id) == "TR001"
    assert await tried(case_id, "no-such-alert") == "TR001"
    assert await tried(case_id, alert.alert_id, subject="'{}'::jsonb") == "TR001"


async def test_persistence_review_stays_linked_to_what_it_reviews(caller: Caller, service: Service) -> None:
    """Neither link of an opened review can be moved, nor be given to a case that is none."""
    case_id, (alert,) = await alerted(caller)
    review = (await stage(caller, alert.alert_id)).case_id
    await open_case(caller, review)
    other = await caller.open()
    moved = "UPDATE cases SET state_version = state_version + 1, status = 'PRE_INVESTIGATION', review_of_case_id = :of, opened_by_alert_id = :a"
    for case, of, by in ((review, None, None), (other, case_id, alert.alert_id)):
        assert await state_of(service, caller.tenant, f"{moved} WHERE case_id = :c", of=of, a=by, c=case) in ("TR001", "23505")
    assert (await caller.move(review, 1, PRE)).state_version == 2
