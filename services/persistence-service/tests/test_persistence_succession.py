"""Who looks after a case, what an escalated one continues as, how well officers and rules agree, and what outlives a case."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from persistence_harness import (
    APPROVED,
    AWAITING,
    ESCALATED,
    PERSON,
    PRE,
    REJECTED,
    RESTRICTED,
    WITHDRAWN,
    Caller,
    Service,
    audit_types,
    clear_checks,
    decided,
    investigate,
    refused,
)

from trustrelay.common.v1.case_file_pb2 import Task
from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_COMPANY, Subject
from trustrelay.common.v1.decision_types_pb2 import RiskAssessment
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED
from trustrelay.persistence.v1 import case_store_service_pb2 as pb
from trustrelay.persistence.v1 import graph_service_pb2 as graph
from trustrelay.persistence.v1.audit_service_pb2 import AppendAuditEventsRequest

APPROVE, WITH_RESTRICTIONS, REJECT, ESCALATE = 1, 2, 3, 4


async def escalated(caller: Caller, **more: Any) -> tuple[str, int]:
    """A case that olivia escalated to mara; its version."""
    case_id = await caller.open(**more)
    version = await caller.to_review(case_id)
    reply = await caller.move(case_id, version, ESCALATED, decided(1, "officer:olivia", ESCALATE), owner="officer:mara")
    return case_id, reply.state_version


async def stage_successor(caller: Caller, case_id: str) -> pb.StageSuccessorResponse:
    return await caller.call(caller.cases.StageSuccessor, pb.StageSuccessorRequest(case_id=case_id))


async def test_a_case_has_an_owner(caller: Caller) -> None:
    """Its creator first, then whoever a transition names; a transition that names nobody keeps the owner."""
    case_id = await caller.open()
    assert (await caller.file(case_id)).header.owner == "officer:ines"
    await caller.move(case_id, 1, PRE, owner="officer:joost")
    await caller.move(case_id, 2, WITHDRAWN)
    assert (await caller.file(case_id)).header.owner == "officer:joost"


async def test_a_closed_case_still_keeps_a_record(caller: Caller) -> None:
    """What is refused or left undone after the end is audited, and an older reminder gives way to the newer one before it."""
    case_id = await caller.open()
    for n in (1, 2):
        await caller.move(case_id, n, PRE, pb.CaseChange(task=Task(task_id=f"reminder/{n}", kind="reminder", text="please")))
    assert [task.task_id for task in (await caller.file(case_id)).tasks] == ["reminder/2"]
    await caller.move(case_id, 3, WITHDRAWN)
    entry = pb.AuditEntry(event_id=f"{case_id}/note/1", type="message_refused", data_json='{"reason": "CASE_CLOSED"}')
    for appended in (1, 0):
        reply = await caller.call(caller.audit.AppendAuditEvents, AppendAuditEventsRequest(case_id=case_id, entries=[entry]))
        assert reply.appended == appended
    assert (await audit_types(caller, case_id))[-1] == "message_refused"


async def test_an_extension_moves_the_end_of_the_wait(caller: Caller) -> None:
    """A transition that brings an expiry replaces it; one without keeps it."""
    case_id = await caller.open()
    request = pb.RecordTransitionRequest(case_id=case_id, expected_version=1, status=PRE)
    request.expire_time.FromJsonString("2031-01-02T03:04:05Z")
    await caller.call(caller.cases.RecordTransition, request)
    await caller.move(case_id, 2, PRE)
    assert (await caller.file(case_id)).header.expire_time.ToJsonString() == "2031-01-02T03:04:05Z"


async def test_an_escalated_case_continues_as_one_successor(caller: Caller) -> None:
    """Same subject, template, language and answers; created by whom escalated, owned by whom it was escalated to; linked both ways; once."""
    case_id, _ = await escalated(caller, template="customs_fiscal_representative", language="nl", answers={"goods_description": "tea"})
    await caller.call(caller.cases.SaveAnswers, pb.SaveAnswersRequest(case_id=case_id, answers={"goods_description": "green tea"}))
    first, *others = await asyncio.gather(*(stage_successor(caller, case_id) for _ in range(4)))
    assert all(other == first for other in others)
    assert (first.created_by, first.owner, first.template_id, first.language) == (
        "officer:olivia",
        "officer:mara",
        "customs_fiscal_representative",
        "nl",
    )
    assert (first.country, first.policy.path, first.template_version) == ("BE", "customs", 1)
    assert (await caller.file(case_id)).header.successor_case_id == ""
    await caller.call(caller.cases.OpenCase, pb.OpenCaseRequest(case_id=first.case_id))
    before, after = await caller.file(case_id), await caller.file(first.case_id)
    assert (before.header.successor_case_id, after.header.predecessor_case_id) == (first.case_id, case_id)
    assert (after.subject, after.policy, after.header.owner) == (before.subject, before.policy, "officer:mara")
    assert dict(after.creation_answers) == {"goods_description": "green tea"}
    assert (await audit_types(caller, case_id))[-1] == "successor_staged"
    listed = await caller.call(caller.cases.ListCases, pb.ListCasesRequest())
    assert {header.case_id: header.predecessor_case_id for header in listed.cases} == {case_id: "", first.case_id: case_id}


async def test_a_successor_may_be_escalated_again(caller: Caller) -> None:
    """Each case has one successor of its own."""
    case_id, _ = await escalated(caller)
    second = (await stage_successor(caller, case_id)).case_id
    await caller.call(caller.cases.OpenCase, pb.OpenCaseRequest(case_id=second))
    version = await caller.to_review(second)
    await caller.move(second, version, ESCALATED, decided(1, "officer:mara", ESCALATE), owner="officer:ines")
    third = await stage_successor(caller, second)
    assert third.case_id not in {case_id, second}
    assert (third.created_by, third.owner) == ("officer:mara", "officer:ines")


async def test_only_an_escalated_case_has_a_successor(caller: Caller, service: Service) -> None:
    """CASE_NOT_ESCALATED before and after any other end; another tenant's case does not exist."""
    case_id = await caller.open()
    with refused("FAILED_PRECONDITION", "CASE_NOT_ESCALATED"):
        await stage_successor(caller, case_id)
    await caller.move(case_id, 1, WITHDRAWN)
    with refused("FAILED_PRECONDITION", "CASE_NOT_ESCALATED"):
        await stage_successor(caller, case_id)
    ended, _ = await escalated(caller)
    with refused("NOT_FOUND", "CASE_NOT_FOUND"):
        await stage_successor(service.caller(), ended)


