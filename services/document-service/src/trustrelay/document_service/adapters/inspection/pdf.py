"""PDF before conversion: readable, not encrypted, not too long, no page that cannot be rendered."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium

from ...domain.conversion import DocumentRefused, Limits, Notice, RefusalReason

PASSWORD_ERROR = 4
# The end marker stands in the last bytes of every complete PDF; some writers add a little after it.
TAIL_BYTES = 4096
# Pixels per point at which pages are rendered for OCR.
RENDER_SCALE = 2.0


def inspect_pdf(path: Path, limits: Limits) -> tuple[Notice, ...]:
    """Notices about a PDF that may be converted. Raises DocumentRefused."""
    _require_end(path)
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == PASSWORD_ERROR:
            raise DocumentRefused(RefusalReason.ENCRYPTED, "The document is protected by a password.") from error
        raise DocumentRefused(RefusalReason.CORRUPT, "The PDF is damaged.") from error
    try:
        _check_pages(document, limits)
        return _attachments(document)
    finally:
        document.close()


def _require_end(path: Path) -> None:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL_BYTES))
        if b"%%EOF" not in file.read():
            raise DocumentRefused(RefusalReason.CORRUPT, "The PDF is incomplete.")


def _check_pages(document: pdfium.PdfDocument, limits: Limits) -> None:
    pages = len(document)
    if pages == 0:
        raise DocumentRefused(RefusalReason.CORRUPT, "The PDF has no pages.")
    if pages > limits.max_pages:
        raise DocumentRefused(RefusalReason.TOO_LARGE, f"The document has {pages} pages; at most {limits.max_pages} are accepted.")
    for number in range(pages):
        try:
            width, height = document.get_page_size(number)
        except pdfium.PdfiumError as error:
            raise DocumentRefused(RefusalReason.CORRUPT, f"Page {number + 1} is damaged.") from error
        if width * height * RENDER_SCALE**2 > limits.max_pixels:
            raise DocumentRefused(RefusalReason.TOO_LARGE, f"Page {number + 1} is too large.")


def _attachments(document: pdfium.PdfDocument) -> tuple[Notice, ...]:
    count = document.count_attachments()
    if not count:
        return ()
    return (Notice("embedded_files", "medium", f"The PDF carries {count} embedded files; none was opened."),)
