"""What all activities share: on whose behalf they call, the case file, grants, and heartbeats from streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from typing import Protocol, TypeVar

from google.protobuf.message import Message
from temporalio import activity

from trustrelay.common.v1.case_file_pb2 import CaseFile, CaseSummary
from trustrelay.common.v1.case_types_pb2 import PARTY_ROLE_SUBJECT, SUBJECT_TYPE_COMPANY, Party, SubjectType
from trustrelay.common.v1.decision_types_pb2 import Decision, RiskLevel
from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.contracts.parties import party_id
from trustrelay.persistence.v1.case_store_service_pb2 import GetCaseFileRequest
from trustrelay.persistence.v1.object_service_pb2 import GrantReadRequest, GrantWriteRequest
from trustrelay.servicekit.context import CallContext, use
from trustrelay.servicekit.errors import Unavailable
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.records import CaseRef
from trustrelay.workflow_worker.domain.state import Summary

M = TypeVar("M", covariant=True)
E = TypeVar("E", bound=Message)

ACTOR = "workflow-worker"
# Servers send at least every 10 s; three missed messages are a dead peer.
SILENCE_SECONDS = 30.0
_BEAT_SECONDS = 8.0
_STORING_SECONDS = 30.0

# What the timer's heartbeats say; replaced by each stream.
_details: ContextVar[list[str]] = ContextVar("heartbeat_details")


@contextmanager
def on_behalf_of(tenant_id: str) -> Iterator[None]:
    """Outgoing calls carry the case's tenant and the worker as actor."""
    with use(CallContext(tenant_id=tenant_id, actor=ACTOR, roles=frozenset({"service"}))):
        yield


async def case_file(services: Services, case: CaseRef) -> CaseFile:
    """Everything stored about the case."""
    reply = await services.persistence.cases.GetCaseFile(GetCaseFileRequest(case_id=case.case_id))
    return reply.case_file


async def write_grant(services: Services, case: CaseRef, folder: str) -> WriteGrant:
    """Where this activity's findings are stored, below the iteration's folder."""
    request = GrantWriteRequest(case_id=case.case_id, iteration=case.iteration, folder=folder)
    request.lifetime.FromSeconds(3600)
    return (await services.persistence.objects.GrantWrite(request)).grant


async def read_grants(services: Services, case: CaseRef, objects: list[ObjectRef]) -> list[ReadGrant]:
    """Presigned reads, in the order of `objects`."""
    reply = await services.persistence.objects.GrantRead(GrantReadRequest(case_id=case.case_id, objects=objects))
    return list(reply.grants)


class Stream(Protocol[M]):
    """A server stream, of a unary or a streaming request."""

    def __aiter__(self) -> AsyncIterator[M]: ...

    def cancel(self) -> bool: ...


@asynccontextmanager
async def alive() -> AsyncIterator[None]:
    """Heartbeats from a timer of its own while the activity works.

    Every call inside has a deadline and every stream a limit of silence, so an activity that beats is never one that hangs on a dead peer.
    """
    _details.set([])
    beating = asyncio.create_task(_beat(_details.get()))
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _beat(details: list[str]) -> None:
    while True:
        activity.heartbeat(*details)
        await asyncio.sleep(_BEAT_SECONDS)


async def heartbeating(stream: Stream[M], *details: str, silence: float = SILENCE_SECONDS) -> AsyncGenerator[M, None]:
    """The stream's messages, each one a heartbeat. `silence` seconds without one end the call: Unavailable STREAM_SILENT.

    Closing this generator, by cancellation too, closes the stream, which stops the work behind it.
    """
    messages = aiter(stream)
    _details.get([])[:] = details
    try:
        while True:
            async with asyncio.timeout(silence):
                message = await anext(messages, None)
            if message is None:
                return
            activity.heartbeat(*details)
            yield message
    except TimeoutError:
        raise Unavailable("STREAM_SILENT", f"the service sent nothing for {silence:g} s") from None
    finally:
        stream.cancel()


async def result_event(stream: Stream[E], *details: str, silence: float = SILENCE_SECONDS) -> E:
    """The event that carries the stream's result. Raises Unavailable RESULT_MISSING when it ended without one: that is not an empty result."""
    last: E | None = None
    async with aclosing(heartbeating(stream, *details, silence=silence)) as events:
        async for event in events:
            if event.HasField("result"):
                last = event
    if last is None:
        raise Unavailable("RESULT_MISSING", "the service ended its answer without a result")
    return last


def time_limit() -> float:
    """Seconds that a stream may take: what the activity's own limit allows, less what storing the result needs."""
    allowed = activity.info().start_to_close_timeout
    return max(allowed.total_seconds() - _STORING_SECONDS, 1.0) if allowed else 600.0


def operation_id() -> str:
    """The same for every attempt of this activity, so that a retry is recognised."""
    info = activity.info()
    return f"{info.workflow_run_id}/{info.activity_id}"


def subject_party(file: CaseFile) -> Party:
    """The subject itself, as a party to screen."""
    subject = file.subject
    return Party(
        party_id=party_id(subject.legal_name, SubjectType.Name(subject.type).removeprefix("SUBJECT_TYPE_")),
        type=subject.type or SUBJECT_TYPE_COMPANY,
        full_name=subject.legal_name,
        roles=[PARTY_ROLE_SUBJECT],
        nationality=subject.country,
        id_number=subject.registration_number,
        source="declared",
    )


def all_parties(file: CaseFile) -> list[Party]:
    """The subject and everyone around it, each once."""
    parties = {party.party_id: party for party in (subject_party(file), *file.parties)}
    return list(parties.values())


def to_summary(summary: CaseSummary) -> Summary:
    """The stored facts as the workflow takes them."""
    return Summary(
        open_hits=tuple(summary.open_hit_ids),
        blocking_checks=tuple(summary.blocking_check_ids),
        critical_findings=summary.critical_findings,
        confirmed_pep=summary.confirmed_pep,
        confirmed_sanction=summary.confirmed_sanction,
        has_override=summary.has_override,
        risk_level=RiskLevel.Name(summary.risk_level).removeprefix("RISK_LEVEL_"),
        recommendation=Decision.Name(summary.recommendation).removeprefix("DECISION_"),
        open_requirements=tuple(summary.open_requirement_ids),
        unprocessed_documents=tuple(summary.unprocessed_document_ids),
        document_count=summary.document_count,
    )
