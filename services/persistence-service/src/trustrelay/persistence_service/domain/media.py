"""What a file is, judged by its bytes; its name and declared type prove nothing."""

import zipfile
from typing import BinaryIO

UNKNOWN = "application/octet-stream"
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ZIP, OLE, TIFF, XML = "application/zip", "application/x-ole-storage", "image/tiff", "application/xml"

_MAGIC = (
    (b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG), (b"PK\x03\x04", ZIP), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"II*\x00", TIFF), (b"MM\x00*", TIFF),
)  # fmt: skip
_OFFICE_PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}
_EXTENSIONS = {
    PDF: ".pdf", PNG: ".png", JPEG: ".jpg", DOCX: ".docx", XLSX: ".xlsx", PPTX: ".pptx", ZIP: ".zip", OLE: ".ole", TIFF: ".tiff", XML: ".xml",
}  # fmt: skip
# What an XML file opens with, byte order mark and blanks aside; whether it is one that we read is for document-service to say.
_XML_STARTS, _XML_MARKS = (b"<?xml ", "<?xml ".encode("utf-16-le"), "<?xml ".encode("utf-16-be")), b"\xef\xbb\xbf\xff\xfe \t\r\n"
# PDF readers accept the header within the first kilobyte.
_PDF_WINDOW = 1024


def sniff(file: BinaryIO) -> str:
    """IANA media type of a seekable file; UNKNOWN when no signature fits. Leaves the file at its start."""
    file.seek(0)
    head = file.read(_PDF_WINDOW)
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), PDF if b"%PDF-" in head else UNKNOWN)
    if found == UNKNOWN and head.lstrip(_XML_MARKS).startswith(_XML_STARTS):
        found = XML
    if found == ZIP:
        found = _office_kind(file)
    file.seek(0)
    return found


def extension(media_type: str) -> str:
    """`.pdf` for a PDF; `.bin` for what is not known."""
    return _EXTENSIONS.get(media_type, ".bin")


def _office_kind(file: BinaryIO) -> str:
    """Office formats are zips that hold a well-known part. Only the directory is read, nothing is unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = frozenset(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return UNKNOWN
    return next((kind for part, kind in _OFFICE_PARTS.items() if part in names), ZIP)
