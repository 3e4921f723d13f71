"""RegistryService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from trustrelay.osint.v1 import registry_service_pb2 as messages
from trustrelay.osint.v1 import registry_service_pb2_grpc as stubs
from trustrelay.osint_service.application.collect_registry import CollectRegistry, RegistryResult
from trustrelay.osint_service.application.progress import Progress
from trustrelay.osint_service.entrypoints import protos


class RegistryServicer(stubs.RegistryServiceServicer):
    """Translates and delegates."""

    def __init__(self, collect: CollectRegistry) -> None:
        self._collect = collect

    async def CollectRegistry(self, request: messages.CollectRegistryRequest, context: Any) -> AsyncIterator[messages.CollectRegistryResponse]:
        """Progress, then one result."""
        async for event in self._collect(protos.subject(request.subject), protos.destination(request.destination)):
            if isinstance(event, Progress):
                yield messages.CollectRegistryResponse(progress=progress(event))
            else:
                yield messages.CollectRegistryResponse(result=_result(event))


def progress(event: Progress) -> messages.SourceProgress:
    """One step of one source."""
    return messages.SourceProgress(source=event.source, stage=event.stage)


def _result(result: RegistryResult) -> messages.CollectRegistryResult:
    now = datetime.now(UTC)
    return messages.CollectRegistryResult(
        profiles=[protos.profile_message(each) for each in result.profiles],
        parties=[protos.party_message(each) for each in result.parties],
        evidence=[protos.evidence_message(each) for each in result.evidence],
        checks=[protos.check_message(each, now) for each in result.checks],
        findings=[protos.finding_message(each) for each in result.findings],
    )
