"""Every way a batch run may go: to its end, with pauses, under a limit, through outages and failures. On the time-skipping server."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.client import WorkflowUpdateStage
from worker_batch_harness import BatchServer, RunningBatch, refusal_of, serving_batches
from worker_batch_store import Gate, ScriptedRun, outage, refusal

from trustrelay.contracts.batch_workflow import BatchReceipt, BatchUpdate, RunStatus
from trustrelay.workflow_worker.application import activity
from trustrelay.workflow_worker.application.batch import continuing

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[BatchServer]:
    """One server and worker for the module; each test has its own run."""
    async with serving_batches() as running:
        yield running


@pytest.fixture
def short_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is given up after twenty seconds: a day of attempts tells no more."""
    monkeypatch.setattr(activity, "_DAY", timedelta(seconds=20))


@contextmanager
def short_runs(events: int = 40) -> Iterator[None]:
    """A run of the workflow ends after a few events."""
    usual, continuing.max_events = continuing.max_events, events
    try:
        yield
    finally:
        continuing.max_events = usual


async def held(server: BatchServer, cases: int = 1000) -> RunningBatch:
    """A run whose first pages wait at a gate."""
    batch = await server.start(ScriptedRun(cases, gate=Gate()))
    assert batch.script.gate is not None
    await batch.script.gate.reached.wait()
    await batch.eventually(lambda: batch.script.running == batch.input.window)
    return batch


def let_go(batch: RunningBatch) -> None:
    """Opens the gate for good."""
    assert batch.script.gate is not None
    batch.script.gate.opened.set()
    batch.script.gate = None


async def test_worker_batch_scores_each_case_once(server: BatchServer) -> None:
    """A run goes through all its pages, a few at a time, and ends COMPLETED with each case scored once."""
    batch = await server.start(ScriptedRun(2_150))
    assert await batch.result() == BatchReceipt(RunStatus.COMPLETED, 2)
    assert batch.script.each_case_once
    assert batch.script.attempts == 11
    assert [(one.status, one.actor) for one in batch.script.changes] == [(RunStatus.COMPLETED, "workflow")]


@pytest.mark.parametrize("cases", [0, 1, 200, 201])
async def test_worker_batch_of_few_cases(server: BatchServer, cases: int) -> None:
    """A portfolio of none, of one, and of exactly a page ends as well."""
    batch = await server.start(ScriptedRun(cases))
    assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once


async def test_worker_batch_pause_begins_no_further_page(server: BatchServer) -> None:
    """A pause lets running pages finish and begins no other, for however long; the run goes on exactly where it was."""
    batch = await held(server)
    paused = await batch.send(BatchUpdate.PAUSE, reason="month end")
    assert paused == BatchReceipt(RunStatus.PAUSED, 2)
    let_go(batch)
    await batch.eventually(lambda: batch.script.running == 0)
    await server.env.sleep(timedelta(days=3))
    progress = await batch.progress()
    assert (progress.status, progress.pages_done, len(batch.script.begun)) == (RunStatus.PAUSED, 3, 3)
    assert await batch.send(BatchUpdate.RESUME) == BatchReceipt(RunStatus.RUNNING, 3)
    assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once
    assert (batch.script.attempts, batch.script.most_running) == (5, batch.input.window)
    assert [(one.status, one.actor, one.reason) for one in batch.script.changes[:1]] == [(RunStatus.PAUSED, "manager-one", "month end")]


async def test_worker_batch_paused_with_its_last_pages_running(server: BatchServer) -> None:
    """A run that is paused when nothing else is left completes only once it is resumed."""
    batch = await held(server, cases=600)
    await batch.send(BatchUpdate.PAUSE)
    let_go(batch)
    await batch.eventually(lambda: len(batch.script.scored) == 600)
    assert (await batch.progress()).status is RunStatus.PAUSED
    await batch.send(BatchUpdate.RESUME)
    assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once


async def test_worker_batch_cancel_keeps_what_was_scored(server: BatchServer) -> None:
    """A cancelled run ends after the pages that run; their results stay, and no other case gets one."""
    batch = await held(server)
    message = await batch.message(BatchUpdate.CANCEL, reason="wrong list")
    update = await batch.handle.start_update(BatchUpdate.CANCEL, message, wait_for_stage=WorkflowUpdateStage.ACCEPTED, result_type=BatchReceipt)
    let_go(batch)
    assert await update.result() == BatchReceipt(RunStatus.CANCELLED, 2)
    assert (await batch.result()).status is RunStatus.CANCELLED
    assert len(batch.script.scored) == 600


