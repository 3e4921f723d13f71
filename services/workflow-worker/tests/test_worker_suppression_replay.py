"""The refresh of suppression as a contract: its activities, and committed histories that must replay on the code as it is now."""

from __future__ import annotations

import json
import typing
from pathlib import Path

import grpc.aio
import pytest
from make_suppression_histories import STORIES
from temporalio import activity
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from trustrelay.contracts.monitoring_workflow import SuppressionInput, SuppressionResult
from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.application.activity import Activity
from trustrelay.workflow_worker.application.lists import REFRESH_LISTS
from trustrelay.workflow_worker.application.suppression.catalogue import SUPPRESSION_ACTIVITIES
from trustrelay.workflow_worker.application.suppression.refresh import SanctionsSuppressionRefreshWorkflow
from trustrelay.workflow_worker.entrypoints.activities.lists import ListActivities
from trustrelay.workflow_worker.entrypoints.activities.suppression.registered import suppression_activities

_FOLDER = Path(__file__).parent / "histories" / "suppression"
_FILES = sorted(_FOLDER.glob("*.json"))


def history(path: Path) -> WorkflowHistory:
    """A committed history."""
    return WorkflowHistory.from_json(path.stem, json.loads(path.read_text()))


async def test_worker_refresh_has_an_activity_for_each_name() -> None:
    """What the workflow names is what is registered, with the types that it counts on."""
    unused = grpc.aio.insecure_channel("127.0.0.1:1")
    stubs = services(unused, unused, unused)
    found = {activity._Definition.must_from_callable(one).name: one for one in (*suppression_activities(stubs), ListActivities(stubs).refresh_lists)}
    wanted: dict[str, Activity[typing.Any, typing.Any]] = {entry.name: entry for entry in (*SUPPRESSION_ACTIVITIES, REFRESH_LISTS)}
    assert set(found) == set(wanted)
    for name, entry in wanted.items():
        hints = typing.get_type_hints(found[name])
        assert (hints.pop("return"), list(hints.values())) == (entry.result, [entry.argument])


def test_worker_every_story_of_a_refresh_has_its_history() -> None:
    """What make_suppression_histories.py tells is what is committed."""
    assert {path.stem for path in _FILES} == {story.__name__ for story in STORIES}


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
async def test_worker_refresh_history_replays(path: Path) -> None:
    """A refresh that was begun on older code goes on with this code, in a history of some hundred events."""
    told = history(path)
    assert len(told.events) < 200
    await Replayer(workflows=[SanctionsSuppressionRefreshWorkflow]).replay_workflow(told)


async def test_worker_reordered_refresh_fails_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hits before rules would test against rules that are over: the gate says that the order has changed."""
    straight = SanctionsSuppressionRefreshWorkflow._expire

    async def reordered(self: SanctionsSuppressionRefreshWorkflow) -> None:
        await self._retest("")
        await straight(self)

    monkeypatch.setattr(SanctionsSuppressionRefreshWorkflow, "_expire", reordered)
    # The sandbox would read the module again, as it is written.
    replayer = Replayer(workflows=[SanctionsSuppressionRefreshWorkflow], workflow_runner=UnsandboxedWorkflowRunner())
    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(history(_FOLDER / "hits_opened.json"))


def test_worker_refresh_input_is_older_than_its_fields() -> None:
    """A schedule that names the tenant alone begins at the beginning."""
    assert SuppressionInput("t").so_far == SuppressionResult()
