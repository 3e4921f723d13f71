"""Dismissed hits against new lists, and what the database itself refuses of dismissals."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from persistence_harness import APPROVED, REVIEW, Caller, Service, audit_events, clear_checks, decided, investigate, refused, state_of
from persistence_suppression import (
    BORN,
    NEXT_LIST,
    PARTY,
    Suppression,
    automatic,
    listed_hit,
    reject,
    retested,
    said,
    screened,
    status,
)
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from trustrelay.common.v1.evidence_types_pb2 import Discriminator
from trustrelay.persistence_service.adapters.postgres.rows import to_json
from trustrelay.persistence_service.domain.suppression import tells_apart

CLEAR, HIT, FAILED, NOT_ASSESSED = 1, 2, 3, 4
AGREES, CONTRADICTS, UNKNOWN = 1, 2, 3
SAME_BIRTH = [said("birth_date", BORN, BORN, AGREES, strong=True), said("nationality", "BE", "IQ")]


@pytest.fixture
def rules(service: Service, caller: Caller) -> Suppression:
    """An officer's own tenant."""
    return Suppression(service, caller)


async def test_retest_names_the_party_as_the_case_knows_it(rules: Suppression) -> None:
    """What a new list is compared with: facts of the party, and the officer's rule where one dismissed the hit."""
    rule = await rules.create(await screened(rules.caller, listed_hit()))
    case_id = await screened(rules.caller, listed_hit(), automatic(hit_id="hit-2", entity_id="e-2"))
    found = await rules.to_retest()
    assert [(one.case_id, one.hit.hit_id, one.rule_id) for one in found] == [(case_id, "hit-1", rule.rule_id), (case_id, "hit-2", "")]
    assert {(one.party.party_id, one.party.birth_date, one.party.nationality, one.party.gender) for one in found} == {(PARTY, BORN, "BE", "female")}


async def test_retest_opens_a_hit_that_agrees_now(caller: Caller, rules: Suppression) -> None:
    """The open case cannot be approved any more, its check says HIT, the officer sees the values of today; a lost answer comes again."""
    case_id = await screened(caller, automatic())
    await investigate(caller, case_id, "op-9", checks=clear_checks("sanctions_screening"))
    version = await caller.to_review(case_id)
    (hit,) = await rules.to_retest()
    reopened = await rules.record(retested(hit, HIT, "DISCRIMINATORS_AGREE", SAME_BIRTH))
    assert [(one.case_id, one.hit_id, one.reason, one.case_closed) for one in reopened] == [(case_id, "hit-1", "DISCRIMINATORS_AGREE", False)]
    assert await rules.record(retested(hit, HIT, "DISCRIMINATORS_AGREE", SAME_BIRTH)) == reopened
    file = await caller.file(case_id)
    assert list(file.hits[0].discriminators) == SAME_BIRTH
    assert [check.outcome for check in file.checks if check.kind == "sanctions_screening"] == [HIT]
    assert list(file.summary.open_hit_ids) == ["hit-1"]
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as caught:
        await caller.move(case_id, version, APPROVED, decided(1, "officer:ines"))
    assert caught.value.metadata["cause"] == "HITS_OPEN"
    event = next(one for one in await audit_events(caller, case_id) if one.type == "hit_reopened_by_rule")
    assert json.loads(event.data_json) == {"dataset": "ofac_sdn", "hit_id": "hit-1", "reason": "DISCRIMINATORS_AGREE", "rule": "auto@1"}
    assert file.header.status == REVIEW


async def test_retest_of_a_decided_case_opens_an_alert(caller: Caller, service: Service, rules: Suppression) -> None:
    """No workflow could take it up: the alert names hit, rule and reason once, however often the finding is stored."""
    case_id = await reject(caller, await screened(caller, automatic()))
    (hit,) = await rules.to_retest()
    for operation in ("run/2", "run/2", "run/3"):
        told = await rules.record(retested(hit, HIT, "DISCRIMINATORS_INSUFFICIENT"), operation=operation)
    async with service.database.transaction(caller.tenant) as connection:
        (alert,) = (await connection.execute(text("SELECT * FROM alerts"))).all()
    assert (alert.case_id, alert.kind, alert.severity, alert.found_by, alert.status) == (
        case_id, "SUPPRESSION_REOPENED", "HIGH", "suppression-refresh/r", "OPEN",
    )  # fmt: skip
    (change,) = alert.body["changes"]
    assert change == {"fact": "hit/hit-1", "before": "DISMISSED auto@1", "after": "OPEN DISCRIMINATORS_INSUFFICIENT"}
    assert told == []
    assert (await status(caller, case_id))[0] == "OPEN"


