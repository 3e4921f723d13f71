"""What a reader sees of a PDF page, rendered by PDFium.

docling's own renderer takes fonts that a document does not carry from the system, and paints grey boxes where there are none: there,
hidden text would look like ink. PDFium brings the standard fonts along.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pypdfium2
from docling.utils.locks import pypdfium2_lock

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Rows × columns, 0 (black) .. 255 (white).
Luminance: TypeAlias = "NDArray[np.uint8]"


def luminance(path: Path, page_no: int) -> Luminance:
    """Page `page_no` (from 1) at one pixel per point. Raises pypdfium2.PdfiumError for what PDFium cannot open."""
    with pypdfium2_lock:
        document = pypdfium2.PdfDocument(path)
        try:
            return np.array(document[page_no - 1].render(scale=1, grayscale=True).to_numpy()).squeeze()
        finally:
            document.close()
