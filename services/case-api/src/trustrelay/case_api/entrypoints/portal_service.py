"""PortalService: the customer's view of one case. The portal token names the case, so no request does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trustrelay.case.v1 import case_service_pb2 as case_pb
from trustrelay.case.v1 import portal_service_pb2 as pb
from trustrelay.case.v1.portal_service_pb2_grpc import PortalServiceServicer
from trustrelay.case_api.application.messages import Message
from trustrelay.case_api.domain import fields, portal_view
from trustrelay.case_api.domain.preconditions import for_customer, status_value
from trustrelay.case_api.domain.problems import Problems
from trustrelay.case_api.domain.roles import CUSTOMER
from trustrelay.case_api.entrypoints import case_requests
from trustrelay.case_api.entrypoints.authentication import portal_case
from trustrelay.case_api.entrypoints.case_service import Application
from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.requirement_types_pb2 import CaseDocument
from trustrelay.contracts.case_workflow import MAX_SUBMISSION, DocumentsSubmitted, Update
from trustrelay.servicekit.errors import FailedPrecondition
from trustrelay.servicekit.handlers import ServicerContext


class PortalServicer(PortalServiceServicer):
    """See portal_service.proto; every method may raise ServiceError."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def GetPortalCase(self, request: pb.GetPortalCaseRequest, context: ServicerContext) -> pb.GetPortalCaseResponse:
        """What the customer may see."""
        return pb.GetPortalCaseResponse(portal_case=_portal_case(await self._app.cases.case_file(portal_case())))

    async def SaveAnswers(self, request: pb.SaveAnswersRequest, context: ServicerContext) -> pb.SaveAnswersResponse:
        """Stores answers."""
        problems = Problems()
        answers = fields.answers(request.answers, problems)
        problems.refuse_if_any()
        with _told_to_customers():
            await self._app.portal.save_answers(portal_case(), answers)
        return pb.SaveAnswersResponse()

    async def CreateUpload(self, request: pb.PortalServiceCreateUploadRequest, context: ServicerContext) -> pb.PortalServiceCreateUploadResponse:
        """Permission to post."""
        wanted = case_pb.CreateUploadRequest(
            request_id=request.request_id, requirement_id=request.requirement_id, file_name=request.file_name, size_bytes=request.size_bytes
        )
        with _told_to_customers():
            upload_id, grant = await self._app.uploads.create(case_requests.upload(portal_case(), wanted, CUSTOMER))
        return pb.PortalServiceCreateUploadResponse(upload_id=upload_id, grant=grant)

    async def CompleteUpload(
        self, request: pb.PortalServiceCompleteUploadRequest, context: ServicerContext
    ) -> pb.PortalServiceCompleteUploadResponse:
        """An upload becomes a document."""
        with _told_to_customers():
            document = await self._app.uploads.complete(portal_case(), case_requests.upload_id(request.upload_id))
        return pb.PortalServiceCompleteUploadResponse(document=_portal_document(document))

    async def SubmitDocuments(self, request: pb.SubmitDocumentsRequest, context: ServicerContext) -> pb.SubmitDocumentsResponse:
        """Hands the uploads in."""
        message = _submission(request, portal_case())
        with _told_to_customers():
            receipt = await self._app.send(message)
        status = portal_view.shown_status(status_value(receipt.status))
        return pb.SubmitDocumentsResponse(status=status, submission_number=receipt.submission_number)

    async def StartIdentityVerification(
        self, request: pb.StartIdentityVerificationRequest, context: ServicerContext
    ) -> pb.StartIdentityVerificationResponse:
        """Where the customer proves who they are."""
        request_id = _request_id(request.request_id)
        with _told_to_customers():
            url, expires_at = await self._app.identity.start(portal_case(), request_id)
        reply = pb.StartIdentityVerificationResponse(authorization_url=url)
        reply.expire_time.FromDatetime(expires_at)
        return reply

    async def CompleteIdentityVerification(
        self, request: pb.CompleteIdentityVerificationRequest, context: ServicerContext
    ) -> pb.CompleteIdentityVerificationResponse:
        """The customer is back from there. The session that `state` names is the intention, so any request id will do."""
        _request_id(request.request_id)
        with _told_to_customers():
            receipt, assurance = await self._app.identity.complete(portal_case(), request.state, request.code)
        status = portal_view.shown_status(status_value(receipt.status))
        return pb.CompleteIdentityVerificationResponse(status=status, assurance=assurance)


def _request_id(value: str) -> str:
    problems = Problems()
    checked = fields.request_id(value, problems)
    problems.refuse_if_any()
    return checked


def _submission(request: pb.SubmitDocumentsRequest, case_id: str) -> Message:
    problems = Problems()
    request_id = fields.request_id(request.request_id, problems)
    number = request.submission_number
    if not 0 <= number <= MAX_SUBMISSION:
        problems.add("submission_number", f"must be 1..{MAX_SUBMISSION}, or 0 for the next one")
    problems.refuse_if_any()
    return Message(Update.DOCUMENTS_SUBMITTED, case_id, request_id, "", lambda e: DocumentsSubmitted(e, number))


@contextmanager
def _told_to_customers() -> Iterator[None]:
    """Refusals in the words of the portal: FailedPrecondition / PORTAL_CLOSED."""
    try:
        yield
    except FailedPrecondition as refusal:
        told = for_customer(refusal)
        if told is refusal:
            raise
        raise told from refusal


def _portal_case(case_file: CaseFile) -> pb.PortalCase:
    header = case_file.header
    return pb.PortalCase(
        status=portal_view.shown_status(header.status),
        language=header.language,
        requirements=portal_view.asked(case_file.requirements),
        documents=[_portal_document(document) for document in portal_view.own_documents(case_file)],
        tasks=portal_view.customer_tasks(case_file.tasks),
        expire_time=header.expire_time if header.HasField("expire_time") else None,
        answers=case_file.answers,
        questions=case_file.questions,
    )


def _portal_document(document: CaseDocument) -> pb.PortalDocument:
    return pb.PortalDocument(
        document_id=document.document_id,
        requirement_id=document.requirement_id,
        file_name=document.file_name,
        state=document.state,
        reasons=portal_view.reasons_shown(document),
    )
