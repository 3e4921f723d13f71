"""The rules of a decision against direct statements: of the app role, and of the table owner with row-level security lifted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from persistence_harness import (
    APPROVED,
    ESCALATED,
    FOLLOW_UP,
    PRE,
    REJECTED,
    REVIEW,
    SECOND,
    Caller,
    Service,
    clear_checks,
    decided,
    hit,
    investigate,
    owner,
    refused,
    resolved,
    state_of,
)
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from test_persistence_templates import OWN, put

from trustrelay.common.v1.case_types_pb2 import CaseStatus
from trustrelay.common.v1.decision_types_pb2 import RISK_LEVEL_HIGH, RiskAssessment
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED, Check
from trustrelay.persistence_service.adapters.postgres.rows import to_json
from trustrelay.persistence_service.adapters.postgres.tables import metadata
from trustrelay.servicekit.errors import ServiceError

APPROVE, REJECT, ESCALATE, ASK_MORE = 1, 3, 4, 5
CONFIRM, RETURN = 1, 2
STATUSES = [name.removeprefix("CASE_STATUS_") for name in CaseStatus.keys() if not name.endswith("UNSPECIFIED")]  # noqa: SIM118
TERMINAL = {"APPROVED", "APPROVED_WITH_RESTRICTIONS", "REJECTED", "ESCALATED", "WITHDRAWN", "EXPIRED"}
OPEN = [status for status in STATUSES if status not in TERMINAL and status != "FAILED"]
DECISIONS = {"APPROVED", "APPROVED_WITH_RESTRICTIONS", "REJECTED", "ESCALATED"}
NEXT = {
    "CREATED": {"PRE_INVESTIGATION"},
    "PRE_INVESTIGATION": {"DOCUMENT_GAP_ANALYSIS"},
    "DOCUMENT_GAP_ANALYSIS": {"REQUIREMENTS_REVIEW"},
    "REQUIREMENTS_REVIEW": {"AWAITING_DOCUMENTS"},
    "AWAITING_DOCUMENTS": {"PROCESSING_DOCUMENTS", "INVESTIGATING", "REVIEW_PENDING", "EXPIRED"},
    "PROCESSING_DOCUMENTS": {"AWAITING_DOCUMENTS", "INVESTIGATING", "REVIEW_PENDING"},
    "INVESTIGATING": {"REVIEW_PENDING"},
    "REVIEW_PENDING": DECISIONS | {"AWAITING_SECOND_APPROVAL", "FOLLOW_UP"},
    "AWAITING_SECOND_APPROVAL": DECISIONS | {"REVIEW_PENDING"},
    "FOLLOW_UP": {"AWAITING_DOCUMENTS"},
}
LEGAL = {(start, end) for start in OPEN for end in NEXT[start] | {"WITHDRAWN", "FAILED"}} | {("FAILED", end) for end in (*OPEN, "WITHDRAWN")}
MOVE = "UPDATE cases SET status = :s, state_version = state_version + 1 WHERE case_id = :c"


@asynccontextmanager
async def unbound_owner(service: Service) -> AsyncIterator[AsyncConnection]:
    """The owner, for one transaction that is rolled back, with row-level security lifted from its tables: only triggers are left."""
    async with owner(service) as connection:
        for table in metadata.tables:
            await connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        yield connection
        await connection.rollback()


async def refusal(connection: AsyncConnection, statement: str, **values: Any) -> str:
    """SQLSTATE and word of the refusal; empty when the statement is accepted, which is then undone."""
    savepoint = await connection.begin_nested()
    try:
        await connection.execute(text(statement), values)
    except DBAPIError as error:
        return f"{error.orig.sqlstate} {getattr(error.orig.__cause__, 'message', '')}"
    finally:
        await savepoint.rollback()
    return ""


async def test_every_pair_of_statuses_is_judged_by_the_table(caller: Caller, service: Service) -> None:
    """Of all pairs exactly the listed ones pass, whoever asks; a terminal status is never left; a person's case alone skips the investigation."""
    case_id = await caller.open()
    passed: set[tuple[str, str]] = set()
    async with unbound_owner(service) as connection:
        for start in STATUSES:
            await connection.execute(text("ALTER TABLE cases DISABLE TRIGGER USER"))
            await connection.execute(text("UPDATE cases SET status = :s WHERE case_id = :c"), {"s": start, "c": case_id})
            await connection.execute(text("ALTER TABLE cases ENABLE TRIGGER USER"))
            for end in (*STATUSES, "NONSENSE"):
                if end != start and "PAIR_NOT_ALLOWED" not in await refusal(connection, MOVE, s=end, c=case_id):
                    passed.add((start, end))
    assert passed == LEGAL


