"""Printed forms: numbered boxes with small labels and typed values, ruled as real forms are, byte for byte reproducible."""

import io
from collections.abc import Sequence

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from trustrelay.sandbox.documents._page import SPECIMEN

LABEL_SIZE, VALUE_SIZE, LINE_MM = 6.5, 9.0, 4.4
PAD_MM = 1.2
Lines = Sequence[str]


class Form:
    """One A4 page; places and sizes in mm from its top left corner."""

    def __init__(self, name: str) -> None:
        self._out = io.BytesIO()
        self._canvas = Canvas(self._out, pagesize=A4, invariant=1)
        self._canvas.setTitle(name)
        self._canvas.setAuthor("sandbox")
        self._canvas.setLineWidth(0.6)

    def text(self, x: float, y: float, text: str, size: float = VALUE_SIZE, bold: bool = False) -> None:
        """A line whose baseline is at y."""
        self._canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        self._canvas.drawString(x * mm, A4[1] - y * mm, text)

    def box(self, place: tuple[float, float, float, float], label: str, lines: Lines = (), size: float = VALUE_SIZE) -> None:
        """A frame (left, top, width, height) with its label on top and what was typed into it."""
        left, top, width, height = place
        self._frame(left, top, width, height)
        row = top + PAD_MM + 2.2
        for part in label.split("\n") if label else ():
            self.text(left + PAD_MM, row, part, LABEL_SIZE)
            row += 2.7
        row += 2.2 if label else 1.0
        for line in lines:
            self.text(left + PAD_MM, row, line, size)
            row += LINE_MM

    def row(self, left: float, top: float, widths: Sequence[float], height: float, cells: Sequence[Lines], *, heads: bool = False) -> None:
        """Boxes side by side; `heads` prints their first line as a label."""
        for width, lines in zip(widths, cells, strict=True):
            if heads:
                self.box((left, top, width, height), "\n".join(lines))
            else:
                self.box((left, top, width, height), "", lines, VALUE_SIZE - 1)
            left += width

    def pdf(self) -> bytes:
        """The finished page."""
        self.text(18, A4[1] / mm - 9, SPECIMEN, 8)
        self._canvas.save()
        return self._out.getvalue()

    def _frame(self, left: float, top: float, width: float, height: float) -> None:
        x, y, right, bottom = left * mm, A4[1] - top * mm, (left + width) * mm, A4[1] - (top + height) * mm
        for line in ((x, y, right, y), (x, bottom, right, bottom), (x, y, x, bottom), (right, y, right, bottom)):
            self._canvas.line(*line)