async def test_retest_invalidates_an_officers_rule(caller: Caller, rules: Suppression) -> None:
    """The word was about another entry than the list has now: the rule ends, and every hit that it dismissed is open again."""
    rule = await rules.create(await screened(caller, listed_hit()))
    cases = [await screened(caller, listed_hit()) for _ in range(2)]
    first, _ = await rules.to_retest()
    reopened = await rules.record(retested(first, HIT, "DISCRIMINATORS_AGREE", SAME_BIRTH))
    assert sorted(one.case_id for one in reopened) == sorted(cases)
    (ended,) = (await rules.rules()).rules
    assert (ended.rule_id, ended.status, ended.end_reason) == (rule.rule_id, 5, "DISCRIMINATORS_AGREE")
    assert await rules.dismissed() == []


async def test_retest_that_passes_is_told_with_its_list(caller: Caller, rules: Suppression) -> None:
    """A dismissal that holds names the new version and today's values; one that could not be tested names the old version and why."""
    case_id = await screened(caller, automatic(), listed_hit(hit_id="hit-2", entity_id="e-2"))
    (hit,) = await rules.to_retest()
    now = [said("birth_date", BORN, "1949-02-02", strong=True), said("nationality", "BE", "IQ")]
    assert await rules.record(retested(hit, CLEAR, "", now)) == []
    (shown,) = await rules.dismissed()
    assert (shown.tested_against, shown.not_assessed_reason, list(shown.hit.discriminators)) == (NEXT_LIST, "", now)
    unread = retested(hit, NOT_ASSESSED, "LIST_UNAVAILABLE")
    unread.tested_against.Clear()
    await rules.record(unread, operation="run/3")
    (shown,) = await rules.dismissed()
    assert (shown.tested_against, shown.not_assessed_reason) == (NEXT_LIST, "LIST_UNAVAILABLE")
    assert (await status(caller, case_id))[0] == "DISMISSED"


async def test_retest_that_came_late_changes_nothing(caller: Caller, rules: Suppression) -> None:
    """A hit that another rule dismisses by now, or that is open already, is not what was tested."""
    case_id = await screened(caller, automatic())
    (hit,) = await rules.to_retest()
    rule = await rules.create(await screened(caller, listed_hit()))
    await screened(caller, listed_hit(), case_id=case_id)
    assert await rules.record(retested(hit, HIT, "DISCRIMINATORS_AGREE")) == []
    assert (await status(caller, case_id))[1] == f"suppression-rule/{rule.rule_id}"
    gone = retested(hit, HIT, "DISCRIMINATORS_AGREE")
    gone.hit_id = "hit-9"
    assert await rules.record(gone) == []


@pytest.mark.parametrize(("outcome", "reason"), [(0, ""), (FAILED, "X"), (HIT, ""), (NOT_ASSESSED, "")])
async def test_retest_needs_a_typed_outcome(rules: Suppression, outcome: int, reason: str) -> None:
    """Silence is no result; what is open or was not looked at says why."""
    await screened(rules.caller, automatic())
    (hit,) = await rules.to_retest()
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await rules.record(retested(hit, outcome, reason))


