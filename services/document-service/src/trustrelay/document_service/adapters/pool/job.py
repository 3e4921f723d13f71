"""One document inside a worker: inspect, convert, write Markdown and JSON into the job's folder."""

from __future__ import annotations

import json
from collections.abc import Callable

from ...domain.conversion import ConversionJob, DocumentRefused, MediaType, Notice, Reading, RefusalReason, WorkerReport
from ..docling.converter import ConversionFailed, Converted, Converter
from ..docling.versions import versions
from ..inspection.inspect import inspect
from .protocol import WorkerOptions

OFFICE = (MediaType.DOCX, MediaType.XLSX)


class ConversionRunner:
    """Holds the loaded pipelines of one worker process."""

    def __init__(self, options: WorkerOptions) -> None:
        self._limits = options.limits
        self._converter = Converter(options.threads)
        self._converter.warm()
        self._versions = versions()

    def load_rest(self) -> None:
        """Office readers: after the worker said ready."""
        self._converter.load_office()

    def run(self, job: ConversionJob, progress: Callable[[int, int], None]) -> WorkerReport:
        """Convert the job's source; raises DocumentRefused. The file's name is never looked at, only its bytes."""
        inspected = inspect(job.source, self._limits)
        if job.allowed and inspected.media_type not in job.allowed:
            raise DocumentRefused(RefusalReason.TYPE_UNSUPPORTED, f"The file is {inspected.media_type}, which is not accepted here.")
        try:
            converted = self._converter.convert(job.source, inspected.media_type, progress)
        except ConversionFailed as failure:
            raise DocumentRefused(RefusalReason.CORRUPT, "The document cannot be read.") from failure
        job.markdown.write_text(converted.markdown, encoding="utf-8")
        job.docling_json.write_text(json.dumps(converted.docling, ensure_ascii=False), encoding="utf-8")
        return WorkerReport(
            media_type=inspected.media_type,
            reading=_reading(converted, inspected.media_type),
            notices=(*inspected.notices, *_hidden(converted)),
            versions=self._versions,
        )


def _reading(converted: Converted, media_type: MediaType) -> Reading:
    return Reading(
        # Office formats have no pages before they are printed.
        pages=0 if media_type in OFFICE else converted.pages,
        tables=converted.tables,
        ocr_pages=converted.ocr_pages,
        ocr_confidences=tuple(round(value, 3) for value in converted.ocr_confidences),
    )


def _hidden(converted: Converted) -> list[Notice]:
    return [
        Notice(
            "hidden_text",
            "high",
            f"Page {page} carries {len(text.split())} words that are not visible; they were left out.",
        )
        for page, text in sorted(converted.hidden_text.items())
    ]
