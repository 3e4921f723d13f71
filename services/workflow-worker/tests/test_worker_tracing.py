"""Traces of a case, with the telemetry and the plugin of production, in a process whose worker keeps no workflow in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_RUN = Path(__file__).parent / "support" / "worker_tracing_run.py"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Spans of a case with a bounce-back, the trace of each message sent, and the spans that a replay of its history made."""
    target = tmp_path_factory.mktemp("spans") / "spans.json"
    ran = subprocess.run([sys.executable, str(_RUN), str(target)], check=False, timeout=170, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-8000:]
    found: dict[str, Any] = json.loads(target.read_text())
    return found


def of_trace(told: dict[str, Any], message: str) -> list[str]:
    """Names of the spans in a message's trace."""
    return [span["name"] for span in told["spans"] if span["trace"] == told["traces"][message]]


@pytest.mark.parametrize(
    ("message", "stage", "activity"),
    [
        ("open", "PRE_INVESTIGATION", "registry_and_documents"),
        ("gate", "AWAITING_DOCUMENTS", "persist_workflow_state"),
        ("submission 1", "PROCESSING_DOCUMENTS", "validate_documents"),
        ("submission 2", "PROCESSING_DOCUMENTS", "extract_document_data"),
        ("decision", "REJECTED", "assemble_trust_capsule"),
    ],
)
def test_worker_stage_begun_by_a_message_continues_its_trace(told: dict[str, Any], message: str, stage: str, activity: str) -> None:
    """Who sent a message finds everything it set off in the message's own trace."""
    names = of_trace(told, message)
    assert f"stage {stage}" in names
    assert f"activity {activity}" in names


@pytest.mark.parametrize("stage", ["DOCUMENT_GAP_ANALYSIS", "REQUIREMENTS_REVIEW", "INVESTIGATING", "REVIEW_PENDING"])
def test_worker_other_stages_begin_a_trace_linked_to_the_case(told: dict[str, Any], stage: str) -> None:
    """A stage that the workflow begins by itself is a root of its own, with a link to the trace that opened the case."""
    (span,) = [span for span in told["spans"] if span["name"] == f"stage {stage}"]
    assert span["parent"] == ""
    assert span["links"] == [told["traces"]["open"]]
    assert span["trace"] not in told["traces"].values()


def test_worker_activities_belong_to_their_stage(told: dict[str, Any]) -> None:
    """Every activity's span has a parent: its stage, or the message that it stores."""
    spans = {span["span"]: span for span in told["spans"]}
    for span in told["spans"]:
        if span["name"].startswith("activity "):
            assert span["parent"] in spans, span["name"]
            assert spans[span["parent"]]["trace"] == span["trace"]


def test_worker_replay_makes_no_spans(told: dict[str, Any]) -> None:
    """Neither the replays of a worker without memory nor a replay of the whole history doubles a span."""
    stages = [span["name"] for span in told["spans"] if span["name"].startswith("stage ")]
    assert sorted(stages) == sorted(
        [
            "stage PRE_INVESTIGATION",
            "stage DOCUMENT_GAP_ANALYSIS",
            "stage REQUIREMENTS_REVIEW",
            "stage AWAITING_DOCUMENTS",
            "stage PROCESSING_DOCUMENTS",
            "stage AWAITING_DOCUMENTS",
            "stage PROCESSING_DOCUMENTS",
            "stage INVESTIGATING",
            "stage REVIEW_PENDING",
            "stage REJECTED",
            "stage REJECTED",
        ]
    )
    assert len({span["span"] for span in told["spans"]}) == len(told["spans"])
    assert told["replayed"] == []


def test_worker_no_span_covers_more_than_a_stage(told: dict[str, Any]) -> None:
    """Waiting for people is in no span: a case that waited a day has only spans of seconds."""
    assert max(span["seconds"] for span in told["spans"]) < 60


def test_worker_spans_name_the_case(told: dict[str, Any]) -> None:
    """A stage's span carries the case, the tenant, the status and the iteration."""
    (span,) = [span for span in told["spans"] if span["name"] == "stage INVESTIGATING"]
    assert span["attributes"] == {
        "case.id": told["case_id"],
        "tenant.id": "tenant-test",
        "case.status": "INVESTIGATING",
        "case.iteration": 1,
    }
