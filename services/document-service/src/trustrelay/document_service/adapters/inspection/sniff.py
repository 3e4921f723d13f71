"""What a file really is, by its content; names and declared types are never trusted."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ...domain.conversion import DocumentRefused, MediaType, RefusalReason
from ..customs_xml.message import is_declaration, root_of

HEAD_BYTES = 4096
# The office part that names the format.
OFFICE_MAIN_PARTS = {"word/document.xml": MediaType.DOCX, "xl/workbook.xml": MediaType.XLSX}
PICTURES = {b"\x89PNG\r\n\x1a\n": MediaType.PNG, b"\xff\xd8\xff": MediaType.JPEG}
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
# How a file may begin that an XML parser should look at; the byte order marks are those of UTF-8 and UTF-16.
XML_STARTS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
HTML = b"<!doctype html"
TEXT_BYTES = frozenset(range(32, 127)) | {9, 10, 13} | frozenset(range(128, 256))


def sniff(path: Path) -> MediaType:
    """The media type of a file. Raises DocumentRefused: CORRUPT, ENCRYPTED or TYPE_UNSUPPORTED."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise DocumentRefused(RefusalReason.CORRUPT, "The file is empty.")
    if b"%PDF-" in head[:1024]:
        return MediaType.PDF
    picture = next((kind for magic, kind in PICTURES.items() if head.startswith(magic)), None)
    if picture is not None:
        return picture
    if head.startswith(b"PK"):
        return _office(path)
    if head.startswith(OLE_MAGIC):
        _refuse_ole(path)
    if _is_message(path, head):
        return MediaType.CC015C
    if head.startswith(OTHER_MAGICS) or _is_text(head):
        raise _unsupported()
    raise DocumentRefused(RefusalReason.CORRUPT, "The file is damaged or no document.")


def _is_message(path: Path, head: bytes) -> bool:
    """Whether it is the one XML message that is read. Raises DocumentRefused UNSAFE."""
    start = head.lstrip()
    if not start.startswith(XML_STARTS) or start[: len(HTML)].lower() == HTML:
        return False
    return is_declaration(root_of(path))


def _unsupported() -> DocumentRefused:
    return DocumentRefused(RefusalReason.TYPE_UNSUPPORTED, "Only PDF, DOCX, XLSX, PNG, JPEG and transit declarations (CC015C) are accepted.")


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
