"""Makes the committed histories of monitoring runs that every change of their code is replayed against.

`python services/workflow-worker/tests/make_monitoring_histories.py [NAME…]`. Runs are pinned to their version, so a history may be replaced together
with a reviewed change; the replay shows that it was one.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path as FilePath
from typing import Any

sys.path.insert(0, str(FilePath(__file__).parent / "support"))

from temporalio.client import WorkflowFailureError, WorkflowHandle
from worker_monitoring import HIGH, MonitoringServer, ScriptedTenant, refused, serving_monitoring, unavailable

from trustrelay.contracts.monitoring_workflow import HOUSEKEEPING_SCHEDULE, TASK_QUEUE, ReconciliationInput
from trustrelay.workflow_worker.application.monitoring import continuing
from trustrelay.workflow_worker.application.monitoring.reconciliation import ScheduleReconciliationWorkflow
from trustrelay.workflow_worker.domain.monitoring.records import AlertRaised

FOLDER = FilePath(__file__).parent / "histories" / "monitoring"
_CASES = tuple(f"case-{n:03d}" for n in range(12))
Story = Callable[[MonitoringServer], Awaitable[WorkflowHandle[Any, Any]]]


async def alerts_and_reviews(server: MonitoringServer) -> WorkflowHandle[Any, Any]:
    """Two pages, an alert that opens a review, one that joins a review that runs, one below the policy's severity."""
    alerts = {"case-001": (AlertRaised("grave", HIGH),), "case-007": (AlertRaised("known", HIGH),), "case-009": (AlertRaised("minor", HIGH - 1),)}
    script = ScriptedTenant(_CASES, review_from=HIGH, alerts=alerts, page_size=8, running_reviews=frozenset({"known"}))
    return await server.start(script, window=3)


async def outage(server: MonitoringServer) -> WorkflowHandle[Any, Any]:
    """Lists that cannot be fetched, sources that are silent, a case that is gone."""
    gone = refused("CASE_NOT_FOUND", "NOT_FOUND")
    failures = {"refresh_lists": unavailable(), "run_monitoring_checks:case-001": unavailable(), "run_monitoring_checks:case-002": gone}
    return await server.start(ScriptedTenant(_CASES[:4], failures=failures | {"record_monitoring_not_assessed:case-002": gone}))


async def cancelled(server: MonitoringServer) -> WorkflowHandle[Any, Any]:
    """A run that somebody ends while a case is looked at."""
    script = ScriptedTenant(_CASES[:4], held={"case-001": asyncio.Event()})
    handle = await server.start(script)
    await server.eventually(lambda: len(script.checked) == 3)
    await handle.cancel()
    return handle


async def continued(server: MonitoringServer) -> WorkflowHandle[Any, Any]:
    """The last of several runs of one long pass."""
    usual, continuing.max_events = continuing.max_events, 40
    try:
        handle = await server.start(ScriptedTenant(_CASES, page_size=3))
        await handle.result()
    finally:
        continuing.max_events = usual
    return handle


async def skipped(server: MonitoringServer) -> WorkflowHandle[Any, Any]:
    """Another run goes on."""
    return await server.start(ScriptedTenant(_CASES, failures={"open_monitoring_run": refused("MONITORING_RUNNING")}))


async def housekeeping(server: MonitoringServer) -> WorkflowHandle[Any, Any]:
    """Schedules made equal to the stored ones."""
    asked = ReconciliationInput()
    return await server.client.start_workflow(ScheduleReconciliationWorkflow.run, asked, id=HOUSEKEEPING_SCHEDULE, task_queue=TASK_QUEUE)


STORIES: tuple[Story, ...] = (alerts_and_reviews, outage, cancelled, continued, skipped, housekeeping)


def without_traces_of_this_machine(told: Any) -> Any:
    """Process names and stack traces say nothing to a replay."""
    if isinstance(told, dict):
        return {key: "" if key in ("identity", "stackTrace") else without_traces_of_this_machine(value) for key, value in told.items()}
    if isinstance(told, list):
        return [without_traces_of_this_machine(value) for value in told]
    return told


async def main() -> None:
    """Tells every story to a fresh server and keeps what Temporal remembers of it."""
    wanted = set(sys.argv[1:])
    FOLDER.mkdir(parents=True, exist_ok=True)
    for story in STORIES:
        if wanted and story.__name__ not in wanted:
            continue
        async with serving_monitoring() as server:
            handle = await story(server)
            try:
                await handle.result()
            except WorkflowFailureError:
                assert story is cancelled
            history = await handle.fetch_history()
        text = json.dumps(without_traces_of_this_machine(json.loads(history.to_json())), indent=1, sort_keys=True)
        (FOLDER / f"{story.__name__}.json").write_text(text + "\n")


if __name__ == "__main__":
    asyncio.run(main())
