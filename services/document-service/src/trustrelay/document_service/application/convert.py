"""Turn a stored document into Markdown and DoclingDocument JSON, or refuse it with a reason."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..domain.conversion import (
    ConversionJob,
    DocumentRefused,
    MediaType,
    Notice,
    Progress,
    RefusalReason,
    WorkerReport,
)
from ..domain.quality import Quality, measure
from ..domain.suspicion import notices
from .ports import Converter, ObjectStore, ObjectTooLarge, ReadGrant, StoredObject, WriteGrant

PIPELINE_ID = "docling-slim/rules"


@dataclass(frozen=True, slots=True)
class ConvertOptions:
    """Limits of the use case; seconds and bytes."""

    timeout_seconds: float = 120.0
    max_bytes: int = 50 * 1024 * 1024
    # A stream that is silent for 10 s is taken for dead by its reader.
    tick_seconds: float = 4.0


@dataclass(frozen=True, slots=True)
class ConvertRequest:
    """What to convert and where to put the outcome; 0 seconds = the service's default."""

    source: ReadGrant
    destination: WriteGrant
    timeout_seconds: float = 0.0
    allowed_media_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConversionResult:
    """The stored outcome and what is known about it."""

    markdown: StoredObject
    docling_json: StoredObject
    media_type: MediaType
    pages: int
    tables: int
    quality: Quality
    pipeline: str
    versions: Mapping[str, str]
    notices: tuple[Notice, ...]


class ConvertDocument:
    """The use case; one instance serves all calls."""

    def __init__(self, store: ObjectStore, converter: Converter, options: ConvertOptions) -> None:
        self._store = store
        self._converter = converter
        self._options = options

    async def __call__(self, request: ConvertRequest) -> AsyncGenerator[Progress | ConversionResult]:
        """Progress at least every tick, then exactly one result. Closing the stream stops the work.

        Raises DocumentRefused, WorkerCrashed, ConversionTimedOut and what ObjectStore raises.
        """
        steps: asyncio.Queue[Progress] = asyncio.Queue()
        work = asyncio.create_task(self._work(request, steps.put_nowait))
        try:
            latest = Progress("queued")
            yield latest
            while not (work.done() and steps.empty()):
                latest = await _next(steps, work, self._options.tick_seconds) or latest
                if not work.done():
                    yield latest
            yield await work
        finally:
            work.cancel()
            await asyncio.wait({work})

    async def _work(self, request: ConvertRequest, report: Callable[[Progress], None]) -> ConversionResult:
        with tempfile.TemporaryDirectory(prefix="trustrelay-document-") as name:
            folder = Path(name)
            job = ConversionJob(folder, folder / "source", request.allowed_media_types)
            await self._fetch(request.source, job.source)
            done = await self._convert(job, request, report)
            report(Progress("storing", done.reading.pages, done.reading.pages))
            return await self._keep(job, request, done)

    async def _fetch(self, grant: ReadGrant, target: Path) -> None:
        try:
            await self._store.fetch(grant, target, self._options.max_bytes)
        except ObjectTooLarge as error:
            limit = self._options.max_bytes // 1024**2
            raise DocumentRefused(RefusalReason.TOO_LARGE, f"The file is larger than {limit} MB.") from error

    async def _convert(self, job: ConversionJob, request: ConvertRequest, report: Callable[[Progress], None]) -> WorkerReport:
        report(Progress("converting"))
        limit = request.timeout_seconds or self._options.timeout_seconds
        return await self._converter.convert(job, limit, lambda done, total: report(Progress("converting", done, total)))

    async def _keep(self, job: ConversionJob, request: ConvertRequest, done: WorkerReport) -> ConversionResult:
        markdown = job.markdown.read_bytes()
        text = markdown.decode("utf-8")
        # Named after the source, so that a retry writes the same keys.
        stem = request.source.object.sha256
        try:
            stored = await self._store.store(request.destination, f"{stem}.md", markdown, "text/markdown")
            tree = await self._store.store(request.destination, f"{stem}.docling.json", job.docling_json.read_bytes(), "application/json")
        except ObjectTooLarge as error:
            raise DocumentRefused(RefusalReason.TOO_LARGE, "The converted text is too large.") from error
        return ConversionResult(
            markdown=stored,
            docling_json=tree,
            media_type=done.media_type,
            pages=done.reading.pages,
            tables=done.reading.tables,
            quality=_with_notices(_legibility(text, done), done.notices),
            pipeline=f"{done.pipeline or _docling(done)} rules-{done.versions['rules']}",
            versions=done.versions,
            notices=(*done.notices, *notices(text)),
        )


def _docling(done: WorkerReport) -> str:
    return f"{PIPELINE_ID} {done.versions['docling-slim']}"


async def _next(steps: asyncio.Queue[Progress], work: asyncio.Task[ConversionResult], seconds: float) -> Progress | None:
    """The next progress, or None when the work ended or the tick is due."""
    getter = asyncio.create_task(steps.get())
    try:
        await asyncio.wait({getter, work}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return getter.result() if getter.done() else None
    finally:
        getter.cancel()


def _legibility(text: str, done: WorkerReport) -> Quality:
    """A message was typed by a machine for machines: whoever parses it has read it."""
    return Quality(1.0, needs_review=False) if done.media_type is MediaType.CC015C else measure(text, done.reading)


def _with_notices(quality: Quality, found: tuple[Notice, ...]) -> Quality:
    """A person looks at a document that hides text, however legible the rest is."""
    return replace(quality, needs_review=True) if any(n.severity == "high" for n in found) else quality
