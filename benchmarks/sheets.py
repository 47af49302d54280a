"""Sheets for the documentation: JPEGs that are light enough to lie in a repository."""

import io

from PIL import Image

LARGEST_BYTES = 390_000


def light_jpeg(sheet: Image.Image) -> bytes:
    """The sheet at the best of several qualities that makes it light enough, or at the least of them."""
    for quality in range(92, 40, -4):
        file = io.BytesIO()
        sheet.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
        if file.tell() <= LARGEST_BYTES:
            break
    return file.getvalue()
