"""The replay gate: committed histories of whole cases must replay on the workflow code as it is now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from make_histories import STORIES
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from trustrelay.workflow_worker.application.compliance import catalogue
from trustrelay.workflow_worker.application.compliance.compliance_case import ComplianceCaseWorkflow
from trustrelay.workflow_worker.application.compliance.document_extraction import DocumentExtraction
from trustrelay.workflow_worker.application.compliance.stages.company import GapAnalysis
from trustrelay.workflow_worker.application.compliance.stages.stage import Move

_FOLDER = Path(__file__).parent / "histories"
_WORKFLOWS = [ComplianceCaseWorkflow, DocumentExtraction]
_FILES = sorted(_FOLDER.glob("*.json"))


def history(path: Path) -> WorkflowHistory:
    """A committed history."""
    return WorkflowHistory.from_json(path.stem, json.loads(path.read_text()))


def test_worker_every_story_has_its_history() -> None:
    """What make_histories.py tells is what is committed."""
    assert {path.stem for path in _FILES} == {story.__name__ for story in STORIES}


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
async def test_worker_history_replays(path: Path) -> None:
    """A case that was begun on older code goes on with this code."""
    await Replayer(workflows=_WORKFLOWS).replay_workflow(history(path))


async def test_worker_reordered_activities_fail_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two activities in another order break open cases, and the gate says so."""
    straight = GapAnalysis.work

    async def reordered(self: GapAnalysis) -> Move:
        await self.tools.work.refresh(catalogue.ANALYZE_DOCUMENT_GAPS, 0)
        return await straight(self)

    monkeypatch.setattr(GapAnalysis, "work", reordered)
    with pytest.raises(NondeterminismError):
        await Replayer(workflows=_WORKFLOWS).replay_workflow(history(_FOLDER / "bounce_back_and_second_officer.json"))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_worker_history_is_small(path: Path) -> None:
    """A whole case stays far below Temporal's limits: under 500 events and 1 MiB even without compression."""
    told = json.loads(path.read_text())
    assert len(told["events"]) < 500
    assert len(json.dumps(told)) < 1024 * 1024
