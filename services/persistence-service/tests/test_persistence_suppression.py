"""Suppression rules: whose hits they dismiss, for how long, and on whose word."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import timedelta

import pytest
from persistence_harness import PRE, Caller, Service, audit_events, refused, resolved
from persistence_suppression import BORN, LISTED, PARTY, Suppression, another_year, automatic, listed_hit, reject, said, screened, status

from trustrelay.common.v1.evidence_types_pb2 import AGREEMENT_UNKNOWN, HIT_STATUS_TRUE_MATCH, Discriminator
from trustrelay.persistence.v1.audit_service_pb2 import ListAuditEventsRequest

PROPOSED, ACTIVE, EXPIRED, REVOKED = 1, 2, 3, 4


@pytest.fixture
def rules(service: Service, caller: Caller) -> Suppression:
    """An officer's own tenant."""
    return Suppression(service, caller)


async def chain(caller: Caller, rule_id: str) -> list[tuple[str, str]]:
    """Types and actors of a rule's own audit chain."""
    reply = await caller.call(caller.audit.ListAuditEvents, ListAuditEventsRequest(resource=f"suppression-rule/{rule_id}"))
    return [(event.type, event.actor) for event in reply.events]


async def test_suppression_a_rule_dismisses_what_is_found_from_now_on(caller: Caller, rules: Suppression) -> None:
    """The hit it was made from stays open; the same facts in a later case are dismissed under rule and officer, in both audit chains."""
    first = await screened(caller, listed_hit())
    rule = await rules.create(first)
    later = await screened(caller, listed_hit())
    by_rule = ("DISMISSED", f"suppression-rule/{rule.rule_id}", "officer:ines")
    assert (rule.status, rule.created_by, rule.party_id, rule.entity_id) == (ACTIVE, "officer:ines", PARTY, "e-1")
    assert [await status(caller, case) for case in (first, later)] == [("OPEN", "", ""), by_rule]
    assert await chain(caller, rule.rule_id) == [("suppression_rule_created", "officer:ines"), ("suppression_rule_applied", "officer:ines")]
    event = next(one for one in await audit_events(caller, later) if one.type == "hit_dismissed_by_rule")
    assert (event.actor, json.loads(event.data_json)["rule"]) == ("officer:ines", f"suppression-rule/{rule.rule_id}")
    assert BORN not in event.data_json
    assert "Femke" not in event.data_json


@pytest.mark.parametrize("changed", [
    listed_hit(another_year("1949-02-02")),
    listed_hit(another_year(BORN)),
    listed_hit([said("birth_date", "1961-05-15", LISTED, strong=True), *another_year()[1:]]),
    listed_hit(another_year()[:2]),
    listed_hit(entity_id="e-2"),
    listed_hit(dataset="un_consolidated"),
    listed_hit(party_id="another"),
])  # fmt: skip
async def test_suppression_anything_that_changed_stays_open(caller: Caller, rules: Suppression, changed: object) -> None:
    """Another listed or own birth date, a fact that is missing, another entry, list or party: nobody spoke about that."""
    await rules.create(await screened(caller, listed_hit()))
    assert (await status(caller, await screened(caller, changed)))[0] == "OPEN"  # type: ignore[arg-type]


async def test_suppression_the_order_of_a_lists_values_is_no_change(caller: Caller, rules: Suppression) -> None:
    """A list that tells the same two birth dates in another order tells the same."""
    await rules.create(await screened(caller, listed_hit(another_year("1948-02-02; 1949"))))
    assert (await status(caller, await screened(caller, listed_hit(another_year("1949; 1948-02-02")))))[0] == "DISMISSED"


@pytest.mark.parametrize("told", [
    [],
    [said("gender", "female", "male"), said("nationality", "BE", "IQ")],
    [said("gender", "female", "male"), said("nationality", "BE", "IQ"), said("country", "BE", "IQ")],
    [said("birth_date", BORN, LISTED, AGREEMENT_UNKNOWN), said("gender", "female", "male"), said("nationality", "BE", "IQ")],
    [said("birth_date", BORN, "1948"), said("id_number", "7", "7", 1, strong=True)],
])  # fmt: skip
async def test_suppression_gender_and_nationality_make_no_rule(caller: Caller, rules: Suppression, told: list[Discriminator]) -> None:
    """Without a birth date or id number that contradicts, or with one that strongly agrees, no officer's word is enough."""
    case_id = await screened(caller, listed_hit(told))
    with refused("FAILED_PRECONDITION", "DISCRIMINATORS_INSUFFICIENT"):
        await rules.create(case_id)


