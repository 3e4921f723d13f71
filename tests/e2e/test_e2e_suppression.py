"""Dismissed hits on the whole stack: a list that changes, a rule whose time is over, and who answers for what is dismissed meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from trustrelay.common.v1.case_types_pb2 import PARTY_ROLE_OWNER, SUBJECT_TYPE_PERSON, Subject
from trustrelay.common.v1.decision_types_pb2 import DECISION_APPROVE
from trustrelay.common.v1.evidence_types_pb2 import HIT_STATUS_DISMISSED, HIT_STATUS_FALSE_POSITIVE, HIT_STATUS_OPEN, Hit
from trustrelay.common.v1.portfolio_types_pb2 import SUPPRESSION_RULE_STATUS_EXPIRED, SUPPRESSION_RULE_STATUS_INVALIDATED
from trustrelay.devstack.cli import main
from trustrelay.devstack.client import SuppressionClient
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.people import People, acting_as
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.devstack.supervisor import Stack
from trustrelay.osint.v1.screening_service_pb2 import RefreshDatasetsRequest
from trustrelay.osint.v1.screening_service_pb2_grpc import ScreeningServiceStub
from trustrelay.sandbox import Cast
from trustrelay.sandbox.model import Person
from trustrelay.servicekit.context import CallContext, use
from trustrelay.servicekit.errors import FailedPrecondition
from trustrelay.servicekit.grpc_client import channel

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
PATIENCE = 90
REASON = "Seen in person with his passport: another man."


@pytest.fixture
def owner(stack: Stack) -> Person:
    """The owner who has a namesake on the sanctions list."""
    return Cast.generate(stack.environment.seed).subject.owners[0].person


@pytest.fixture
async def namesake(stack: Stack) -> AsyncIterator[Callable[..., None]]:
    """Says what the sanctions list tells of the owner's namesake; afterwards the list that is loaded tells again what it told before."""
    person = Cast.generate(stack.environment.seed).namesake.person

    def tell(**facts: str) -> None:
        url = f"http://{stack.environment.target('sandbox')}/admin/change"
        httpx.post(url, json={"kind": "list", "list": "ofac", "person": person.key, "action": "correct", **facts}).raise_for_status()

    yield tell
    tell(birth_date=person.birth_date.isoformat(), nationality=person.nationality)
    async with channel(stack.environment.target("osint-service")) as osint:
        with use(CallContext("acme", "tester")):
            stream = ScreeningServiceStub(osint).RefreshDatasets(RefreshDatasetsRequest(datasets=["ofac_sdn"]), timeout=60)
            assert [each.dataset.unavailable_reason async for each in stream] == [""]


@pytest.fixture
async def officer(stack: Stack, people: People) -> AsyncIterator[SuppressionClient]:
    """Olivia."""
    async with acting_as(people.endpoint, stack.environment.secrets, "olivia", SuppressionClient) as client:
        yield client


@pytest.fixture
async def manager(stack: Stack, people: People) -> AsyncIterator[SuppressionClient]:
    """Mara."""
    async with acting_as(people.endpoint, stack.environment.secrets, "mara", SuppressionClient) as client:
        yield client


def on_the_list(hits: list[Hit]) -> Hit:
    """The namesake's."""
    return next(hit for hit in hits if hit.dataset == "ofac_sdn")


def declaring(subject: Subject, owner: Person) -> Subject:
    """The subject whose creator knows when and where its owner was born."""
    facts = {"birth_date": owner.birth_date.isoformat(), "nationality": owner.nationality, "gender": owner.gender}
    subject.declared_parties.add(type=SUBJECT_TYPE_PERSON, full_name=owner.name, roles=[PARTY_ROLE_OWNER], **facts)
    return subject


class Desk:
    """Cases of one subject."""

    def __init__(self, people: People, subject: Subject, teller: Teller) -> None:
        self._people, self._subject, self._teller = people, subject, teller
        self.opened: list[str] = []

    async def open(self) -> tuple[str, Hit]:
        """A case that has screened everyone, and its hit on the namesake."""
        case_id = (await self._people.olivia.create_case("kyb_standard", self._subject)).case_id
        self.opened.append(case_id)
        file = await self.waiter(case_id).until("REQUIREMENTS_REVIEW")
        return case_id, on_the_list(list(file.hits))

    async def open_again(self, case_id: str) -> Hit:
        """The hit, once nothing dismisses it any more."""
        file = await self.waiter(case_id).satisfying(lambda f: on_the_list(list(f.hits)).status == HIT_STATUS_OPEN, "the hit is open again")
        return on_the_list(list(file.hits))

    async def to_review(self, case_id: str) -> None:
        """Past gate and portal; hits on other lists are judged."""
        olivia, waiter = self._people.olivia, self.waiter(case_id)
        await olivia.approve_requirements(case_id)
        await waiter.until("AWAITING_DOCUMENTS")
        await olivia.skip_documents(case_id, "all is known")
        file = await waiter.until("REVIEW_PENDING")
        for hit in file.hits:
            if hit.dataset != "ofac_sdn" and hit.status == HIT_STATUS_OPEN:
                await olivia.resolve_hit(case_id, hit.hit_id, HIT_STATUS_FALSE_POSITIVE, "another person")

    def waiter(self, case_id: str) -> Waiter:
        return Waiter(self._people.olivia, case_id, self._teller, PATIENCE)

    async def close(self) -> None:
        """No other test meets these cases."""
        for case_id in self.opened:
            await self._people.olivia.withdraw(case_id, "a test")


