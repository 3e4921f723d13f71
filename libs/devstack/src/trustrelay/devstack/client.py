"""case-api as its users call it: officers with a dev user's token, customers with a portal token.

Every message carries a request id of its own, so `patiently` may send it again until an outage is over.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc.aio
import httpx

from trustrelay.case.v1 import case_service_pb2 as cases
from trustrelay.case.v1 import portal_service_pb2 as portal
from trustrelay.case.v1.case_service_pb2_grpc import CaseServiceStub
from trustrelay.case.v1.portal_service_pb2_grpc import PortalServiceStub
from trustrelay.common.v1.case_file_pb2 import CaseFile, CaseHeader
from trustrelay.common.v1.case_types_pb2 import AutomationTier, Subject
from trustrelay.common.v1.decision_types_pb2 import AuditEvent, Decision, SecondDecision
from trustrelay.common.v1.evidence_types_pb2 import HitStatus
from trustrelay.common.v1.objects_pb2 import WriteGrant
from trustrelay.devstack.errors import StackError
from trustrelay.servicekit.errors import DeadlineExceeded, ServiceError, Unavailable
from trustrelay.servicekit.grpc_client import channel

T = TypeVar("T")
_CALL_SECONDS = 20.0
_WATCH_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where case-api and the token issuer of a stack are."""

    case_api: str
    issuer: str


def new_request_id() -> str:
    """UUID4: one per intention, kept over retries."""
    return str(uuid.uuid4())


async def log_in(endpoint: Endpoint, username: str, password: str) -> str:
    """A bearer token of a dev user. Raises StackError when the issuer refuses."""
    form = {"grant_type": "password", "username": username, "password": password}
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{endpoint.issuer}/token", data=form)
    if answer.status_code != httpx.codes.OK:
        raise StackError(f"the issuer does not know user {username!r}")
    return str(answer.json()["access_token"])


async def patiently(call: Callable[[], Awaitable[T]], seconds: float = 90.0) -> T:
    """Repeats the very same call while the answer is UNAVAILABLE, as RetryInfo asks; then raises it."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await call()
        except (Unavailable, DeadlineExceeded):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(1)


class OfficerClient:
    """CaseService as one dev user. An empty `etag` means: whatever the case's version is."""

    def __init__(self, target: str, token: str) -> None:
        self._channel = channel(target)
        self._stub = CaseServiceStub(self._channel)
        self._metadata = grpc.aio.Metadata(("authorization", f"Bearer {token}"))

    async def close(self) -> None:
        """Ends the connection."""
        await self._channel.close()

    async def create_case(self, template_id: str, subject: Subject, language: str = "en", request_id: str = "") -> cases.MessageReceipt:
        """Opens a case."""
        request = cases.CreateCaseRequest(request_id=request_id or new_request_id(), template_id=template_id, subject=subject, language=language)
        return (await self._call(self._stub.CreateCase, request)).receipt

    async def case_file(self, case_id: str) -> CaseFile:
        """Everything known about a case."""
        return (await self._call(self._stub.GetCase, cases.GetCaseRequest(case_id=case_id))).case_file

    async def list_cases(self, page_size: int = 50) -> list[CaseHeader]:
        """All cases of the tenant, page by page."""
        found: list[CaseHeader] = []
        token = ""
        while True:
            page = await self._call(self._stub.ListCases, cases.ListCasesRequest(page_size=page_size, page_token=token))
            found.extend(page.cases)
            token = page.next_page_token
            if not token:
                return found

    async def watch(self, case_id: str) -> AsyncIterator[CaseHeader]:
        """The header now and after each transition, until terminal."""
        stream = self._stub.WatchCase(cases.WatchCaseRequest(case_id=case_id), metadata=self._metadata, timeout=_WATCH_SECONDS)
        async for message in stream:
            yield message.header

    async def approve_requirements(
        self, case_id: str, etag: str = "", reason: str = "", modifications: Sequence[cases.RequirementModification] = (), request_id: str = ""
    ) -> cases.MessageReceipt:
        """Opens the requirements gate."""
        request = cases.ApproveRequirementsRequest(
            case_id=case_id, request_id=request_id or new_request_id(), etag=etag, reason=reason, modifications=modifications
        )
        return (await self._call(self._stub.ApproveRequirements, request)).receipt

    async def skip_documents(self, case_id: str, reason: str, etag: str = "") -> cases.MessageReceipt:
        """Ends this iteration's wait for the customer."""
        request = cases.SkipDocumentsRequest(case_id=case_id, request_id=new_request_id(), etag=etag, reason=reason)
        return (await self._call(self._stub.SkipDocuments, request)).receipt

    async def resolve_hit(self, case_id: str, hit_id: str, resolution: HitStatus.ValueType, reason: str, etag: str = "") -> cases.MessageReceipt:
        """Closes a hit as FALSE_POSITIVE or TRUE_MATCH."""
        request = cases.ResolveHitRequest(
            case_id=case_id, request_id=new_request_id(), etag=etag, hit_id=hit_id, resolution=resolution, reason=reason
        )
        return (await self._call(self._stub.ResolveHit, request)).receipt

    async def override_check(self, case_id: str, check_id: str, reason: str, etag: str = "") -> cases.MessageReceipt:
        """Accepts a NOT_ASSESSED check."""
        request = cases.OverrideCheckRequest(case_id=case_id, request_id=new_request_id(), etag=etag, check_id=check_id, reason=reason)
        return (await self._call(self._stub.OverrideCheck, request)).receipt

    async def decide(
        self,
        case_id: str,
        decision: Decision.ValueType,
        reason: str,
        etag: str,
        *,
        restrictions: Sequence[str] = (),
        follow_up_tasks: Sequence[str] = (),
        request_id: str = "",
    ) -> cases.MessageReceipt:
        """The first officer's decision on what `etag` saw."""
        request = cases.DecideCaseRequest(
            case_id=case_id,
            request_id=request_id or new_request_id(),
            etag=etag,
            decision=decision,
            reason=reason,
            restrictions=restrictions,
            follow_up_tasks=follow_up_tasks,
        )
        return (await self._call(self._stub.DecideCase, request)).receipt

    async def confirm(self, case_id: str, decision: SecondDecision.ValueType, reason: str, etag: str) -> cases.MessageReceipt:
        """The second officer's word."""
        request = cases.ConfirmDecisionRequest(case_id=case_id, request_id=new_request_id(), etag=etag, decision=decision, reason=reason)
        return (await self._call(self._stub.ConfirmDecision, request)).receipt

    async def withdraw(self, case_id: str, reason: str, etag: str = "") -> cases.MessageReceipt:
        """Ends the case."""
        request = cases.WithdrawCaseRequest(case_id=case_id, request_id=new_request_id(), etag=etag, reason=reason)
        return (await self._call(self._stub.WithdrawCase, request)).receipt

    async def set_tier(self, case_id: str, tier: AutomationTier.ValueType, reason: str, etag: str = "") -> cases.MessageReceipt:
        """A manager forces the automation tier."""
        request = cases.SetAutomationTierRequest(case_id=case_id, request_id=new_request_id(), etag=etag, tier=tier, reason=reason)
        return (await self._call(self._stub.SetAutomationTier, request)).receipt

    async def portal_link(self, case_id: str) -> str:
        """A new portal token for the customer."""
        return (await self._call(self._stub.CreatePortalLink, cases.CreatePortalLinkRequest(case_id=case_id))).token

    async def audit_events(self, case_id: str) -> list[AuditEvent]:
        """The whole audit log of the case."""
        found: list[AuditEvent] = []
        token = ""
        while True:
            page = await self._call(self._stub.ListAuditEvents, cases.ListAuditEventsRequest(case_id=case_id, page_token=token))
            found.extend(page.events)
            token = page.next_page_token
            if not token:
                return found

    async def capsule(self, case_id: str) -> bytes:
        """The signed capsule's bytes (DSSE envelope)."""
        grant = (await self._call(self._stub.GetCapsule, cases.GetCapsuleRequest(case_id=case_id))).capsule
        async with httpx.AsyncClient() as http:
            answer = await http.get(grant.url)
        answer.raise_for_status()
        return answer.content

    async def _call(self, method: Callable[..., Awaitable[T]], request: object) -> T:
        return await method(request, metadata=self._metadata, timeout=_CALL_SECONDS)