async def test_suppression_a_proposal_does_nothing_until_an_officer_accepts_it(caller: Caller, rules: Suppression) -> None:
    """A model adds no dismissal: its proposal is PROPOSED and dismisses nothing; accepted, it is the officer's rule."""
    first = await screened(caller, listed_hit())
    proposal = await rules.create(first, proposed_by_model="reasoner-1")
    assert (proposal.status, proposal.created_by) == (PROPOSED, "model:reasoner-1")
    assert (await status(caller, await screened(caller, listed_hit())))[0] == "OPEN"
    accepted = await rules.accept(proposal, actor="officer:joost")
    assert (accepted.status, accepted.accepted_by) == (ACTIVE, "officer:joost")
    assert (await status(caller, await screened(caller, listed_hit())))[2] == "officer:joost"
    assert [kind for kind, _ in await chain(caller, proposal.rule_id)][:2] == ["suppression_rule_proposed", "suppression_rule_accepted"]


async def test_suppression_accepting_twice_is_accepting_once(caller: Caller, rules: Suppression) -> None:
    """The same officer's repetition gets the rule again; anyone who looked later hears that there is nothing to accept."""
    proposal = await rules.create(await screened(caller, listed_hit()), proposed_by_model="reasoner-1")
    with refused("ABORTED", "ETAG_MISMATCH"):
        await rules.accept(proposal, etag="0" * 16)
    accepted = await rules.accept(proposal)
    assert await rules.accept(proposal) == accepted
    with refused("FAILED_PRECONDITION", "SUPPRESSION_RULE_NOT_PROPOSED"):
        await rules.accept(accepted)
    with refused("ABORTED", "ETAG_MISMATCH"):
        await rules.accept(proposal, actor="officer:joost")


async def test_suppression_an_expired_rule_stops_working_at_once(service: Service, caller: Caller, rules: Suppression) -> None:
    """From its expiry on it dismisses nothing, swept or not; and a screening opens what it had dismissed."""
    first = await screened(caller, listed_hit())
    await rules.create(first, days=1)
    dismissed = await screened(caller, listed_hit())
    service.clock.ahead += timedelta(days=2)
    assert (await status(caller, await screened(caller, listed_hit())))[0] == "OPEN"
    assert (await status(caller, dismissed))[0] == "DISMISSED"
    await screened(caller, listed_hit(), case_id=dismissed)
    assert (await status(caller, dismissed))[0] == "OPEN"


async def test_suppression_expiry_opens_what_was_dismissed(service: Service, caller: Caller, rules: Suppression) -> None:
    """In an open case the hit is open again; for a decided one an alert says so. A lost answer is given again, another call finds nothing."""
    first = await screened(caller, listed_hit())
    rule = await rules.create(first, days=1)
    running, closed = await screened(caller, listed_hit()), await reject(caller, await screened(caller, listed_hit()))
    service.clock.ahead += timedelta(days=2)
    reply = await rules.expire()
    told = {one.case_id: (one.reason, one.case_closed, bool(one.alert_id)) for one in reply.reopened}
    assert told == {running: ("RULE_EXPIRED", False, False), closed: ("RULE_EXPIRED", True, True)}
    assert (reply.expired_rules, reply.more) == (1, False)
    assert [(await status(caller, case))[0] for case in (running, closed)] == ["OPEN", "OPEN"]
    assert [one.status for one in (await rules.rules()).rules] == [EXPIRED]
    assert "hit_reopened_by_rule" in [event.type for event in await audit_events(caller, running)]
    assert (await audit_events(caller, closed))[-1].type == "alert_opened"
    assert [kind for kind, _ in await chain(caller, rule.rule_id)][-2:] == ["hit_reopened", "hit_reopened"]
    assert await rules.expire() == reply
    again = await rules.expire("run/9")
    assert (again.expired_rules, list(again.reopened)) == (0, [])


async def test_suppression_revoking_opens_what_was_dismissed(caller: Caller, rules: Suppression) -> None:
    """The officer's own word is taken back with a reason; repeated, it gets the same answer; what has ended stays ended."""
    rule = await rules.create(await screened(caller, listed_hit()))
    dismissed = await screened(caller, listed_hit())
    reply = await rules.revoke(rule)
    assert [(one.case_id, one.reason) for one in reply.reopened] == [(dismissed, "RULE_REVOKED")]
    assert (reply.rule.status, reply.rule.end_reason) == (REVOKED, "RULE_REVOKED")
    assert await rules.revoke(rule) == reply
    with refused("FAILED_PRECONDITION", "SUPPRESSION_RULE_ENDED"):
        await rules.revoke(reply.rule)
    assert (await status(caller, await screened(caller, listed_hit())))[0] == "OPEN"


async def test_suppression_one_request_is_one_rule(service: Service, caller: Caller, rules: Suppression) -> None:
    """Eight copies of a request make one rule; the same id with another body is refused."""
    case_id, request_id = await screened(caller, listed_hit()), str(uuid.uuid4())
    until = service.clock() + timedelta(days=30)
    made = await asyncio.gather(*(rules.create(case_id, request_id=request_id, until=until) for _ in range(8)))
    assert [one.rule_id for one in (await rules.rules()).rules] == [made[0].rule_id]
    assert {one.rule_id for one in made} == {made[0].rule_id}
    with refused("ALREADY_EXISTS", "REQUEST_ID_REUSED"):
        await rules.create(case_id, request_id=request_id, until=until, reason="another")