async def test_e2e_no_dismissal_outlives_its_list_or_its_rule(
    people: People,
    cast: DemoCast,
    teller: Teller,
    officer: SuppressionClient,
    manager: SuppressionClient,
    owner: Person,
    namesake: Callable[..., None],
) -> None:
    """What a list or time changes is open again in its case, which refuses the approval; every dismissal names rule, officer and expiry."""
    desk = Desk(people, declaring(cast.subject("a"), owner), teller)
    try:
        first, hit = await desk.open()
        assert hit.status == HIT_STATUS_DISMISSED
        (shown,) = [one for one in await officer.dismissed_hits(first) if one.hit.hit_id == hit.hit_id]
        assert (shown.officer, shown.rule.split(":")[0]) == ("", "auto-dismiss/two-contradicting-discriminators@1")
        await desk.to_review(first)

        namesake(nationality=owner.nationality)  # the birth date alone is not enough for the automatic rule
        await manager.refresh()
        await desk.open_again(first)
        with pytest.raises(FailedPrecondition) as refused:
            await people.olivia.decide(first, DECISION_APPROVE, "in order", (await people.olivia.case_file(first)).header.etag)
        assert refused.value.reason == "HITS_OPEN"
        assert "hit_reopened_by_rule" in [event.type for event in await people.olivia.audit_events(first)]

        short = await officer.create(first, hit.hit_id, REASON, datetime.now(UTC) + timedelta(seconds=20))
        second, dismissed = await desk.open()
        assert (dismissed.status, dismissed.status_reason, dismissed.resolved_by) == (
            HIT_STATUS_DISMISSED, f"suppression-rule/{short.rule_id}", "officer:olivia",
        )  # fmt: skip
        (listed,) = [one for one in await officer.dismissed_hits(second) if one.hit.hit_id == hit.hit_id]
        assert (listed.officer, listed.expire_time) == ("officer:olivia", short.expire_time)
        await asyncio.sleep((short.expire_time.ToDatetime(tzinfo=UTC) - datetime.now(UTC)).total_seconds() + 0.2)
        await manager.refresh()
        await desk.open_again(second)
        assert {rule.rule_id: rule.status for rule in await officer.rules()}[short.rule_id] == SUPPRESSION_RULE_STATUS_EXPIRED

        rule = await officer.create(first, hit.hit_id, REASON, datetime.now(UTC) + timedelta(days=90))
        third, again = await desk.open()
        assert again.status_reason == f"suppression-rule/{rule.rule_id}"
        namesake(birth_date=owner.birth_date.isoformat())
        await manager.refresh()
        now = await desk.open_again(third)
        assert owner.birth_date.isoformat() in {told.list_value for told in now.discriminators if told.kind == "birth_date"}
        assert {one.rule_id: one.status for one in await officer.rules()}[rule.rule_id] == SUPPRESSION_RULE_STATUS_INVALIDATED
        assert not [one for one in await officer.dismissed_hits() if one.hit.hit_id == hit.hit_id and one.case_id in desk.opened]
    finally:
        await desk.close()


async def test_e2e_suppression_is_read_and_kept_at_the_terminal(
    stack: Stack, people: People, cast: DemoCast, teller: Teller, owner: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    """Create, list, revoke and refresh as officers type it; what is refused says why and leaves with 1."""
    desk = Desk(people, declaring(cast.subject("a"), owner), teller)

    async def typed(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = await asyncio.to_thread(main, ["suppression", *words, "--data", str(stack.environment.data.root)])
        told = capsys.readouterr()
        return code, told.out, told.err

    async def told(*words: str) -> Any:
        code, out, err = await typed(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    try:
        case_id, hit = await desk.open()
        rule = await told("create", case_id, hit.hit_id, "--reason", REASON, "--until", "180d")
        assert rule["created_by"] == "officer:olivia"
        assert rule["rule_id"] in [one["rule_id"] for one in await told("list", "--status", "active")]
        assert "automatic rule" in (await typed("hits", "--case", case_id))[1]
        assert (await told("revoke", rule["rule_id"], "--reason", "a mistake"))["rule"]["end_reason"] == "RULE_REVOKED"
        assert "refresh_id" in await told("refresh")
        for words, reason in (
            (("create", case_id, "no-hit", "--reason", REASON, "--until", "1d"), "HIT_NOT_FOUND"),
            (("create", case_id, hit.hit_id, "--reason", REASON, "--until", "9999d"), "FIELD_INVALID"),
            (("accept", rule["rule_id"]), "SUPPRESSION_RULE_NOT_PROPOSED"),
            (("revoke", rule["rule_id"], "--reason", "again"), "SUPPRESSION_RULE_ENDED"),
            (("refresh", "--as", "olivia"), "ROLE_REQUIRED"),
            (("hits", "--as", "omar", "--case", case_id), ""),
        ):
            code, out, err = await typed(*words)
            assert (code, reason in err) == (1 if reason else 0, True), words
            assert hit.hit_id not in out
    finally:
        await desk.close()
