"""Runs the refresh of suppression against scripted activities, beside workflows that stand for open cases."""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import VersioningBehavior
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from trustrelay.contracts.case_workflow import FACTS_CHANGED
from trustrelay.contracts.case_workflow import workflow_id as case_workflow_id
from trustrelay.contracts.monitoring_workflow import (
    DEPLOYMENT,
    SUPPRESSION_WORKFLOW,
    TASK_QUEUE,
    SuppressionInput,
    SuppressionResult,
    run_id_of,
    suppression_workflow_id,
)
from trustrelay.workflow_worker.application.lists import REFRESH_LISTS
from trustrelay.workflow_worker.application.suppression.catalogue import EXPIRE_SUPPRESSION_RULES, RETEST_DISMISSED_HITS
from trustrelay.workflow_worker.application.suppression.refresh import SanctionsSuppressionRefreshWorkflow
from trustrelay.workflow_worker.domain.lists import ListsRefreshed, RefreshLists
from trustrelay.workflow_worker.domain.suppression.records import ExpireRules, PageRetested, Reopened, RetestPage, RulesExpired
from trustrelay.workflow_worker.entrypoints.domains import Domain
from trustrelay.workflow_worker.entrypoints.worker import Slots, build_worker

_CASES = "cases-of-others"


@workflow.defn(name="AnOpenCase", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class AnOpenCase:
    """Counts how often it was told, and ends when it is asked to."""

    def __init__(self) -> None:
        self._told = 0
        self._over = False

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self._over)
        return self._told

    @workflow.signal(name=FACTS_CHANGED)
    def facts_changed(self) -> None:
        self._told += 1

    @workflow.signal(name="end")
    def end(self) -> None:
        self._over = True


@dataclass
class ScriptedRefresh:
    """What each call of an activity comes to: results, or exceptions to raise; the last one again and again."""

    lists: list[Any] = field(default_factory=lambda: [ListsRefreshed("CLEAR")])
    expired: list[Any] = field(default_factory=lambda: [RulesExpired(0, Reopened())])
    # By page token.
    pages: dict[str, list[Any]] = field(default_factory=lambda: {"": [PageRetested(0, 0, Reopened())]})
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def named(self, name: str) -> list[Any]:
        """Arguments of the calls of one activity."""
        return [argument for called, argument in self.calls if called == name]

    def answer(self, name: str, argument: Any, script: list[Any]) -> Any:
        self.calls.append((name, argument))
        said = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(said, BaseException):
            raise said
        return said

    @activity.defn(name=REFRESH_LISTS.name)
    async def refresh_lists(self, asked: RefreshLists) -> ListsRefreshed:
        result: ListsRefreshed = self.answer(REFRESH_LISTS.name, asked, self.lists)
        return result

    @activity.defn(name=EXPIRE_SUPPRESSION_RULES.name)
    async def expire_suppression_rules(self, asked: ExpireRules) -> RulesExpired:
        result: RulesExpired = self.answer(EXPIRE_SUPPRESSION_RULES.name, asked, self.expired)
        return result

    @activity.defn(name=RETEST_DISMISSED_HITS.name)
    async def retest_dismissed_hits(self, asked: RetestPage) -> PageRetested:
        result: PageRetested = self.answer(RETEST_DISMISSED_HITS.name, asked, self.pages[asked.page_token])
        return result


@dataclass
class RefreshServer:
    """A time-skipping server, a worker of the refresh as production builds it, and one of open cases."""

    env: WorkflowEnvironment
    client: Client
    script: ScriptedRefresh
    tenant: str = field(default_factory=lambda: f"t-{uuid.uuid4().hex[:8]}")

    async def open_case(self, case_id: str) -> WorkflowHandle[Any, Any]:
        """A workflow under the id of that case."""
        return await self.client.start_workflow(AnOpenCase.run, id=case_workflow_id(self.tenant, case_id), task_queue=_CASES)

    async def told(self, case: WorkflowHandle[Any, Any]) -> int:
        """How often the case was told, once it has ended."""
        await case.signal("end")
        return int(await case.result())

    async def start(self, asked: SuppressionInput | None = None) -> WorkflowHandle[Any, SuppressionResult]:
        """As case-api and the schedules start it."""
        name, argument = f"{suppression_workflow_id(self.tenant)}/{uuid.uuid4()}", asked or SuppressionInput(self.tenant)
        return await self.client.start_workflow(SUPPRESSION_WORKFLOW, argument, id=name, task_queue=TASK_QUEUE, result_type=SuppressionResult)

    async def run(self) -> SuppressionResult:
        """One refresh, to its end."""
        return await (await self.start()).result()

    async def now(self) -> datetime:
        """The server's time."""
        return await self.env.get_current_time()


def refresh_id(handle: WorkflowHandle[Any, Any]) -> str:
    """What its alerts are found by."""
    return run_id_of(handle.id)


@asynccontextmanager
async def refreshing() -> AsyncIterator[Callable[[ScriptedRefresh], RefreshServer]]:
    """Servers for one refresh after the other; each with a script of its own."""
    path = shutil.which("temporal-test-server", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    current = ScriptedRefresh()

    def with_script(script: ScriptedRefresh) -> RefreshServer:
        current.__dict__.update(script.__dict__)
        return RefreshServer(env, env.client, current)

    async with await WorkflowEnvironment.start_time_skipping(test_server_existing_path=path) as env:
        activities = [current.refresh_lists, current.expire_suppression_rules, current.retest_dismissed_hits]
        domain = Domain(TASK_QUEUE, DEPLOYMENT, [SanctionsSuppressionRefreshWorkflow], activities)
        worker = build_worker(env.client, domain, Slots(20, 20, timedelta(0)), "")
        async with worker, Worker(env.client, task_queue=_CASES, workflows=[AnOpenCase], workflow_runner=UnsandboxedWorkflowRunner()):
            yield with_script
