"""SanctionsSuppressionRefreshWorkflow: no dismissal outlives its rule, or the list entry that it was about."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    # The sandbox knows only modules that this one imports by name, and resolves the types of arguments and results in them.
    import trustrelay.contracts.monitoring_workflow
    import trustrelay.workflow_worker.domain.lists
    import trustrelay.workflow_worker.domain.suppression.records  # noqa: F401
    from trustrelay.contracts.case_workflow import FACTS_CHANGED
    from trustrelay.contracts.case_workflow import workflow_id as case_workflow_id
    from trustrelay.contracts.monitoring_workflow import SUPPRESSION_WORKFLOW, SuppressionInput, SuppressionResult, run_id_of
    from trustrelay.workflow_worker.application.lists import refreshed_lists
    from trustrelay.workflow_worker.application.running import run_until_done
    from trustrelay.workflow_worker.application.suppression.catalogue import EXPIRE_SUPPRESSION_RULES, RETEST_DISMISSED_HITS
    from trustrelay.workflow_worker.application.suppression.pacing import run_is_full
    from trustrelay.workflow_worker.domain.suppression.records import ExpireRules, Reopened, RetestPage


@workflow.defn(name=SUPPRESSION_WORKFLOW, versioning_behavior=VersioningBehavior.PINNED)
class SanctionsSuppressionRefreshWorkflow:
    """Everything it does may be done again: the store answers a repeated call as it answered the first."""

    @workflow.init
    def __init__(self, asked: SuppressionInput) -> None:
        self._tenant = asked.tenant_id
        self._result = asked.so_far
        self._refresh_id = run_id_of(workflow.info().workflow_id)

    @workflow.run
    async def run(self, asked: SuppressionInput) -> SuppressionResult:
        """What it came to. Lists first, then rules whose time is over, then every dismissed hit, page by page."""
        if not asked.lists_refreshed:
            lists = await refreshed_lists(self._tenant)
            self._result = replace(self._result, lists_outcome=lists.outcome, lists_reason=lists.reason)
        if not asked.expired:
            await self._expire()
        return await self._retest(asked.page_token)

    async def _expire(self) -> None:
        more = True
        while more:
            done = await run_until_done(EXPIRE_SUPPRESSION_RULES, ExpireRules(self._tenant, self._refresh_id, workflow.now()))
            self._result = replace(self._result, expired_rules=self._result.expired_rules + done.rules)
            await self._opened(done.reopened)
            more = done.more

    async def _retest(self, token: str) -> SuppressionResult:
        pages = 0
        while True:
            page = await run_until_done(RETEST_DISMISSED_HITS, RetestPage(self._tenant, self._refresh_id, token))
            self._result = replace(
                self._result,
                tested_hits=self._result.tested_hits + page.tested,
                not_assessed_hits=self._result.not_assessed_hits + page.not_assessed,
            )
            await self._opened(page.reopened)
            token, pages = page.next_page_token, pages + 1
            if not token:
                return self._result
            if run_is_full(pages):
                workflow.continue_as_new(SuppressionInput(self._tenant, token, lists_refreshed=True, expired=True, so_far=self._result))

    async def _opened(self, reopened: Reopened) -> None:
        self._result = replace(self._result, reopened_hits=self._result.reopened_hits + reopened.hits)
        await asyncio.gather(*self._telling(reopened.open_cases))

    def _telling(self, cases: Iterable[str]) -> Iterable[asyncio.Task[None]]:
        return [asyncio.create_task(self._tell(case_id)) for case_id in cases]

    async def _tell(self, case_id: str) -> None:
        """The case reads its facts again. One that was decided meanwhile was refused an approval by the store, or is no longer ours to tell."""
        case = workflow.get_external_workflow_handle(case_workflow_id(self._tenant, case_id))
        try:
            await case.signal(FACTS_CHANGED)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.info("the case has no workflow to tell", extra={"case.id": case_id})
