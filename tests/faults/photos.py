"""The photos that jobs are about: our samples, made small."""

import io
from functools import cache
from pathlib import Path

from PIL import Image

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"


@cache
def small_photo(name: str = "mug", width: int = 160) -> bytes:
    """A sample as JPEG, so many pixels wide."""
    with Image.open(SAMPLES / f"{name}.jpg") as photo:
        photo.thumbnail((width, width))
        file = io.BytesIO()
        photo.save(file, "JPEG", quality=85)
    return file.getvalue()
