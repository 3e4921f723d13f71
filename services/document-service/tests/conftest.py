"""Documents made on the spot; every name in them is invented."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import docx
import numpy as np
import pytest
from openpyxl import Workbook
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

OWNERS = (
    ("Full name", "Date of birth", "Nationality", "Share"),
    ("Ann Vlierbos", "14/05/1961", "Belgian", "60 %"),
    ("Bo de Wilgen", "01/02/1970", "Dutch", "40,5 %"),
)


def make_pdf(lines: Sequence[str], table: Sequence[Sequence[str]] = (), ruled: bool = True, pages: int = 1) -> bytes:
    """A digital PDF: the first line is its title, then paragraphs, then one table."""
    styles = getSampleStyleSheet()
    parts: list[Flowable] = [Paragraph(lines[0], styles["Title"])]
    parts += [Paragraph(line, styles["Normal"]) for line in lines[1:]]
    if table:
        style = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)] if ruled else [])
        parts += [Spacer(1, 14), Table([list(row) for row in table], style=style)]
    for number in range(1, pages):
        parts += [PageBreak(), Paragraph(f"Page {number + 1} of the register", styles["Normal"])]
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=A4).build(parts)
    return out.getvalue()


def make_scan(lines: Sequence[str], table: Sequence[Sequence[str]] = (), noise: float = 10.0) -> Image.Image:
    """A noisy, slightly crooked A4 page at 150 dpi with ruled table."""
    page = Image.new("L", (1240, 1754), 255)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=26)
    y = 120
    for line in lines:
        pen.text((100, y), line, font=font, fill=0)
        y += 52
    edges = [100, 420, 700, 940, 1140][: len(table[0]) + 1] if table else []
    top = y
    for row in table:
        for left, text in zip(edges, row, strict=False):
            pen.text((left + 10, y + 8), text, font=font, fill=0)
        pen.line((edges[0], y, edges[-1], y), fill=0, width=2)
        y += 50
    for x in edges:
        pen.line((x, top, x, y), fill=0, width=2)
    if edges:
        pen.line((edges[0], y, edges[-1], y), fill=0, width=2)
    pixels = np.asarray(page).astype(float) + np.random.default_rng(1).normal(0, noise, (1754, 1240))
    return Image.fromarray(pixels.clip(0, 255).astype("uint8")).rotate(0.4, fillcolor=250)


def make_docx(paragraphs: Sequence[str]) -> bytes:
    """A Word document: a heading, then paragraphs."""
    paper = docx.Document()
    paper.add_heading(paragraphs[0], 1)
    for text in paragraphs[1:]:
        paper.add_paragraph(text)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def make_xlsx(rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook of one sheet."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def png_bytes(image: Image.Image) -> bytes:
    """The image as PNG without a resolution."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def images_pdf(pages: Sequence[Image.Image]) -> bytes:
    """A PDF of pictures only, as scanners make."""
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=list(pages[1:]), resolution=150)
    return out.getvalue()


UBO_LINES = (
    "Extract from the UBO register",
    "Date of issue: 1 March 2026",
    "Company: Vlierbeek Logistics BV",
    "Enterprise number: 0712.345.678",
    "Registered office: Kaaistraat 12, 9000 Gent",
)


@pytest.fixture(scope="session")
def ubo_pdf() -> bytes:
    """A UBO register extract."""
    return make_pdf(UBO_LINES, OWNERS)


@pytest.fixture
def put(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes bytes to a file whose name says nothing."""

    def write(body: bytes) -> Path:
        path = tmp_path / "source"
        path.write_bytes(body)
        return path

    return write


@dataclass(frozen=True)
class Make:
    """The document makers, handed to tests as one fixture."""

    pdf: Callable[..., bytes] = make_pdf
    scan: Callable[..., Image.Image] = make_scan
    docx: Callable[[Sequence[str]], bytes] = make_docx
    xlsx: Callable[[Sequence[Sequence[object]]], bytes] = make_xlsx
    png: Callable[[Image.Image], bytes] = png_bytes
    images_pdf: Callable[[Sequence[Image.Image]], bytes] = images_pdf
    owners: tuple[tuple[str, ...], ...] = OWNERS
    ubo_lines: tuple[str, ...] = UBO_LINES


@pytest.fixture(scope="session")
def make() -> Make:
    """Makers of documents."""
    return Make()
