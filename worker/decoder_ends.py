"""Pictures that end too soon, which decoders fill up without a word: PNGs with black, JPEGs with grey.

For the decoding child. It looks closer only where a picture's end is of that colour, as that costs some decoding.
"""

import io

from PIL import Image, ImageChops, JpegImagePlugin

from jobs.headers.parts import damaged
from jobs.headers.png import check_pixels

_INTERLACE_AT = 28  # within a PNG
_FILLED = frozenset((127, 128))  # what no coefficient at all becomes; of CMYK, which is stored inverted, the former
_NOISE = b"\x55\xaa\x33\xcc" * 64  # bits that mean some colour or none, but not the same grey
_SMALL = 8  # libjpeg makes one pixel of so many squared, at once


def check_png_end(photo: Image.Image, data: bytes) -> None:
    """Count the pixels of a loaded PNG that is black, or clear, at its end. Raises ProblemError image-corrupt."""
    interlaced = data[_INTERLACE_AT] != 0
    end = photo.crop((0, photo.height - 1, photo.width, photo.height))
    if interlaced or end.getbbox(alpha_only=False) is None:
        check_pixels(data)


def check_jpeg_end(photo: Image.Image, data: bytes, end: int | None) -> None:
    """Look whether bits are missing at the end of a loaded JPEG, where it is grey there; `end` is as of `check_scans`.

    Bits behind a whole picture change nothing in it, and are read as pixels where some are missing. Raises ProblemError
    image-corrupt.
    """
    last = photo.getpixel((photo.width - 1, photo.height - 1))
    if end is None or not _FILLED.issuperset(last if isinstance(last, tuple) else (last,)):
        return
    if ImageChops.difference(_small(data), _small(data[:end] + _NOISE + data[end:])).getbbox(alpha_only=False):
        raise damaged("its pixels end too soon")


def _small(data: bytes) -> Image.Image:
    photo = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    photo.draft(photo.mode, (max(1, photo.width // _SMALL), max(1, photo.height // _SMALL)))
    photo.load()
    return photo
