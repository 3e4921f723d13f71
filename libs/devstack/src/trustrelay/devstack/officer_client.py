"""CaseService as its users call it. Every message carries a request id of its own, so `patiently` may send it again until an outage is over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

import httpx

from trustrelay.case.v1 import case_service_pb2 as cases
from trustrelay.case.v1.case_service_pb2_grpc import CaseServiceStub
from trustrelay.common.v1.case_file_pb2 import CaseFile, CaseHeader
from trustrelay.common.v1.case_types_pb2 import AutomationTier, Subject
from trustrelay.common.v1.decision_types_pb2 import AuditEvent, Decision, SecondDecision
from trustrelay.common.v1.evidence_types_pb2 import HitStatus
from trustrelay.devstack.calling import Connection, bearer, new_request_id

_WATCH_SECONDS = 3600.0


class OfficerClient(Connection):
    """CaseService as one dev user. An empty `etag` means: whatever the case's version is."""

    def __init__(self, target: str, token: str) -> None:
        super().__init__(target, bearer(token))
        self._stub = CaseServiceStub(self._channel)

    async def create_case(
        self, template_id: str, subject: Subject, language: str = "en", request_id: str = "", answers: Mapping[str, str] | None = None
    ) -> cases.MessageReceipt:
        """Opens a case; `answers` is what the creator knows already."""
        request = cases.CreateCaseRequest(
            request_id=request_id or new_request_id(), template_id=template_id, subject=subject, language=language, answers=answers or {}
        )
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

    async def skip_documents(self, case_id: str, reason: str, etag: str = "", request_id: str = "") -> cases.MessageReceipt:
        """Ends this iteration's wait for the customer."""
        request = cases.SkipDocumentsRequest(case_id=case_id, request_id=request_id or new_request_id(), etag=etag, reason=reason)
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
        escalation_owner: str = "",
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
            escalation_owner=escalation_owner,
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

    async def extend_timeline(self, case_id: str, days: int, reason: str, etag: str = "") -> cases.MessageReceipt:
        """More time for the customer."""
        request = cases.ExtendTimelineRequest(case_id=case_id, request_id=new_request_id(), etag=etag, days=days, reason=reason)
        return (await self._call(self._stub.ExtendTimeline, request)).receipt

    async def reassign(self, case_id: str, owner: str, reason: str, etag: str = "") -> cases.MessageReceipt:
        """Another officer looks after the case."""
        request = cases.ReassignCaseRequest(case_id=case_id, request_id=new_request_id(), etag=etag, owner=owner, reason=reason)
        return (await self._call(self._stub.ReassignCase, request)).receipt

    async def reclassify_mcc(self, case_id: str, mcc: str, reason: str, etag: str = "") -> cases.MessageReceipt:
        """The officer's merchant category."""
        request = cases.ReclassifyMccRequest(case_id=case_id, request_id=new_request_id(), etag=etag, mcc=mcc, reason=reason)
        return (await self._call(self._stub.ReclassifyMcc, request)).receipt

    async def resume(self, case_id: str, reason: str, etag: str = "") -> cases.MessageReceipt:
        """A manager takes a FAILED case up again."""
        request = cases.ResumeCaseRequest(case_id=case_id, request_id=new_request_id(), etag=etag, reason=reason)
        return (await self._call(self._stub.ResumeCase, request)).receipt

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
