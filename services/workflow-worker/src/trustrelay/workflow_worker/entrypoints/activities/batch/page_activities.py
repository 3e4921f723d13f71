"""The activity that does a batch's work: one page, read, scored and stored."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

from temporalio import activity

from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED
from trustrelay.osint.v1.risk_service_pb2 import BatchAssessRiskRequest
from trustrelay.persistence.v1 import batch_store_service_pb2 as store
from trustrelay.servicekit.errors import ServiceError, Unavailable
from trustrelay.workflow_worker.application.batch.catalogue import SCORING_UNAVAILABLE
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.batch.records import PageScored, ScorePage
from trustrelay.workflow_worker.entrypoints.activities.batch import scoring
from trustrelay.workflow_worker.entrypoints.activities.calling import FINAL_CODES, on_behalf_of
from trustrelay.workflow_worker.entrypoints.activities.measures import count_batch_cases
from trustrelay.workflow_worker.entrypoints.activities.streaming import heartbeating

_SECONDS = 60.0
# Cases per question: a page of the usual size is one.
_AT_ONCE = 250


class PageActivities:
    """Facts pass through; none is kept, logged or returned to the workflow."""

    def __init__(self, services: Services) -> None:
        self._batches = services.persistence.batches
        self._risk = services.osint.risk

    @activity.defn(name="score_batch_page")
    async def score_batch_page(self, asked: ScorePage) -> PageScored:
        """Scores what this run has not scored yet of the page. On retry the store gives only what is left, and keeps what it has."""
        run_id = asked.run.run_id
        with on_behalf_of(asked.run.tenant_id):
            facts = await self._facts(asked)
            if not facts:
                return PageScored(0, 0)
            cases = [scoring.not_assessed(one, scoring.FACTS_MISSING) for one in facts if not scoring.can_be_asked(one)]
            known = [one for one in facts if scoring.can_be_asked(one)]
            for start in range(0, len(known), _AT_ONCE):
                cases += await self._scored(known[start : start + _AT_ONCE], asked.as_of_date)
            reply = await self._batches.RecordBatchResults(store.RecordBatchResultsRequest(run_id=run_id, cases=cases), timeout=_SECONDS)
        unscored = sum(one.result.outcome == CHECK_OUTCOME_NOT_ASSESSED for one in cases)
        count_batch_cases(len(cases) - unscored, unscored)
        return PageScored(reply.recorded, reply.alerts_opened)

    async def _facts(self, asked: ScorePage) -> list[store.RiskFacts]:
        page = store.BatchPage(after_case_id=asked.page.after_case_id, last_case_id=asked.page.last_case_id)
        stream = self._batches.ReadBatchPage(store.ReadBatchPageRequest(run_id=asked.run.run_id, page=page), timeout=_SECONDS)
        async with aclosing(heartbeating(stream)) as chunks:
            return [one async for chunk in chunks for one in chunk.facts]

    async def _scored(self, facts: Sequence[store.RiskFacts], as_of_date: str) -> list[store.ScoredCase]:
        """In the order of `facts`. Raises Unavailable SCORING_UNAVAILABLE when the rules cannot be asked now."""
        request = BatchAssessRiskRequest(requests=[scoring.question(one, as_of_date) for one in facts])
        try:
            reply = await self._risk.BatchAssessRisk(request, timeout=_SECONDS)
        except ServiceError as error:
            if error.code in FINAL_CODES:
                raise
            raise Unavailable(SCORING_UNAVAILABLE, "the risk rules cannot be asked now") from error
        return [scoring.scored(one, answer) for one, answer in zip(facts, reply.results, strict=True)]
