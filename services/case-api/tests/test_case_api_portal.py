"""PortalService over a real channel: what a link opens, and what a customer never sees."""

from datetime import timedelta

import grpc
import pytest
from case_api_harness import Api, refused, request_id, running_api

from trustrelay.case.v1 import case_service_pb2
from trustrelay.case.v1 import portal_service_pb2 as pb
from trustrelay.common.v1 import case_file_pb2, case_types_pb2, evidence_types_pb2
from trustrelay.common.v1 import requirement_types_pb2 as req

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


@pytest.fixture
async def api():
    async with running_api() as running:
        yield running


async def link(api: Api, case_id: str, lifetime: timedelta | None = None) -> tuple[tuple[str, str], ...]:
    request = case_service_pb2.CreatePortalLinkRequest(case_id=case_id)
    if lifetime is not None:
        request.lifetime.FromTimedelta(lifetime)
    made = await api.cases.CreatePortalLink(request, metadata=await api.as_user("olivia"))
    return (("x-portal-token", made.token),)


def upload(**changes: object) -> pb.PortalServiceCreateUploadRequest:
    given = {"request_id": request_id(), "requirement_id": "ubo_register_extract", "file_name": "ubo.pdf", "size_bytes": 10, **changes}
    return pb.PortalServiceCreateUploadRequest(**given)


async def test_a_link_opens_its_case_and_is_kept_as_a_hash(api: Api):
    """The secret itself is stored nowhere; that a link was given is audited by the store."""
    case_id = api.stored_case(status="AWAITING_DOCUMENTS")
    metadata = await link(api, case_id)
    shown = (await api.portal.GetPortalCase(pb.GetPortalCaseRequest(), metadata=metadata)).portal_case
    assert (shown.status, shown.language) == (case_types_pb2.CASE_STATUS_AWAITING_DOCUMENTS, "nl")
    token = metadata[0][1]
    assert token not in api.store.tokens
    assert token not in str(api.store)


async def test_a_link_ends_with_the_case_at_the_latest(api: Api):
    """A longer lifetime than the case's is cut."""
    case_id = api.stored_case()
    await link(api, case_id, timedelta(days=900))
    (kept,) = api.store.tokens.values()
    assert kept.expire_time == api.store.file("acme", case_id).header.expire_time


async def test_wrong_tokens_are_refused(api: Api):
    """Missing, unknown and expired are told apart."""
    async with refused(grpc.StatusCode.UNAUTHENTICATED, "PORTAL_TOKEN_MISSING"):
        await api.portal.GetPortalCase(pb.GetPortalCaseRequest())
    async with refused(grpc.StatusCode.UNAUTHENTICATED, "PORTAL_TOKEN_INVALID"):
        await api.portal.GetPortalCase(pb.GetPortalCaseRequest(), metadata=(("x-portal-token", "guess"),))
    metadata = await link(api, api.stored_case(), timedelta(microseconds=1))
    async with refused(grpc.StatusCode.UNAUTHENTICATED, "PORTAL_TOKEN_EXPIRED"):
        await api.portal.GetPortalCase(pb.GetPortalCaseRequest(), metadata=metadata)


async def test_an_officers_token_does_not_open_the_portal(api: Api):
    """The portal knows portal tokens only."""
    async with refused(grpc.StatusCode.UNAUTHENTICATED, "PORTAL_TOKEN_MISSING"):
        await api.portal.GetPortalCase(pb.GetPortalCaseRequest(), metadata=await api.as_user("olivia"))


async def test_the_customer_sees_their_own_and_nothing_else(api: Api):
    """No hits, findings or officers; no requirement that is covered or waived; reasons only where the customer can act."""
    case_id = api.stored_case(status="AWAITING_DOCUMENTS")
    file = api.store.file("acme", case_id)
    file.requirements.add(requirement_id="open", status=req.REQUIREMENT_STATUS_OPEN, covered_by_evidence_kinds=["registry_record"])
    file.requirements.add(requirement_id="bounced", status=req.REQUIREMENT_STATUS_BOUNCED)
    file.requirements.add(requirement_id="covered", status=req.REQUIREMENT_STATUS_COVERED)
    file.requirements.add(requirement_id="waived", status=req.REQUIREMENT_STATUS_WAIVED)
    why = req.ValidationResult(reasons=[req.ValidationReason(code="TOO_OLD", message="Te oud.")])
    file.documents.add(document_id="d1", uploaded_by="customer", state=req.DOCUMENT_STATE_INVALID, validation=why)
    file.documents.add(document_id="d2", uploaded_by="customer", state=req.DOCUMENT_STATE_NEEDS_REVIEW, validation=why)
    file.documents.add(document_id="d3", uploaded_by="officer:olivia", state=req.DOCUMENT_STATE_VALID)
    file.tasks.extend(case_file_pb2.Task(task_id=kind, kind=kind) for kind in ("reupload_document", "follow_up", "resolve_hit"))
    file.hits.add(hit_id="h", status=evidence_types_pb2.HIT_STATUS_OPEN)
    shown = (await api.portal.GetPortalCase(pb.GetPortalCaseRequest(), metadata=await link(api, case_id))).portal_case
    assert [r.requirement_id for r in shown.requirements] == ["open", "bounced"]
    assert not shown.requirements[0].covered_by_evidence_kinds
    assert [(d.document_id, len(d.reasons)) for d in shown.documents] == [("d1", 1), ("d2", 0)]
    assert [t.kind for t in shown.tasks] == ["reupload_document", "follow_up"]
    assert "olivia" not in str(shown)


