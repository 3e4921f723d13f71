"""Photos and scans made fit for OCR: upright, opaque, of a size and resolution that a page could have."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

# Long side of an A4 page in inches; a picture without a believable resolution is taken for such a page.
A4_LONG_INCHES = 11.69
# Points between which a page's long side is believable (about A6 to A2).
SANE_LONG_POINTS = (400.0, 1700.0)
# More pixels than this on the long side (A4 at 340 dpi) only cost time.
MAX_LONG_PIXELS = 4000
# Our own limit is checked before; Pillow's guard would refuse smaller pictures than we accept.
Image.MAX_IMAGE_PIXELS = 100_000_000


def normalised(path: Path) -> Path:
    """Write an upright RGB PNG with a sane resolution beside the original and return its path."""
    with Image.open(path) as opened:
        resolution = opened.info.get("dpi")
        upright = ImageOps.exif_transpose(opened)
        flat = _opaque(upright)
    shrink = MAX_LONG_PIXELS / max(flat.size)
    if shrink < 1:
        flat = flat.resize((round(flat.width * shrink), round(flat.height * shrink)), Image.Resampling.LANCZOS)
        resolution = None if resolution is None else tuple(float(value) * shrink for value in resolution)
    dpi = sane_dpi(flat.size, resolution)
    target = path.with_name("normalised.png")
    flat.save(target, dpi=(dpi, dpi), compress_level=1)
    return target


def turned(path: Path) -> Path:
    """Turn a normalised picture by 180 degrees in place."""
    with Image.open(path) as image:
        dpi = image.info["dpi"]
        upright = image.transpose(Image.Transpose.ROTATE_180)
    upright.save(path, dpi=dpi, compress_level=1)
    return path


def sane_dpi(size: tuple[int, int], declared: tuple[float, ...] | None) -> float:
    """Dots per inch to read a picture of `size` pixels at: the declared ones if they make a page, else A4's."""
    long_side = max(size)
    if declared and declared[0] > 0 and abs(declared[0] - declared[-1]) < 1:
        points = long_side * 72 / float(declared[0])
        if SANE_LONG_POINTS[0] <= points <= SANE_LONG_POINTS[1]:
            return float(declared[0])
    return long_side / A4_LONG_INCHES


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        page = Image.new("RGB", layer.size, "white")
        page.paste(layer, mask=layer.getchannel("A"))
        return page
    return image.convert("RGB")
