"""Questions that more than one activity asks: lists and media, about a set of parties."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import Party
from trustrelay.common.v1.objects_pb2 import WriteGrant
from trustrelay.osint.v1.investigation_service_pb2 import InvestigateRequest
from trustrelay.osint.v1.screening_service_pb2 import ScreenBatchRequest, ScreenRequest
from trustrelay.persistence.v1.case_store_service_pb2 import RecordInvestigationRequest
from trustrelay.servicekit.errors import Unavailable
from trustrelay.workflow_worker.application.services import Osint
from trustrelay.workflow_worker.entrypoints.activities.calling import time_limit
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import all_parties
from trustrelay.workflow_worker.entrypoints.activities.streaming import heartbeating, result_event


async def screen(osint: Osint, parties: Sequence[Party], found: RecordInvestigationRequest, silence: float) -> None:
    """Adds how each party was screened. Raises Unavailable RESULT_MISSING when one of them got no answer."""
    call = osint.screening.ScreenBatch(_screen_requests(parties), timeout=time_limit())
    async with aclosing(heartbeating(call, silence=silence)) as replies:
        async for reply in replies:
            found.screenings.append(reply.response.record)
            found.checks.extend(reply.response.checks)
    if len(found.screenings) != len(parties):
        raise Unavailable("RESULT_MISSING", "not every party was screened")


async def search_media(osint: Osint, file: CaseFile, grant: WriteGrant, found: RecordInvestigationRequest, silence: float) -> None:
    """Adds what the media say about the subject and its parties, and the written synthesis."""
    request = InvestigateRequest(subject=file.subject, parties=all_parties(file), destination=grant)
    result = (await result_event(osint.investigation.Investigate(request, timeout=time_limit()), silence=silence)).result
    found.evidence.extend(result.evidence)
    found.checks.extend(result.checks)
    found.findings.extend(result.findings)
    if result.synthesis_markdown:
        found.assessments.synthesis_markdown = result.synthesis_markdown


async def _screen_requests(parties: Iterable[Party]) -> AsyncIterator[ScreenBatchRequest]:
    for party in parties:
        yield ScreenBatchRequest(request=ScreenRequest(party=party))
