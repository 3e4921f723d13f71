"""Requests of SuppressionService, checked and in canonical form."""

from __future__ import annotations

from datetime import UTC

from trustrelay.case.v1 import suppression_service_pb2 as pb
from trustrelay.case_api.application.suppression import NewRule
from trustrelay.case_api.domain import fields
from trustrelay.case_api.domain.problems import Problems


def new_rule(request: pb.CreateSuppressionRuleRequest) -> NewRule:
    """A rule from a hit of a case; how far ahead it may expire is judged by the store."""
    problems = Problems()
    wanted = fields.request_id(request.request_id, problems)
    hit = fields.text("hit_id", request.hit_id, problems, limit=fields.MAX_NAME)
    reason = fields.text("reason", request.reason, problems)
    if not request.HasField("expire_time"):
        problems.add("expire_time", "is required")
    case = fields.case_id(request.case_id, problems)
    problems.refuse_if_any()
    return NewRule(wanted, case, hit, reason, request.expire_time.ToDatetime(tzinfo=UTC))


def revocation(request: pb.RevokeSuppressionRuleRequest) -> tuple[str, str, str]:
    """Rule, reason and etag."""
    problems = Problems()
    reason = fields.text("reason", request.reason, problems)
    rule = fields.resource_id("rule_id", request.rule_id, "SUPPRESSION_RULE_NOT_FOUND", problems)
    problems.refuse_if_any()
    return rule, reason, request.etag


def rule_id(value: str) -> str:
    """NotFound / SUPPRESSION_RULE_NOT_FOUND for what cannot be an id."""
    return fields.resource_id("rule_id", value, "SUPPRESSION_RULE_NOT_FOUND")


def request_id(value: str) -> str:
    """A UUID4."""
    problems = Problems()
    checked = fields.request_id(value, problems)
    problems.refuse_if_any()
    return checked
