"""Attempts to decide where one may not: through case-api, straight to Temporal, straight to the database. Each is refused with its reason."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.converter import DataConverter, PayloadCodec
from temporalio.exceptions import ApplicationError

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import CaseStatus
from trustrelay.common.v1.decision_types_pb2 import DECISION_APPROVE, DECISION_REJECT, SECOND_DECISION_CONFIRM, SECOND_DECISION_RETURN
from trustrelay.common.v1.evidence_types_pb2 import HIT_STATUS_OPEN, HIT_STATUS_TRUE_MATCH
from trustrelay.contracts.case_workflow import SIGNAL_PREFIX, Decision, Envelope, OfficerDecision, Update, payload_sha256, workflow_id
from trustrelay.devstack.client import new_request_id
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.people import TENANT, People
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.devstack.supervisor import Stack
from trustrelay.servicekit.assertions import ActorAssertion, Signer
from trustrelay.servicekit.errors import ServiceError

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
PATIENCE = 120
DECIDE = Update.OFFICER_DECISION


@asynccontextmanager
async def refused(code: grpc.StatusCode, *reasons: str) -> AsyncIterator[None]:
    """The block ends in one of these errors."""
    with pytest.raises(ServiceError) as caught:
        yield
    assert caught.value.code is code
    assert caught.value.reason in reasons


@dataclass
class Reviewed:
    """One case that waits for a decision; the attacks leave it as it was."""

    people: People
    case_id: str
    waiter: Waiter

    async def file(self) -> CaseFile:
        """The case now."""
        return await self.people.olivia.case_file(self.case_id)

    async def version(self) -> int:
        """Of the case now."""
        return (await self.file()).header.state_version

    async def refusals(self) -> list[dict[str, Any]]:
        """Audit events `message_refused`."""
        events = await self.people.olivia.audit_events(self.case_id)
        return [json.loads(event.data_json) for event in events if event.type == "message_refused"]

    async def refusals_after(self, before: int, expected: int, seconds: float = 30) -> list[dict[str, Any]]:
        """Those after the first `before`, once there are `expected` of them: nobody answers a signal."""
        deadline = time.monotonic() + seconds
        while True:
            told = (await self.refusals())[before:]
            if len(told) >= expected or time.monotonic() > deadline:
                return told
            await asyncio.sleep(0.2)


_CASES: dict[str, str] = {}


async def in_review(people: People, cast: DemoCast, teller: Teller, key: str, template: str) -> Reviewed:
    """The one case of this cast member, made by the first test that needs it: without documents it is in review in seconds."""
    if key not in _CASES:
        _CASES[key] = (await people.olivia.create_case(template, cast.subject(key))).case_id
        waiter = Waiter(people.olivia, _CASES[key], teller, PATIENCE)
        await waiter.until("REQUIREMENTS_REVIEW")
        await people.olivia.approve_requirements(_CASES[key])
        await waiter.until("AWAITING_DOCUMENTS")
        await people.olivia.skip_documents(_CASES[key], "nothing is expected")
    waiter = Waiter(people.olivia, _CASES[key], teller, PATIENCE)
    await waiter.until("REVIEW_PENDING")
    return Reviewed(people, _CASES[key], waiter)


@pytest.fixture
async def reviewed(people: People, cast: DemoCast, teller: Teller) -> Reviewed:
    """A company with an open hit on a sanctions list."""
    return await in_review(people, cast, teller, "b", "kyb_standard")


# Straight to Temporal


class Blind(PayloadCodec):
    """Has no payload key: sends in clear text, and sees nothing where something sealed comes back."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """As they are; the worker's own codec lets clear text through."""
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Nothing."""
        return [Payload(metadata={"encoding": b"binary/null"}) for _ in payloads]


async def workflow_of(stack: Stack, case_id: str) -> WorkflowHandle[Any, Any]:
    """What anybody on the network of Temporal can hold, without any key of ours."""
    client = await Client.connect(stack.environment.temporal.address, data_converter=DataConverter(payload_codec=Blind()))
    return client.get_workflow_handle(workflow_id(TENANT, case_id))


def strangers_key() -> Signer:
    """A key that case-api does not know."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Signer(Ed25519PrivateKey.generate().private_bytes(*form))


def approval(of: str, signer: Signer | None, **claims: Any) -> OfficerDecision:
    """An approval with an assertion by `signer`; `claims` are what it was really signed for."""
    said = OfficerDecision(Envelope("", "", ""), Decision.APPROVE, "looks fine")
    request, digest = new_request_id(), payload_sha256(of, said)
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=2)
    honest = ActorAssertion("olivia", ("officer",), TENANT, of, str(DECIDE), 0, request, digest, expires)
    return replace(said, envelope=Envelope(request, digest, signer.sign(replace(honest, **claims)) if signer else ""))


