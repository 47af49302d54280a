"""Pictures that end too soon, which decoders fill up without a word: PNGs with black, JPEGs with grey.

For the decoding child. It looks closer only where a picture's end is of that colour, or scans are missing, as that
costs some decoding.
"""

import io

from PIL import Image, ImageChops, JpegImagePlugin

from jobs.headers.jpeg import PictureEnd
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


def check_jpeg_end(photo: Image.Image, data: bytes, end: PictureEnd | None) -> None:
    """Look whether bits are missing at the end of a loaded JPEG; `end` is as of `check_scans`.

    Bits behind a whole picture change nothing in it, and are read as pixels where some are missing. So some are put
    there where a picture is grey at its end, or lacks scans: then it may be its fineness alone that was cut off.
    Raises ProblemError image-corrupt.
    """
    if end is None:
        return
    longer = data[: end.at] + _NOISE + data[end.at :]
    last = photo.getpixel((photo.width - 1, photo.height - 1))
    if end.wants_scans:
        is_cut = _differ(photo, _loaded(longer))
    elif _FILLED.issuperset(last if isinstance(last, tuple) else (last,)):
        is_cut = _differ(_small(data), _small(longer))
    else:
        return
    if is_cut:
        raise damaged("its pixels end too soon")


def _differ(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox(alpha_only=False) is not None


def _loaded(data: bytes) -> Image.Image:
    photo = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    photo.load()
    return photo


def _small(data: bytes) -> Image.Image:
    photo = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    photo.draft(photo.mode, (max(1, photo.width // _SMALL), max(1, photo.height // _SMALL)))
    photo.load()
    return photo
