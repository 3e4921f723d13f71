"""The refresh of suppression: what it does in which order, whom it tells, what it outlives. On the time-skipping server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError, CancelledError
from worker_suppression import RefreshServer, ScriptedRefresh, refresh_id, refreshing

from trustrelay.contracts.monitoring_workflow import SuppressionResult
from trustrelay.workflow_worker.application.suppression import pacing
from trustrelay.workflow_worker.domain.lists import ListsRefreshed
from trustrelay.workflow_worker.domain.suppression.records import PageRetested, Reopened, RulesExpired

pytestmark = pytest.mark.asyncio(loop_scope="module")
Begin = Callable[[ScriptedRefresh], RefreshServer]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def begin() -> AsyncIterator[Begin]:
    """One server for the module; each test has its own script and tenant."""
    async with refreshing() as running:
        yield running


async def test_worker_refresh_does_first_things_first(begin: Begin) -> None:
    """Lists, then rules whose time is over, then hits: a hit is tested against today's list, by a rule that still is one."""
    server = begin(ScriptedRefresh())
    handle = await server.start()
    assert await handle.result() == SuppressionResult(lists_outcome="CLEAR")
    assert [name for name, _ in server.script.calls] == ["refresh_lists", "expire_suppression_rules", "retest_dismissed_hits"]
    asked = server.script.named("expire_suppression_rules")[0]
    assert (asked.tenant_id, asked.refresh_id) == (server.tenant, refresh_id(handle))
    assert asked.as_of <= await server.now()


async def test_worker_refresh_tells_every_open_case_once_per_page(begin: Begin) -> None:
    """Whoever has a workflow hears of it; one whose workflow is gone holds nobody up; all is counted."""
    pages = {"": [PageRetested(200, 3, Reopened(4, ("case-1", "case-2", "gone")), "next")], "next": [PageRetested(7, 0, Reopened(1, ("case-1",)))]}
    server = begin(ScriptedRefresh(expired=[RulesExpired(20, Reopened(1, ("case-2",)), more=True), RulesExpired(2, Reopened(2))], pages=pages))
    with server.env.auto_time_skipping_disabled():  # to skip time would be to end the cases, which wait for ever
        cases = [await server.open_case(name) for name in ("case-1", "case-2", "case-3")]
        assert await server.run() == SuppressionResult(22, 207, 8, 3, "CLEAR")
        assert [await server.told(case) for case in cases] == [2, 2, 0]


@pytest.mark.parametrize("lists", [
    ListsRefreshed("NOT_ASSESSED", "LIST_UNAVAILABLE", {"eu_fsf": "SOURCE_UNREACHABLE"}),
    ApplicationError("no", type="LIST_UNAVAILABLE", non_retryable=True),
])  # fmt: skip
async def test_worker_refresh_goes_on_with_the_lists_it_has(begin: Begin, lists: object) -> None:
    """Lists that cannot be fetched are told in the result; hits are tested against those that are loaded."""
    server = begin(ScriptedRefresh(lists=[lists], pages={"": [PageRetested(5, 5, Reopened())]}))
    assert await server.run() == SuppressionResult(0, 5, 0, 5, "NOT_ASSESSED", "LIST_UNAVAILABLE")


async def test_worker_refresh_waits_out_an_outage(begin: Begin) -> None:
    """A store that is away for longer than an activity is tried delays the refresh, and loses nothing of it."""
    away = ApplicationError("away", type="DATABASE_UNAVAILABLE")
    server = begin(ScriptedRefresh(pages={"": [*[away] * 40, PageRetested(5, 0, Reopened(1))]}))
    before = await server.now()
    assert await server.run() == SuppressionResult(0, 5, 1, 0, "CLEAR")
    assert (await server.now() - before).total_seconds() > 3600


async def test_worker_refresh_continues_as_new(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many pages there are, a run stays short: the next goes on behind the last page, with what is known so far, and repeats nothing."""
    monkeypatch.setattr(pacing, "pages_per_run", 2)
    pages = {str(n or ""): [PageRetested(200, 1, Reopened(1, ("case-1",)), str(n + 1) if n < 6 else "")] for n in range(7)}
    server = begin(ScriptedRefresh(expired=[RulesExpired(3, Reopened())], pages=pages))
    with server.env.auto_time_skipping_disabled():
        case = await server.open_case("case-1")
        handle = await server.start()
        assert await handle.result() == SuppressionResult(3, 1400, 7, 7, "CLEAR")
        assert await server.told(case) == 7
    calls = [name for name, _ in server.script.calls]
    assert (calls.count("refresh_lists"), calls.count("expire_suppression_rules"), calls.count("retest_dismissed_hits")) == (1, 1, 7)
    assert {argument.refresh_id for _, argument in server.script.calls[1:]} == {refresh_id(handle)}
    history = await server.client.get_workflow_handle(handle.id).fetch_history()
    assert history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    assert len(history.events) < 100


async def test_worker_refresh_can_be_cancelled(begin: Begin) -> None:
    """A cancelled refresh ends as cancelled; what it had stored stays, and the next one finds the rest."""
    away = ApplicationError("away", type="DATABASE_UNAVAILABLE")
    server = begin(ScriptedRefresh(expired=[away]))
    handle = await server.start()
    with server.env.auto_time_skipping_disabled():
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as ended:
            await handle.result()
    assert isinstance(ended.value.cause, CancelledError)