class CustomerClient:
    """PortalService with one portal token."""

    def __init__(self, target: str, token: str) -> None:
        self._channel = channel(target)
        self._stub = PortalServiceStub(self._channel)
        self._metadata = grpc.aio.Metadata(("x-portal-token", token))

    async def close(self) -> None:
        """Ends the connection."""
        await self._channel.close()

    async def portal_case(self) -> portal.PortalCase:
        """What the customer sees."""
        return (await self._call(self._stub.GetPortalCase, portal.GetPortalCaseRequest())).portal_case

    async def upload(self, requirement_id: str, file: Path) -> portal.PortalDocument:
        """Uploads one file for one requirement: permission, POST to the store, completion."""
        content = await asyncio.to_thread(file.read_bytes)
        return await self.upload_bytes(requirement_id, file.name, content)

    async def upload_bytes(self, requirement_id: str, file_name: str, content: bytes) -> portal.PortalDocument:
        """The same for bytes. Raises StackError when the store refuses the POST."""
        request = portal.PortalServiceCreateUploadRequest(
            request_id=new_request_id(), requirement_id=requirement_id, file_name=file_name, size_bytes=len(content)
        )
        created = await patiently(lambda: self._call(self._stub.CreateUpload, request))
        await post_file(created.grant, content)
        complete = portal.PortalServiceCompleteUploadRequest(upload_id=created.upload_id)
        return (await patiently(lambda: self._call(self._stub.CompleteUpload, complete))).document

    async def submit(self, request_id: str = "") -> portal.SubmitDocumentsResponse:
        """Hands the uploads in."""
        request = portal.SubmitDocumentsRequest(request_id=request_id or new_request_id())
        return await self._call(self._stub.SubmitDocuments, request)

    async def _call(self, method: Callable[..., Awaitable[T]], request: object) -> T:
        return await method(request, metadata=self._metadata, timeout=_CALL_SECONDS)


async def post_file(grant: WriteGrant, content: bytes) -> None:
    """One multipart POST under an S3 policy. Raises StackError with the store's code when it refuses."""
    fields = {**grant.fields, "key": grant.fields.get("key") or grant.key_prefix}
    async with httpx.AsyncClient() as http:
        answer = await http.post(grant.url, data=fields, files={"file": ("upload", content)})
    if answer.status_code >= httpx.codes.BAD_REQUEST:
        raise StackError(f"the object store refused the upload ({answer.status_code}): {_store_code(answer.text)}")


def _store_code(body: str) -> str:
    _, _, rest = body.partition("<Code>")
    return rest.partition("</Code>")[0] or "no code"


def explain(error: ServiceError) -> str:
    """One line for a terminal: reason, message, and what was wrong with which field."""
    fields = "".join(f"\n  {violation.field}: {violation.description}" for violation in error.violations)
    return f"{error.reason}: {error.message}{fields}"