def attempts(stack: Stack, case_id: str) -> Sequence[OfficerDecision]:
    """Without an assertion; forged; and words of case-api itself that were said about something else."""
    case_api = Signer(stack.environment.secrets.assertion_private_key.read_bytes())
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    return (
        approval(case_id, None),
        approval(case_id, strangers_key()),
        approval(case_id, case_api, case_id="another-case"),
        approval(case_id, case_api, tenant_id="globex"),
        approval(case_id, case_api, action=str(Update.WITHDRAW)),
        approval(case_id, case_api, body_sha256="0" * 64),
        approval(case_id, case_api, expires_at=past),
    )


async def test_updates_straight_to_temporal_need_case_apis_word(stack: Stack, reviewed: Reviewed) -> None:
    """Whoever reaches Temporal without case-api's signature on exactly this message decides nothing."""
    handle, version = await workflow_of(stack, reviewed.case_id), await reviewed.version()
    reasons = []
    for message in attempts(stack, reviewed.case_id):
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await handle.execute_update(DECIDE, message)
        assert isinstance(caught.value.cause, ApplicationError)
        reasons.append(caught.value.cause.type)
    assert reasons[0] in ("ASSERTION_MISSING", "ASSERTION_INVALID")
    assert reasons[1:] == ["ASSERTION_INVALID"] * 5 + ["ASSERTION_EXPIRED"]
    assert await reviewed.version() == version


async def test_signals_straight_to_temporal_are_on_record_and_move_nothing(stack: Stack, reviewed: Reviewed) -> None:
    """Nobody answers a signal, so each refused one is an audit event with its reason and request; the version stays."""
    handle, version, before = await workflow_of(stack, reviewed.case_id), await reviewed.version(), len(await reviewed.refusals())
    sent = attempts(stack, reviewed.case_id)
    for message in sent:
        await handle.signal(f"{SIGNAL_PREFIX}{DECIDE}", message)
    await handle.signal(f"{SIGNAL_PREFIX}{DECIDE}", "not a message at all")
    await handle.signal("signal_of_nobody", sent[0])
    expected = len(sent) + 2
    told = await reviewed.refusals_after(before, expected)
    by_request = {one["request_id"]: one["reason"] for one in told if one["request_id"]}
    assert set(by_request) == {message.envelope.request_id for message in sent}
    assert set(by_request.values()) <= {"ASSERTION_MISSING", "ASSERTION_INVALID", "ASSERTION_EXPIRED"}
    assert by_request[sent[-1].envelope.request_id] == "ASSERTION_EXPIRED"
    assert sorted(one["reason"] for one in told if not one["request_id"]) == ["MESSAGE_UNKNOWN", "MESSAGE_UNREADABLE"]
    assert await reviewed.version() == version


# Straight to the database

_MOVED = "UPDATE cases SET status = $2, state_version = state_version + 1 WHERE case_id = $1"
_DECIDED = "INSERT INTO decisions SELECT tenant_id, case_id, 1, $2, $3, 'APPROVE', $4, state_version + 1, '{}' FROM cases WHERE case_id = $1"
_STATEMENTS: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    (_MOVED, ("APPROVED",), "TR001 HITS_OPEN"),
    (_MOVED, ("REJECTED",), "TR001 DECISION_MISSING"),
    (_MOVED, ("AWAITING_SECOND_APPROVAL",), "TR001 DECISION_MISSING"),
    (_MOVED, ("CREATED",), "TR001 PAIR_NOT_ALLOWED"),
    ("UPDATE cases SET policy = '{}' WHERE case_id = $1", (), "TR001"),
    ("UPDATE cases SET state_version = state_version + 7 WHERE case_id = $1", (), "TR002"),
    (_DECIDED, (2, "samir", "CONFIRM"), "TR004"),
    ("UPDATE hits SET status = 'FALSE_POSITIVE' WHERE case_id = $1", (), "TR001 RESOLUTION_MISSING"),
    ("UPDATE audit_events SET actor = 'nobody' WHERE case_id = $1", (), "42501"),
    ("DELETE FROM audit_events WHERE case_id = $1", (), "42501"),
    ("DELETE FROM decisions WHERE case_id = $1", (), "42501"),
)


