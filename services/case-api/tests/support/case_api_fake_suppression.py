"""ScreeningStoreService's contract for tests of case-api alone. Real gRPC, state in memory."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from trustrelay.common.v1 import portfolio_types_pb2 as types
from trustrelay.persistence.v1 import screening_store_service_pb2 as store
from trustrelay.persistence.v1.screening_store_service_pb2_grpc import ScreeningStoreServiceServicer
from trustrelay.servicekit.context import CallContext
from trustrelay.servicekit.errors import Aborted, FailedPrecondition, NotFound


@dataclass
class KeptRules:
    """What is stored, open to tests: rules and dismissed hits by tenant, and what ending any rule opens."""

    rules: dict[tuple[str, str], types.SuppressionRule] = field(default_factory=dict)
    hits: list[types.DismissedHit] = field(default_factory=list)
    opens: list[store.ReopenedHit] = field(default_factory=list)

    def add(self, tenant: str, **facts: Any) -> types.SuppressionRule:
        """A stored rule."""
        rule = types.SuppressionRule(rule_id=str(uuid.uuid4()), etag="e-1", **facts)
        self.rules[tenant, rule.rule_id] = rule
        return rule


class ScreeningStore(ScreeningStoreServiceServicer):
    def __init__(self, kept: KeptRules, enter: Callable[[Any], CallContext]) -> None:
        self.kept, self.enter = kept, enter

    async def CreateSuppressionRule(self, request: store.CreateSuppressionRuleRequest, context: Any) -> store.CreateSuppressionRuleResponse:
        caller = self.enter(context)
        if request.hit_id == "unsure":
            raise FailedPrecondition("DISCRIMINATORS_INSUFFICIENT", "nothing tells them apart")
        assert not request.proposed_by_model
        rule = self.kept.add(
            caller.tenant_id, case_id=request.case_id, hit_id=request.hit_id, created_by=f"officer:{caller.actor}", reason=request.reason,
            expire_time=request.expire_time, status=types.SUPPRESSION_RULE_STATUS_ACTIVE,
        )  # fmt: skip
        return store.CreateSuppressionRuleResponse(rule=rule)

    async def AcceptSuppressionRule(self, request: store.AcceptSuppressionRuleRequest, context: Any) -> store.AcceptSuppressionRuleResponse:
        caller = self.enter(context)
        rule = self._rule(caller.tenant_id, request.rule_id, request.etag)
        if rule.status != types.SUPPRESSION_RULE_STATUS_PROPOSED:
            raise FailedPrecondition("SUPPRESSION_RULE_NOT_PROPOSED", "it is no proposal")
        rule.status, rule.accepted_by = types.SUPPRESSION_RULE_STATUS_ACTIVE, f"officer:{caller.actor}"
        return store.AcceptSuppressionRuleResponse(rule=rule)

    async def RevokeSuppressionRule(self, request: store.RevokeSuppressionRuleRequest, context: Any) -> store.RevokeSuppressionRuleResponse:
        rule = self._rule(self.enter(context).tenant_id, request.rule_id, request.etag)
        rule.status = types.SUPPRESSION_RULE_STATUS_REVOKED
        return store.RevokeSuppressionRuleResponse(rule=rule, reopened=self.kept.opens)

    async def ListSuppressionRules(self, request: store.ListSuppressionRulesRequest, context: Any) -> store.ListSuppressionRulesResponse:
        tenant = self.enter(context).tenant_id
        mine = [rule for (owner, _), rule in self.kept.rules.items() if owner == tenant]
        return store.ListSuppressionRulesResponse(rules=[rule for rule in mine if request.status in (0, rule.status)])

    async def ListDismissedHits(self, request: store.ListDismissedHitsRequest, context: Any) -> store.ListDismissedHitsResponse:
        self.enter(context)
        return store.ListDismissedHitsResponse(hits=[hit for hit in self.kept.hits if request.case_id in ("", hit.case_id)])

    def _rule(self, tenant: str, rule_id: str, etag: str) -> types.SuppressionRule:
        if (tenant, rule_id) not in self.kept.rules:
            raise NotFound("SUPPRESSION_RULE_NOT_FOUND", "there is no such rule")
        rule = self.kept.rules[tenant, rule_id]
        if etag not in ("", rule.etag):
            raise Aborted("ETAG_MISMATCH", "it has changed")
        return rule
