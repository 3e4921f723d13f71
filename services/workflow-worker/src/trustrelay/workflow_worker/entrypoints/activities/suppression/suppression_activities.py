"""Activities that end rules whose time is over and test dismissed hits again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from temporalio import activity

from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED
from trustrelay.common.v1.portfolio_types_pb2 import HitToRetest, RetestedHit
from trustrelay.osint.v1.screening_service_pb2 import RetestHitsRequest
from trustrelay.persistence.v1 import screening_store_service_pb2 as store
from trustrelay.servicekit.errors import ServiceError, Unavailable
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.suppression.records import ExpireRules, PageRetested, Reopened, RetestPage, RulesExpired
from trustrelay.workflow_worker.entrypoints.activities.calling import FINAL_CODES, on_behalf_of, operation_id, time_limit

_PAGE = 200
# From this attempt on, hits that could not be tested are told as such instead of being waited for.
_PATIENCE = 3


class SuppressionActivities:
    """The screening store and osint-service, for the refresh of suppression."""

    def __init__(self, services: Services) -> None:
        self._store = services.persistence.screening
        self._screening = services.osint.screening

    @activity.defn(name="expire_suppression_rules")
    async def expire_suppression_rules(self, asked: ExpireRules) -> RulesExpired:
        """Ends a page of rules and opens their hits; on retry what the first attempt did is answered again."""
        request = store.ExpireSuppressionRulesRequest(found_by=_found_by(asked.refresh_id), operation_id=operation_id())
        request.as_of_time.FromDatetime(asked.as_of)
        with on_behalf_of(asked.tenant_id):
            done = await self._store.ExpireSuppressionRules(request)
        return RulesExpired(done.expired_rules, _reopened(done.reopened), done.more)

    @activity.defn(name="retest_dismissed_hits")
    async def retest_dismissed_hits(self, asked: RetestPage) -> PageRetested:
        """Tests a page of dismissed hits against the loaded lists and stores what that came to; on retry the hits that are left are tested."""
        with on_behalf_of(asked.tenant_id):
            page = await self._store.ListHitsToRetest(store.ListHitsToRetestRequest(page_size=_PAGE, page_token=asked.page_token))
            hits = await self._tested(page.hits)
            request = store.RecordRetestRequest(hits=hits, found_by=_found_by(asked.refresh_id), operation_id=operation_id())
            done = await self._store.RecordRetest(request, timeout=time_limit())
        unread = sum(hit.outcome == CHECK_OUTCOME_NOT_ASSESSED for hit in hits)
        return PageRetested(len(hits), unread, _reopened(done.reopened), page.next_page_token)

    async def _tested(self, hits: Sequence[HitToRetest]) -> Sequence[RetestedHit]:
        """One answer per hit. Raises ServiceError while another attempt may bring them; then nobody looked, and each hit says why."""
        if not hits:
            return ()
        try:
            reply = await self._screening.RetestHits(RetestHitsRequest(hits=hits), timeout=time_limit())
            if len(reply.hits) != len(hits):
                raise Unavailable("RESULT_MISSING", "not every hit was tested")
        except ServiceError as error:
            if error.code not in FINAL_CODES and activity.info().attempt < _PATIENCE:
                raise
            return [_not_assessed(hit, error.reason) for hit in hits]
        return reply.hits


def _not_assessed(hit: HitToRetest, reason: str) -> RetestedHit:
    return RetestedHit(case_id=hit.case_id, hit_id=hit.hit.hit_id, rule_id=hit.rule_id, outcome=CHECK_OUTCOME_NOT_ASSESSED, reason=reason)


def _reopened(hits: Iterable[store.ReopenedHit]) -> Reopened:
    """Each open case once, in a stable order."""
    found = list(hits)
    return Reopened(len(found), tuple(sorted({hit.case_id for hit in found if not hit.case_closed})))


def _found_by(refresh_id: str) -> str:
    return f"suppression-refresh/{refresh_id}"
