"""ScreeningStoreService."""

from dataclasses import dataclass
from typing import Any

from trustrelay.common.v1.portfolio_types_pb2 import SuppressionRule
from trustrelay.persistence.v1 import screening_store_service_pb2 as pb
from trustrelay.persistence.v1.screening_store_service_pb2_grpc import ScreeningStoreServiceServicer
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.application.suppression import ending, retesting, rules
from trustrelay.persistence_service.application.suppression.reopening import message
from trustrelay.persistence_service.domain.enums import RULE_STATUS
from trustrelay.persistence_service.domain.suppression import Rule
from trustrelay.persistence_service.entrypoints.trace import current_trace_id
from trustrelay.servicekit.context import current


@dataclass(frozen=True)
class ScreeningStoreServicer(ScreeningStoreServiceServicer):
    """Every method: parse, one use case, build the reply."""

    store: Store
    clock: Clock

    async def CreateSuppressionRule(self, request: pb.CreateSuppressionRuleRequest, context: Any) -> pb.CreateSuppressionRuleResponse:
        caller = current()
        rule = await rules.create_rule(self.store, self.clock, caller.tenant_id, caller.actor, request, current_trace_id())
        return pb.CreateSuppressionRuleResponse(rule=_rule(rule))

    async def AcceptSuppressionRule(self, request: pb.AcceptSuppressionRuleRequest, context: Any) -> pb.AcceptSuppressionRuleResponse:
        caller = current()
        rule = await rules.accept_rule(self.store, self.clock, caller.tenant_id, caller.actor, request, current_trace_id())
        return pb.AcceptSuppressionRuleResponse(rule=_rule(rule))

    async def RevokeSuppressionRule(self, request: pb.RevokeSuppressionRuleRequest, context: Any) -> pb.RevokeSuppressionRuleResponse:
        caller = current()
        rule, reopened = await ending.revoke_rule(self.store, self.clock, caller.tenant_id, caller.actor, request, current_trace_id())
        return pb.RevokeSuppressionRuleResponse(rule=_rule(rule), reopened=map(message, reopened))

    async def ListSuppressionRules(self, request: pb.ListSuppressionRulesRequest, context: Any) -> pb.ListSuppressionRulesResponse:
        found, token = await rules.list_rules(
            self.store, current().tenant_id, size=request.page_size, page_token=request.page_token, status=request.status
        )
        return pb.ListSuppressionRulesResponse(rules=map(_rule, found), next_page_token=token)

    async def ListDismissedHits(self, request: pb.ListDismissedHitsRequest, context: Any) -> pb.ListDismissedHitsResponse:
        hits, token = await retesting.list_dismissed(
            self.store, current().tenant_id, size=request.page_size, page_token=request.page_token, case_id=request.case_id
        )
        return pb.ListDismissedHitsResponse(hits=hits, next_page_token=token)

    async def ExpireSuppressionRules(self, request: pb.ExpireSuppressionRulesRequest, context: Any) -> pb.ExpireSuppressionRulesResponse:
        caller = current()
        expired, reopened, more = await ending.expire_rules(self.store, self.clock, caller.tenant_id, caller.actor, request, current_trace_id())
        return pb.ExpireSuppressionRulesResponse(expired_rules=expired, reopened=map(message, reopened), more=more)

    async def ListHitsToRetest(self, request: pb.ListHitsToRetestRequest, context: Any) -> pb.ListHitsToRetestResponse:
        hits, token = await retesting.list_to_retest(self.store, current().tenant_id, size=request.page_size, page_token=request.page_token)
        return pb.ListHitsToRetestResponse(hits=hits, next_page_token=token)

    async def RecordRetest(self, request: pb.RecordRetestRequest, context: Any) -> pb.RecordRetestResponse:
        caller = current()
        reopened = await retesting.record_retest(self.store, self.clock, caller.tenant_id, caller.actor, request, current_trace_id())
        return pb.RecordRetestResponse(reopened=map(message, reopened))


def _rule(rule: Rule) -> SuppressionRule:
    told = SuppressionRule(
        rule_id=rule.rule_id, party_id=rule.party_id, dataset=rule.dataset, entity_id=rule.entity_id, caption=rule.caption,
        status=RULE_STATUS.number(rule.status),  # type: ignore[arg-type]  # one of the enum's own numbers
        discriminators=rule.discriminators, reason=rule.reason, created_by=rule.created_by, accepted_by=rule.accepted_by, case_id=rule.case_id,
        hit_id=rule.hit_id, etag=rule.etag, end_reason=rule.end_reason,
    )  # fmt: skip
    told.create_time.FromDatetime(rule.created_at)
    told.expire_time.FromDatetime(rule.expire_at)
    return told