@pytest.mark.parametrize("blocker", ["hit", "check", "missing check", "decision", "second officer"])
async def test_no_direct_statement_approves(caller: Caller, service: Service, blocker: str) -> None:
    """An approval past an open hit, an unassessed check, a missing decision or a missing second officer is refused to app role and owner alike."""
    unassessed = Check(check_id="vat_vies:", kind="vat_vies", outcome=CHECK_OUTCOME_NOT_ASSESSED, reason="MS_UNAVAILABLE")
    facts: dict[str, Any] = {
        "hit": {"hits": [hit()]},
        "check": {"checks": [*clear_checks("vat_vies"), unassessed]},
        "missing check": {"checks": clear_checks("vat_vies")},
        "decision": {},
        "second officer": {"risk": RiskAssessment(level=RISK_LEVEL_HIGH)},
    }[blocker]
    case_id = await caller.open()
    await investigate(caller, case_id, **({"checks": clear_checks()} | facts))
    version = await caller.to_review(case_id)
    decision = (
        "INSERT INTO decisions SELECT tenant_id, case_id, 1, 1, 'officer:ines', 'APPROVE', 'UNSPECIFIED', :v, '{}' FROM cases WHERE case_id = :c"
    )
    expected = {"decision": "TR001 DECISION_MISSING", "second officer": "TR004 SECOND_OFFICER_MISSING", "hit": "TR001 HITS_OPEN"}
    wanted = expected.get(blocker, "TR001 CHECKS_NOT_ASSESSED")
    # One after the other: lifting row-level security locks the tables.
    for opened in (service.database._engine.connect, lambda: unbound_owner(service)):
        async with opened() as connection:
            await connection.execute(text("SELECT set_config('app.tenant', :t, true)"), {"t": caller.tenant})
            if blocker != "decision":
                await connection.execute(text(decision), {"v": version + 1, "c": case_id})
            assert await refusal(connection, MOVE, s="APPROVED", c=case_id) == wanted
            await connection.rollback()


async def test_the_same_officer_never_agrees_with_itself_even_as_owner(caller: Caller, service: Service) -> None:
    """Four eyes is a trigger: lifting row-level security does not lift it."""
    case_id = await caller.open()
    await investigate(caller, case_id, checks=clear_checks(), risk=RiskAssessment(level=RISK_LEVEL_HIGH))
    version = await caller.to_review(case_id)
    await caller.move(case_id, version, SECOND, decided(1, "officer:ines"))
    second = f"INSERT INTO decisions VALUES ('{caller.tenant}', :c, 1, 2, :a, 'APPROVE', 'CONFIRM', 10, '{{}}')"
    async with unbound_owner(service) as connection:
        assert (await refusal(connection, second, c=case_id, a="officer:INES ")).startswith("TR004")
        assert await refusal(connection, second, c=case_id, a="officer:joost") == ""
        assert await refusal(connection, MOVE, s="APPROVED", c=case_id) == "TR004 SECOND_OFFICER_MISSING"


async def test_policy_may_ask_two_officers_for_any_decision(caller: Caller) -> None:
    """A rejection that the template wants confirmed waits for the second officer; an escalation that it does not name does not."""
    await put(caller, OWN)
    case_id = await caller.open("tea_importer")
    version = await caller.to_review(case_id)
    with refused("FAILED_PRECONDITION", "FOUR_EYES_VIOLATED"):
        await caller.move(case_id, version, REJECTED, decided(1, "officer:ines", REJECT))
    version = (await caller.move(case_id, version, SECOND, decided(1, "officer:ines", REJECT))).state_version
    for change in ((), (decided(2, "officer:ines", REJECT, CONFIRM),)):
        with refused("FAILED_PRECONDITION", "FOUR_EYES_VIOLATED"):
            await caller.move(case_id, version, REJECTED, *change)
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await caller.move(case_id, version, ESCALATED, decided(2, "officer:joost", REJECT, CONFIRM))
    await caller.move(case_id, version, REJECTED, decided(2, "officer:joost", REJECT, CONFIRM))
    other = await caller.open("tea_importer")
    version = await caller.to_review(other)
    await caller.move(other, version, ESCALATED, decided(1, "officer:ines", ESCALATE), owner="officer:mara")


