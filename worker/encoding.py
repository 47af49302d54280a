"""From pixels to the file a merchant gets: format, quality, colour profile. Knows no job and no engine.

Nothing of the source file's metadata comes along: the output holds pixels, an sRGB profile and, where a model made the
picture, an XMP packet that says so; the same pixels give the same bytes. JPEG and PNG go through OpenCV, because Pillow
holds the interpreter's lock while it writes them (0.55 s for a 12-megapixel JPEG, in which no other job's thread
moves); WebP and AVIF go through Pillow, which lets go of it.
"""

import functools
import io
import struct
import zlib
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
_PROGRESSIVE_PX = 1_000_000  # what a page shows while it loads; beyond, progressive files are no smaller, and cost most
_EXTENSIONS = {"jpeg": "jpg", "png": "png", "webp": "webp", "avif": "avif"}
_MAX_SIDE_PX = {"jpeg": 65_500, "png": 1_000_000, "webp": 16_383, "avif": 65_536}
_PNG_COMPRESSION = 3
_AVIF_SPEED = 8
_AVIF_THREADS = 2  # the bytes depend on whether there is one or more (libaom in Pillow 13.0), so not on the machine
_XMP_IN_JPEG = b"http://ns.adobe.com/xap/1.0/\0"  # by which readers know the segment; OpenCV 5.0 does not add it
_PNG_HEAD = 8 + 12 + 13  # the signature and the chunk IHDR


@dataclass(frozen=True)
class Encoded:
    """A finished file's bytes, its format ("jpeg", "png", "webp" or "avif"), and the source type that it tells."""

    data: bytes
    format: str
    source_type: str | None = None

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


def encode(picture: Picture, output: OutputSpec, source_type: str | None = None) -> Encoded:
    """Encode as `output` asks. JPEG has no transparency: alpha is laid on white.

    `source_type` is written into the file, as IPTC's DigitalSourceType, by which shops and search engines know pictures
    that no camera took. Raises ProblemError output-dimensions for a picture too large for the format.
    """
    format_name = choose_format(output, alpha=picture.alpha is not None)
    check_side(format_name, picture.width, picture.height)
    pixels = picture.rgba()
    xmp = xmp_of(source_type) if source_type else b""
    match format_name:
        case "jpeg":
            data = _jpeg(pixels if pixels.shape[2] == 3 else flatten(pixels, _WHITE), xmp, output.quality)
        case "png":
            data = _png(pixels, xmp)
        case "webp":
            data = _with_pillow(pixels, "WEBP", xmp=xmp, quality=output.quality, method=4)
        case _:
            chroma = "4:4:4" if output.quality >= _FULL_CHROMA_QUALITY else "4:2:0"
            options: dict[str, int | str] = {"speed": _AVIF_SPEED, "max_threads": _AVIF_THREADS, "subsampling": chroma}
            data = _with_pillow(pixels, "AVIF", xmp=xmp, quality=output.quality, **options)
    return Encoded(data, format_name, source_type)


def xmp_of(source_type: str) -> bytes:
    """An XMP packet that tells IPTC's DigitalSourceType and nothing else (IPTC Photo Metadata Standard 2023.1)."""
    code = f"http://cv.iptc.org/newscodes/digitalsourcetype/{source_type}"
    packet = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'Iptc4xmpExt:DigitalSourceType="{code}"/></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )
    return packet.encode()


@functools.cache
def srgb_profile() -> bytes:
    """An sRGB ICC profile whose bytes never change (LittleCMS stamps the present time into bytes 24..35)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes((0x07, 0xEA, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))  # 2026-01-01, big-endian 16-bit fields
    return bytes(profile)


def _jpeg(rgb: Pixels, xmp: bytes, quality: int) -> bytes:
    full_chroma = quality >= _FULL_CHROMA_QUALITY
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if full_chroma else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    options = [
        cv2.IMWRITE_JPEG_QUALITY, quality,
        cv2.IMWRITE_JPEG_PROGRESSIVE, int(rgb.shape[0] * rgb.shape[1] <= _PROGRESSIVE_PX),
        cv2.IMWRITE_JPEG_OPTIMIZE, 1,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling,
    ]  # fmt: skip
    return _with_opencv(".jpg", rgb, xmp and _XMP_IN_JPEG + xmp, options)


def _png(pixels: Pixels, xmp: bytes) -> bytes:
    data = _with_opencv(".png", pixels, b"", [cv2.IMWRITE_PNG_COMPRESSION, _PNG_COMPRESSION])
    if not xmp:
        return data
    # As iTXt, where XMP belongs (PNG, third edition, 11.3.3.4); OpenCV 5.0 would write tEXt.
    chunk = b"iTXt" + b"XML:com.adobe.xmp" + bytes(5) + xmp
    framed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data[:_PNG_HEAD] + framed + data[_PNG_HEAD:]


def _with_opencv(extension: str, pixels: Pixels, xmp: bytes, options: list[int]) -> bytes:
    order = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    told = {cv2.IMAGE_METADATA_ICCP: srgb_profile()} | ({cv2.IMAGE_METADATA_XMP: xmp} if xmp else {})
    parts = [np.frombuffer(part, np.uint8) for part in told.values()]
    written, buffer = cv2.imencodeWithMetadata(extension, cv2.cvtColor(pixels, order), list(told), parts, options)
    assert written, extension
    return bytes(buffer)


def _with_pillow(pixels: Pixels, format_name: str, **options: int | str | bytes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format_name, icc_profile=srgb_profile(), **options)
    return file.getvalue()
