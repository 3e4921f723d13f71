"""What callers were told, held against what the system kept: pure, so that it can be tested without a cluster."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from trustrelay.common.v1.decision_types_pb2 import AuditEvent

# Request → the audit event that its acknowledgement promises.
AUDITED = {
    "SetAutomationTierRequest": "tier_forced",
    "ApproveRequirementsRequest": "requirements_approved",
    "SubmitDocumentsRequest": "documents_submitted",
    "ResolveHitRequest": "hit_resolved",
    "DecideCaseRequest": "decision_recorded",
    "ConfirmDecisionRequest": "second_decision_recorded",
}


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One answered message: the receipt's version of the case (0 where the answer names none)."""

    case_id: str
    request: str
    request_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One case as the read model and the audit log have it."""

    case_id: str
    status: str
    version: int
    audit: Sequence[AuditEvent]


def contradictions(acknowledged: Sequence[Acknowledged], kept: Kept) -> list[str]:
    """One sentence per message that is lost, doubled, or stored under another version than its receipt says."""
    found = []
    if kept.status != "APPROVED":
        found.append(f"{kept.case_id} is {kept.status}")
    if [event.sequence for event in kept.audit] != list(range(1, len(kept.audit) + 1)):
        found.append(f"{kept.case_id}: the audit log has gaps")
    if Counter(event.type for event in kept.audit)["case_opened"] != 1:
        found.append(f"{kept.case_id} was not opened exactly once")
    found += [problem for one in acknowledged if one.request in AUDITED for problem in _of(one, kept)]
    return found


def _of(one: Acknowledged, kept: Kept) -> list[str]:
    name = f"{kept.case_id}: {one.request} {one.request_id}"
    events = [event for event in kept.audit if event.type == AUDITED[one.request] and _request_id(event) == one.request_id]
    if len(events) != 1:
        return [f"{name} is acknowledged once and stored {len(events)} times"]
    if one.version and f"/{one.version}/" not in events[0].event_id:
        return [f"{name} is acknowledged as version {one.version} and stored as {events[0].event_id}"]
    if one.version > kept.version:
        return [f"{name} is acknowledged as version {one.version}, the read model is at {kept.version}"]
    return []


def _request_id(event: AuditEvent) -> str:
    return str(json.loads(event.data_json or "{}").get("request_id", ""))
