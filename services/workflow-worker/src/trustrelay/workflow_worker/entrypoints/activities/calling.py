"""What all activities share: on whose behalf they call, the case file, grants, and heartbeats from streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

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

ACTOR = "workflow-worker"
# Servers send at least every 10 s; three missed messages are a dead peer.
SILENCE_SECONDS = 30.0


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


async def heartbeating(stream: Stream[M], *details: str) -> AsyncIterator[M]:
    """The stream's messages, each one a heartbeat. Silence of 30 s ends the call: Unavailable STREAM_SILENT.

    Leaving the loop, by cancellation too, closes the stream, which stops the work behind it.
    """
    messages = aiter(stream)
    try:
        while True:
            async with asyncio.timeout(SILENCE_SECONDS):
                message = await anext(messages, None)
            if message is None:
                return
            activity.heartbeat(*details)
            yield message
    except TimeoutError:
        raise Unavailable("STREAM_SILENT", "the service sent nothing for 30 s") from None
    finally:
        stream.cancel()


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