@pytest.mark.parametrize("days", [-1, 0, 732])
async def test_suppression_a_rule_lasts_two_years_at_most(caller: Caller, rules: Suppression, days: float) -> None:
    """Neither the past nor more than two years."""
    case_id = await screened(caller, listed_hit())
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await rules.create(case_id, days=days)


async def test_suppression_a_confirmed_hit_has_no_rule(caller: Caller, rules: Suppression) -> None:
    """Who an officer said is the listed person is not dismissed by another's rule, nor by a proposal that is accepted later."""
    case_id = await screened(caller, listed_hit())
    proposal = await rules.create(case_id, proposed_by_model="reasoner-1")
    await caller.move(case_id, 1, PRE, resolved("hit-1", HIT_STATUS_TRUE_MATCH))
    with refused("FAILED_PRECONDITION", "HIT_CONFIRMED"):
        await rules.create(case_id)
    with refused("FAILED_PRECONDITION", "HIT_CONFIRMED"):
        await rules.accept(proposal)
    with refused("NOT_FOUND", "HIT_NOT_FOUND"):
        await rules.create(case_id, hit_id="hit-9")
    with refused("NOT_FOUND", "CASE_NOT_FOUND"):
        await rules.create("nobody")


async def test_suppression_rules_are_their_tenants(service: Service, caller: Caller, rules: Suppression) -> None:
    """Another tenant neither sees the rule nor its hits, nor can it end it, and its own hit of the same party stays open."""
    rule = await rules.create(await screened(caller, listed_hit()))
    await screened(caller, listed_hit())
    others = Suppression(service, service.caller())
    assert (list((await others.rules()).rules), await others.dismissed(), await others.to_retest()) == ([], [], [])
    for attempt in (others.accept, others.revoke):
        with refused("NOT_FOUND", "SUPPRESSION_RULE_NOT_FOUND"):
            await attempt(rule)
    assert (await status(others.caller, await screened(others.caller, listed_hit())))[0] == "OPEN"


async def test_suppression_every_dismissed_hit_is_listed(caller: Caller, rules: Suppression) -> None:
    """With rule, officer, expiry and the list version it was tested against; page by page each hit comes once."""
    rule = await rules.create(await screened(caller, listed_hit()))
    by_officer = await screened(caller, listed_hit(), automatic(hit_id="hit-2", entity_id="e-2"))
    closed = await reject(caller, await screened(caller, listed_hit()))
    found = {(one.case_id, one.hit.hit_id): one for one in await rules.dismissed(page_size=1)}
    assert set(found) == {(by_officer, "hit-1"), (by_officer, "hit-2"), (closed, "hit-1")}
    one, other = found[by_officer, "hit-1"], found[by_officer, "hit-2"]
    assert (one.rule, one.officer, one.expire_time) == (f"suppression-rule/{rule.rule_id}", "officer:ines", rule.expire_time)
    assert (other.rule, other.officer, other.HasField("expire_time")) == ("auto@1", "", False)
    assert {each.tested_against.dataset for each in found.values()} == {"ofac_sdn"}
    assert [each.hit.hit_id for each in await rules.dismissed(case_id=closed)] == ["hit-1"]
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await rules.rules(page_token="no")


async def test_suppression_rules_are_listed_newest_first(caller: Caller, rules: Suppression) -> None:
    """Every rule once, page by page, and by status."""
    case_id = await screened(caller, listed_hit())
    made = [await rules.create(case_id, days=days) for days in (1, 2, 3)]
    await rules.revoke(made[1])
    first = await rules.rules(page_size=2)
    second = await rules.rules(page_size=2, page_token=first.next_page_token)
    assert [one.rule_id for one in (*first.rules, *second.rules)] == [one.rule_id for one in reversed(made)]
    assert [one.rule_id for one in (await rules.rules(status=REVOKED)).rules] == [made[1].rule_id]


async def test_suppression_a_rule_never_ends_under_a_dismissal(caller: Caller, rules: Suppression) -> None:
    """Screenings that dismiss by a rule while it is revoked: whatever came first, nothing stays dismissed by a rule that has ended."""
    rule = await rules.create(await screened(caller, listed_hit()))
    cases = [await caller.open() for _ in range(8)]

    async def screening(case_id: str) -> None:
        await screened(caller, listed_hit(), case_id=case_id)

    await asyncio.gather(*(screening(case_id) for case_id in cases[:6]), rules.revoke(rule), *(screening(case_id) for case_id in cases[6:]))
    assert [(await status(caller, case_id))[0] for case_id in cases] == ["OPEN"] * 8
    assert await rules.dismissed() == []
