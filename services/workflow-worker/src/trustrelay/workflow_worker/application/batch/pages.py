"""The pages of a run: planned some at a time, several scored at once, as fast as the run's limit allows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.batch_workflow import RunStatus
    from trustrelay.workflow_worker.application.batch.catalogue import PLAN_BATCH_PAGES, SCORE_BATCH_PAGE, SCORING_UNAVAILABLE
    from trustrelay.workflow_worker.application.running import BETWEEN_OUTAGES, is_final, reason_of, run_activity
    from trustrelay.workflow_worker.domain.batch.records import Page, PagePlan, PlanPages, RunRef, ScorePage
    from trustrelay.workflow_worker.domain.batch.state import BatchState

PAGES_PER_PLAN = 50


@dataclass(frozen=True)
class Failure:
    """Why something was given up: a page, by the order in which pages began, or the planning of more, which comes after all of them."""

    number: int
    reason: str
    page: Page | None = None


@dataclass
class Pages:
    """`page_size` and `window` are what the starter asked for; the limit comes from the store."""

    run: RunRef
    state: BatchState
    page_size: int
    window: int
    # Whether this run of the workflow is long enough: then no further page begins.
    long_enough: Callable[[], bool]
    # In the order in which they began.
    running: dict[Page, asyncio.Task[None]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    # Pages that were cancelled before they were done.
    dropped: list[Failure] = field(default_factory=list)
    held: bool = False

    async def score(self) -> bool:
        """Begins pages as long as the run is RUNNING; waits for those that run. True = no page is left, and none failed."""
        finished = False
        while self._goes_on() and not finished:
            plan = await self._plan()
            if plan is None:
                break
            for page in plan.pages:
                if not await self._may_begin():
                    break
                self._begin(page)
            else:
                finished = not plan.more
        await self.drained()
        return finished and not (self.failures or self.dropped)

    async def drained(self) -> None:
        """Until no page runs. Raises what broke one in a way that nobody foresaw."""
        await workflow.wait_condition(lambda: not self.running)
        if self._broken is not None:
            raise self._broken

    async def hold(self, patience: timedelta) -> None:
        """No page begins, and none runs: those that do not end by themselves in time are cancelled. What was stored stays; what was not is not done.

        Whoever holds the pages lets go of them by `held = False`.
        """
        self.held = True
        try:
            await workflow.wait_condition(lambda: not self.running, timeout=patience)
        except TimeoutError:
            for task in self.running.values():
                task.cancel()
            await self.drained()

    def take_failure(self) -> Failure | None:
        """What failed first, once. The run's place is set back to before the first page that is not done, for when the run goes on."""
        failures = sorted(self.failures, key=lambda failure: failure.number)
        undone = sorted((one for one in (*failures, *self.dropped) if one.page is not None), key=lambda one: one.number)
        if undone and undone[0].page is not None:
            self.state.after_case_id = undone[0].page.after_case_id
        self.failures.clear()
        self.dropped.clear()
        return failures[0] if failures else None

    def __post_init__(self) -> None:
        self._begun = 0
        self._broken: BaseException | None = None

    def _goes_on(self) -> bool:
        return self.state.status is RunStatus.RUNNING and not (self.held or self.failures or self.long_enough())

    async def _plan(self) -> PagePlan | None:
        """The next pages; None when the store was given up."""
        size = self.state.page_size(self.page_size)
        try:
            return await run_activity(PLAN_BATCH_PAGES, PlanPages(self.run, self.state.after_case_id, size, PAGES_PER_PLAN))
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.failures.append(Failure(self._begun + 1, reason_of(error)))
            return None

    async def _may_begin(self) -> bool:
        """Waits for room in the window and for the limit; False when the run is to stop instead."""
        await workflow.wait_condition(lambda: len(self.running) < self.window or not self._goes_on())
        while self._goes_on() and (pause := self.state.wait_for_turn(workflow.now())):
            try:
                await workflow.wait_condition(lambda: not self._goes_on(), timeout=pause)
            except TimeoutError:
                continue
        return self._goes_on()

    def _begin(self, page: Page) -> None:
        self.state.take_turn(page.cases, workflow.now())
        self.state.after_case_id = page.last_case_id
        self._begun += 1
        task = asyncio.create_task(self._score(page, self._begun))
        self.running[page] = task

        def ended(task: asyncio.Task[None], number: int = self._begun) -> None:
            self.running.pop(page, None)
            if task.cancelled():
                self.dropped.append(Failure(number, "CANCELLED", page))
            elif broken := task.exception():
                self._broken = broken

        task.add_done_callback(ended)

    async def _score(self, page: Page, number: int) -> None:
        """Until it is scored or given up; an outage of the risk rules is waited out, however long."""
        while True:
            try:
                done = await run_activity(SCORE_BATCH_PAGE, ScorePage(self.run, self.state.as_of_date, page))
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise asyncio.CancelledError from error
                if is_final(error) or reason_of(error) != SCORING_UNAVAILABLE:
                    self.failures.append(Failure(number, reason_of(error), page))
                    return
            else:
                self.state.cases_scored += done.recorded
                self.state.alerts_opened += done.alerts_opened
                self.state.pages_done += 1
                return
            await workflow.sleep(BETWEEN_OUTAGES)
