"""What bad input, strangers, repetitions and outages get: each its own typed error, and nothing lost or doubled."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest

from trustrelay.common.v1.case_types_pb2 import Subject
from trustrelay.common.v1.decision_types_pb2 import DECISION_APPROVE, DECISION_REJECT
from trustrelay.common.v1.requirement_types_pb2 import DOCUMENT_STATE_UNREADABLE
from trustrelay.devstack.client import new_request_id, patiently
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.people import People
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.devstack.errors import StackError
from trustrelay.devstack.supervisor import Stack
from trustrelay.servicekit.errors import ServiceError

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


async def opened(people: People, subject: Subject) -> str:
    """A new case."""
    return (await people.olivia.create_case("kyb_standard", subject)).case_id


@asynccontextmanager
async def refused(code: grpc.StatusCode, reason: str) -> AsyncIterator[None]:
    """The block ends in exactly this error."""
    with pytest.raises(ServiceError) as caught:
        yield
    assert (caught.value.code, caught.value.reason) == (code, reason)


async def test_unknown_case_and_another_tenants_case_look_the_same(people: People, cast: DemoCast) -> None:
    """Nobody learns from the answer whether another tenant has a case."""
    case_id = await opened(people, cast.subject("a"))
    async with refused(grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND"):
        await people.olivia.case_file(str(uuid.uuid4()))
    async with refused(grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND"):
        await people.omar.case_file(case_id)
    async with refused(grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND"):
        await people.omar.withdraw(case_id, "not mine")
    await people.olivia.withdraw(case_id, "test")


async def test_malformed_registration_number_names_the_field(people: People, cast: DemoCast) -> None:
    """Check digits are checked before anything is stored."""
    subject = cast.subject("a")
    subject.registration_number = "0123456789"
    with pytest.raises(ServiceError) as caught:
        await people.olivia.create_case("kyb_standard", subject)
    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REGISTRATION_NUMBER_INVALID")
    assert [violation.field for violation in caught.value.violations] == ["subject.registration_number"]


async def test_request_id_with_another_body_is_refused_with_the_same_answered_again(people: People, cast: DemoCast) -> None:
    """One intention, one case."""
    request = new_request_id()
    first = await people.olivia.create_case("kyb_standard", cast.subject("a"), request_id=request)
    again = await people.olivia.create_case("kyb_standard", cast.subject("a"), request_id=request)
    assert again == first
    async with refused(grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"):
        await people.olivia.create_case("kyb_standard", cast.subject("b"), request_id=request)
    await people.olivia.withdraw(first.case_id, "test")


async def test_decision_in_the_wrong_state_and_after_the_end_is_refused(people: People, cast: DemoCast, teller: Teller) -> None:
    """The state × message table answers, not an internal error, and the refusals are audited."""
    case_id = await opened(people, cast.subject("a"))
    file = await Waiter(people.olivia, case_id, teller, 90).until("REQUIREMENTS_REVIEW")
    async with refused(grpc.StatusCode.FAILED_PRECONDITION, "MESSAGE_NOT_ALLOWED"):
        await people.olivia.decide(case_id, DECISION_REJECT, "too early", file.header.etag)
    async with refused(grpc.StatusCode.ABORTED, "ETAG_MISMATCH"):
        await people.olivia.decide(case_id, DECISION_REJECT, "on an old page", "0123456789abcdef")
    await people.olivia.withdraw(case_id, "test")
    file = await people.olivia.case_file(case_id)
    async with refused(grpc.StatusCode.FAILED_PRECONDITION, "CASE_CLOSED"):
        await people.olivia.decide(case_id, DECISION_APPROVE, "too late", file.header.etag)
    assert "message_refused" in [event.type for event in await people.olivia.audit_events(case_id)]


async def test_bad_uploads_are_refused_or_come_back_with_a_reason(people: People, cast: DemoCast, teller: Teller) -> None:
    """Empty and oversize files are refused at once; garbage and encrypted ones come back to the customer, and the case goes on."""
    case_id = await opened(people, cast.subject("a"))
    waiter = Waiter(people.olivia, case_id, teller, 90)
    await waiter.until("REQUIREMENTS_REVIEW")
    await people.olivia.approve_requirements(case_id)
    file = await waiter.until("AWAITING_DOCUMENTS")
    async with people.customer(case_id) as customer:
        async with refused(grpc.StatusCode.INVALID_ARGUMENT, "DOCUMENT_EMPTY"):
            await customer.upload_bytes("proof_of_address", "empty.pdf", b"")
        async with refused(grpc.StatusCode.INVALID_ARGUMENT, "DOCUMENT_TOO_LARGE"):
            await customer.upload_bytes("proof_of_address", "huge.pdf", bytes(51 * 1024 * 1024))
        async with refused(grpc.StatusCode.NOT_FOUND, "REQUIREMENT_NOT_FOUND"):
            await customer.upload_bytes("nothing_like_it", "a.pdf", b"%PDF-1.4")
        await customer.upload("proof_of_address", cast.files / "bad" / "garbage.pdf")
        await customer.upload("ubo_register_extract", cast.files / "bad" / "encrypted.pdf")
        await customer.submit()
        await waiter.until("AWAITING_DOCUMENTS", after_version=file.header.state_version + 1)
        seen = {one.requirement_id: one for one in (await customer.portal_case()).documents}
    assert {one.state for one in seen.values()} == {DOCUMENT_STATE_UNREADABLE}
    assert [reason.code for reason in seen["proof_of_address"].reasons] == ["DOCUMENT_CORRUPT"]
    assert [reason.code for reason in seen["ubo_register_extract"].reasons] == ["DOCUMENT_ENCRYPTED"]
    await people.olivia.withdraw(case_id, "test")


async def test_a_post_larger_than_declared_is_refused_by_the_store(people: People, cast: DemoCast, teller: Teller) -> None:
    """The POST policy holds whatever the sender declared."""
    from trustrelay.case.v1 import portal_service_pb2 as portal
    from trustrelay.devstack.client import post_file

    case_id = await opened(people, cast.subject("a"))
    waiter = Waiter(people.olivia, case_id, teller, 90)
    await waiter.until("REQUIREMENTS_REVIEW")
    await people.olivia.approve_requirements(case_id)
    await waiter.until("AWAITING_DOCUMENTS")
    async with people.customer(case_id) as customer:
        request = portal.PortalServiceCreateUploadRequest(
            request_id=new_request_id(), requirement_id="proof_of_address", file_name="small.pdf", size_bytes=10
        )
        created = await customer._call(customer._stub.CreateUpload, request)
        with pytest.raises(StackError, match="EntityTooLarge"):
            await post_file(created.grant, b"x" * 1000)
    await people.olivia.withdraw(case_id, "test")


async def test_temporal_down_refuses_writes_keeps_reads_and_loses_nothing(stack: Stack, people: People, cast: DemoCast) -> None:
    """UNAVAILABLE with a reason, at once; the same request afterwards opens exactly one case."""
    before = await opened(people, cast.subject("b"))
    request = new_request_id()
    await asyncio.to_thread(stack.kill, "temporal")
    try:
        async with refused(grpc.StatusCode.UNAVAILABLE, "WORKFLOW_ENGINE_UNAVAILABLE"):
            await people.olivia.create_case("kyb_standard", cast.subject("a"), request_id=request)
        assert (await people.olivia.case_file(before)).header.case_id == before
        assert before in [header.case_id for header in await people.olivia.list_cases()]
        assert await anext(aiter(people.olivia.watch(before)))
        async with people.customer(before) as customer:
            assert (await customer.portal_case()).status
    finally:
        await asyncio.to_thread(stack.restart, "temporal")
    receipt = await patiently(lambda: people.olivia.create_case("kyb_standard", cast.subject("a"), request_id=request))
    assert [header.case_id for header in await people.olivia.list_cases()].count(receipt.case_id) == 1
    for case_id in (before, receipt.case_id):
        await patiently(lambda case_id=case_id: people.olivia.withdraw(case_id, "test"))


async def test_postgres_down_is_said_and_mends_itself(stack: Stack, people: People, cast: DemoCast) -> None:
    """UNAVAILABLE with a reason; after the restart the same request gets its answer."""
    case_id = await opened(people, cast.subject("b"))
    await asyncio.to_thread(stack.kill, "postgres")
    try:
        async with refused(grpc.StatusCode.UNAVAILABLE, "DATABASE_UNAVAILABLE"):
            await people.olivia.case_file(case_id)
    finally:
        await asyncio.to_thread(stack.restart, "postgres")
    file = await patiently(lambda: people.olivia.case_file(case_id))
    assert file.header.case_id == case_id
    await patiently(lambda: people.olivia.withdraw(case_id, "test"))
