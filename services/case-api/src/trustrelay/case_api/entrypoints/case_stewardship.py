"""Requests that look after a case rather than judge it, as messages to its workflow. Each function raises InvalidArgument with every mistake."""

from __future__ import annotations

from functools import partial

from trustrelay.case.v1 import case_service_pb2 as pb
from trustrelay.case_api.application.messages import Message
from trustrelay.case_api.domain import fields, numbers
from trustrelay.case_api.domain.problems import Problems
from trustrelay.case_api.entrypoints.case_messages import message
from trustrelay.contracts import case_workflow as wf

_MAX_DAYS = 365


def extend_timeline(request: pb.ExtendTimelineRequest) -> Message:
    """More time for the customer, with a reason."""
    problems = Problems()
    if not 1 <= request.days <= _MAX_DAYS:
        problems.add("days", f"must be 1..{_MAX_DAYS}")
    reason = fields.text("reason", request.reason, problems)
    return message(request, wf.Update.EXTEND_TIMELINE, problems, partial(wf.ExtendTimeline, days=request.days, reason=reason))


def reassign(request: pb.ReassignCaseRequest) -> Message:
    """Another officer looks after the case, with a reason."""
    problems = Problems()
    owner = fields.text("owner", request.owner, problems, limit=fields.MAX_ACTOR)
    reason = fields.text("reason", request.reason, problems)
    return message(request, wf.Update.REASSIGN, problems, partial(wf.Reassign, owner=owner, reason=reason))


def reclassify_mcc(request: pb.ReclassifyMccRequest) -> Message:
    """The officer's merchant category. InvalidArgument / MCC_UNKNOWN."""
    problems = Problems()
    mcc = request.mcc.strip()
    if not numbers.is_merchant_category(mcc):
        problems.add("mcc", "must be a category of ISO 18245, four digits", "MCC_UNKNOWN")
    reason = fields.text("reason", request.reason, problems)
    return message(request, wf.Update.MCC_UPDATE, problems, partial(wf.MccUpdate, mcc=mcc, reason=reason))


def resume(request: pb.ResumeCaseRequest) -> Message:
    """Takes a FAILED case up again, with a reason."""
    problems = Problems()
    reason = fields.text("reason", request.reason, problems)
    return message(request, wf.Update.RESUME, problems, partial(wf.Resume, reason=reason))
