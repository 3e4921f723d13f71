"""Makes the committed histories of the refresh of suppression: `python services/workflow-worker/tests/make_suppression_histories.py [NAME…]`.

As for cases (make_histories.py): a history is added, never replaced to silence a replay that fails.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "support"))

from make_histories import without_traces_of_this_machine
from temporalio.client import WorkflowHandle
from temporalio.exceptions import ApplicationError
from worker_suppression import RefreshServer, ScriptedRefresh, refreshing

from trustrelay.workflow_worker.application.suppression import pacing
from trustrelay.workflow_worker.domain.lists import ListsRefreshed
from trustrelay.workflow_worker.domain.suppression.records import PageRetested, Reopened, RulesExpired

FOLDER = Path(__file__).parent / "histories" / "suppression"
Begin = Callable[[ScriptedRefresh], RefreshServer]


async def nothing_to_do(begin: Begin) -> WorkflowHandle[Any, Any]:
    """Fresh lists, no rule, no hit."""
    return await begin(ScriptedRefresh()).start()


async def hits_opened(begin: Begin) -> WorkflowHandle[Any, Any]:
    """Lists that could not be fetched, two pages of rules, two of hits; an open case is told, one that is gone is not."""
    script = ScriptedRefresh(
        lists=[ListsRefreshed("NOT_ASSESSED", "LIST_UNAVAILABLE", {"eu_fsf": "SOURCE_UNREACHABLE"})],
        expired=[RulesExpired(20, Reopened(1, ("case-1",)), more=True), RulesExpired(1, Reopened())],
        pages={"": [PageRetested(200, 3, Reopened(2, ("case-1", "gone")), "next")], "next": [PageRetested(7, 0, Reopened(1))]},
    )
    server = begin(script)
    await server.open_case("case-1")
    return await server.start()


async def outage(begin: Begin) -> WorkflowHandle[Any, Any]:
    """The lists are given up, the store is away until an hour later."""
    gone = ApplicationError("away", type="UPSTREAM_UNAVAILABLE")
    refused = ApplicationError("no", type="DATASET_UNKNOWN", non_retryable=True)
    script = ScriptedRefresh(lists=[refused], pages={"": [*[gone] * 40, PageRetested(1, 0, Reopened())]})
    return await begin(script).start()


async def continued_refresh(begin: Begin) -> WorkflowHandle[Any, Any]:
    """The second run of a refresh with more pages than one run takes."""
    usual, pacing.pages_per_run = pacing.pages_per_run, 1
    try:
        script = ScriptedRefresh(pages={"": [PageRetested(200, 0, Reopened(), "next")], "next": [PageRetested(7, 0, Reopened())]})
        handle = await begin(script).start()
        await handle.result()
    finally:
        pacing.pages_per_run = usual
    return handle


STORIES: tuple[Callable[[Begin], Awaitable[WorkflowHandle[Any, Any]]], ...] = (nothing_to_do, hits_opened, outage, continued_refresh)


async def main() -> None:
    """Tells every story to one server and keeps what Temporal remembers of it."""
    wanted = set(sys.argv[1:])
    async with refreshing() as begin:
        for story in STORIES:
            if wanted and story.__name__ not in wanted:
                continue
            handle = await story(begin)
            await handle.result()
            history = await begin(ScriptedRefresh()).client.get_workflow_handle(handle.id).fetch_history()
            text = json.dumps(without_traces_of_this_machine(json.loads(history.to_json())), indent=1, sort_keys=True)
            (FOLDER / f"{story.__name__}.json").write_text(text + "\n")


if __name__ == "__main__":
    asyncio.run(main())
