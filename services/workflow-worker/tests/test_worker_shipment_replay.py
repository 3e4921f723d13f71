"""The replay gate of shipments: committed histories must replay on the workflow code as it is now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from make_shipment_histories import FOLDER, STORIES
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from trustrelay.workflow_worker.application.shipment import path as path_module
from trustrelay.workflow_worker.application.shipment.shipment_workflow import ShipmentComplianceWorkflow

_FILES = sorted(FOLDER.glob("*.json"))


def history(file: Path) -> WorkflowHistory:
    """A committed history."""
    return WorkflowHistory.from_json(file.stem, json.loads(file.read_text()))


def test_worker_shipment_every_story_has_its_history() -> None:
    """What make_shipment_histories.py tells is what is committed."""
    assert {file.stem for file in _FILES} == {story.__name__ for story in STORIES}


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.stem)
async def test_worker_shipment_history_replays(file: Path) -> None:
    """A shipment that was begun on older code goes on with this code."""
    await Replayer(workflows=[ShipmentComplianceWorkflow]).replay_workflow(history(file))


async def test_worker_shipment_reordered_activities_fail_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps of a round in another order break open shipments, and the gate says so."""
    monkeypatch.setattr(path_module, "_ROUND", path_module._ROUND[::-1])
    with pytest.raises(NondeterminismError):
        await Replayer(workflows=[ShipmentComplianceWorkflow]).replay_workflow(history(FOLDER / "clean_papers.json"))


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.stem)
def test_worker_shipment_history_is_small_and_says_nothing_of_goods_or_people(file: Path) -> None:
    """Far below Temporal's limits; references and reasons only, beside what an officer wrote as a reason."""
    told = file.read_text()
    assert len(json.loads(told)["events"]) < 300
    assert len(told) < 1024 * 1024
