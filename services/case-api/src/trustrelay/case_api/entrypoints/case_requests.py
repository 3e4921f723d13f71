"""Requests of CaseService that are no messages to the workflow, checked and in canonical form."""

from __future__ import annotations

from datetime import timedelta

from trustrelay.case.v1 import case_service_pb2 as pb
from trustrelay.case_api.application.ports import Staging, UploadRequest
from trustrelay.case_api.domain import fields
from trustrelay.case_api.domain.digests import body_sha256
from trustrelay.case_api.domain.problems import Problems
from trustrelay.case_api.domain.subjects import canonical_subject
from trustrelay.servicekit import context as call_context

_LANGUAGES = ("en", "nl", "fr")
_MAX_FILE_NAME = 255


def staging(request: pb.CreateCaseRequest) -> Staging:
    """A new case. Equal subjects in different notation make the same body."""
    problems = Problems()
    request_id = fields.request_id(request.request_id, problems)
    template = fields.text("template_id", request.template_id, problems, limit=fields.MAX_NAME)
    language = request.language.strip().lower() or _LANGUAGES[0]
    if language not in _LANGUAGES:
        problems.add("language", f"must be one of {', '.join(_LANGUAGES)}")
    subject = canonical_subject(request.subject, problems)
    answers = fields.answers(request.answers, problems)
    problems.refuse_if_any()
    canonical = pb.CreateCaseRequest(template_id=template, subject=subject, language=language, answers=answers)
    return Staging(request_id, body_sha256(canonical), template, subject, language, answers)


def officer_upload(request: pb.CreateUploadRequest) -> UploadRequest:
    """An officer's upload; the size itself is judged by the object service."""
    uploader = f"officer:{call_context.current().actor}"
    return upload(request.case_id, request, uploader)


def upload(case: str, request: pb.CreateUploadRequest, uploaded_by: str) -> UploadRequest:
    """Whoever uploads: ids and names within bounds."""
    problems = Problems()
    request_id = fields.request_id(request.request_id, problems)
    requirement = fields.text("requirement_id", request.requirement_id, problems, limit=fields.MAX_NAME)
    file_name = fields.text("file_name", request.file_name, problems, limit=_MAX_FILE_NAME)
    if not case.strip():
        problems.add("case_id", "is required")
    problems.refuse_if_any()
    return UploadRequest(case_id(case), request_id, requirement, file_name, request.size_bytes, uploaded_by)


def upload_id(value: str) -> str:
    """Required."""
    problems = Problems()
    checked = fields.text("upload_id", value, problems, limit=fields.MAX_NAME)
    problems.refuse_if_any()
    return checked


def lifetime(request: pb.CreatePortalLinkRequest) -> timedelta | None:
    """Absent or positive."""
    if not request.HasField("lifetime"):
        return None
    wanted = request.lifetime.ToTimedelta()
    problems = Problems()
    if wanted <= timedelta(0):
        problems.add("lifetime", "must be positive")
    problems.refuse_if_any()
    return wanted


def page_size(value: int, *, limit: int) -> int:
    """0 or 1..limit."""
    problems = Problems()
    checked = fields.page_size(value, problems, limit=limit)
    problems.refuse_if_any()
    return checked


def case_id(value: str) -> str:
    """InvalidArgument / FIELD_INVALID when empty; NotFound / CASE_NOT_FOUND when it cannot be an id."""
    return fields.case_id(value)
