"""The replay gate of monitoring: committed histories of whole runs must replay on the code as it is now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from make_monitoring_histories import FOLDER, STORIES
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from trustrelay.workflow_worker.application.monitoring import window
from trustrelay.workflow_worker.application.monitoring.monitoring_run import ContinuousMonitoringWorkflow
from trustrelay.workflow_worker.application.monitoring.reconciliation import ScheduleReconciliationWorkflow
from trustrelay.workflow_worker.domain.monitoring.records import CaseChecked, CheckCase

_WORKFLOWS = [ContinuousMonitoringWorkflow, ScheduleReconciliationWorkflow]
_FILES = sorted(FOLDER.glob("*.json"))


def history(path: Path) -> WorkflowHistory:
    """A committed history."""
    return WorkflowHistory.from_json(path.stem, json.loads(path.read_text()))


def test_worker_every_monitoring_story_has_its_history() -> None:
    """What make_monitoring_histories.py tells is what is committed."""
    assert {path.stem for path in _FILES} == {story.__name__ for story in STORIES}


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
async def test_worker_monitoring_history_replays(path: Path) -> None:
    """A run that was begun on older code goes on with this code."""
    await Replayer(workflows=_WORKFLOWS).replay_workflow(history(path))


async def test_worker_monitoring_that_looks_in_another_way_fails_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that would record before it looks is another workflow, and the gate says so."""

    async def unseen(self: window.Window, case: CheckCase) -> CaseChecked:
        return CaseChecked()

    monkeypatch.setattr(window.Window, "_looked", unseen)
    with pytest.raises(NondeterminismError):
        await Replayer(workflows=_WORKFLOWS).replay_workflow(history(FOLDER / "alerts_and_reviews.json"))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_worker_monitoring_history_tells_references_only(path: Path) -> None:
    """Ids, counts and reasons: small, whatever was seen."""
    told = json.loads(path.read_text())
    assert len(told["events"]) < 300
    assert len(json.dumps(told)) < 256 * 1024