async def test_an_escalation_needs_its_decision(caller: Caller) -> None:
    """The status alone escalates, rejects or asks nothing."""
    case_id = await caller.open()
    version = await caller.to_review(case_id)
    for status in (ESCALATED, REJECTED, 10, 9):
        with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as caught:
            await caller.move(case_id, version, status)
        assert caught.value.metadata["cause"] == "DECISION_MISSING"


async def ended(caller: Caller, status: int, decision: int, recommendation: int = APPROVE, **more: Any) -> str:
    case_id = await caller.open(**more)
    await investigate(caller, case_id, checks=clear_checks(), risk=RiskAssessment(level=1, recommendation=recommendation))
    version = await caller.to_review(case_id)
    await caller.move(case_id, version, status, decided(1, "officer:ines", decision))
    # What is recommended afterwards is no part of the record.
    await investigate(caller, case_id, "op-late", risk=RiskAssessment(level=1, recommendation=REJECT))
    return case_id


async def record(caller: Caller, case_id: str) -> tuple[int, float]:
    reply = await caller.call(caller.cases.GetTrackRecord, pb.GetTrackRecordRequest(case_id=case_id))
    return reply.decided_cases, round(reply.agreement, 4)


async def test_the_track_record_compares_decisions_with_what_was_recommended_then(caller: Caller) -> None:
    """Agreement is the very same decision; restrictions count as disagreement; the escalated and withdrawn do not count; nor do other countries."""
    case_id = await caller.open()
    assert await record(caller, case_id) == (0, 0)
    await ended(caller, APPROVED, APPROVE)
    assert await record(caller, case_id) == (1, 1)
    await ended(caller, RESTRICTED, WITH_RESTRICTIONS)
    assert await record(caller, case_id) == (2, 0.5)
    await ended(caller, REJECTED, REJECT, recommendation=REJECT)
    assert await record(caller, case_id) == (3, 0.6667)
    await ended(caller, APPROVED, APPROVE, recommendation=0)
    assert await record(caller, case_id) == (4, 0.5)
    await escalated(caller)
    await caller.move(await caller.open(), 1, WITHDRAWN)
    french = Subject(type=SUBJECT_TYPE_COMPANY, legal_name="Sablier SARL", country="FR")
    elsewhere = await caller.open(subject=french)
    assert await record(caller, case_id) == (4, 0.5)
    assert await record(caller, elsewhere) == (0, 0)
    colleague = Caller(caller.target, caller.tenant, "officer:joost")
    assert await record(caller, await colleague.open()) == (0, 0)
    assert await record(caller, await caller.open("kyc_natural_person", subject=PERSON)) == (0, 0)


