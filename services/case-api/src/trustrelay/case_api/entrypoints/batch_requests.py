"""Requests about batches, checked and in canonical form. Each function raises InvalidArgument with every mistake of its request."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

from trustrelay.case.v1 import batch_service_pb2 as pb
from trustrelay.case_api.application.batches import BatchOrder
from trustrelay.case_api.application.messages import Message, Payload
from trustrelay.case_api.domain import fields
from trustrelay.case_api.domain.digests import body_sha256
from trustrelay.case_api.domain.problems import Problems
from trustrelay.common.v1.decision_types_pb2 import RiskLevel
from trustrelay.common.v1.portfolio_types_pb2 import BatchFilter
from trustrelay.contracts import batch_workflow as wf
from trustrelay.contracts.messages import Envelope

_LEVELS = {value: name.removeprefix("RISK_LEVEL_") for name, value in RiskLevel.items() if value}
_MAX_RATE = 10_000.0
_STEERING: dict[type[object], tuple[wf.BatchUpdate, Callable[[Envelope, str], Payload]]] = {
    pb.PauseBatchRequest: (wf.BatchUpdate.PAUSE, wf.PauseBatch),
    pb.ResumeBatchRequest: (wf.BatchUpdate.RESUME, wf.ResumeBatch),
    pb.CancelBatchRequest: (wf.BatchUpdate.CANCEL, wf.CancelBatch),
}


def order(request: pb.StartBatchRequest) -> BatchOrder:
    """A new run. Filters that mean the same make the same body."""
    problems = Problems()
    request_id = fields.request_id(request.request_id, problems)
    chosen = _filter(request.filter, problems)
    as_of = request.as_of_date.strip()
    if as_of and not _is_date(as_of):
        problems.add("as_of_date", "must be an ISO 8601 date, or empty for today")
    rate = request.max_cases_per_second
    if not math.isfinite(rate) or not 0 <= rate <= _MAX_RATE:
        problems.add("max_cases_per_second", f"must be 0..{_MAX_RATE:.0f}; 0 is as fast as it goes")
    problems.refuse_if_any()
    canonical = pb.StartBatchRequest(filter=chosen, dry_run=request.dry_run, as_of_date=as_of, max_cases_per_second=rate)
    return BatchOrder(request_id, body_sha256(canonical), chosen, request.dry_run, as_of, rate)


def steering(request: pb.PauseBatchRequest | pb.ResumeBatchRequest | pb.CancelBatchRequest) -> Message:
    """Pause, resume or cancel, with a reason."""
    problems = Problems()
    request_id = fields.request_id(request.request_id, problems)
    reason = fields.text("reason", request.reason, problems)
    if not request.run_id.strip():
        problems.add("run_id", "is required")
    problems.refuse_if_any()
    update, payload = _STEERING[type(request)]
    return Message(update, run_id(request.run_id), request_id, request.etag, lambda envelope: payload(envelope, reason))


def run_id(value: str) -> str:
    """NotFound / BATCH_RUN_NOT_FOUND when it cannot be an id."""
    return fields.resource_id("run_id", value, "BATCH_RUN_NOT_FOUND")


def _filter(given: BatchFilter, problems: Problems) -> BatchFilter:
    templates = fields.texts("filter.template_ids", given.template_ids, problems)
    countries = [fields.country_code(f"filter.countries[{i}]", one, problems) for i, one in enumerate(given.countries)]
    for index, level in enumerate(given.risk_levels):
        fields.choice(f"filter.risk_levels[{index}]", level, _LEVELS, problems)
    chosen = BatchFilter(template_ids=sorted(set(templates)), countries=sorted(set(countries)), risk_levels=sorted(set(given.risk_levels)))
    if given.HasField("scored_before"):
        chosen.scored_before.CopyFrom(given.scored_before)
    return chosen


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
