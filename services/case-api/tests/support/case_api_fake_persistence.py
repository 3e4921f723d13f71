"""A small server that keeps persistence-service's contract, for tests of case-api alone. Real gRPC, state in memory."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from case_api_fake_portfolio import Portfolio, registrations

from trustrelay.common.v1 import case_types_pb2 as types
from trustrelay.common.v1.case_file_pb2 import CaseFile, CaseHeader, CasePolicy
from trustrelay.common.v1.decision_types_pb2 import AuditEvent
from trustrelay.common.v1.objects_pb2 import ReadGrant, WriteGrant
from trustrelay.common.v1.requirement_types_pb2 import CaseDocument
from trustrelay.persistence.v1 import audit_service_pb2 as audit
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.persistence.v1 import object_service_pb2 as objects
from trustrelay.persistence.v1.audit_service_pb2_grpc import AuditServiceServicer, add_AuditServiceServicer_to_server
from trustrelay.persistence.v1.case_store_service_pb2_grpc import (
    CaseStoreServiceServicer,
    TemplateServiceServicer,
    add_CaseStoreServiceServicer_to_server,
    add_TemplateServiceServicer_to_server,
)
from trustrelay.persistence.v1.object_service_pb2_grpc import ObjectServiceServicer, add_ObjectServiceServicer_to_server
from trustrelay.servicekit.context import CallContext, from_metadata
from trustrelay.servicekit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ServiceError,
    Unauthenticated,
)
from trustrelay.servicekit.grpc_server import Registration, running

TEMPLATE = "kyb_standard"
REQUIREMENT = "ubo_register_extract"
MAX_BYTES = 20_000_000


@dataclass
class Store:
    """What is stored, open to tests. `down` makes every call fail with it."""

    files: dict[tuple[str, str], CaseFile] = field(default_factory=dict)
    staged: dict[tuple[str, str], store.StageCaseRequest] = field(default_factory=dict)
    answers: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    tokens: dict[str, store.RegisterPortalTokenRequest] = field(default_factory=dict)
    tenants: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, objects.CreateUploadRequest] = field(default_factory=dict)
    events: list[tuple[str, str, store.AuditEntry]] = field(default_factory=list)
    templates: dict[tuple[str, str], str] = field(default_factory=dict)
    portfolio: Portfolio = field(default_factory=Portfolio)
    down: ServiceError | None = None

    def enter(self, context: Any) -> CallContext:
        """Every call but one carries a tenant."""
        if self.down is not None:
            raise self.down
        return from_metadata(dict(context.invocation_metadata()))

    def file(self, tenant: str, case_id: str) -> CaseFile:
        if (tenant, case_id) not in self.files:
            raise NotFound("CASE_NOT_FOUND", "there is no such case")
        return self.files[tenant, case_id]

    def open(self, tenant: str, case_id: str, request: store.StageCaseRequest, actor: str) -> None:
        """What OpenCase does."""
        header = CaseHeader(
            case_id=case_id, tenant_id=tenant, status=types.CASE_STATUS_CREATED, state_version=1, etag="stored-1", template_id=request.template_id,
            template_version=1, country=request.subject.country, subject_name=request.subject.legal_name, language=request.language, created_by=actor,
        )  # fmt: skip
        header.expire_time.FromSeconds(int(time.time()) + 60 * 86_400)
        self.files.setdefault((tenant, case_id), CaseFile(header=header, subject=request.subject, policy=_policy()))

    def transition(self, tenant: str, case_id: str, status: str, request_id: str = "", body_sha256: str = "", submission: int = 0) -> dict[str, Any]:
        """What RecordTransition does: next version, and the answer with it."""
        header = self.file(tenant, case_id).header
        header.status = types.CaseStatus.Value(f"CASE_STATUS_{status}")
        header.state_version += 1
        header.etag = f"stored-{header.state_version}"
        receipt = {"status": status, "state_version": header.state_version, "submission_number": submission}
        if request_id:
            self.answers[tenant, request_id] = (body_sha256, json.dumps(receipt).encode())
        return receipt


_TERMINAL = frozenset(range(types.CASE_STATUS_APPROVED, types.CASE_STATUS_FAILED))


def _policy() -> CasePolicy:
    return CasePolicy(
        mandatory_check_kinds=["sanctions_screening"], max_bounces=3, max_iterations=5, max_timeline_days=60, assisted_release_minutes=15,
        second_officer_triggers=["high_risk"],
    )  # fmt: skip


class CaseStore(CaseStoreServiceServicer):
    def __init__(self, kept: Store) -> None:
        self.kept = kept

    async def StageCase(self, request: store.StageCaseRequest, context: Any) -> store.StageCaseResponse:
        caller = self.kept.enter(context)
        if request.template_id != TEMPLATE:
            raise NotFound("TEMPLATE_NOT_FOUND", "there is no such template")
        earlier = self.kept.staged.setdefault((caller.tenant_id, request.request_id), request)
        if earlier.body_sha256 != request.body_sha256:
            raise AlreadyExists("REQUEST_ID_REUSED", "the request id was used with another body")
        case_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{caller.tenant_id}/{request.request_id}"))
        opened = (caller.tenant_id, case_id) in self.kept.files
        return store.StageCaseResponse(case_id=case_id, template_version=1, policy=_policy(), opened=opened)

    async def GetCaseFile(self, request: store.GetCaseFileRequest, context: Any) -> store.GetCaseFileResponse:
        caller = self.kept.enter(context)
        return store.GetCaseFileResponse(case_file=self.kept.file(caller.tenant_id, request.case_id))

    async def ListCases(self, request: store.ListCasesRequest, context: Any) -> store.ListCasesResponse:
        caller = self.kept.enter(context)
        headers = [f.header for (tenant, _), f in self.kept.files.items() if tenant == caller.tenant_id]
        found = [h for h in headers if request.status in (0, h.status)]
        start = int(request.page_token or 0)
        end = start + (request.page_size or 50)
        return store.ListCasesResponse(cases=found[start:end], next_page_token=str(end) if end < len(found) else "")

    async def WatchCase(self, request: store.WatchCaseRequest, context: Any) -> AsyncIterator[store.WatchCaseResponse]:
        caller = self.kept.enter(context)
        seen = 0
        while True:
            header = self.kept.file(caller.tenant_id, request.case_id).header
            if header.state_version != seen:
                seen = header.state_version
                yield store.WatchCaseResponse(header=header)
            if header.status in _TERMINAL:
                return
            await asyncio.sleep(0.02)

    async def FindAnswer(self, request: store.FindAnswerRequest, context: Any) -> store.FindAnswerResponse:
        caller = self.kept.enter(context)
        found = self.kept.answers.get((caller.tenant_id, request.request_id))
        if found is None:
            raise NotFound("ANSWER_NOT_FOUND", "no answer is stored")
        if found[0] != request.body_sha256:
            raise AlreadyExists("REQUEST_ID_REUSED", "the request id was used with another body")
        return store.FindAnswerResponse(answer=found[1])

    async def RegisterPortalToken(self, request: store.RegisterPortalTokenRequest, context: Any) -> store.RegisterPortalTokenResponse:
        caller = self.kept.enter(context)
        self.kept.tokens[request.token_sha256] = request
        self.kept.tenants[request.token_sha256] = caller.tenant_id
        return store.RegisterPortalTokenResponse()

    async def ResolvePortalToken(self, request: store.ResolvePortalTokenRequest, context: Any) -> store.ResolvePortalTokenResponse:
        assert "x-tenant-id" not in dict(context.invocation_metadata())
        if self.kept.down is not None:
            raise self.kept.down
        found = self.kept.tokens.get(request.token_sha256)
        if found is None:
            raise Unauthenticated("PORTAL_TOKEN_INVALID", "no case has this token")
        if found.expire_time.ToDatetime(UTC) <= datetime.now(UTC):
            raise Unauthenticated("PORTAL_TOKEN_EXPIRED", "the link has expired")
        return store.ResolvePortalTokenResponse(tenant_id=self.kept.tenants[request.token_sha256], case_id=found.case_id)

    async def SaveAnswers(self, request: store.SaveAnswersRequest, context: Any) -> store.SaveAnswersResponse:
        caller = self.kept.enter(context)
        self.kept.file(caller.tenant_id, request.case_id).answers.update(request.answers)
        return store.SaveAnswersResponse()

    async def RecordIdentity(self, request: store.RecordIdentityRequest, context: Any) -> store.RecordIdentityResponse:
        file = self.kept.file(self.kept.enter(context).tenant_id, request.case_id)
        if file.assessments.identity.session_id != request.identity.session_id:
            file.assessments.identity.CopyFrom(request.identity)
        return store.RecordIdentityResponse()


class Templates(TemplateServiceServicer):
    def __init__(self, kept: Store) -> None:
        self.kept = kept

    async def PutTemplate(self, request: store.PutTemplateRequest, context: Any) -> store.PutTemplateResponse:
        caller = self.kept.enter(context)
        if TEMPLATE in request.source:
            raise PermissionDenied("TEMPLATE_RESERVED", "the product's own")
        self.kept.templates[caller.tenant_id, "own"] = request.source
        return store.PutTemplateResponse(template=_template("own"))

    async def GetTemplate(self, request: store.GetTemplateRequest, context: Any) -> store.GetTemplateResponse:
        caller = self.kept.enter(context)
        if (caller.tenant_id, request.template_id) not in self.kept.templates:
            raise NotFound("TEMPLATE_NOT_FOUND", "there is no such template")
        source = self.kept.templates[caller.tenant_id, request.template_id]
        return store.GetTemplateResponse(template=_template(request.template_id), source=source)

    async def ListTemplates(self, request: store.ListTemplatesRequest, context: Any) -> store.ListTemplatesResponse:
        caller = self.kept.enter(context)
        own = [_template(name) for tenant, name in self.kept.templates if tenant == caller.tenant_id]
        return store.ListTemplatesResponse(templates=[_template(TEMPLATE, built_in=True), *own])


def _template(name: str, *, built_in: bool = False) -> store.TemplateInfo:
    return store.TemplateInfo(template_id=name, version=1, built_in=built_in, subject_type=types.SUBJECT_TYPE_COMPANY, policy=_policy())


class Objects(ObjectServiceServicer):
    def __init__(self, kept: Store) -> None:
        self.kept = kept

    async def CreateUpload(self, request: objects.CreateUploadRequest, context: Any) -> objects.CreateUploadResponse:
        self.kept.enter(context)
        if request.size_bytes <= 0:
            raise InvalidArgument("DOCUMENT_EMPTY", "the file is empty")
        if request.size_bytes > MAX_BYTES:
            raise InvalidArgument("DOCUMENT_TOO_LARGE", "the file is too large")
        if request.requirement_id != REQUIREMENT:
            raise NotFound("REQUIREMENT_NOT_FOUND", "the case asks for no such thing")
        upload_id = hashlib.sha256(request.request_id.encode()).hexdigest()[:20]
        self.kept.uploads[upload_id] = request
        return objects.CreateUploadResponse(upload_id=upload_id, grant=WriteGrant(url="http://store.invalid", max_bytes=request.size_bytes))

    async def CompleteUpload(self, request: objects.CompleteUploadRequest, context: Any) -> objects.CompleteUploadResponse:
        caller = self.kept.enter(context)
        upload = self.kept.uploads.get(request.upload_id)
        if upload is None:
            raise NotFound("UPLOAD_NOT_FOUND", "there is no such upload")
        if upload.file_name == "missing.pdf":
            raise FailedPrecondition("UPLOAD_MISSING", "nothing was posted")
        document = CaseDocument(
            document_id=f"d-{request.upload_id}", requirement_id=upload.requirement_id, file_name=upload.file_name, uploaded_by=upload.uploaded_by
        )
        self.kept.file(caller.tenant_id, request.case_id).documents.append(document)
        return objects.CompleteUploadResponse(document=document)

    async def GrantRead(self, request: objects.GrantReadRequest, context: Any) -> objects.GrantReadResponse:
        self.kept.enter(context)
        assert request.public
        return objects.GrantReadResponse(grants=[ReadGrant(object=o, url=f"http://store.invalid/{o.key}") for o in request.objects])


class Audit(AuditServiceServicer):
    def __init__(self, kept: Store) -> None:
        self.kept = kept

    async def AppendAuditEvents(self, request: audit.AppendAuditEventsRequest, context: Any) -> audit.AppendAuditEventsResponse:
        caller = self.kept.enter(context)
        known = {entry.event_id for _, _, entry in self.kept.events}
        new = [entry for entry in request.entries if entry.event_id not in known]
        self.kept.events.extend((request.case_id or request.resource, entry.actor or caller.actor, entry) for entry in new)
        return audit.AppendAuditEventsResponse(appended=len(new))

    async def ListAuditEvents(self, request: audit.ListAuditEventsRequest, context: Any) -> audit.ListAuditEventsResponse:
        caller = self.kept.enter(context)
        if not request.resource:
            self.kept.file(caller.tenant_id, request.case_id)
        chain = request.case_id or request.resource
        events = [AuditEvent(event_id=e.event_id, type=e.type, actor=a, data_json=e.data_json) for c, a, e in self.kept.events if c == chain]
        return audit.ListAuditEventsResponse(events=events)


@asynccontextmanager
async def running_persistence(kept: Store) -> AsyncIterator[str]:
    """The server's target. Tenants are checked by the servicers, since one method has none."""
    names = [f"trustrelay.persistence.v1.{n}" for n in ("CaseStoreService", "ObjectService", "AuditService", "TemplateService")]
    served = [
        Registration(add_CaseStoreServiceServicer_to_server, CaseStore(kept), names[0]),
        Registration(add_ObjectServiceServicer_to_server, Objects(kept), names[1]),
        Registration(add_AuditServiceServicer_to_server, Audit(kept), names[2]),
        Registration(add_TemplateServiceServicer_to_server, Templates(kept), names[3]),
    ]
    served += registrations(kept.portfolio, kept.enter)
    async with running(served, tenantless=frozenset(one.service for one in served)) as target:
        yield target
