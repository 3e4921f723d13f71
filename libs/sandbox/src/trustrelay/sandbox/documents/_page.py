"""One way to lay out a paper: headings, paragraphs and ruled tables on A4, byte for byte reproducible."""

import io
from collections.abc import Sequence

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

SPECIMEN = "SPECIMEN: invented company, invented persons. Not an official document."
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=16, leading=21, spaceAfter=8)
HEADING = ParagraphStyle("heading", fontName="Helvetica-Bold", fontSize=12, leading=16, spaceBefore=10, spaceAfter=4)
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10.5, leading=15, spaceAfter=3)
LETTER = ParagraphStyle("letter", fontName="Helvetica", fontSize=12.5, leading=18, spaceAfter=2)
GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.6, colors.black),
        ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 9),
        ("FONT", (0, 1), (-1, -1), "Helvetica", 9),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
)
SIDE, TOP, BOTTOM = 18 * mm, 18 * mm, 20 * mm
Cells = Sequence[Sequence[str]]


def title(text: str) -> Flowable:
    """The name of the paper."""
    return Paragraph(text, TITLE)


def heading(text: str) -> Flowable:
    """A section."""
    return Paragraph(text, HEADING)


def line(text: str) -> Flowable:
    """A paragraph."""
    return Paragraph(text, BODY)


def letter_line(text: str) -> Flowable:
    """A paragraph of a letter, larger: in a scan of smaller type, text recognition loses the blanks between words."""
    return Paragraph(text, LETTER)


def table(rows: Cells, widths_mm: Sequence[float]) -> Flowable:
    """A ruled table; the first row is its header. Cells do not wrap."""
    return Table([list(row) for row in rows], colWidths=[width * mm for width in widths_mm], style=GRID, hAlign="LEFT")


def gap() -> Flowable:
    """Some white space."""
    return Spacer(1, 5 * mm)


def pdf(name: str, parts: Sequence[Flowable], *, password: str | None = None) -> bytes:
    """The finished PDF; the same parts give the same bytes unless encrypted."""
    out = io.BytesIO()
    document = BaseDocTemplate(out, pagesize=A4, title=name, author="sandbox", invariant=1, encrypt=password)
    width, height = A4
    frame = Frame(SIDE, BOTTOM, width - 2 * SIDE, height - BOTTOM - TOP, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    # The footer is drawn when the page is full: in the file, as on paper, it then comes last.
    document.addPageTemplates([PageTemplate(frames=[frame], onPageEnd=_footer)])
    document.build(list(parts))
    return out.getvalue()


def _footer(canvas: Canvas, _: BaseDocTemplate) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(SIDE, 11 * mm, SPECIMEN)
