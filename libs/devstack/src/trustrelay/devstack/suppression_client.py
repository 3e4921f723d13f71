"""SuppressionService as officers and managers call it."""

from __future__ import annotations

from datetime import datetime

from trustrelay.case.v1 import suppression_service_pb2 as pb
from trustrelay.case.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from trustrelay.common.v1.portfolio_types_pb2 import (
    SUPPRESSION_RULE_STATUS_UNSPECIFIED,
    DismissedHit,
    SuppressionRule,
    SuppressionRuleStatus,
)
from trustrelay.devstack.calling import Connection, bearer, new_request_id

_PAGE = 200


class SuppressionClient(Connection):
    """SuppressionService as one dev user. An empty `etag` means: whatever the rule's status is."""

    def __init__(self, target: str, token: str) -> None:
        super().__init__(target, bearer(token))
        self._stub = SuppressionServiceStub(self._channel)

    async def create(self, case_id: str, hit_id: str, reason: str, expire_time: datetime, request_id: str = "") -> SuppressionRule:
        """A standing word about the party of a hit, until an aware time."""
        request = pb.CreateSuppressionRuleRequest(request_id=request_id or new_request_id(), case_id=case_id, hit_id=hit_id, reason=reason)
        request.expire_time.FromDatetime(expire_time)
        return (await self._call(self._stub.CreateSuppressionRule, request)).rule

    async def accept(self, rule_id: str, etag: str = "") -> SuppressionRule:
        """A model's proposal becomes the caller's rule."""
        return (await self._call(self._stub.AcceptSuppressionRule, pb.AcceptSuppressionRuleRequest(rule_id=rule_id, etag=etag))).rule

    async def revoke(self, rule_id: str, reason: str, etag: str = "") -> pb.RevokeSuppressionRuleResponse:
        """Ends a rule; its hits are open again."""
        return await self._call(self._stub.RevokeSuppressionRule, pb.RevokeSuppressionRuleRequest(rule_id=rule_id, reason=reason, etag=etag))

    async def rules(self, status: SuppressionRuleStatus.ValueType = SUPPRESSION_RULE_STATUS_UNSPECIFIED) -> list[SuppressionRule]:
        """All rules of the tenant, newest first."""
        found: list[SuppressionRule] = []
        token = ""
        while True:
            request = pb.ListSuppressionRulesRequest(page_size=_PAGE, page_token=token, status=status)
            page = await self._call(self._stub.ListSuppressionRules, request)
            found.extend(page.rules)
            token = page.next_page_token
            if not token:
                return found

    async def dismissed_hits(self, case_id: str = "") -> list[DismissedHit]:
        """Every hit that is dismissed now, of one case or of all."""
        found: list[DismissedHit] = []
        token = ""
        while True:
            request = pb.ListDismissedHitsRequest(page_size=_PAGE, page_token=token, case_id=case_id)
            page = await self._call(self._stub.ListDismissedHits, request)
            found.extend(page.hits)
            token = page.next_page_token
            if not token:
                return found

    async def refresh(self, request_id: str = "") -> str:
        """A refresh now; its id."""
        request = pb.RefreshSuppressionRulesRequest(request_id=request_id or new_request_id())
        return (await self._call(self._stub.RefreshSuppressionRules, request)).refresh_id
