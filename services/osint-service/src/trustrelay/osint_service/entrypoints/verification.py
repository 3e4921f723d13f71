"""VerificationService."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

from trustrelay.common.v1 import assessment_types_pb2 as assessment_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.osint.v1 import verification_service_pb2 as messages
from trustrelay.osint.v1 import verification_service_pb2_grpc as stubs
from trustrelay.osint_service.application.progress import Progress
from trustrelay.osint_service.application.run_checks import ChecksResult, RunChecks
from trustrelay.osint_service.application.verify_eori import VerifyEori
from trustrelay.osint_service.domain.model import Check
from trustrelay.osint_service.domain.verification import belgian
from trustrelay.osint_service.domain.verification.accounts import check_accounts
from trustrelay.osint_service.domain.verification.fields import validate_fields
from trustrelay.osint_service.domain.verification.identity import Identity, verify_identity
from trustrelay.osint_service.entrypoints import papers, protos
from trustrelay.osint_service.entrypoints.registry import progress


class VerificationServicer(stubs.VerificationServiceServicer):
    """Translates and delegates."""

    def __init__(self, run: RunChecks, verify_eori: VerifyEori) -> None:
        self._run = run
        self._verify_eori = verify_eori

    async def RunChecks(self, request: messages.RunChecksRequest, context: Any) -> AsyncIterator[messages.RunChecksResponse]:
        """Progress, then one result."""
        async for event in self._run(protos.subject(request.subject), protos.destination(request.destination)):
            if isinstance(event, Progress):
                yield messages.RunChecksResponse(progress=progress(event))
            else:
                yield messages.RunChecksResponse(result=_result(event))

    async def VerifyEori(self, request: messages.VerifyEoriRequest, context: Any) -> messages.VerifyEoriResponse:
        """The check `eori`."""
        return messages.VerifyEoriResponse(checks=_checks([await self._verify_eori(protos.subject(request.subject))]))

    async def VerifyPeppol(self, request: messages.VerifyPeppolRequest, context: Any) -> messages.VerifyPeppolResponse:
        """The check `peppol_participant`."""
        return messages.VerifyPeppolResponse(checks=_checks(belgian.peppol()))

    async def VerifyWithholding(self, request: messages.VerifyWithholdingRequest, context: Any) -> messages.VerifyWithholdingResponse:
        """The checks `withholding_social` and `withholding_fiscal`."""
        return messages.VerifyWithholdingResponse(checks=_checks(belgian.withholding()))

    async def VerifyPayee(self, request: messages.VerifyPayeeRequest, context: Any) -> messages.VerifyPayeeResponse:
        """Two checks per account."""
        return messages.VerifyPayeeResponse(checks=_checks(check_accounts(protos.subject(request.subject))))

    async def VerifyIdentity(self, request: messages.VerifyIdentityRequest, context: Any) -> messages.VerifyIdentityResponse:
        """The check `identity_verification`."""
        identity = _identity(request.identity) if request.HasField("identity") else None
        done = verify_identity(protos.subject(request.subject), identity)
        return messages.VerifyIdentityResponse(checks=_checks([done.check]), findings=[protos.finding_message(each) for each in done.findings])

    async def ValidateFields(self, request: messages.ValidateFieldsRequest, context: Any) -> messages.ValidateFieldsResponse:
        """One check per answer."""
        checks = validate_fields([papers.question(each) for each in request.questions], dict(request.answers))
        return messages.ValidateFieldsResponse(checks=_checks(checks))


def _identity(message: assessment_types.IdentityResult) -> Identity:
    return Identity(message.assurance, message.full_name, message.birth_date, message.nationality)


def _checks(found: Iterable[Check]) -> list[evidence_types.Check]:
    now = datetime.now(UTC)
    return [protos.check_message(each, now) for each in found]


def _result(result: ChecksResult) -> messages.RunChecksResult:
    now = datetime.now(UTC)
    return messages.RunChecksResult(
        checks=[protos.check_message(each, now) for each in result.checks],
        evidence=[protos.evidence_message(each) for each in result.evidence],
        findings=[protos.finding_message(each) for each in result.findings],
        profiles=[protos.profile_message(each) for each in result.profiles],
    )
