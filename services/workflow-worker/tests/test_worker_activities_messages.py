"""Activities for messages that came as signals: real assertions, a scripted audit log over a real gRPC channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from worker_servers import serving_services
from worker_signing import OFFICER, Sender, new_signer, verifier
from worker_world import CASE, Environment, World, a_world

from trustrelay.contracts.case_workflow import CaseInput, Decision, Envelope, OfficerDecision, Update, payload_sha256
from trustrelay.persistence.v1.audit_service_pb2 import AppendAuditEventsRequest
from trustrelay.servicekit import errors
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.application import assertion_keys
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import AssertionVerdict, AuditEvents, AuditRecord, VerifyAssertion
from trustrelay.workflow_worker.entrypoints.activities.compliance.message_activities import MessageActivities

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
INPUT = CaseInput(CASE.case_id, CASE.tenant_id, "kyb_standard", 1, "BE", "officer-one")
DIGEST = payload_sha256(CASE.case_id, OfficerDecision(Envelope("", "", ""), Decision.REJECT, "no"))


@pytest.fixture
def world() -> World:
    """A case with two stored uploads, and servers that answer."""
    return a_world()


@pytest_asyncio.fixture
async def services(world: World) -> AsyncIterator[Services]:
    """Stubs that reach the scripted servers."""
    async with serving_services(world) as stubs:
        yield stubs


@pytest.fixture(autouse=True)
def keys() -> Iterator[None]:
    """The worker trusts the tests' case-api, as it was before afterwards."""
    before = list(assertion_keys._installed)
    assertion_keys.install(verifier())
    yield
    assertion_keys._installed[:] = before


def signed(sender: Sender = OFFICER) -> VerifyAssertion:
    """A decision as a signal brings it."""
    envelope = sender.sign(INPUT, Update.OFFICER_DECISION, NOW, "request-1", DIGEST, 3)
    return VerifyAssertion(CASE.tenant_id, CASE.case_id, Update.OFFICER_DECISION, envelope, DIGEST)


async def judged(services: Services, message: VerifyAssertion, *, started: datetime = NOW) -> AssertionVerdict:
    """The verdict on a message that the workflow asked about at NOW, by a worker that came to it at `started`."""
    environment = Environment()
    environment.info = replace(environment.info, scheduled_time=NOW, started_time=started)
    verdict: AssertionVerdict = await environment.run(MessageActivities(services).verify_actor_assertion, message)
    return verdict


async def test_worker_signal_tells_who_sent_it(services: Services) -> None:
    """A message signed by case-api is from whom it says, with the roles it says."""
    assert await judged(services, signed()) == AssertionVerdict("officer-one", ("officer",))


async def test_worker_signal_is_judged_when_it_was_asked_about(services: Services) -> None:
    """A worker that was away for an hour gives the verdict that it would have given at once."""
    assert (await judged(services, signed(), started=NOW + timedelta(hours=1))).refused == ""


FORGED = {
    "another key": (Sender(signer=new_signer()), "ASSERTION_INVALID"),
    "expired": (Sender(lifetime=timedelta(0)), "ASSERTION_EXPIRED"),
    "no assertion": (Sender(envelope={"assertion": ""}), "ASSERTION_INVALID"),
    "another tenant": (Sender(claims={"tenant_id": "tenant-other"}), "ASSERTION_INVALID"),
    "another case": (Sender(claims={"case_id": "case-9"}), "ASSERTION_INVALID"),
    "another action": (Sender(claims={"action": "withdraw"}), "ASSERTION_INVALID"),
    "another request": (Sender(envelope={"request_id": "request-2"}), "ASSERTION_INVALID"),
    "another version": (Sender(envelope={"expected_version": 4}), "ASSERTION_INVALID"),
    "another body": (Sender(claims={"body_sha256": "ab" * 32}), "ASSERTION_INVALID"),
    "another digest": (Sender(envelope={"body_sha256": "ab" * 32}), "ASSERTION_INVALID"),
}


@pytest.mark.parametrize(("sender", "reason"), FORGED.values(), ids=FORGED)
async def test_worker_forged_signal_is_an_answer_not_an_error(services: Services, sender: Sender, reason: str) -> None:
    """A bad assertion names its reason and nobody as sender; the activity itself never fails."""
    assert await judged(services, signed(sender)) == AssertionVerdict(refused=reason)


async def test_worker_signal_that_says_something_else_is_refused(services: Services) -> None:
    """The assertion must have been made for what the message says, not for what its envelope claims it says."""
    assert (await judged(services, replace(signed(), digest="cd" * 32))).refused == "ASSERTION_INVALID"


EVENTS = AuditEvents(CASE, NOW, ("case-1/note/1", "case-1/note/2"), (AuditRecord("message_refused", "x", {"b": "2", "a": "1"}),) * 2)


async def test_worker_audit_events_are_appended_once(world: World, services: Services) -> None:
    """Events beside the case's steps are kept under their own ids; the same call again appends nothing."""
    activities = MessageActivities(services)
    assert await Environment().run(activities.persist_audit_event, EVENTS) == 2
    assert await Environment().run(activities.persist_audit_event, EVENTS) == 0
    first, again = world.requests(AppendAuditEventsRequest)
    assert first == again
    entry = first.entries[0]
    assert (entry.event_id, entry.type, entry.actor, entry.data_json) == ("case-1/note/1", "message_refused", "x", '{"a": "1", "b": "2"}')
    assert entry.event_time.ToDatetime(UTC) == NOW
    assert world.tenants == {"tenant-test"}


async def test_worker_audit_log_that_is_away_is_tried_again(world: World, services: Services) -> None:
    """An event that was not stored is an error: a refusal that nobody waits for must not vanish."""
    world.answers[AppendAuditEventsRequest] = errors.DeadlineExceeded("DATABASE_TIMEOUT", "words")
    with pytest.raises(ServiceError, match="DATABASE_TIMEOUT"):
        await Environment().run(MessageActivities(services).persist_audit_event, EVENTS)
