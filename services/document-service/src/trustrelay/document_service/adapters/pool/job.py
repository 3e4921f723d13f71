"""One document inside a worker: inspect, convert, write Markdown and JSON into the job's folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ...domain.conversion import ConversionJob, DocumentRefused, MediaType, Notice, Reading, RefusalReason, WorkerReport
from ..customs_xml.converter import PIPELINE_ID as MESSAGE_PIPELINE
from ..customs_xml.converter import convert_message
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
        if inspected.media_type is MediaType.CC015C:
            return self._message(job)
        try:
            converted = self._converter.convert(job.source, inspected.media_type, progress)
        except ConversionFailed as failure:
            raise DocumentRefused(RefusalReason.CORRUPT, "The document cannot be read.") from failure
        _write(job, converted.markdown, converted.docling)
        return WorkerReport(
            media_type=inspected.media_type,
            reading=_reading(converted, inspected.media_type),
            notices=(*inspected.notices, *_hidden(converted)),
            versions=self._versions,
        )

    def _message(self, job: ConversionJob) -> WorkerReport:
        _write(job, *convert_message(job.source, self._limits))
        return WorkerReport(MediaType.CC015C, Reading(pages=0, tables=0), (), self._versions, MESSAGE_PIPELINE)


def _write(job: ConversionJob, markdown: str, document: dict[str, Any]) -> None:
    job.markdown.write_text(markdown, encoding="utf-8")
    job.docling_json.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


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
