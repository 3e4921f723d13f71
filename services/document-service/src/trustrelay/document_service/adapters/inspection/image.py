"""Pictures before conversion: complete and not larger than OCR can hold."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from ...domain.conversion import MEGAPIXEL, DocumentRefused, Limits, RefusalReason


def inspect_image(path: Path, limits: Limits) -> None:
    """Raises DocumentRefused when a picture is too large or damaged; the size is read before any pixel."""
    try:
        with Image.open(path) as image:
            pixels = image.width * image.height
            if pixels > limits.max_pixels:
                raise _too_large(limits)
            image.load()
    except Image.DecompressionBombError as error:
        raise _too_large(limits) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise DocumentRefused(RefusalReason.CORRUPT, "The picture is damaged or incomplete.") from error


def _too_large(limits: Limits) -> DocumentRefused:
    return DocumentRefused(RefusalReason.TOO_LARGE, f"The picture has more than {limits.max_pixels // MEGAPIXEL} million pixels.")