async def test_the_track_record_looks_at_the_last_hundred(caller: Caller, service: Service) -> None:
    """Older decisions do not count any more."""
    case_id = await ended(caller, REJECTED, REJECT, recommendation=APPROVE)
    async with service.database.transaction(caller.tenant) as connection:
        for n in range(100):
            for statement in COPY:
                await connection.exec_driver_sql(statement.replace(":new", f"'copy-{n}'").replace(":old", f"'{case_id}'"))
    assert await record(caller, case_id) == (100, 1)


STEPS = ("CREATED", "PRE_INVESTIGATION", "DOCUMENT_GAP_ANALYSIS", "REQUIREMENTS_REVIEW", "AWAITING_DOCUMENTS", "REVIEW_PENDING", "REJECTED")
_VERSION = (
    "INSERT INTO case_transitions SELECT tenant_id, case_id, state_version, status, iteration, tier, tier_set_by, projection, 'x', 'a', '', now()"
    " FROM cases WHERE case_id = :new"
)
_DECISION = "INSERT INTO decisions SELECT tenant_id, case_id, 1, 1, 'officer:ines', 'REJECT', 'UNSPECIFIED', 7, '{}' FROM cases WHERE case_id = :new"


def _copied() -> list[str]:
    """Statements of the app role that make a decided case: staged, then every status a step on."""
    columns = "request_sha256, template_id, template_version, subject, language, policy, created_by, created_at"
    statements = [
        f"INSERT INTO cases (tenant_id, case_id, request_id, {columns}, updated_at) SELECT tenant_id, :new, :new, {columns}, now() FROM cases"
        " WHERE case_id = :old",
        "INSERT INTO risk_assessments (tenant_id, case_id, operation_id, iteration, level, body) SELECT tenant_id, case_id, 'o', 0, 'LOW',"
        """ '{"recommendation": "DECISION_REJECT"}' FROM cases WHERE case_id = :new""",
    ]
    for version, status in enumerate(STEPS, 1):
        change = f"status = '{status}', state_version = {version}, opened_at = coalesce(opened_at, now()), updated_at = now() + interval '1 hour'"
        statements += [_DECISION] if status == "REJECTED" else []
        statements += [f"UPDATE cases SET {change} WHERE case_id = :new", _VERSION]
    return statements


COPY = _copied()


@pytest.mark.parametrize(
    ("method", "request_type", "reason"),
    [
        ("UpsertBaseline", graph.UpsertBaselineRequest, "GRAPH_NOT_CONFIGURED"),
        ("PopulateGraph", graph.PopulateGraphRequest, "GRAPH_NOT_CONFIGURED"),
        ("PopulateGoamlEntities", graph.PopulateGoamlEntitiesRequest, "GOAML_NOT_CONFIGURED"),
        ("ConsolidateMemory", graph.ConsolidateMemoryRequest, "MEMORY_NOT_CONFIGURED"),
    ],
)
async def test_what_is_not_configured_says_so(caller: Caller, method: str, request_type: Any, reason: str) -> None:
    """NOT_ASSESSED with the reason, never an empty success; an unknown case is an error all the same."""
    case_id = await caller.open()
    outcome = (await caller.call(getattr(caller.graph, method), request_type(case_id=case_id))).outcome
    assert (outcome.outcome, outcome.reason, outcome.stored_entities) == (CHECK_OUTCOME_NOT_ASSESSED, reason, 0)
    with refused("NOT_FOUND", "CASE_NOT_FOUND"):
        await caller.call(getattr(caller.graph, method), request_type(case_id="nobody"))


async def test_a_failed_case_goes_on_where_it_was_or_is_withdrawn(caller: Caller) -> None:
    """FAILED is left towards a stage that the case has been in, not further on, and never towards a decision."""
    case_id = await caller.open()
    await caller.move(case_id, 1, PRE)
    version = (await caller.move(case_id, 2, 17)).state_version
    for status in (3, 4, AWAITING, 8, 9):
        with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as caught:
            await caller.move(case_id, version, status)
        assert caught.value.metadata["cause"] in {"STAGE_NOT_REACHED", "DECISION_MISSING"}
    for status in (APPROVED, REJECTED, ESCALATED, 16):
        with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
            await caller.move(case_id, version, status, decided(1, "officer:ines", APPROVE))
    version = (await caller.move(case_id, version, PRE)).state_version
    version = (await caller.move(case_id, version, 17)).state_version
    version = (await caller.move(case_id, version, WITHDRAWN)).state_version
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await caller.move(case_id, version, PRE)