async def test_the_database_refuses_every_other_dismissal(caller: Caller, service: Service, rules: Suppression) -> None:
    """Whoever writes: no rule that says too little or lasts too long, none that comes back, and no dismissal that a rule in force does not carry."""
    case_id = await screened(caller, listed_hit())
    rule = await rules.create(case_id)
    proposal = await rules.create(case_id, proposed_by_model="reasoner-1")
    dismissed = await screened(caller, listed_hit())

    async def tried(statement: str, **values: Any) -> str:
        return await state_of(service, caller.tenant, statement, rule=rule.rule_id, proposal=proposal.rule_id, case=case_id, **values)

    change = "UPDATE suppression_rules SET version = version + 1, {} WHERE rule_id = :{} AND :case <> :rule AND :proposal <> ''"
    for what, whose in (
        ("expire_at = expire_at + interval '1 year'", "rule"),
        ("reason = 'x'", "rule"),
        ("discriminators = '[]'", "rule"),
        ("status = 'PROPOSED'", "rule"),
        ("accepted_by = 'officer:x'", "rule"),
        ("status = 'INVALIDATED', end_reason = 'X', ended_at = now()", "proposal"),
    ):
        assert await tried(change.format(what, whose)) == "TR001", what
    assert await tried(change.format("status = 'ACTIVE'", "proposal")) == "23514"
    with pytest.raises(DBAPIError, match="RULE_ENDED"):
        await _end(service, caller.tenant, rule.rule_id)
    assert await tried("DELETE FROM suppression_rules WHERE rule_id IN (:rule, :proposal, :case)") == "42501"
    copy = (
        "INSERT INTO suppression_rules SELECT tenant_id, 'r-2', 'q-2', request_sha256, status, 1, party_id, dataset, entity_id, caption, {},"
        " reason, {}, '', created_at, {}, case_id, hit_id, '', '', NULL, '' FROM suppression_rules WHERE rule_id = :rule AND :case <> :proposal"
    )
    assert await tried(copy.format("discriminators", "created_by", "expire_at")) == ""
    assert await tried(copy.format("'[]'", "created_by", "expire_at")) == "TR001"
    assert await tried(copy.format("discriminators", "'model:x'", "expire_at")) == "TR001"
    assert await tried(copy.format("discriminators", "created_by", "expire_at + interval '2 years'")) == "23514"
    dismiss = "UPDATE hits SET status = 'DISMISSED', status_reason = :why, resolved_by = :who WHERE case_id = :case AND :rule <> :proposal"
    carried = f"suppression-rule/{rule.rule_id}"
    assert await tried(dismiss, why=carried, who="officer:ines") == ""
    assert await tried(dismiss, why=carried, who="officer:joost") == "TR001"
    assert await tried(dismiss, why=f"suppression-rule/{proposal.rule_id}", who="model:reasoner-1") == "TR001"
    assert await tried(dismiss, why="suppression-rule/nobody", who="officer:ines") == "TR001"
    assert await tried(dismiss, why="auto@1", who="rule:auto@1") == "TR001"
    assert (await status(caller, dismissed))[0] == "DISMISSED"


async def _end(service: Service, tenant: str, rule_id: str) -> None:
    """Ends a rule and leaves its hits as they are."""
    end = "UPDATE suppression_rules SET status = 'REVOKED', end_reason = 'X', ended_at = now(), version = version + 1 WHERE rule_id = :rule"
    async with service.database._engine.begin() as connection:
        await connection.execute(text("SELECT set_config('app.tenant', :t, true)"), {"t": tenant})
        await connection.execute(text(end), {"rule": rule_id})


KINDS = ("birth_date", "id_number", "gender", "nationality", "country")
AGREEMENTS = st.sampled_from((AGREES, CONTRADICTS, UNKNOWN))
DISCRIMINATOR = st.builds(Discriminator, kind=st.sampled_from(KINDS), agreement=AGREEMENTS, strong=st.booleans(), query_value=st.text())


@given(st.lists(DISCRIMINATOR.filter(lambda one: one.kind not in {"birth_date", "id_number"})))
def test_what_millions_share_never_tells_apart(told: list[Discriminator]) -> None:
    """Whatever gender, nationality and country say, and however often: nobody is dismissed by them."""
    assert not tells_apart(told)


@given(st.lists(DISCRIMINATOR))
def test_telling_apart_needs_a_birth_date_or_an_id_number(told: list[Discriminator]) -> None:
    """One of the two contradicts, and nothing strong agrees."""
    wanted = any(one.kind in {"birth_date", "id_number"} and one.agreement == CONTRADICTS for one in told)
    assert tells_apart(told) is (wanted and not any(one.strong and one.agreement == AGREES for one in told))


async def test_the_database_tells_apart_as_the_service_does(service: Service) -> None:
    """Every combination of kinds, agreements and strengths: the rule in SQL and the rule in Python are one, and the automatic one is narrower."""
    choices = [(None, False), *itertools.product((AGREES, CONTRADICTS, UNKNOWN), (False, True))]
    told = [
        [Discriminator(kind=kind, agreement=agreement, strong=strong) for kind, (agreement, strong) in zip(KINDS[:4], one, strict=True) if agreement]
        for one in itertools.product(choices, repeat=4)
    ]
    texts = [json.dumps([to_json(one) for one in each]) for each in told]
    query = text("SELECT tells_apart(CAST(t AS jsonb)) AS rule, tells_apart_alone(CAST(t AS jsonb)) AS alone FROM unnest(CAST(:t AS text[])) t")
    async with service.database.without_tenant() as connection:
        rows = (await connection.execute(query, {"t": texts})).all()
    assert [row.rule for row in rows] == [tells_apart(one) for one in told]
    contradicting = [[one for one in each if one.agreement == CONTRADICTS] for each in told]
    alone = [tells_apart(each) and len(con) >= 2 and any(one.strong for one in con) for each, con in zip(told, contradicting, strict=True)]
    assert [row.alone for row in rows] == alone
