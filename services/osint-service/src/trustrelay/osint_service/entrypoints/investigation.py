"""InvestigationService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from trustrelay.osint.v1 import investigation_service_pb2 as messages
from trustrelay.osint.v1 import investigation_service_pb2_grpc as stubs
from trustrelay.osint_service.application.investigate import Investigate, InvestigationResult
from trustrelay.osint_service.application.progress import Progress
from trustrelay.osint_service.application.scrape_website import ScrapeWebsite
from trustrelay.osint_service.entrypoints import protos
from trustrelay.osint_service.entrypoints.registry import progress


class InvestigationServicer(stubs.InvestigationServiceServicer):
    """Translates and delegates."""

    def __init__(self, investigate: Investigate, scrape: ScrapeWebsite) -> None:
        self._investigate = investigate
        self._scrape = scrape

    async def Investigate(self, request: messages.InvestigateRequest, context: Any) -> AsyncIterator[messages.InvestigateResponse]:
        """Progress, then one result."""
        subject, parties = protos.subject(request.subject), protos.parties(request.parties)
        async for event in self._investigate(subject, parties, protos.destination(request.destination)):
            if isinstance(event, Progress):
                yield messages.InvestigateResponse(progress=progress(event))
            else:
                yield messages.InvestigateResponse(result=_result(event))

    async def ScrapeWebsite(self, request: messages.ScrapeWebsiteRequest, context: Any) -> AsyncIterator[messages.ScrapeWebsiteResponse]:
        """Progress, then one result."""
        async for event in self._scrape(protos.subject(request.subject), protos.destination(request.destination)):
            if isinstance(event, Progress):
                yield messages.ScrapeWebsiteResponse(progress=progress(event))
            else:
                check = protos.check_message(event, datetime.now(UTC))
                yield messages.ScrapeWebsiteResponse(result=messages.ScrapeWebsiteResult(checks=[check]))


def _result(result: InvestigationResult) -> messages.InvestigateResult:
    now = datetime.now(UTC)
    return messages.InvestigateResult(
        evidence=[protos.evidence_message(each) for each in result.evidence],
        checks=[protos.check_message(each, now) for each in result.checks],
        findings=[protos.finding_message(each) for each in result.findings],
        synthesis_markdown=result.synthesis_markdown,
    )
