"""What the use cases need from the outside.

Every method raises ServiceError; the reasons that callers may rely on are named where they matter. Calls carry the current tenant and actor.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, Protocol

from trustrelay.case_api.application.messages import Payload
from trustrelay.case_api.domain.addressees import Chain, Kind, R, R_co, Standing
from trustrelay.common.v1.assessment_types_pb2 import IdentityResult
from trustrelay.common.v1.case_file_pb2 import CaseFile, CaseHeader, CasePolicy
from trustrelay.common.v1.case_types_pb2 import CaseStatus, Subject
from trustrelay.common.v1.decision_types_pb2 import AuditEvent
from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.common.v1.requirement_types_pb2 import CaseDocument
from trustrelay.contracts.case_workflow import Receipt as CaseReceipt
from trustrelay.persistence.v1.case_store_service_pb2 import TemplateInfo


@dataclass(frozen=True, slots=True)
class Staging:
    """A checked request for a new case. `subject` is canonical; `language` is en, nl or fr; `answers` by question id."""

    request_id: str
    body_sha256: str
    template_id: str
    subject: Subject
    language: str
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StagedCase:
    """What the store made of it. `opened`: the case exists already, so the request is a repeated one."""

    case_id: str
    template_version: int
    policy: CasePolicy
    opened: bool


@dataclass(frozen=True, slots=True)
class PortalCaseRef:
    """The case that a portal token opens."""

    tenant_id: str
    case_id: str


@dataclass(frozen=True, slots=True)
class AuditNote:
    """An audit entry by the current actor. `event_id` is deterministic; `facts` hold no names."""

    event_id: str
    type: str
    event_time: datetime
    facts: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """One file that somebody is about to post. `uploaded_by`: customer or officer:<name>."""

    case_id: str
    request_id: str
    requirement_id: str
    file_name: str
    size_bytes: int
    uploaded_by: str


@dataclass(frozen=True, slots=True)
class Start(Generic[R]):
    """A workflow to start, with its first message. `attributes`: what operators filter by beside the tenant; nothing personal."""

    kind: Kind[R]
    about: str
    input: object
    update: StrEnum
    message: Payload
    attributes: Mapping[str, str]


class Addressees(Protocol[R_co]):
    """The read model of one kind of workflow."""

    async def find_answer(self, request_id: str, body_sha256: str) -> R_co | None:
        """The stored answer to an earlier request, None when there is none. AlreadyExists / REQUEST_ID_REUSED."""

    async def standing(self, about: str) -> Standing:
        """Where it stands. NotFound with the kind's own reason."""


class Cases(Addressees[CaseReceipt], Protocol):
    """The read model of cases."""

    async def stage(self, staging: Staging) -> StagedCase:
        """Store who is to be reviewed. AlreadyExists / REQUEST_ID_REUSED, NotFound / TEMPLATE_NOT_FOUND."""

    async def case_file(self, case_id: str) -> CaseFile:
        """Everything known. NotFound / CASE_NOT_FOUND."""

    async def list_cases(self, page_size: int, page_token: str, status: CaseStatus.ValueType) -> tuple[Sequence[CaseHeader], str]:
        """A page of headers and the next page's token."""

    def watch(self, case_id: str) -> AsyncGenerator[CaseHeader, None]:
        """The header now and after each transition, until terminal."""

    async def register_portal_token(self, case_id: str, token_sha256: str, expire_time: datetime) -> None:
        """Let this token open the case until `expire_time`; the store writes that to the audit log."""

    async def resolve_portal_token(self, token_sha256: str) -> PortalCaseRef:
        """Which case it opens. Unauthenticated / PORTAL_TOKEN_INVALID, PORTAL_TOKEN_EXPIRED."""

    async def save_answers(self, case_id: str, answers: Mapping[str, str]) -> None:
        """Store portal answers."""

    async def record_identity(self, case_id: str, identity: IdentityResult) -> None:
        """Store what an identity provider vouched for; the same session again replaces nothing."""


class Templates(Protocol):
    """What cases are opened by."""

    async def put(self, source: str) -> TemplateInfo:
        """Store a tenant's template.

        InvalidArgument / TEMPLATE_INVALID; FailedPrecondition / TEMPLATE_VERSION_EXISTS; PermissionDenied / TEMPLATE_RESERVED.
        """

    async def get(self, template_id: str, version: int) -> tuple[TemplateInfo, str]:
        """A template and its text; version 0 = the newest. NotFound / TEMPLATE_NOT_FOUND."""

    async def newest(self) -> Sequence[TemplateInfo]:
        """The newest version of each."""


class Objects(Protocol):
    """Uploads and downloads."""

    async def create_upload(self, upload: UploadRequest) -> tuple[str, WriteGrant]:
        """Upload id and permission to post."""

    async def complete_upload(self, case_id: str, upload_id: str) -> CaseDocument:
        """The stored document."""

    async def grant_read(self, case_id: str, stored: ObjectRef) -> ReadGrant:
        """Where anybody with the URL can download it for a short while."""


class AuditLog(Protocol):
    """The append-only log."""

    async def append(self, chain: Chain, note: AuditNote) -> None:
        """Append once, however often it is called with the same event id."""

    async def page(self, chain: Chain, page_size: int, page_token: str) -> tuple[Sequence[AuditEvent], str]:
        """A page of events and the next page's token."""


class Engine(Protocol):
    """Workflows, reached by updates.

    Unavailable / WORKFLOW_ENGINE_UNAVAILABLE when it does not answer (nothing is queued by us); FailedPrecondition / the kind's `closed_reason`
    when the workflow has ended; a message that the workflow refuses raises the refusal as a ServiceError.
    """

    async def open(self, start: Start[R]) -> R:
        """Start the workflow of something new and wait until it is stored; for a started one, just the message."""

    async def send(self, kind: Kind[R], about: str, update: StrEnum, message: Payload) -> R:
        """Deliver a message and wait until it is applied and stored."""


class Assertions(Protocol):
    """Signs what the workflow will believe about who acts."""

    def sign(self, action: StrEnum, about: str, version: int, request_id: str, body_sha256: str, lifetime: timedelta) -> str:
        """A statement about the current actor, valid for `lifetime`."""
