"""SuppressionService: parse, call one use case, build the reply."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.case.v1 import suppression_service_pb2 as pb
from trustrelay.case.v1.suppression_service_pb2_grpc import SuppressionServiceServicer
from trustrelay.case_api.application.suppression import KeepRules, Refreshes, Suppression
from trustrelay.case_api.entrypoints import case_requests, suppression_requests
from trustrelay.servicekit.handlers import ServicerContext

_PAGE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class SuppressionApplication:
    """Everything that can be asked about dismissed hits."""

    suppression: Suppression
    rules: KeepRules
    refreshes: Refreshes


class SuppressionServicer(SuppressionServiceServicer):
    """See suppression_service.proto; every method may raise ServiceError."""

    def __init__(self, app: SuppressionApplication) -> None:
        self._app = app

    async def CreateSuppressionRule(self, request: pb.CreateSuppressionRuleRequest, context: ServicerContext) -> pb.CreateSuppressionRuleResponse:
        """An officer's standing word."""
        return pb.CreateSuppressionRuleResponse(rule=await self._app.rules.create(suppression_requests.new_rule(request)))

    async def AcceptSuppressionRule(self, request: pb.AcceptSuppressionRuleRequest, context: ServicerContext) -> pb.AcceptSuppressionRuleResponse:
        """A model's proposal becomes a rule."""
        return pb.AcceptSuppressionRuleResponse(rule=await self._app.rules.accept(suppression_requests.rule_id(request.rule_id), request.etag))

    async def RevokeSuppressionRule(self, request: pb.RevokeSuppressionRuleRequest, context: ServicerContext) -> pb.RevokeSuppressionRuleResponse:
        """Ends a rule."""
        revoked = await self._app.rules.revoke(*suppression_requests.revocation(request))
        return pb.RevokeSuppressionRuleResponse(rule=revoked.rule, reopened_hits=revoked.reopened_hits)

    async def ListSuppressionRules(self, request: pb.ListSuppressionRulesRequest, context: ServicerContext) -> pb.ListSuppressionRulesResponse:
        """A page of rules."""
        size = case_requests.page_size(request.page_size, limit=_PAGE_LIMIT)
        rules, token = await self._app.suppression.rules(size, request.page_token, request.status)
        return pb.ListSuppressionRulesResponse(rules=rules, next_page_token=token)

    async def ListDismissedHits(self, request: pb.ListDismissedHitsRequest, context: ServicerContext) -> pb.ListDismissedHitsResponse:
        """A page of dismissed hits."""
        size = case_requests.page_size(request.page_size, limit=_PAGE_LIMIT)
        case_id = case_requests.case_id(request.case_id) if request.case_id else ""
        hits, token = await self._app.suppression.dismissed(size, request.page_token, case_id)
        return pb.ListDismissedHitsResponse(hits=hits, next_page_token=token)

    async def RefreshSuppressionRules(
        self, request: pb.RefreshSuppressionRulesRequest, context: ServicerContext
    ) -> pb.RefreshSuppressionRulesResponse:
        """A refresh now."""
        return pb.RefreshSuppressionRulesResponse(refresh_id=await self._app.refreshes.refresh(suppression_requests.request_id(request.request_id)))