async def test_a_decision_counts_once_and_not_after_it_was_returned(caller: Caller) -> None:
    """A returned approval approves nothing, though nothing asks for a second officer any more; an old follow-up asks nothing again."""
    case_id = await caller.open()
    await investigate(caller, case_id, checks=clear_checks(), risk=RiskAssessment(level=RISK_LEVEL_HIGH))
    version = await caller.to_review(case_id)
    version = (await caller.move(case_id, version, SECOND, decided(1, "officer:ines"))).state_version
    version = (await caller.move(case_id, version, REVIEW, decided(2, "officer:joost", APPROVE, RETURN))).state_version
    await investigate(caller, case_id, "op-2", risk=RiskAssessment(level=1))
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await caller.move(case_id, version, APPROVED)
    version = (await caller.move(case_id, version, FOLLOW_UP, decided(1, "officer:ines", ASK_MORE))).state_version
    for status in (5, 6, 7, 8):
        version = (await caller.move(case_id, version, status, iteration=2)).state_version
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as caught:
        await caller.move(case_id, version, FOLLOW_UP)
    assert caught.value.metadata["cause"] == "DECISION_MISSING"


@pytest.mark.parametrize(("step", "second"), [(1, 0), (2, CONFIRM)])
async def test_nobody_decides_before_the_review(caller: Caller, step: int, second: int) -> None:
    """A decision is stored in review only, so that none waits for facts that nobody has seen."""
    case_id = await caller.open()
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN" if step == 1 else "FOUR_EYES_VIOLATED"):
        await caller.move(case_id, 1, PRE, decided(step, "officer:ines", APPROVE, second))


async def test_a_hit_stays_what_officers_said_last(caller: Caller, service: Service) -> None:
    """No statement takes back the newest resolution, moves a hit to another case, or dismisses it without a rule or facts that tell apart."""
    case_id, other = await caller.open(), await caller.open()
    await investigate(caller, case_id, hits=[hit(), hit("hit-2")])
    await caller.move(case_id, 1, PRE, resolved("hit-1", 3))
    await caller.move(case_id, 2, PRE, resolved("hit-1", 4))
    back = "UPDATE hits SET status = :s WHERE hit_id = 'hit-1' AND case_id = :c"
    assert [await state_of(service, caller.tenant, back, s=s, c=case_id) for s in ("FALSE_POSITIVE", "OPEN", "DISMISSED")] == ["TR001"] * 3
    move = "UPDATE hits SET case_id = :o WHERE hit_id = 'hit-2' AND case_id = :c"
    assert await state_of(service, caller.tenant, move, o=other, c=case_id) == "TR001"
    dismiss = "UPDATE hits SET status = 'DISMISSED', status_reason = :r, resolved_by = :b WHERE hit_id = 'hit-2' AND case_id = :c"
    tried = [await state_of(service, caller.tenant, dismiss, r=r, b=b, c=case_id) for r, b in (("", "rule:"), ("x@1", "olivia"), ("x@1", "rule:x@1"))]
    assert tried == ["TR001"] * 3
    told = json.dumps([to_json(one) for one in hit(status=2).discriminators])
    apart = dismiss.replace(" WHERE", ", body = jsonb_set(body, '{discriminators}', CAST(:d AS jsonb)) WHERE")
    tried = [await state_of(service, caller.tenant, apart, r=r, b=b, c=case_id, d=told) for r, b in (("x@1", "olivia"), ("x@1", "rule:x@1"))]
    assert tried == ["TR001", ""]
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await investigate(caller, case_id, "op-2", hits=[hit("hit-3", status=2)])


async def test_an_override_accepts_what_is_not_assessed_only(caller: Caller, service: Service) -> None:
    """Nobody overrides a check that said something, or in advance, or without a name and a reason."""
    case_id = await caller.open()
    unassessed = Check(check_id="lei", kind="lei_gleif", outcome=CHECK_OUTCOME_NOT_ASSESSED, reason="TIMEOUT")
    await investigate(caller, case_id, checks=[*clear_checks("vat_vies"), unassessed])
    insert = "INSERT INTO check_overrides VALUES (:t, :c, :k, :a, :r, 2, now())"

    async def tried(check: str, actor: str = "olivia", reason: str = "down") -> str:
        return await state_of(service, caller.tenant, insert, t=caller.tenant, c=case_id, k=check, a=actor, r=reason)

    assert [await tried(check) for check in ("lei", "vat_vies:missing")] == ["", ""]
    assert [await tried(check) for check in ("registry_status:", "registry_status:missing", "eori:missing", "nothing")] == ["TR001"] * 4
    assert [await tried("lei", *said) for said in ((" ", "down"), ("olivia", " "))] == ["23514"] * 2


