"""Files that must not reach docling, and those that may."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from openpyxl import Workbook
from PIL import Image
from reportlab.pdfgen import canvas

from trustrelay.document_service.adapters.inspection.inspect import inspect
from trustrelay.document_service.domain.conversion import DocumentRefused, Limits, MediaType, RefusalReason

Put = Callable[[bytes], Path]


def refusal(path: Path, limits: Limits | None = None) -> RefusalReason:
    """The reason for which a file is refused; fails when it is not."""
    with pytest.raises(DocumentRefused) as caught:
        inspect(path, limits or Limits())
    return caught.value.reason


def rezip(body: bytes, changes: dict[str, bytes]) -> bytes:
    """An office file with parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, changes.get(name, source.read(name)))
        for name in changes.keys() - set(source.namelist()):
            target.writestr(name, changes[name])
    return out.getvalue()


def locked_pdf() -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out, encrypt="open-sesame")
    page.drawString(50, 700, "locked")
    page.save()
    return out.getvalue()


def test_good_files_pass_with_the_type_of_their_content(make: Any, put: Put) -> None:
    """The type is sniffed from the bytes; the name plays no part."""
    scan = make.scan(["Hello"])
    jpeg = io.BytesIO()
    scan.save(jpeg, "JPEG")
    bodies = {
        MediaType.PDF: make.pdf(["Title", "text"]),
        MediaType.DOCX: make.docx(["Title", "text"]),
        MediaType.XLSX: make.xlsx([["a", "b"]]),
        MediaType.PNG: make.png(scan),
        MediaType.JPEG: jpeg.getvalue(),
    }
    for expected, body in bodies.items():
        found = inspect(put(body), Limits())
        assert (found.media_type, found.notices) == (expected, ())


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7\n" + bytes(range(256)) * 8, bytes(range(256)) * 8, b"PK\x03\x04" + b"\1" * 99])
def test_empty_and_garbage_files_are_corrupt(body: bytes, put: Put) -> None:
    """What is no document at all is refused as such."""
    assert refusal(put(body)) is RefusalReason.CORRUPT


def test_half_files_are_corrupt(make: Any, put: Put) -> None:
    """An upload that broke off is refused, not read by half."""
    scan = make.png(make.scan(["Hello"]))
    for body in (make.pdf(["Title", "text"]), make.docx(["Title"]), scan):
        assert refusal(put(body[: len(body) // 2])) is RefusalReason.CORRUPT


def test_locked_documents_are_named_as_such(put: Put) -> None:
    """A password needs another upload than damage does."""
    assert refusal(put(locked_pdf())) is RefusalReason.ENCRYPTED
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le")
    assert refusal(put(ole)) is RefusalReason.ENCRYPTED


@pytest.mark.parametrize("body", [b"GIF89a" + bytes(50), b"plain words in a text file", b"{\\rtf1 hello}", b"\x7fELF" + bytes(60)])
def test_other_formats_are_unsupported(body: bytes, put: Put) -> None:
    """A sound file of another format is told apart from a damaged one."""
    assert refusal(put(body)) is RefusalReason.TYPE_UNSUPPORTED


def test_an_archive_that_is_no_office_file_is_unsupported(put: Put) -> None:
    """A plain zip is not unpacked."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "hello")
    assert refusal(put(out.getvalue())) is RefusalReason.TYPE_UNSUPPORTED


def test_size_and_page_limits_hold(make: Any, put: Put) -> None:
    """Bytes, pages and page areas beyond the limits are refused before conversion."""
    pdf = put(make.pdf(["Title"], pages=3))
    assert refusal(pdf, Limits(max_bytes=100)) is RefusalReason.TOO_LARGE
    assert refusal(pdf, Limits(max_pages=2)) is RefusalReason.TOO_LARGE
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(14000, 14000))
    page.drawString(50, 700, "poster")
    page.save()
    assert refusal(put(out.getvalue())) is RefusalReason.TOO_LARGE


def test_huge_pictures_are_refused_by_their_header(put: Put) -> None:
    """A 144-megapixel picture is refused without being decoded."""
    out = io.BytesIO()
    Image.new("1", (12000, 12000)).save(out, "PNG")
    assert refusal(put(out.getvalue())) is RefusalReason.TOO_LARGE


def test_the_cell_at_the_end_of_the_sheet_is_unsafe(put: Put) -> None:
    """One cell at XFD1048576 would make readers walk 17 billion cells."""
    book = Workbook()
    book.active["XFD1048576"] = "far"
    out = io.BytesIO()
    book.save(out)
    assert refusal(put(out.getvalue())) is RefusalReason.UNSAFE


ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
EXTERNAL = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x>&a;</x>'


@pytest.mark.parametrize("xml", [ENTITY, EXTERNAL, EXTERNAL.decode().encode("utf-16")])
def test_entities_are_unsafe(xml: bytes, make: Any, put: Put) -> None:
    """Billion laughs and external entities are refused in any encoding."""
    assert refusal(put(rezip(make.docx(["Title"]), {"word/document.xml": xml}))) is RefusalReason.UNSAFE


def test_zip_bombs_are_unsafe(make: Any, put: Put) -> None:
    """A part that unpacks a thousandfold is refused before it is unpacked."""
    bomb = rezip(make.docx(["Title"]), {"word/media/x.bin": bytes(30 * 1024**2)})
    assert refusal(put(bomb)) is RefusalReason.UNSAFE
    small = Limits(max_unpacked_bytes=1000)
    assert refusal(put(make.docx(["Title"])), small) is RefusalReason.UNSAFE
    assert refusal(put(make.docx(["Title"])), Limits(max_parts=2)) is RefusalReason.UNSAFE


def test_broken_xml_is_corrupt(make: Any, put: Put) -> None:
    """An office file whose text is no XML is damaged."""
    assert refusal(put(rezip(make.docx(["Title"]), {"word/document.xml": b"<a><b></a>"}))) is RefusalReason.CORRUPT


def test_macros_embedded_files_and_hidden_text_are_named(make: Any, put: Put) -> None:
    """What a document carries besides its text becomes a finding; nothing of it is run or opened."""
    body = rezip(make.docx(["Title"]), {"word/vbaProject.bin": b"x", "word/embeddings/a.bin": b"y"})
    text = zipfile.ZipFile(io.BytesIO(body)).read("word/document.xml").decode()
    hidden = text.replace("<w:r>", "<w:r><w:rPr><w:vanish/></w:rPr>", 1)
    assert hidden != text
    found = inspect(put(rezip(body, {"word/document.xml": hidden.encode()})), Limits())
    assert {notice.kind for notice in found.notices} == {"macros", "embedded_files", "hidden_text"}


def test_files_attached_to_a_pdf_are_named(make: Any, put: Put) -> None:
    """An attachment becomes a finding."""
    document = pypdfium2.PdfDocument(make.pdf(["Title"]))
    document.new_attachment("x.txt").set_data(b"hello")
    out = io.BytesIO()
    document.save(out)
    document.close()
    assert [notice.kind for notice in inspect(put(out.getvalue()), Limits()).notices] == ["embedded_files"]
