"""Makes a page look scanned: grey, a little crooked, a little dirty, with a resolution written into the file."""

import io
from random import Random

import pypdfium2
from PIL import Image, ImageFilter

DPI = 150
LEVELS = 16  # shades of grey that the scanner keeps
DEGREES = 0.6
DIRT_EVERY = 900  # pixels per speck


def scanned_png(pdf: bytes, rng: Random) -> bytes:
    """The first page of the PDF as a PNG of A4 at `DPI`."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        sheet: Image.Image = document[0].render(scale=DPI / 72, grayscale=True).to_pil().convert("L")
    finally:
        document.close()
    angle = rng.uniform(0.2, DEGREES) * rng.choice((-1, 1))
    sheet = sheet.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255).filter(ImageFilter.GaussianBlur(0.4))
    _dirty(sheet, rng)
    out = io.BytesIO()
    step = 256 // LEVELS
    flat = sheet.point([min(255, (value // step) * step + step - 1) for value in range(256)])
    flat.save(out, "PNG", dpi=(DPI, DPI), optimize=True)
    return out.getvalue()


def _dirty(sheet: Image.Image, rng: Random) -> None:
    """Scatters grey specks of one pixel."""
    width, height = sheet.size
    for _ in range(width * height // DIRT_EVERY):
        sheet.putpixel((rng.randrange(width), rng.randrange(height)), rng.randint(120, 235))
