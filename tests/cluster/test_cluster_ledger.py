"""The cluster test's own judgement: it must see a lost, a doubled and a misplaced message. No cluster needed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ledger import Acknowledged, Kept, contradictions

from trustrelay.common.v1.decision_types_pb2 import AuditEvent

DECIDED = Acknowledged("case-1", "DecideCaseRequest", "request-1", 7)


def kept(*events: tuple[str, str, str], version: int = 9, status: str = "APPROVED") -> Kept:
    """A case whose audit log is its opening and these (event id, type, request id)."""
    log = [AuditEvent(event_id="opened", type="case_opened", sequence=1)]
    log += [
        AuditEvent(event_id=event_id, type=kind, sequence=number, data_json=json.dumps({"request_id": request_id}))
        for number, (event_id, kind, request_id) in enumerate(events, start=2)
    ]
    return Kept("case-1", status, version, log)


GOOD = kept(("case-1/7/0", "decision_recorded", "request-1"))


def test_an_acknowledged_decision_that_is_stored_once_is_fine() -> None:
    """Nothing to say about a case that kept what it promised."""
    assert contradictions([DECIDED], GOOD) == []


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (kept(), "stored 0 times"),
        (kept(("case-1/7/0", "decision_recorded", "request-1"), ("case-1/8/0", "decision_recorded", "request-1")), "stored 2 times"),
        (kept(("case-1/8/0", "decision_recorded", "request-1")), "stored as case-1/8/0"),
        (kept(("case-1/7/0", "decision_recorded", "another")), "stored 0 times"),
        (kept(("case-1/7/0", "decision_recorded", "request-1"), version=6), "the read model is at 6"),
        (replace(GOOD, status="REVIEW_PENDING"), "is REVIEW_PENDING"),
        (replace(GOOD, audit=GOOD.audit[1:]), "has gaps"),
    ],
    ids=["lost", "doubled", "misplaced", "somebody-elses", "read-model-behind", "unfinished", "truncated-log"],
)
def test_what_contradicts_an_acknowledgement_is_told(case: Kept, sentence: str) -> None:
    """Each way of losing or doubling an acknowledged decision gets its sentence."""
    assert any(sentence in problem for problem in contradictions([DECIDED], case))
