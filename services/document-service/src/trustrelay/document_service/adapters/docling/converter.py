"""One document in, Markdown and DoclingDocument JSON out; runs inside a worker process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docling.backend.docling_parse_backend import ThreadedDoclingParseDocumentBackend
from docling.backend.image_backend import ImageDocumentBackend
from docling.datamodel.base_models import ConversionStatus, InputFormat
from docling.datamodel.document import InputDocument
from docling.datamodel.pipeline_options import ConvertPipelineOptions
from docling.datamodel.progress import PageCompletedProgress, ProgressReporter
from docling.pipeline.simple_pipeline import SimplePipeline

from ...domain.conversion import MediaType
from .images import normalised, turned
from .pipeline import RulePdfPipeline, options

FORMATS = {
    MediaType.PDF: InputFormat.PDF,
    MediaType.PNG: InputFormat.IMAGE,
    MediaType.JPEG: InputFormat.IMAGE,
    MediaType.DOCX: InputFormat.DOCX,
    MediaType.XLSX: InputFormat.XLSX,
}


def backend_for(media_type: str) -> tuple[InputFormat, Any]:
    """Docling's format and reader of a media type. Office readers load on first use: a worker is ready without them."""
    form = FORMATS[MediaType(media_type)]
    match form:
        case InputFormat.PDF:
            return form, ThreadedDoclingParseDocumentBackend
        case InputFormat.IMAGE:
            return form, ImageDocumentBackend
        case InputFormat.DOCX:
            from docling.backend.msword_backend import MsWordDocumentBackend

            return form, MsWordDocumentBackend
        case _:
            from docling.backend.msexcel_backend import MsExcelDocumentBackend

            return form, MsExcelDocumentBackend


class ConversionFailed(Exception):
    """Docling could not read the document; the message names docling's status only."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted document and what the quality measure needs to know about how it was read."""

    markdown: str
    docling: dict[str, Any]
    pages: int
    tables: int
    ocr_pages: int
    ocr_confidences: tuple[float, ...]
    hidden_text: dict[int, str]


class Converter:
    """Holds the loaded pipelines; one conversion at a time."""

    def __init__(self, threads: int) -> None:
        self._paged = RulePdfPipeline(options(threads))
        self._office = SimplePipeline(ConvertPipelineOptions())

    def warm(self) -> None:
        """Run OCR once, so that the first scan does not pay for the models' first inference."""
        self._paged.read_sample()

    def load_office(self) -> None:
        """Load the office readers, before the first such document asks for them."""
        for media_type in FORMATS:
            backend_for(media_type)

    def convert(self, path: Path, media_type: str, progress: Callable[[int, int], None]) -> Converted:
        """Convert one file whose type was sniffed before.

        Calls progress(pages done, pages in total) per page where docling tells. Raises ConversionFailed.
        """
        form, backend = backend_for(media_type)
        path = normalised(path) if form is InputFormat.IMAGE else _named(path, form)
        result = self._run(path, form, backend, progress)
        if form is InputFormat.IMAGE and self._paged.notes.upside_down:
            result = self._run(turned(path), form, backend, progress)
        return self._report(result, media_type)

    def _run(self, path: Path, form: InputFormat, backend: Any, progress: Callable[[int, int], None]) -> Any:
        self._paged.notes.clear()
        source = InputDocument(path, form, backend)
        if not source.valid:
            raise ConversionFailed("input refused")
        paged = form in (InputFormat.PDF, InputFormat.IMAGE)
        pipeline = self._paged if paged else self._office
        result = pipeline.execute(source, raises_on_error=False, progress=_reporter(progress))
        if result.status is not ConversionStatus.SUCCESS:
            raise ConversionFailed(result.status.value)
        return result

    def _report(self, result: Any, media_type: str) -> Converted:
        document = result.document
        notes = self._paged.notes
        exported = document.export_to_dict()
        # The converted file is a normalised copy; the record must name what was uploaded.
        exported.setdefault("origin", {})["mimetype"] = media_type
        return Converted(
            markdown=document.export_to_markdown(),
            docling=exported,
            pages=len(document.pages),
            tables=len(document.tables),
            ocr_pages=len(notes.ocr_pages),
            ocr_confidences=tuple(notes.ocr_confidences),
            hidden_text=dict(notes.hidden_text),
        )


def _named(path: Path, form: InputFormat) -> Path:
    """The same file under a name with the suffix of its real type: openpyxl looks at names."""
    named = path.with_name(f"document.{form.value}")
    named.hardlink_to(path)
    return named


def _reporter(progress: Callable[[int, int], None]) -> ProgressReporter:
    def page_done(event: Any) -> None:
        if isinstance(event, PageCompletedProgress):
            progress(event.completed_pages, event.total_pages)

    return ProgressReporter(callbacks=(page_done,))