async def test_worker_batch_cancel_does_not_wait_for_a_page_that_never_ends(server: BatchServer) -> None:
    """Whoever cancels while pages are tried again and again is answered soon."""
    batch = await server.start(ScriptedRun(always={"score_batch_page": outage("SCORING_UNAVAILABLE")}))
    await batch.eventually(lambda: batch.script.attempts > 2)
    assert (await batch.send(BatchUpdate.CANCEL)).status is RunStatus.CANCELLED
    assert (await batch.result()).status is RunStatus.CANCELLED
    assert not batch.script.scored


async def test_worker_batch_cancel_that_is_not_stored_ends_nothing(server: BatchServer) -> None:
    """When the store refuses the cancellation the run goes on, and pages that were stopped for it are done after all."""
    batch = await server.start(ScriptedRun(always={"score_batch_page": outage("SCORING_UNAVAILABLE")}))
    await batch.eventually(lambda: batch.script.attempts > 2)
    batch.script.failures["set_batch_status"] = [refusal("BROKEN")]
    assert (await batch.refused(BatchUpdate.CANCEL)).reason == "BROKEN"
    del batch.script.always["score_batch_page"]
    assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once


async def test_worker_batch_keeps_to_its_limit(server: BatchServer) -> None:
    """At 10 cases a second no more than ten seconds' worth begin together, and 1000 cases take at least the 90 seconds before the last page."""
    batch = await server.start(ScriptedRun(1_000, rate=10.0))
    assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once
    begun = sorted(batch.script.begun.values())
    assert len(begun) == 10
    assert all(later - earlier >= timedelta(seconds=9.9) for earlier, later in itertools.pairwise(begun))


async def test_worker_batch_limit_survives_pause_and_new_runs(server: BatchServer) -> None:
    """Neither a pause nor a new run of the workflow lets a limited run catch up."""
    with short_runs():
        batch = await server.start(ScriptedRun(500, rate=1.0))
        await batch.eventually(lambda: bool(batch.script.begun))
        await batch.send(BatchUpdate.PAUSE)
        await server.env.sleep(timedelta(hours=2))
        await batch.send(BatchUpdate.RESUME)
        assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once
    assert len(await batch.histories()) > 1
    begun = sorted(batch.script.begun.values())
    assert all(later - earlier >= timedelta(seconds=9.9) for earlier, later in itertools.pairwise(begun))


@pytest.mark.usefixtures("short_days")
async def test_worker_batch_waits_out_an_outage_of_the_rules(server: BatchServer) -> None:
    """However long the risk rules cannot be asked, the run is delayed, never FAILED."""
    batch = await server.start(ScriptedRun(always={"score_batch_page": outage("SCORING_UNAVAILABLE")}))
    await server.env.sleep(timedelta(minutes=90))
    assert batch.script.attempts > 2 * 5 * batch.input.window - 5
    assert batch.script.status is RunStatus.RUNNING
    del batch.script.always["score_batch_page"]
    assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once
    assert [one.status for one in batch.script.changes] == [RunStatus.COMPLETED]


async def test_worker_batch_survives_hiccups_of_the_store(server: BatchServer) -> None:
    """A store that is away for a moment, at each of the activities, delays the run and nothing more."""
    names = ("load_batch_run", "plan_batch_pages", "score_batch_page", "set_batch_status")
    batch = await server.start(ScriptedRun(failures={name: [outage("DATABASE_UNAVAILABLE")] * 2 for name in names}))
    assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once


@pytest.mark.usefixtures("short_days")
@pytest.mark.parametrize("name", ["score_batch_page", "plan_batch_pages"])
async def test_worker_batch_fails_when_the_store_is_given_up(server: BatchServer, name: str) -> None:
    """A store that is away for a day fails the run with the reason; a manager resumes it, and no case is left out or scored twice."""
    batch = await server.start(ScriptedRun(always={name: outage("DATABASE_UNAVAILABLE")}))
    await server.env.sleep(timedelta(seconds=40))
    await batch.until(RunStatus.FAILED)
    assert batch.script.changes[-1].reason == "DATABASE_UNAVAILABLE"
    del batch.script.always[name]
    assert (await batch.send(BatchUpdate.RESUME)).status is RunStatus.RUNNING
    assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once


