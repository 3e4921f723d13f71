"""Transition as the case store takes it."""

from __future__ import annotations

import json
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from trustrelay.common.v1.case_file_pb2 import Task
from trustrelay.common.v1.case_types_pb2 import AutomationTier, CaseStatus
from trustrelay.common.v1.decision_types_pb2 import Decision, DecisionRecord, SecondDecision
from trustrelay.common.v1.evidence_types_pb2 import HitStatus
from trustrelay.common.v1.requirement_types_pb2 import RequirementStatus
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.workflow_worker.domain.compliance.records import AuditRecord, DecisionChange, Transition


def timestamp(moment: datetime) -> Timestamp:
    """Whole microseconds, UTC."""
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def to_request(transition: Transition) -> store.RecordTransitionRequest:
    """The same transition always gives the same bytes, so that a retry is recognised by its content."""
    version = transition.expected_version + 1
    request = store.RecordTransitionRequest(
        case_id=transition.case.case_id,
        expected_version=transition.expected_version,
        status=CaseStatus.Value(f"CASE_STATUS_{transition.status}"),
        iteration=transition.iteration,
        tier=AutomationTier.Value(f"AUTOMATION_TIER_{transition.tier}"),
        tier_set_by=transition.tier_set_by,
        projection_json=json.dumps(transition.projection, sort_keys=True),
        changes=list(_changes(transition, version)),
        audit=[_audit(transition, version, number, record) for number, record in enumerate(transition.audit)],
        trace_id=transition.trace_id,
        owner=transition.owner,
    )
    if transition.expire_at is not None:
        request.expire_time.CopyFrom(timestamp(transition.expire_at))
    return request


def _audit(transition: Transition, version: int, number: int, record: AuditRecord) -> store.AuditEntry:
    return store.AuditEntry(
        event_id=f"{transition.case.case_id}/{version}/{number}",
        type=record.type,
        actor=record.actor,
        event_time=timestamp(transition.at),
        data_json=json.dumps(record.data, sort_keys=True),
    )


def _changes(transition: Transition, version: int) -> list[store.CaseChange]:
    changes: list[store.CaseChange] = []
    if transition.decision:
        changes.append(store.CaseChange(decision=_decision(transition, transition.decision)))
    if transition.hit:
        hit = transition.hit
        status = HitStatus.Value(f"HIT_STATUS_{hit.resolution}")
        changes.append(store.CaseChange(hit_resolution=store.HitResolution(hit_id=hit.hit_id, status=status, actor=hit.actor, reason=hit.reason)))
    if transition.override:
        one = transition.override
        changes.append(store.CaseChange(check_override=store.CheckOverride(check_id=one.check_id, actor=one.actor, reason=one.reason)))
    changes.extend(_requirement_and_task_changes(transition))
    if transition.answer:
        changes.append(store.CaseChange(answer=_answer(transition, version)))
    return changes


def _requirement_and_task_changes(transition: Transition) -> list[store.CaseChange]:
    requirements = [
        store.CaseChange(
            requirement=store.RequirementChange(
                requirement_id=change.requirement_id, status=RequirementStatus.Value(f"REQUIREMENT_STATUS_{change.status}"), reason=change.reason
            )
        )
        for change in transition.requirements
    ]
    tasks = [
        store.CaseChange(task=Task(task_id=task.task_id, kind=task.kind, requirement_id=task.requirement_id, text=task.text))
        for task in transition.tasks
    ]
    return requirements + tasks


def _decision(transition: Transition, change: DecisionChange) -> DecisionRecord:
    return DecisionRecord(
        step=change.step,
        iteration=transition.iteration,
        decision=Decision.Value(f"DECISION_{change.decision}"),
        second_decision=SecondDecision.Value(f"SECOND_DECISION_{change.second_decision}"),
        actor=change.actor,
        reason=change.reason,
        restrictions=change.restrictions,
        decide_time=timestamp(transition.at),
        request_id=change.request_id,
    )


def _answer(transition: Transition, version: int) -> store.RequestAnswer:
    """The receipt that the sender gets, so that a repeated request gets the same one from the store."""
    answer = transition.answer
    assert answer is not None
    receipt = {
        "status": str(transition.status),
        "state_version": version,
        "submission_number": answer.submission_number,
    }
    return store.RequestAnswer(request_id=answer.request_id, body_sha256=answer.body_sha256, answer=json.dumps(receipt, sort_keys=True).encode())