@pytest.mark.parametrize("status", ["ESCALATED", "AWAITING_SECOND_APPROVAL"])
async def test_a_customer_is_not_tipped_off(api: Api, status: str):
    """That a case was escalated or waits for a second officer looks like any review."""
    metadata = await link(api, case_id := api.stored_case(status="REVIEW_PENDING"))
    api.store.transition("acme", case_id, status)
    shown = (await api.portal.GetPortalCase(pb.GetPortalCaseRequest(), metadata=metadata)).portal_case
    assert shown.status == case_types_pb2.CASE_STATUS_REVIEW_PENDING


@pytest.mark.parametrize("status", ["AWAITING_DOCUMENTS", "PROCESSING_DOCUMENTS"])
async def test_a_customer_uploads_while_documents_are_wanted(api: Api, status: str):
    """Also while others are processed; the document is theirs."""
    metadata = await link(api, api.stored_case(status=status))
    made = await api.portal.CreateUpload(upload(), metadata=metadata)
    done = await api.portal.CompleteUpload(pb.PortalServiceCompleteUploadRequest(upload_id=made.upload_id), metadata=metadata)
    assert done.document.file_name == "ubo.pdf"
    (document,) = (await api.portal.GetPortalCase(pb.GetPortalCaseRequest(), metadata=metadata)).portal_case.documents
    assert document.document_id == done.document.document_id


@pytest.mark.parametrize("status", ["REQUIREMENTS_REVIEW", "REVIEW_PENDING", "APPROVED"])
async def test_outside_the_wait_the_portal_is_closed(api: Api, status: str):
    """Answers, uploads and submissions get the same one answer; reading stays possible."""
    metadata = await link(api, case_id := api.stored_case(status="AWAITING_DOCUMENTS"))
    api.store.transition("acme", case_id, status)
    async with refused(PRECONDITION, "PORTAL_CLOSED"):
        await api.portal.SaveAnswers(pb.SaveAnswersRequest(answers={"q": "a"}), metadata=metadata)
    async with refused(PRECONDITION, "PORTAL_CLOSED"):
        await api.portal.CreateUpload(upload(), metadata=metadata)
    async with refused(PRECONDITION, "PORTAL_CLOSED"):
        await api.portal.CompleteUpload(pb.PortalServiceCompleteUploadRequest(upload_id="u"), metadata=metadata)
    assert (await api.portal.GetPortalCase(pb.GetPortalCaseRequest(), metadata=metadata)).portal_case.status


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"size_bytes": 0}, grpc.StatusCode.INVALID_ARGUMENT, "DOCUMENT_EMPTY"),
        ({"size_bytes": 10**9}, grpc.StatusCode.INVALID_ARGUMENT, "DOCUMENT_TOO_LARGE"),
        ({"requirement_id": "passport"}, grpc.StatusCode.NOT_FOUND, "REQUIREMENT_NOT_FOUND"),
        ({"request_id": "x"}, grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"),
        ({"file_name": ""}, grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"),
    ],
)
async def test_bad_uploads_have_their_reasons(api: Api, changes: dict, code: grpc.StatusCode, reason: str):
    """A customer's client can tell what to do about each."""
    metadata = await link(api, api.stored_case(status="AWAITING_DOCUMENTS"))
    async with refused(code, reason):
        await api.portal.CreateUpload(upload(**changes), metadata=metadata)


async def test_an_upload_must_have_been_posted(api: Api):
    """UPLOAD_MISSING and UPLOAD_NOT_FOUND come from the object service and stay what they are."""
    metadata = await link(api, api.stored_case(status="AWAITING_DOCUMENTS"))
    made = await api.portal.CreateUpload(upload(file_name="missing.pdf"), metadata=metadata)
    async with refused(PRECONDITION, "UPLOAD_MISSING"):
        await api.portal.CompleteUpload(pb.PortalServiceCompleteUploadRequest(upload_id=made.upload_id), metadata=metadata)
    async with refused(grpc.StatusCode.NOT_FOUND, "UPLOAD_NOT_FOUND"):
        await api.portal.CompleteUpload(pb.PortalServiceCompleteUploadRequest(upload_id="other"), metadata=metadata)


async def test_answers_are_stored(api: Api):
    """What a customer answers is there when they come back."""
    metadata = await link(api, api.stored_case(status="AWAITING_DOCUMENTS"))
    await api.portal.SaveAnswers(pb.SaveAnswersRequest(answers={"activity": "bakery"}), metadata=metadata)
    shown = (await api.portal.GetPortalCase(pb.GetPortalCaseRequest(), metadata=metadata)).portal_case
    assert dict(shown.answers) == {"activity": "bakery"}


async def test_a_submission_says_when_the_engine_is_away(api: Api):
    """The customer may try again; nothing was lost or queued."""
    metadata = await link(api, api.stored_case(status="AWAITING_DOCUMENTS"))
    async with refused(grpc.StatusCode.UNAVAILABLE, "WORKFLOW_ENGINE_UNAVAILABLE"):
        await api.portal.SubmitDocuments(pb.SubmitDocumentsRequest(request_id=request_id()), metadata=metadata)
