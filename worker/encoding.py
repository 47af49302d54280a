"""From pixels to the file a merchant gets: format, quality, colour profile. Knows no job and no engine.

Nothing of the source file's metadata comes along: the output holds pixels and an sRGB profile, and the same pixels give
the same bytes. JPEG and PNG go through OpenCV, because Pillow holds the interpreter's lock while it writes them (0.55 s
for a 12-megapixel JPEG, in which no other job's thread moves); WebP and AVIF go through Pillow, which lets go of it.
"""

import functools
import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageCms

from engine.pixels.color import flatten
from jobs.problems import ProblemError
from jobs.spec import OutputSpec
from worker.picture import Picture, Pixels

_WHITE = (255, 255, 255)
_FULL_CHROMA_QUALITY = 90
_EXTENSIONS = {"jpeg": "jpg", "png": "png", "webp": "webp", "avif": "avif"}
_MAX_SIDE_PX = {"jpeg": 65_500, "png": 1_000_000, "webp": 16_383, "avif": 65_536}
_PNG_COMPRESSION = 3
_AVIF_SPEED = 8


@dataclass(frozen=True)
class Encoded:
    """A finished file's bytes, and its format ("jpeg", "png", "webp" or "avif")."""

    data: bytes
    format: str

    @property
    def extension(self) -> str:
        """The file name's ending, without the dot."""
        return _EXTENSIONS[self.format]


def choose_format(output: OutputSpec, *, alpha: bool) -> str:
    """The format asked for; "auto" is PNG for a picture with transparency, else JPEG."""
    if output.format != "auto":
        return str(output.format)
    return "png" if alpha else "jpeg"


def check_side(format_name: str, width: int, height: int) -> None:
    """Raise ProblemError output-dimensions where the format cannot hold width × height pixels."""
    allowed = _MAX_SIDE_PX[format_name]
    if max(width, height) > allowed:
        detail = f"{format_name} holds at most {allowed} pixels a side; the output would be {width} × {height}"
        raise ProblemError("output-dimensions", detail, width=width, height=height)


def encode(picture: Picture, output: OutputSpec) -> Encoded:
    """Encode as `output` asks. JPEG has no transparency: alpha is laid on white.

    Raises ProblemError output-dimensions for a picture too large for the format.
    """
    format_name = choose_format(output, alpha=picture.alpha is not None)
    check_side(format_name, picture.width, picture.height)
    pixels = picture.rgba()
    match format_name:
        case "jpeg":
            data = _jpeg(pixels if pixels.shape[2] == 3 else flatten(pixels, _WHITE), output.quality)
        case "png":
            data = _with_opencv(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, _PNG_COMPRESSION])
        case "webp":
            data = _with_pillow(pixels, "WEBP", quality=output.quality, method=4)
        case _:
            chroma = "4:4:4" if output.quality >= _FULL_CHROMA_QUALITY else "4:2:0"
            data = _with_pillow(pixels, "AVIF", quality=output.quality, speed=_AVIF_SPEED, subsampling=chroma)
    return Encoded(data, format_name)


@functools.cache
def srgb_profile() -> bytes:
    """An sRGB ICC profile whose bytes never change (LittleCMS stamps the present time into bytes 24..35)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes((0x07, 0xEA, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))  # 2026-01-01, big-endian 16-bit fields
    return bytes(profile)


def _jpeg(rgb: Pixels, quality: int) -> bytes:
    full_chroma = quality >= _FULL_CHROMA_QUALITY
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if full_chroma else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    options = [
        cv2.IMWRITE_JPEG_QUALITY, quality,
        cv2.IMWRITE_JPEG_PROGRESSIVE, 1,
        cv2.IMWRITE_JPEG_OPTIMIZE, 1,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling,
    ]  # fmt: skip
    return _with_opencv(".jpg", rgb, options)


def _with_opencv(extension: str, pixels: Pixels, options: list[int]) -> bytes:
    order = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    profile = np.frombuffer(srgb_profile(), np.uint8)
    written, buffer = cv2.imencodeWithMetadata(
        extension, cv2.cvtColor(pixels, order), [cv2.IMAGE_METADATA_ICCP], [profile], options
    )
    assert written, extension
    return bytes(buffer)


def _with_pillow(pixels: Pixels, format_name: str, **options: int | str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format_name, icc_profile=srgb_profile(), **options)
    return file.getvalue()
