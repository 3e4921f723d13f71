"""The cases of one page, several at a time: one that fails is noted and stops no other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.workflow_worker.application.monitoring.catalogue import RECORD_UNCHECKED, RUN_CHECKS
    from trustrelay.workflow_worker.application.monitoring.reviews import review
    from trustrelay.workflow_worker.application.running import reason_of, run_activity
    from trustrelay.workflow_worker.domain.monitoring.following_up import to_review
    from trustrelay.workflow_worker.domain.monitoring.records import CaseChecked, CaseUnchecked, CheckCase, RunRef

# The store has ended the run, or never knew it: nothing more can be stored.
_RUN_IS_OVER = frozenset({"MONITORING_RUN_CLOSED", "MONITORING_RUN_NOT_FOUND"})


@dataclass
class Window:
    """Looks at cases, `width` at a time; a slot that is free takes the next case at once."""

    run: RunRef
    enabled_checks: tuple[str, ...]
    review_from: int
    width: int
    # Why the run cannot go on, once the store has said so.
    over: str = ""
    _slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.width)

    async def check(self, case_ids: Sequence[str]) -> None:
        """All of them. A cancellation ends what runs and goes on to the caller."""
        tasks = [asyncio.create_task(self._one(case_id)) for case_id in case_ids]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, case_id: str) -> None:
        async with self._slots:
            if self.over:
                return
            checked = await self._looked(CheckCase(self.run, case_id, self.enabled_checks))
            for alert in to_review(checked.alerts, self.review_from):
                await review(self.run.tenant_id, alert.alert_id)

    async def _looked(self, case: CheckCase) -> CaseChecked:
        """What was seen; where nothing could be, that is stored with the reason."""
        try:
            return await run_activity(RUN_CHECKS, case)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            reason = reason_of(error)
        if reason in _RUN_IS_OVER:
            self.over = reason
            return CaseChecked()
        try:
            return await run_activity(RECORD_UNCHECKED, CaseUnchecked(case, reason))
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            # Gone since the page was read, or a store that is away for a day: the page goes on, and the next run finds the case again.
            refusal = reason_of(error)
            if refusal in _RUN_IS_OVER:
                self.over = refusal
            workflow.logger.warning("monitoring.case_not_recorded", extra={"case.id": case.case_id, "reason": refusal})
            return CaseChecked()
