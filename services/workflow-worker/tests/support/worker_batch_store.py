"""What the scripted activities of one batch run do: a store with compare-and-set, cases in order, and failures that the test sets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from trustrelay.contracts.batch_workflow import RunStatus
from trustrelay.workflow_worker.domain.batch.records import (
    Page,
    PagePlan,
    PageScored,
    PlanPages,
    RefusedMessage,
    RunRef,
    ScorePage,
    StatusChange,
    StoredRun,
)

# As the database has them.
_LEGAL = {
    RunStatus.RUNNING: {RunStatus.PAUSED, RunStatus.COMPLETED, RunStatus.CANCELLED, RunStatus.FAILED},
    RunStatus.PAUSED: {RunStatus.RUNNING, RunStatus.CANCELLED, RunStatus.FAILED},
    RunStatus.FAILED: {RunStatus.RUNNING, RunStatus.CANCELLED},
}


def refusal(reason: str, code: str = "FAILED_PRECONDITION") -> ApplicationError:
    """How an activity fails for good on a service's refusal."""
    return ApplicationError(reason, code, type=reason, non_retryable=True)


def outage(reason: str) -> ApplicationError:
    """How an activity fails while a service is away."""
    return ApplicationError(reason, "UNAVAILABLE", type=reason)


@dataclass
class Gate:
    """A place where pages wait."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class ScriptedRun:
    """Cases are `c-00000`, `c-00001`, …: their ids sort like their numbers."""

    cases: int = 1000
    rate: float = 0.0
    status: RunStatus = RunStatus.RUNNING
    version: int = 1
    # How often each case got a result.
    scored: dict[str, int] = field(default_factory=dict)
    changes: list[StatusChange] = field(default_factory=list)
    refusals: dict[str, RefusedMessage] = field(default_factory=dict)
    # When each page was begun for the first time, by the workflow's clock.
    begun: dict[Page, datetime] = field(default_factory=dict)
    attempts: int = 0
    running: int = 0
    most_running: int = 0
    gate: Gate | None = None
    # What an activity fails with: by name, while the list lasts, or for ever.
    failures: dict[str, list[ApplicationError]] = field(default_factory=dict)
    always: dict[str, ApplicationError] = field(default_factory=dict)
    # What the page that holds this case fails with.
    broken_pages: dict[str, ApplicationError] = field(default_factory=dict)

    def ids(self) -> list[str]:
        """Every case of the run."""
        return [f"c-{number:05}" for number in range(self.cases)]

    @property
    def each_case_once(self) -> bool:
        """No case without a result, none with two."""
        return self.scored == dict.fromkeys(self.ids(), 1)

    def fail(self, name: str) -> None:
        """Raises what the test has set for this activity."""
        if name in self.always:
            raise self.always[name]
        if self.failures.get(name):
            raise self.failures[name].pop(0)


class BatchActivities:
    """Every activity of the catalogue, for any number of scripted runs."""

    def __init__(self, runs: dict[str, ScriptedRun]) -> None:
        self._runs = runs

    def all(self) -> list[Callable[..., Any]]:
        """As a worker takes them."""
        return [self.load, self.plan, self.score, self.set_status, self.record_refusal]

    @activity.defn(name="load_batch_run")
    async def load(self, run: RunRef) -> StoredRun:
        script = self._runs.get(run.run_id)
        if script is None:
            raise refusal("BATCH_RUN_NOT_FOUND", "NOT_FOUND")
        script.fail("load_batch_run")
        return StoredRun(script.status, script.version, "2026-11-22", script.rate)

    @activity.defn(name="plan_batch_pages")
    async def plan(self, asked: PlanPages) -> PagePlan:
        script = self._runs[asked.run.run_id]
        script.fail("plan_batch_pages")
        left = [case for case in script.ids() if case > asked.after_case_id]
        cut = [left[start : start + asked.page_size] for start in range(0, len(left), asked.page_size)]
        after, pages = asked.after_case_id, []
        for part in cut[: asked.page_limit]:
            pages.append(Page(after, part[-1], len(part)))
            after = part[-1]
        return PagePlan(tuple(pages), len(cut) > asked.page_limit)

    @activity.defn(name="score_batch_page")
    async def score(self, asked: ScorePage) -> PageScored:
        script = self._runs[asked.run.run_id]
        script.begun.setdefault(asked.page, activity.info().scheduled_time)
        script.attempts += 1
        script.running += 1
        script.most_running = max(script.most_running, script.running)
        try:
            if script.gate is not None:
                script.gate.reached.set()
                await script.gate.opened.wait()
            script.fail("score_batch_page")
            inside = [case for case in script.ids() if asked.page.after_case_id < case <= asked.page.last_case_id]
            for case in script.broken_pages.keys() & set(inside):
                raise script.broken_pages[case]
            if script.status not in (RunStatus.RUNNING, RunStatus.PAUSED):
                raise refusal("TRANSITION_FORBIDDEN")
            new = [case for case in inside if case not in script.scored]
            script.scored |= dict.fromkeys(new, 1)
            return PageScored(len(new), 0)
        finally:
            script.running -= 1

    @activity.defn(name="set_batch_status")
    async def set_status(self, change: StatusChange) -> StoredRun:
        script = self._runs[change.run.run_id]
        script.fail("set_batch_status")
        if change.event_id not in {one.event_id for one in script.changes}:
            if change.expected_version != script.version:
                raise refusal("STATE_VERSION_CONFLICT", "ABORTED")
            if change.status not in _LEGAL.get(script.status, set()):
                raise refusal("TRANSITION_FORBIDDEN")
            script.changes.append(change)
            script.status, script.version = change.status, script.version + 1
        return StoredRun(script.status, script.version, "2026-11-22", script.rate)

    @activity.defn(name="record_batch_refusal")
    async def record_refusal(self, refused: RefusedMessage) -> int:
        script = self._runs[refused.run.run_id]
        known = refused.event_id in script.refusals
        script.refusals[refused.event_id] = refused
        return int(not known)
