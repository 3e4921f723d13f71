"""All checks of a file before docling sees it; run inside the worker, since parsers of hostile files may crash."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...domain.conversion import DocumentRefused, Limits, MediaType, Notice, RefusalReason
from .image import inspect_image
from .office import inspect_office
from .pdf import inspect_pdf
from .sniff import sniff


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file that may be converted: its real type and what is odd about it."""

    media_type: MediaType
    notices: tuple[Notice, ...] = ()


def inspect(path: Path, limits: Limits) -> Inspected:
    """Raises DocumentRefused for every file that must not reach docling."""
    if path.stat().st_size > limits.max_bytes:
        raise DocumentRefused(RefusalReason.TOO_LARGE, f"The file is larger than {limits.max_bytes // 1024**2} MB.")
    media_type = sniff(path)
    match media_type:
        case MediaType.PDF:
            return Inspected(media_type, inspect_pdf(path, limits))
        case MediaType.PNG | MediaType.JPEG:
            inspect_image(path, limits)
            return Inspected(media_type)
        case MediaType.DOCX | MediaType.XLSX:
            return Inspected(media_type, inspect_office(path, limits))
        case MediaType.CC015C:
            # Its own reader is bounded and refuses while it reads: a second pass would find nothing more.
            return Inspected(media_type)
