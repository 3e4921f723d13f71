"""Requests that change a case, as messages to its workflow. Each function raises InvalidArgument with every mistake of its request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from trustrelay.case.v1 import case_service_pb2 as pb
from trustrelay.case_api.application.messages import Message, Payload
from trustrelay.case_api.domain import fields
from trustrelay.case_api.domain.problems import Problems
from trustrelay.common.v1 import case_types_pb2, decision_types_pb2, evidence_types_pb2, requirement_types_pb2
from trustrelay.contracts import case_workflow as wf

_DECISIONS = {getattr(decision_types_pb2, f"DECISION_{d}"): str(d) for d in wf.Decision}
_SECOND_DECISIONS = {getattr(decision_types_pb2, f"SECOND_DECISION_{d}"): str(d) for d in wf.SecondDecision}
_TIERS = {getattr(case_types_pb2, f"AUTOMATION_TIER_{t}"): str(t) for t in wf.Tier if t is not wf.Tier.UNSPECIFIED}
_RESOLUTIONS = {getattr(evidence_types_pb2, f"HIT_STATUS_{r}"): str(r) for r in wf.HitResolution}
_MODIFICATIONS = {
    requirement_types_pb2.REQUIREMENT_STATUS_WAIVED: "WAIVED",
    requirement_types_pb2.REQUIREMENT_STATUS_OPEN: "OPEN",
}


Request = (
    pb.ApproveRequirementsRequest
    | pb.SkipDocumentsRequest
    | pb.ResolveHitRequest
    | pb.OverrideCheckRequest
    | pb.DecideCaseRequest
    | pb.ConfirmDecisionRequest
    | pb.WithdrawCaseRequest
    | pb.SetAutomationTierRequest
    | pb.ExtendTimelineRequest
    | pb.ReassignCaseRequest
    | pb.ReclassifyMccRequest
    | pb.ResumeCaseRequest
)


def approve_requirements(request: pb.ApproveRequirementsRequest) -> Message:
    """Opens the gate; a waiver needs its reason."""
    problems = Problems()
    modifications = tuple(_modification(f"modifications[{i}]", m, problems) for i, m in enumerate(request.modifications))
    reason = fields.text("reason", request.reason, problems, required=False)
    return message(request, wf.Update.REQUIREMENTS_APPROVED, problems, partial(wf.RequirementsApproved, modifications=modifications, reason=reason))


def skip_documents(request: pb.SkipDocumentsRequest) -> Message:
    """Ends the wait for the customer, with a reason."""
    problems = Problems()
    reason = fields.text("reason", request.reason, problems)
    return message(request, wf.Update.SKIP_DOCUMENTS, problems, partial(wf.SkipDocuments, reason=reason))


def resolve_hit(request: pb.ResolveHitRequest) -> Message:
    """Judges one hit, with a reason."""
    problems = Problems()
    hit_id = fields.text("hit_id", request.hit_id, problems, limit=fields.MAX_NAME)
    resolution = fields.choice("resolution", request.resolution, _RESOLUTIONS, problems)
    reason = fields.text("reason", request.reason, problems)
    return message(request, wf.Update.RESOLVE_HIT, problems, lambda e: wf.ResolveHit(e, hit_id, wf.HitResolution(resolution), reason))


def override_check(request: pb.OverrideCheckRequest) -> Message:
    """Accepts a NOT_ASSESSED, with a reason."""
    problems = Problems()
    check_id = fields.text("check_id", request.check_id, problems, limit=fields.MAX_NAME)
    reason = fields.text("reason", request.reason, problems)
    return message(request, wf.Update.OVERRIDE_CHECK, problems, partial(wf.OverrideCheck, check_id=check_id, reason=reason))


def decide(request: pb.DecideCaseRequest) -> Message:
    """A decision on what its officer saw: the etag is required."""
    problems = Problems()
    fields.text("etag", request.etag, problems, limit=fields.MAX_NAME)
    decision = fields.choice("decision", request.decision, _DECISIONS, problems)
    reason = fields.text("reason", request.reason, problems)
    restrictions = fields.texts("restrictions", request.restrictions, problems)
    tasks = fields.texts("follow_up_tasks", request.follow_up_tasks, problems)
    escalated = decision == wf.Decision.ESCALATE
    owner = fields.text("escalation_owner", request.escalation_owner, problems, limit=fields.MAX_ACTOR, required=False)
    if escalated and not owner:
        problems.add("escalation_owner", "is required for ESCALATE: who takes the successor case", "OWNER_REQUIRED")
    if owner and not escalated:
        problems.add("escalation_owner", "is for ESCALATE only")
    if decision == wf.Decision.APPROVE_WITH_RESTRICTIONS and not restrictions:
        problems.add("restrictions", "is required for APPROVE_WITH_RESTRICTIONS")
    if decision == wf.Decision.FOLLOW_UP and not tasks:
        problems.add("follow_up_tasks", "is required for FOLLOW_UP")
    return message(
        request, wf.Update.OFFICER_DECISION, problems, lambda e: wf.OfficerDecision(e, wf.Decision(decision), reason, restrictions, tasks, owner)
    )


def confirm_decision(request: pb.ConfirmDecisionRequest) -> Message:
    """The second pair of eyes."""
    problems = Problems()
    decision = fields.choice("decision", request.decision, _SECOND_DECISIONS, problems)
    reason = fields.text("reason", request.reason, problems)
    return message(request, wf.Update.SECOND_DECISION, problems, lambda e: wf.SecondOfficerDecision(e, wf.SecondDecision(decision), reason))


def withdraw(request: pb.WithdrawCaseRequest) -> Message:
    """Ends the case without a decision, with a reason."""
    problems = Problems()
    reason = fields.text("reason", request.reason, problems)
    return message(request, wf.Update.WITHDRAW, problems, partial(wf.Withdraw, reason=reason))


def set_tier(request: pb.SetAutomationTierRequest) -> Message:
    """A manager forces the tier, with a reason."""
    problems = Problems()
    tier = fields.choice("tier", request.tier, _TIERS, problems)
    reason = fields.text("reason", request.reason, problems)
    return message(request, wf.Update.SET_TIER, problems, lambda e: wf.SetTier(e, wf.Tier(tier), reason))


def _modification(path: str, change: pb.RequirementModification, problems: Problems) -> wf.RequirementModification:
    requirement = fields.text(f"{path}.requirement_id", change.requirement_id, problems, limit=fields.MAX_NAME)
    status = fields.choice(f"{path}.status", change.status, _MODIFICATIONS, problems)
    reason = fields.text(f"{path}.reason", change.reason, problems, required=status == "WAIVED")
    return wf.RequirementModification(requirement, status, reason)


def message(request: Request, update: wf.Update, problems: Problems, payload: Callable[[wf.Envelope], Payload]) -> Message:
    """What every message carries; refuses the request if anything in it is wrong."""
    request_id = fields.request_id(request.request_id, problems)
    if not request.case_id.strip():
        problems.add("case_id", "is required")
    problems.refuse_if_any()
    return Message(update, fields.case_id(request.case_id), request_id, request.etag, payload)