@pytest.mark.parametrize(("statement", "values", "word"), _STATEMENTS, ids=[f"{one[0].split(' WHERE')[0]} {one[1]}" for one in _STATEMENTS])
async def test_direct_sql_as_the_app_role_is_refused(stack: Stack, reviewed: Reviewed, statement: str, values: tuple[Any, ...], word: str) -> None:
    """With the services' own password nobody decides, dismisses, or rewrites what was said."""
    version = await reviewed.version()
    connection = await asyncpg.connect(stack.environment.postgres.app_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        async with connection.transaction():
            await connection.execute("SELECT set_config('app.tenant', $1, true)", TENANT)
            with pytest.raises(asyncpg.PostgresError) as caught:
                async with connection.transaction():
                    await connection.execute(statement, reviewed.case_id, *values)
    finally:
        await connection.close()
    assert f"{caught.value.sqlstate} {caught.value}".startswith(word)
    assert await reviewed.version() == version


# Through case-api


async def test_approval_with_an_open_hit_is_refused(reviewed: Reviewed) -> None:
    """A hit that nobody judged stands in the way."""
    file = await reviewed.file()
    assert any(hit.status == HIT_STATUS_OPEN for hit in file.hits)
    async with refused(grpc.StatusCode.FAILED_PRECONDITION, "HITS_OPEN"):
        await reviewed.people.olivia.decide(reviewed.case_id, DECISION_APPROVE, "looks fine", file.header.etag)


async def test_approval_with_an_unassessed_check_is_refused(people: People, cast: DemoCast, teller: Teller) -> None:
    """A mandatory check without an answer, and without an officer's override, is not a pass."""
    case = await in_review(people, cast, teller, "customs", "customs_fiscal_representative")
    for hit in (one for one in (await case.file()).hits if one.status == HIT_STATUS_OPEN):
        await people.olivia.resolve_hit(case.case_id, hit.hit_id, HIT_STATUS_TRUE_MATCH, "judged")
    file = await case.file()
    assert file.summary.blocking_check_ids
    async with refused(grpc.StatusCode.FAILED_PRECONDITION, "CHECKS_NOT_ASSESSED"):
        await people.olivia.decide(case.case_id, DECISION_APPROVE, "looks fine", file.header.etag)
    await people.olivia.withdraw(case.case_id, "test")


async def test_decision_on_an_old_page_is_refused(reviewed: Reviewed) -> None:
    """What the officer saw is no longer what is true."""
    seen = (await reviewed.file()).header.etag
    await reviewed.people.olivia.reassign(reviewed.case_id, "olivia", "only to move the version")
    async with refused(grpc.StatusCode.ABORTED, "ETAG_MISMATCH"):
        await reviewed.people.olivia.decide(reviewed.case_id, DECISION_REJECT, "on an old page", seen)


async def test_another_tenants_officer_decides_nothing(reviewed: Reviewed) -> None:
    """For them the case does not exist, whatever they know of it."""
    etag = (await reviewed.file()).header.etag
    async with refused(grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND"):
        await reviewed.people.omar.decide(reviewed.case_id, DECISION_REJECT, "not mine", etag)
    async with refused(grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND"):
        await reviewed.people.omar.resolve_hit(reviewed.case_id, (await reviewed.file()).hits[0].hit_id, HIT_STATUS_TRUE_MATCH, "not mine")


async def test_same_officer_twice_and_two_decisions_at_once(reviewed: Reviewed) -> None:
    """Four eyes are four; and of two decisions at the same moment exactly one is taken, for which there is one audit event."""
    people, case_id = reviewed.people, reviewed.case_id
    for hit in (one for one in (await reviewed.file()).hits if one.status == HIT_STATUS_OPEN):
        await people.olivia.resolve_hit(case_id, hit.hit_id, HIT_STATUS_TRUE_MATCH, "same person")
    blocking = (await reviewed.file()).summary.blocking_check_ids
    for check in blocking:
        await people.olivia.override_check(case_id, check, "seen on paper")
    await people.olivia.decide(case_id, DECISION_APPROVE, "known to us", (await reviewed.file()).header.etag)
    file = await reviewed.waiter.until("AWAITING_SECOND_APPROVAL")
    async with refused(grpc.StatusCode.PERMISSION_DENIED, "SAME_OFFICER"):
        await people.olivia.confirm(case_id, SECOND_DECISION_CONFIRM, "me again", file.header.etag)
    await people.samir.confirm(case_id, SECOND_DECISION_RETURN, "look again", file.header.etag)
    etag = (await reviewed.waiter.until("REVIEW_PENDING")).header.etag
    both = [officer.decide(case_id, DECISION_REJECT, "listed", etag) for officer in (people.olivia, people.samir)]
    answers = await asyncio.gather(*both, return_exceptions=True)
    lost = [one for one in answers if isinstance(one, BaseException)]
    assert len(lost) == 1
    assert isinstance(lost[0], ServiceError)
    assert lost[0].reason in {"DECISION_IN_PROGRESS", "MESSAGE_NOT_ALLOWED", "CASE_CLOSED", "ETAG_MISMATCH"}
    end = await reviewed.waiter.until("REJECTED")
    assert end.header.status == CaseStatus.CASE_STATUS_REJECTED
    events = [json.loads(event.data_json) for event in await people.olivia.audit_events(case_id) if event.type == "decision_recorded"]
    assert [one["decision"] for one in events] == ["APPROVE", "REJECT"]
