"""What a conversion is asked, may refuse, and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

MEGAPIXEL = 1_000_000


class MediaType(StrEnum):
    """The types that can be converted."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    # The transit declaration of NCTS phase 5; no other XML is converted.
    CC015C = "application/xml"


class RefusalReason(StrEnum):
    """Why a document is not converted; a retry with the same bytes never helps."""

    CORRUPT = "DOCUMENT_CORRUPT"
    ENCRYPTED = "DOCUMENT_ENCRYPTED"
    TOO_LARGE = "DOCUMENT_TOO_LARGE"
    UNSAFE = "DOCUMENT_UNSAFE"
    TYPE_UNSUPPORTED = "DOCUMENT_TYPE_UNSUPPORTED"


class DocumentRefused(Exception):
    """The document itself is the problem; the message says what is wrong and holds nothing of its content."""

    def __init__(self, reason: RefusalReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class WorkerCrashed(Exception):
    """The process that converted the document died; another attempt may work."""


class ConversionTimedOut(Exception):
    """The conversion did not end within its time limit and was killed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused before conversion; sizes in bytes, pixels and counts."""

    max_bytes: int = 50 * 1024 * 1024
    max_pages: int = 200
    max_pixels: int = 89 * MEGAPIXEL
    # Office formats: everything unpacked, number of parts, unpacked / packed size of one part.
    max_unpacked_bytes: int = 300 * 1024 * 1024
    max_parts: int = 5_000
    max_ratio: float = 250.0
    # The cell furthest from A1: rows and columns.
    max_rows: int = 50_000
    max_columns: int = 1_000
    max_cells: int = 1_000_000
    # Customs messages: a declaration of 1,999 goods items stays well below all three.
    max_xml_bytes: int = 20 * 1024 * 1024
    max_xml_elements: int = 150_000
    max_xml_depth: int = 16


@dataclass(frozen=True, slots=True)
class ConversionJob:
    """One document for a worker: a folder of its own, the source in it, media types accepted (empty = any)."""

    folder: Path
    source: Path
    allowed: tuple[str, ...] = ()

    @property
    def markdown(self) -> Path:
        """Where the worker leaves the Markdown."""
        return self.folder / "document.md"

    @property
    def docling_json(self) -> Path:
        """Where the worker leaves the DoclingDocument JSON."""
        return self.folder / "docling.json"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a document that an officer should know: kind, severity word and one sentence."""

    kind: str
    severity: str
    statement: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a conversion is; stage is queued, converting or storing."""

    stage: str
    pages_done: int = 0
    # 0 = not known yet.
    pages_total: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """How the text of a document was read."""

    pages: int
    tables: int
    ocr_pages: int = 0
    ocr_confidences: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What a worker says about one converted document; Markdown and JSON lie in the job's folder."""

    media_type: MediaType
    reading: Reading
    notices: tuple[Notice, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    # What converted it, without our rules' hash; empty = docling with our rules.
    pipeline: str = ""
