"""The workflow's transitions: compare-and-set of a case's state with everything that belongs to it."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from trustrelay.common.v1.case_file_pb2 import CaseSummary
from trustrelay.persistence.v1.case_store_service_pb2 import AuditEntry, RecordTransitionRequest
from trustrelay.persistence_service.application import changes, checks
from trustrelay.persistence_service.application.ports import Clock, DomainEvent, Store, Version
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.cases import Case, merged_projection
from trustrelay.persistence_service.domain.enums import CASE_STATUS, TIER
from trustrelay.servicekit.errors import Aborted


async def record_transition(store: Store, clock: Clock, tenant: str, actor: str, request: RecordTransitionRequest) -> tuple[Case, CaseSummary]:
    """The case after the transition. Known (case, expected_version) with equal content: a success that stores nothing.

    Changes come first, the case last: the constraints on a status look at decisions, hits and overrides that come with it.
    Raises STATE_VERSION_CONFLICT, and whatever the database's constraints refuse; then nothing of it is stored.
    """
    status, patch = _checked(request)
    digest = content_sha256(request)
    entries = [audit_entry(entry, actor, clock(), request.trace_id) for entry in request.audit]
    async with store.unit(tenant) as unit:
        case = await unit.cases.locked(request.case_id)
        if case.state_version == request.expected_version:
            now = clock()
            await changes.apply(unit, case, case.state_version + 1, request.changes, actor, now)
            after = _after(case, request, status, patch, now)
            await unit.cases.advance(after)
            entries = entries or [_plain_entry(case, after, actor, now)]
            await unit.ledger.add_version(Version(after, digest, actor, now, _event(case, after, request), entries))
            case = after
        elif await unit.ledger.transition_digest(case.case_id, request.expected_version + 1) == digest:
            case = replace(case, state_version=request.expected_version + 1)
        else:
            raise Aborted("STATE_VERSION_CONFLICT", "the case has changed since", metadata={"state_version": str(case.state_version)})
        return case, await unit.cases.summary(case.case_id)


def content_sha256(request: RecordTransitionRequest) -> str:
    """What makes two transitions the same: everything but the trace and the wall clock of audit entries, which differ between retries."""
    bare = RecordTransitionRequest()
    bare.CopyFrom(request)
    bare.ClearField("trace_id")
    for entry in bare.audit:
        entry.ClearField("event_time")
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).hexdigest()


def audit_entry(entry: AuditEntry, actor: str, now: datetime, trace_id: str) -> Entry:
    """The entry to append. Raises FIELD_INVALID."""
    checks.need_text("audit.event_id", entry.event_id, longest=200)
    checks.need_text("audit.type", entry.type, longest=100)
    data = checks.json_object("audit.data_json", entry.data_json)
    return Entry(entry.event_id, entry.type, entry.actor or actor, checks.optional_moment(entry, "event_time") or now, data, trace_id)


def _checked(request: RecordTransitionRequest) -> tuple[str, dict[str, Any]]:
    """Status name and projection patch. Raises FIELD_INVALID."""
    try:
        status, _ = CASE_STATUS.name(request.status), TIER.name(request.tier)
    except ValueError:
        raise checks.invalid("status", "is not a known value") from None
    if status == "UNSPECIFIED":
        raise checks.invalid("status", "is required")
    if request.expected_version < 1 or request.iteration < 0:
        raise checks.invalid("expected_version", "must be at least 1, iteration at least 0")
    if request.owner:
        checks.need_text("owner", request.owner, longest=200)
    return status, checks.json_object("projection_json", request.projection_json)


def _after(before: Case, request: RecordTransitionRequest, status: str, patch: dict[str, Any], now: datetime) -> Case:
    """What is absent in the request stays."""
    return replace(
        before,
        status=status,
        state_version=before.state_version + 1,
        iteration=request.iteration,
        updated_at=now,
        tier=TIER.name(request.tier) if request.tier else before.tier,
        tier_set_by=request.tier_set_by or before.tier_set_by,
        projection=merged_projection(before.projection or {}, patch),
        expire_time=checks.optional_moment(request, "expire_time") or before.expire_time,
        trace_id=request.trace_id or before.trace_id,
        owner=request.owner or before.owner,
    )


def _plain_entry(before: Case, after: Case, actor: str, now: datetime) -> Entry:
    """No transition without a trace in the audit log, even when the caller sent none."""
    facts = {"from": before.status, "to": after.status, "state_version": after.state_version}
    return Entry(ids.derived("transition", after.case_id, str(after.state_version)), "status_changed", actor, now, facts, after.trace_id)


def _event(before: Case, after: Case, request: RecordTransitionRequest) -> DomainEvent:
    """One event per transition; caused by the message that it answers, if it answers one."""
    facts = {"from": before.status, "to": after.status, "state_version": after.state_version, "iteration": after.iteration, "tier": after.tier}
    cause = next((change.answer.request_id for change in request.changes if change.WhichOneof("change") == "answer"), "")
    kind = "case.updated" if before.status == after.status else "case.status_changed"
    return DomainEvent(ids.derived("event", after.case_id, str(after.state_version)), kind, after.case_id, cause, facts)