async def test_worker_batch_goes_on_before_the_page_that_failed(server: BatchServer) -> None:
    """A page that the store refuses for good stops the run; resumed, it begins with that page, though later ones were done."""
    batch = await server.start(ScriptedRun(2_000, broken_pages={"c-00450": refusal("BROKEN")}))
    await batch.until(RunStatus.FAILED)
    assert batch.script.changes[-1].reason == "BROKEN"
    assert "c-00450" not in batch.script.scored
    batch.script.broken_pages.clear()
    await batch.send(BatchUpdate.RESUME)
    assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once


async def test_worker_batch_failed_run_may_be_cancelled(server: BatchServer) -> None:
    """Nobody has to resume what failed."""
    batch = await server.start(ScriptedRun(broken_pages={"c-00000": refusal("BROKEN")}))
    await batch.until(RunStatus.FAILED)
    assert (await batch.send(BatchUpdate.CANCEL)).status is RunStatus.CANCELLED
    assert (await batch.result()).status is RunStatus.CANCELLED


async def test_worker_batch_history_stays_short(server: BatchServer) -> None:
    """However many pages a run has, each history of its workflow is short; place, counts and answers travel along."""
    with short_runs():
        batch = server.batch(ScriptedRun(12_000), page_size=100)
        first = await batch.begin(request_id="7a1f5c9e-0000-4000-8000-000000000001")
        await batch.eventually(lambda: len(batch.script.scored) > 3_000)
        again = await batch.send(BatchUpdate.START, request_id="7a1f5c9e-0000-4000-8000-000000000001")
        assert (await batch.result()).status is RunStatus.COMPLETED
    assert again == first
    assert batch.script.each_case_once
    lengths = await batch.histories()
    assert len(lengths) > 5
    assert max(lengths) < 120


async def test_worker_batch_paused_between_new_runs(server: BatchServer) -> None:
    """Messages sent around a new run of the workflow each have their one effect."""
    with short_runs():
        batch = await server.start(ScriptedRun(6_000), page_size=50)
        for number in range(4):
            await batch.eventually(lambda number=number: len(batch.script.scored) > 1_000 * (number + 1))
            await batch.send(BatchUpdate.PAUSE)
            await batch.send(BatchUpdate.RESUME)
        assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once
    statuses = [one.status for one in batch.script.changes]
    assert statuses == [*([RunStatus.PAUSED, RunStatus.RUNNING] * 4), RunStatus.COMPLETED]


async def test_worker_batch_goes_on_from_what_is_stored(server: BatchServer) -> None:
    """A workflow that is begun anew for a run that was half done, or paused, goes on from what is stored."""
    script = ScriptedRun(status=RunStatus.PAUSED, version=4)
    script.scored = dict.fromkeys(script.ids()[:300], 1)
    batch = await server.start(script)
    assert (await batch.progress()).state_version == 4
    await batch.send(BatchUpdate.RESUME, version=4)
    assert (await batch.result()).status is RunStatus.COMPLETED
    assert batch.script.each_case_once


async def test_worker_batch_that_has_ended_is_not_begun_again(server: BatchServer) -> None:
    """Beginning a run that is over tells where it ended, and scores nothing."""
    batch = server.batch(ScriptedRun(status=RunStatus.COMPLETED, version=2))
    assert await batch.begin() == BatchReceipt(RunStatus.COMPLETED, 2)
    assert await batch.result() == BatchReceipt(RunStatus.COMPLETED, 2)
    assert not batch.script.begun


async def test_worker_batch_that_nobody_knows_ends(server: BatchServer) -> None:
    """A run that the store does not know is refused, and its workflow waits for nobody."""
    batch = server.batch()
    del server.runs[batch.input.run_id]
    refused = await refusal_of(batch.begin())
    assert (refused.code, refused.reason) == ("NOT_FOUND", "BATCH_RUN_NOT_FOUND")
    assert (await batch.result()).state_version == 0


async def test_worker_batch_survives_its_worker() -> None:
    """The worker goes away again and again, with pages running; each case is scored once all the same."""
    async with serving_batches(max_cached_workflows=0) as server:
        server.task_timeout = timedelta(seconds=1)
        batch = await server.start(ScriptedRun(3_000), page_size=100)
        for mark in (500, 1_200, 2_000):
            await batch.eventually(lambda mark=mark: len(batch.script.scored) > mark)
            await server.crash()
        assert (await batch.result()).status is RunStatus.COMPLETED
        assert batch.script.each_case_once
