"""The replay gate of batch runs: committed histories must replay on the workflow code as it is now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError
from worker_batch_stories import BATCH_STORIES

from trustrelay.workflow_worker.application.batch.batch_run import BatchRiskReEvaluationWorkflow
from trustrelay.workflow_worker.application.batch.pages import Pages
from trustrelay.workflow_worker.domain.batch.records import PagePlan

_FOLDER = Path(__file__).parent / "histories" / "batch"
_FILES = sorted(_FOLDER.glob("*.json"))


def history(path: Path) -> WorkflowHistory:
    """A committed history."""
    return WorkflowHistory.from_json(path.stem, json.loads(path.read_text()))


def test_worker_batch_every_story_has_its_history() -> None:
    """What make_histories.py tells is what is committed."""
    assert {path.stem for path in _FILES} == {story.__name__ for story in BATCH_STORIES}


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
async def test_worker_batch_history_replays(path: Path) -> None:
    """A run that was begun on older code goes on with this code."""
    await Replayer(workflows=[BatchRiskReEvaluationWorkflow]).replay_workflow(history(path))


async def test_worker_batch_another_order_fails_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that would plan twice before its first page breaks running batches, and the gate says so."""
    straight = Pages._plan

    async def hesitant(self: Pages) -> PagePlan | None:
        await straight(self)
        return await straight(self)

    monkeypatch.setattr(Pages, "_plan", hesitant)
    with pytest.raises(NondeterminismError):
        await Replayer(workflows=[BatchRiskReEvaluationWorkflow]).replay_workflow(history(_FOLDER / "straight.json"))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_worker_batch_history_says_nothing_of_anybody(path: Path) -> None:
    """Histories hold references, counts and reasons; nothing of a case but its id as the border of a page."""
    told = path.read_text()
    assert not [word for word in ("legal_name", "full_name", "birth_date", "subject", "parties") if word in told]
