"""What a file really is, by its content; names and declared types are never trusted."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ...domain.conversion import DocumentRefused, MediaType, RefusalReason

HEAD_BYTES = 4096
# The office part that names the format.
OFFICE_MAIN_PARTS = {"word/document.xml": MediaType.DOCX, "xl/workbook.xml": MediaType.XLSX}
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# An encrypted office file is an OLE container with this stream name (UTF-16).
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
# Whole files of other formats, told apart from garbage so that the customer gets the right advice.
OTHER_MAGICS = (
    b"GIF8",
    b"II*\0",
    b"MM\0*",
    b"BM",
    b"RIFF",
    b"{\\rtf",
    b"\x7fELF",
    b"MZ",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"%!PS",
    b"ID3",
    b"OggS",
    b"\0\0\0\x18ftyp",
    b"\0\0\0\x20ftyp",
    b"SQLite format 3",
)
TEXT_BYTES = frozenset(range(32, 127)) | {9, 10, 13} | frozenset(range(128, 256))


def sniff(path: Path) -> MediaType:
    """The media type of a file. Raises DocumentRefused: CORRUPT, ENCRYPTED or TYPE_UNSUPPORTED."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise DocumentRefused(RefusalReason.CORRUPT, "The file is empty.")
    if b"%PDF-" in head[:1024]:
        return MediaType.PDF
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head.startswith(b"PK"):
        return _office(path)
    if head.startswith(OLE_MAGIC):
        _refuse_ole(path)
    if head.startswith(OTHER_MAGICS) or _is_text(head):
        raise DocumentRefused(RefusalReason.TYPE_UNSUPPORTED, "Only PDF, DOCX, XLSX, PNG and JPEG are accepted.")
    raise DocumentRefused(RefusalReason.CORRUPT, "The file is damaged or no document.")


def _office(path: Path) -> MediaType:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DocumentRefused(RefusalReason.CORRUPT, "The file is damaged.") from error
    for part, media_type in OFFICE_MAIN_PARTS.items():
        if part in names:
            return media_type
    raise DocumentRefused(RefusalReason.TYPE_UNSUPPORTED, "The archive is neither DOCX nor XLSX.")


def _refuse_ole(path: Path) -> None:
    if ENCRYPTED_STREAM in path.read_bytes():
        raise DocumentRefused(RefusalReason.ENCRYPTED, "The document is protected by a password.")
    raise DocumentRefused(RefusalReason.TYPE_UNSUPPORTED, "Old Office formats are not accepted.")


def _is_text(head: bytes) -> bool:
    if any(byte not in TEXT_BYTES for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # cut in the middle of a character
    return True
