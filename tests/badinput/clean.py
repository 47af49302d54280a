"""Whether a result holds its picture and our own words alone."""

import io

from PIL import Image

from tests.badinput.seeds import MARK

_OURS = {
    "icc_profile", "xmp", "dpi", "jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression",
    "srgb", "gamma", "chromaticity", "loop", "background", "timestamp", "duration",
}  # fmt: skip
"""What Pillow tells of any result: our profile, our XMP where a model made the picture, the format's own numbers."""


def unclean(data: bytes) -> str | None:
    """What else is in a result; None where nothing is."""
    with Image.open(io.BytesIO(data)) as result:
        result.load()
        told = set(result.info) - _OURS
        if told or result.getexif():
            return f"the result tells {sorted(told)}, EXIF {dict(result.getexif())}"
    return f"{MARK!r} is left in the result" if MARK in data else None
