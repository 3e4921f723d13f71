"""CaseService: parse, call one use case, build the reply."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from opentelemetry import trace

from trustrelay.case.v1 import case_service_pb2 as pb
from trustrelay.case.v1.case_service_pb2_grpc import CaseServiceServicer
from trustrelay.case_api.application.capsule import FetchCapsule
from trustrelay.case_api.application.identity import VerifyIdentity
from trustrelay.case_api.application.messages import Message
from trustrelay.case_api.application.open_case import OpenCaseUseCase
from trustrelay.case_api.application.portal import PortalAccess
from trustrelay.case_api.application.ports import AuditLog, Cases, Templates
from trustrelay.case_api.application.send_message import SendMessage
from trustrelay.case_api.application.uploads import Uploads
from trustrelay.case_api.domain.addressees import CASE
from trustrelay.case_api.domain.preconditions import status_value
from trustrelay.case_api.entrypoints import case_messages, case_requests, case_stewardship
from trustrelay.contracts.case_workflow import Receipt
from trustrelay.contracts.etags import etag
from trustrelay.servicekit.handlers import ServicerContext


@dataclass(frozen=True, slots=True)
class Application:
    """Everything that an entrypoint can ask for."""

    open_case: OpenCaseUseCase
    send: SendMessage[Receipt]
    uploads: Uploads
    portal: PortalAccess
    identity: VerifyIdentity
    fetch_capsule: FetchCapsule
    cases: Cases
    audit: AuditLog
    templates: Templates


class CaseServicer(CaseServiceServicer):
    """See case_service.proto; every method may raise ServiceError."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def CreateCase(self, request: pb.CreateCaseRequest, context: ServicerContext) -> pb.CreateCaseResponse:
        """Opens a case."""
        case_id, receipt = await self._app.open_case(case_requests.staging(request))
        return pb.CreateCaseResponse(receipt=_receipt(_seen(case_id), receipt))

    async def GetCase(self, request: pb.GetCaseRequest, context: ServicerContext) -> pb.GetCaseResponse:
        """Everything known."""
        return pb.GetCaseResponse(case_file=await self._app.cases.case_file(_case(request.case_id)))

    async def ListCases(self, request: pb.ListCasesRequest, context: ServicerContext) -> pb.ListCasesResponse:
        """A page of headers."""
        size = case_requests.page_size(request.page_size, limit=200)
        cases, token = await self._app.cases.list_cases(size, request.page_token, request.status)
        return pb.ListCasesResponse(cases=cases, next_page_token=token)

    async def WatchCase(self, request: pb.WatchCaseRequest, context: ServicerContext) -> AsyncIterator[pb.WatchCaseResponse]:
        """Headers until the end."""
        async with aclosing(self._app.cases.watch(_case(request.case_id))) as headers:
            async for header in headers:
                yield pb.WatchCaseResponse(header=header)

    async def ApproveRequirements(self, request: pb.ApproveRequirementsRequest, context: ServicerContext) -> pb.ApproveRequirementsResponse:
        """Opens the gate."""
        return pb.ApproveRequirementsResponse(receipt=await self._sent(case_messages.approve_requirements(request)))

    async def SkipDocuments(self, request: pb.SkipDocumentsRequest, context: ServicerContext) -> pb.SkipDocumentsResponse:
        """Ends the wait."""
        return pb.SkipDocumentsResponse(receipt=await self._sent(case_messages.skip_documents(request)))

    async def ResolveHit(self, request: pb.ResolveHitRequest, context: ServicerContext) -> pb.ResolveHitResponse:
        """Judges a hit."""
        return pb.ResolveHitResponse(receipt=await self._sent(case_messages.resolve_hit(request)))

    async def OverrideCheck(self, request: pb.OverrideCheckRequest, context: ServicerContext) -> pb.OverrideCheckResponse:
        """Accepts a NOT_ASSESSED."""
        return pb.OverrideCheckResponse(receipt=await self._sent(case_messages.override_check(request)))

    async def DecideCase(self, request: pb.DecideCaseRequest, context: ServicerContext) -> pb.DecideCaseResponse:
        """Decides."""
        return pb.DecideCaseResponse(receipt=await self._sent(case_messages.decide(request)))

    async def ConfirmDecision(self, request: pb.ConfirmDecisionRequest, context: ServicerContext) -> pb.ConfirmDecisionResponse:
        """Confirms or returns."""
        return pb.ConfirmDecisionResponse(receipt=await self._sent(case_messages.confirm_decision(request)))

    async def WithdrawCase(self, request: pb.WithdrawCaseRequest, context: ServicerContext) -> pb.WithdrawCaseResponse:
        """Withdraws."""
        return pb.WithdrawCaseResponse(receipt=await self._sent(case_messages.withdraw(request)))

    async def SetAutomationTier(self, request: pb.SetAutomationTierRequest, context: ServicerContext) -> pb.SetAutomationTierResponse:
        """Forces a tier."""
        return pb.SetAutomationTierResponse(receipt=await self._sent(case_messages.set_tier(request)))

    async def ExtendTimeline(self, request: pb.ExtendTimelineRequest, context: ServicerContext) -> pb.ExtendTimelineResponse:
        """More time."""
        return pb.ExtendTimelineResponse(receipt=await self._sent(case_stewardship.extend_timeline(request)))

    async def ReassignCase(self, request: pb.ReassignCaseRequest, context: ServicerContext) -> pb.ReassignCaseResponse:
        """Another owner."""
        return pb.ReassignCaseResponse(receipt=await self._sent(case_stewardship.reassign(request)))

    async def ReclassifyMcc(self, request: pb.ReclassifyMccRequest, context: ServicerContext) -> pb.ReclassifyMccResponse:
        """Another merchant category."""
        return pb.ReclassifyMccResponse(receipt=await self._sent(case_stewardship.reclassify_mcc(request)))

    async def ResumeCase(self, request: pb.ResumeCaseRequest, context: ServicerContext) -> pb.ResumeCaseResponse:
        """Takes a failed case up again."""
        return pb.ResumeCaseResponse(receipt=await self._sent(case_stewardship.resume(request)))

    async def CreatePortalLink(self, request: pb.CreatePortalLinkRequest, context: ServicerContext) -> pb.CreatePortalLinkResponse:
        """A way in for the customer."""
        lifetime = case_requests.lifetime(request)
        return pb.CreatePortalLinkResponse(token=await self._app.portal.create_link(_case(request.case_id), lifetime))

    async def CreateUpload(self, request: pb.CreateUploadRequest, context: ServicerContext) -> pb.CreateUploadResponse:
        """Permission to post."""
        upload_id, grant = await self._app.uploads.create(case_requests.officer_upload(request))
        return pb.CreateUploadResponse(upload_id=upload_id, grant=grant)

    async def CompleteUpload(self, request: pb.CompleteUploadRequest, context: ServicerContext) -> pb.CompleteUploadResponse:
        """An upload becomes a document."""
        upload_id = case_requests.upload_id(request.upload_id)
        return pb.CompleteUploadResponse(document=await self._app.uploads.complete(_case(request.case_id), upload_id))

    async def ListAuditEvents(self, request: pb.ListAuditEventsRequest, context: ServicerContext) -> pb.ListAuditEventsResponse:
        """A page of the log."""
        size = case_requests.page_size(request.page_size, limit=1000)
        events, token = await self._app.audit.page(CASE.chain(_case(request.case_id)), size, request.page_token)
        return pb.ListAuditEventsResponse(events=events, next_page_token=token)

    async def GetCapsule(self, request: pb.GetCapsuleRequest, context: ServicerContext) -> pb.GetCapsuleResponse:
        """The signed evidence."""
        return pb.GetCapsuleResponse(capsule=await self._app.fetch_capsule(_case(request.case_id)))

    async def _sent(self, message: Message) -> pb.MessageReceipt:
        return _receipt(_seen(message.about), await self._app.send(message))


def _case(case_id: str) -> str:
    """The canonical case id, marked on the span."""
    return _seen(case_requests.case_id(case_id))


def _seen(case_id: str) -> str:
    trace.get_current_span().set_attribute("case.id", case_id)
    return case_id


def _receipt(case_id: str, receipt: Receipt) -> pb.MessageReceipt:
    version = receipt.state_version
    return pb.MessageReceipt(case_id=case_id, status=status_value(receipt.status), state_version=version, etag=etag(case_id, version))