async def test_no_state_without_its_recorded_version(caller: Caller, service: Service) -> None:
    """A change of a case that no transition records is refused at the latest when it is committed; so is a transition that did not happen."""
    case_id = await caller.open()
    with pytest.raises(ServiceError) as caught:
        async with service.database.transaction(caller.tenant) as connection:
            await connection.execute(text(MOVE), {"s": "WITHDRAWN", "c": case_id})
    assert (caught.value.reason, caught.value.metadata["cause"]) == ("TRANSITION_FORBIDDEN", "VERSION_NOT_RECORDED")
    forged = "INSERT INTO case_transitions VALUES (:t, :c, :v, 'PRE_INVESTIGATION', 0, '', '', '{}', 'x', 'a', '', now())"
    assert await state_of(service, caller.tenant, forged, t=caller.tenant, c=case_id, v=2) == "TR001"
    for change in ("owner = 'officer:joost'", "projection = '{\"a\": 1}'", "iteration = 4", "expire_time = now()"):
        assert await state_of(service, caller.tenant, f"UPDATE cases SET {change} WHERE case_id = :c", c=case_id) == "TR002"
    assert (await caller.file(case_id)).header.state_version == 1


@pytest.mark.parametrize(
    "change",
    [
        "subject = '{}'", "policy = '{}'", "language = 'fr'", "created_by = 'x'", "request_sha256 = 'x'", "template_version = 9",
        "created_at = now()", "opened_at = now()", "predecessor_case_id = 'x'",
    ],
)  # fmt: skip
async def test_what_a_case_is_does_not_change(caller: Caller, service: Service, change: str) -> None:
    """Subject, policy, language, creator, template and predecessor are fixed when it is staged, opening when it is opened."""
    case_id = await caller.open()
    statement = f"UPDATE cases SET {change}, state_version = state_version + 1 WHERE case_id = :c"
    assert await state_of(service, caller.tenant, statement, c=case_id) == "TR001"


async def test_a_successor_is_the_one_of_an_escalated_case(caller: Caller, service: Service) -> None:
    """No direct statement makes a case the successor of an open one, gives it another subject, or makes a second one."""
    open_case, escalated = await caller.open(), await caller.open()
    version = await caller.to_review(escalated)
    await caller.move(escalated, version, ESCALATED, decided(1, "officer:ines", ESCALATE), owner="officer:mara")
    columns = "tenant_id, request_sha256, template_id, template_version, policy, language, created_by, created_at, updated_at"
    insert = f"INSERT INTO cases (case_id, request_id, predecessor_case_id, subject, {columns}) SELECT :n, :n, :p, {{}}, {columns} FROM cases"
    insert += " WHERE case_id = :p"
    same, another = insert.format("subject"), insert.format("'{}'")
    assert await state_of(service, caller.tenant, same, n="n", p=open_case) == "TR001"
    assert await state_of(service, caller.tenant, another, n="n", p=escalated) == "TR001"
    assert await state_of(service, caller.tenant, same, n="n", p=escalated) == ""
    async with service.database.transaction(caller.tenant) as connection:
        await connection.execute(text(same), {"n": f"n-{caller.tenant}", "p": escalated})
    assert await state_of(service, caller.tenant, same, n="m", p=escalated) == "23505"


@pytest.mark.parametrize("table", ["questions", "creation_answers", "identities"])
async def test_what_was_said_once_is_not_rewritten(caller: Caller, service: Service, table: str) -> None:
    """The app role may not update or delete them; the owner meets the trigger."""
    case_id = await caller.open()
    rows = {"questions": "'q', 1, true, '{}'", "creation_answers": "'q', 'a'", "identities": "'s', DEFAULT, '{}', now()"}
    for statement in (f"UPDATE {table} SET case_id = case_id", f"DELETE FROM {table}"):
        assert await state_of(service, caller.tenant, statement) == "42501"
    async with unbound_owner(service) as connection:
        await connection.execute(text(f"INSERT INTO {table} VALUES (:t, :c, {rows[table]})"), {"t": caller.tenant, "c": case_id})
        assert (await refusal(connection, f"UPDATE {table} SET case_id = case_id")).startswith("TR008")
