"""One page: facts read, scored by the real rules, recorded; over real channels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.common.v1 import decision_types_pb2 as decision_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.osint.v1.risk_service_pb2 import AssessRiskRequest
from trustrelay.osint.v1.risk_service_pb2_grpc import RiskServiceStub, add_RiskServiceServicer_to_server
from trustrelay.osint_service.entrypoints.risk import RiskServicer
from trustrelay.persistence.v1 import batch_store_service_pb2 as store
from trustrelay.persistence.v1.batch_store_service_pb2_grpc import BatchStoreServiceServicer, add_BatchStoreServiceServicer_to_server
from trustrelay.servicekit.context import CallContext, current, use
from trustrelay.servicekit.errors import FailedPrecondition, ServiceError, Unavailable
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import Registration, running
from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.domain.batch.records import Page, PageScored, RunRef, ScorePage
from trustrelay.workflow_worker.entrypoints.activities import measures
from trustrelay.workflow_worker.entrypoints.activities.batch.page_activities import PageActivities

DAY = "2026-11-22"
ASKED = ScorePage(RunRef("tenant-test", "run-1"), DAY, Page("", "c-9", 9))


@dataclass
class Store(BatchStoreServiceServicer):
    """Gives the facts that the test has set, two at a time, and keeps what is recorded."""

    facts: list[store.RiskFacts] = field(default_factory=list)
    recorded: list[store.ScoredCase] = field(default_factory=list)
    tenants: set[str] = field(default_factory=set)
    refusal: ServiceError | None = None

    async def ReadBatchPage(self, request: Any, context: Any) -> AsyncIterator[Any]:
        self.tenants.add(current().tenant_id)
        for start in range(0, len(self.facts), 2):
            yield store.ReadBatchPageResponse(facts=self.facts[start : start + 2])

    async def RecordBatchResults(self, request: Any, context: Any) -> Any:
        if self.refusal is not None:
            raise self.refusal
        self.recorded.extend(request.cases)
        return store.RecordBatchResultsResponse(recorded=len(request.cases), alerts_opened=1)


@asynccontextmanager
async def page_of(kept: Store, *, rules: bool = True) -> AsyncIterator[PageActivities]:
    """The activity, with the store and, unless they are away, the rules."""
    both = [Registration(add_BatchStoreServiceServicer_to_server, kept, "trustrelay.persistence.v1.BatchStoreService")]
    if rules:
        both.append(Registration(add_RiskServiceServicer_to_server, RiskServicer(), "trustrelay.osint.v1.RiskService"))
    async with running(both) as target, channel(target) as opened, channel(target if rules else "127.0.0.1:1") as asked:
        yield PageActivities(services(opened, opened, asked))


async def score(pages: PageActivities) -> PageScored:
    scored: PageScored = await ActivityEnvironment().run(pages.score_batch_page, ASKED)
    return scored


def facts(case_id: str, **more: Any) -> store.RiskFacts:
    subject = case_types.Subject(type=case_types.SUBJECT_TYPE_COMPANY, country="BE")
    checks = [evidence_types.Check(kind="registry_status", outcome=evidence_types.CHECK_OUTCOME_CLEAR, evidence_ids=["e-1"])]
    return store.RiskFacts(case_id=case_id, **({"subject": subject, "checks": checks} | more))


async def test_worker_batch_page_is_scored_as_the_case_would_be() -> None:
    """Each result is the rules' own assessment of the same facts, with what it was before and every factor that moved."""
    before = decision_types.RiskAssessment(level=decision_types.RISK_LEVEL_LOW, score=0.1, model_version="risk-kyb@0")
    before.factors.add(name="activity", value=0.9)
    before.factors.add(name="retired", value=0.5)
    kept = Store([facts("c-1"), facts("c-2", current=before), facts("c-3", hits=[evidence_types.Hit(topics=["sanction"], status=1)])])
    async with page_of(kept) as pages:
        assert await score(pages) == PageScored(3, 1)
        rules = pages._risk
        with use(CallContext("tenant-test", "test")):
            alone = [await _alone(rules, one) for one in kept.facts]
    assert [one.assessment for one in kept.recorded] == alone
    assert [(one.result.case_id, one.result.after_level, one.result.after_score) for one in kept.recorded] == [
        (one.case_id, found.level, found.score) for one, found in zip(kept.facts, alone, strict=True)
    ]
    second = kept.recorded[1].result
    assert (second.before_level, second.before_score, second.outcome) == (decision_types.RISK_LEVEL_LOW, 0.1, evidence_types.CHECK_OUTCOME_CLEAR)
    changed = {change.fact: (change.before, change.after) for change in second.changes}
    assert (changed["activity"], changed["retired"]) == (("0.9", "0.4"), ("0.5", ""))
    assert kept.tenants == {"tenant-test"}


async def _alone(rules: RiskServiceStub, one: store.RiskFacts) -> decision_types.RiskAssessment:
    request = AssessRiskRequest(subject=one.subject, checks=one.checks, hits=one.hits, parties=one.parties, checkpoint="batch", as_of_date=DAY)
    return (await rules.AssessRisk(request, timeout=10)).assessment


async def test_worker_batch_case_that_cannot_be_scored_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that nobody ever checked, and one that the rules refuse, are NOT_ASSESSED with the reason and counted so; the others are scored."""
    counted: list[tuple[str, int]] = []
    monkeypatch.setattr(measures, "count", lambda metric, labels, number: counted.append((f"{metric.name} {labels['outcome']}", number)))
    nobody = case_types.Subject(country="BE")
    kept = Store([facts("c-1"), facts("c-2", checks=[]), facts("c-3", subject=nobody), facts("c-4")])
    async with page_of(kept) as pages:
        assert (await score(pages)).recorded == 4
    found = {one.result.case_id: (one.result.outcome, one.result.reason, one.HasField("assessment")) for one in kept.recorded}
    clear, not_assessed = evidence_types.CHECK_OUTCOME_CLEAR, evidence_types.CHECK_OUTCOME_NOT_ASSESSED
    assert found == {
        "c-1": (clear, "", True),
        "c-2": (not_assessed, "FACTS_MISSING", False),
        "c-3": (not_assessed, "PARTY_TYPE_MISSING", False),
        "c-4": (clear, "", True),
    }
    assert counted == [("trustrelay.batch.cases SCORED", 2), ("trustrelay.batch.cases NOT_ASSESSED", 2)]


async def test_worker_batch_page_that_is_done_asks_nobody() -> None:
    """A page of which nothing is left is done, though the rules are away."""
    async with page_of(Store(), rules=False) as pages:
        assert await score(pages) == PageScored(0, 0)


async def test_worker_batch_page_waits_for_the_rules() -> None:
    """Rules that cannot be asked are an outage with a reason of its own, and nothing is recorded."""
    kept = Store([facts("c-1")])
    async with page_of(kept, rules=False) as pages:
        with pytest.raises(Unavailable) as caught:
            await score(pages)
    assert (caught.value.reason, kept.recorded) == ("SCORING_UNAVAILABLE", [])


async def test_worker_batch_page_passes_the_stores_no_on() -> None:
    """What the store refuses keeps its own reason."""
    kept = Store([facts("c-1")], refusal=FailedPrecondition("TRANSITION_FORBIDDEN", "the run has ended"))
    async with page_of(kept) as pages:
        with pytest.raises(FailedPrecondition) as caught:
            await score(pages)
    assert caught.value.reason == "TRANSITION_FORBIDDEN"
