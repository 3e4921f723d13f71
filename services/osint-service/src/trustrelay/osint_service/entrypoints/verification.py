"""VerificationService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from trustrelay.osint.v1 import verification_service_pb2 as messages
from trustrelay.osint.v1 import verification_service_pb2_grpc as stubs
from trustrelay.osint_service.application.progress import Progress
from trustrelay.osint_service.application.run_checks import ChecksResult, RunChecks
from trustrelay.osint_service.entrypoints import protos
from trustrelay.osint_service.entrypoints.registry import progress


class VerificationServicer(stubs.VerificationServiceServicer):
    """Translates and delegates."""

    def __init__(self, run: RunChecks) -> None:
        self._run = run

    async def RunChecks(self, request: messages.RunChecksRequest, context: Any) -> AsyncIterator[messages.RunChecksResponse]:
        """Progress, then one result."""
        async for event in self._run(protos.subject(request.subject), protos.destination(request.destination)):
            if isinstance(event, Progress):
                yield messages.RunChecksResponse(progress=progress(event))
            else:
                yield messages.RunChecksResponse(result=_result(event))


def _result(result: ChecksResult) -> messages.RunChecksResult:
    now = datetime.now(UTC)
    return messages.RunChecksResult(
        checks=[protos.check_message(each, now) for each in result.checks],
        evidence=[protos.evidence_message(each) for each in result.evidence],
        findings=[protos.finding_message(each) for each in result.findings],
        profiles=[protos.profile_message(each) for each in result.profiles],
    )
