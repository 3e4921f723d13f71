"""Suppression rules and dismissed hits, over ScreeningStoreService."""

from __future__ import annotations

from collections.abc import Sequence

import grpc

from trustrelay.case_api.adapters.persistence._reached import reached
from trustrelay.case_api.application.suppression import NewRule, Revoked
from trustrelay.common.v1.portfolio_types_pb2 import DismissedHit, SuppressionRule, SuppressionRuleStatus
from trustrelay.persistence.v1 import screening_store_service_pb2 as store
from trustrelay.persistence.v1.screening_store_service_pb2_grpc import ScreeningStoreServiceStub


class PersistenceSuppression:
    """The port `Suppression`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = ScreeningStoreServiceStub(channel)

    async def create(self, rule: NewRule) -> SuppressionRule:
        """CreateSuppressionRule."""
        request = store.CreateSuppressionRuleRequest(request_id=rule.request_id, case_id=rule.case_id, hit_id=rule.hit_id, reason=rule.reason)
        request.expire_time.FromDatetime(rule.expire_time)
        with reached():
            return (await self._stub.CreateSuppressionRule(request)).rule

    async def accept(self, rule_id: str, etag: str) -> SuppressionRule:
        """AcceptSuppressionRule."""
        with reached():
            return (await self._stub.AcceptSuppressionRule(store.AcceptSuppressionRuleRequest(rule_id=rule_id, etag=etag))).rule

    async def revoke(self, rule_id: str, reason: str, etag: str) -> Revoked:
        """RevokeSuppressionRule."""
        with reached():
            reply = await self._stub.RevokeSuppressionRule(store.RevokeSuppressionRuleRequest(rule_id=rule_id, reason=reason, etag=etag))
        return Revoked(reply.rule, len(reply.reopened), tuple(sorted({hit.case_id for hit in reply.reopened if not hit.case_closed})))

    async def rules(self, page_size: int, page_token: str, status: SuppressionRuleStatus.ValueType) -> tuple[Sequence[SuppressionRule], str]:
        """ListSuppressionRules."""
        request = store.ListSuppressionRulesRequest(page_size=page_size, page_token=page_token, status=status)
        with reached():
            reply = await self._stub.ListSuppressionRules(request)
        return reply.rules, reply.next_page_token

    async def dismissed(self, page_size: int, page_token: str, case_id: str) -> tuple[Sequence[DismissedHit], str]:
        """ListDismissedHits."""
        with reached():
            reply = await self._stub.ListDismissedHits(store.ListDismissedHitsRequest(page_size=page_size, page_token=page_token, case_id=case_id))
        return reply.hits, reply.next_page_token
