"""Lines of JSON between the service and a worker: never pickles, so that a hijacked worker can run nothing here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...domain.conversion import ConversionJob, Limits, MediaType, Notice, Reading, WorkerReport

# One line never holds more than this; reports carry counts and confidences, not text.
MAX_LINE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How a worker process is set up."""

    threads: int = 2
    # Address space of one worker; onnxruntime and pdfium map far more than they touch.
    memory_bytes: int = 6 * 1024**3
    limits: Limits = field(default_factory=Limits)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WorkerOptions:
        raw = json.loads(text)
        return cls(raw["threads"], raw["memory_bytes"], Limits(**raw["limits"]))


def encode(message: dict[str, Any]) -> bytes:
    """One message as one line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def job_to_message(job: ConversionJob) -> dict[str, Any]:
    return {"folder": str(job.folder), "source": str(job.source), "allowed": list(job.allowed)}


def job_from_message(raw: dict[str, Any]) -> ConversionJob:
    return ConversionJob(Path(raw["folder"]), Path(raw["source"]), tuple(raw["allowed"]))


def report_to_message(report: WorkerReport) -> dict[str, Any]:
    return {"done": asdict(report)}


def report_from_message(raw: dict[str, Any]) -> WorkerReport:
    """The report of a finished job; raises KeyError, TypeError or ValueError on any other shape."""
    reading = raw["reading"] | {"ocr_confidences": tuple(raw["reading"]["ocr_confidences"])}
    return WorkerReport(
        media_type=MediaType(raw["media_type"]),
        reading=Reading(**reading),
        notices=tuple(Notice(**notice) for notice in raw["notices"]),
        versions=dict(raw["versions"]),
        pipeline=str(raw["pipeline"]),
    )
