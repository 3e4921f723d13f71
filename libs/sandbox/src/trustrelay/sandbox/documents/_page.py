"""One way to lay out a paper: headings, paragraphs and ruled tables on A4, byte for byte reproducible."""

import io
from collections.abc import Sequence

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

SPECIMEN = "SPECIMEN: invented company, invented persons. Not an official document."
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=16, leading=21, spaceAfter=8)
HEADING = ParagraphStyle("heading", fontName="Helvetica-Bold", fontSize=12, leading=16, spaceBefore=10, spaceAfter=4)
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10.5, leading=15, spaceAfter=3)
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


def table(rows: Cells, widths_mm: Sequence[float]) -> Flowable:
    """A ruled table; the first row is its header. Cells do not wrap."""
    return Table([list(row) for row in rows], colWidths=[width * mm for width in widths_mm], style=GRID, hAlign="LEFT")


def gap() -> Flowable:
    """Some white space."""
    return Spacer(1, 5 * mm)


def pdf(name: str, parts: Sequence[Flowable], *, password: str | None = None) -> bytes:
    """The finished PDF; the same parts give the same bytes unless encrypted."""
    out = io.BytesIO()
    margins = {"leftMargin": 18 * mm, "rightMargin": 18 * mm, "topMargin": 18 * mm, "bottomMargin": 20 * mm}
    document = SimpleDocTemplate(out, pagesize=A4, title=name, author="sandbox", invariant=1, encrypt=password, **margins)
    document.build(list(parts), onFirstPage=_footer, onLaterPages=_footer)
    return out.getvalue()


def _footer(canvas: Canvas, _: SimpleDocTemplate) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(18 * mm, 11 * mm, SPECIMEN)
