"""What a photo is, told from its header alone: format, size, and whether Packshot takes it. Never decodes pixels.

It runs in the API's own process on bytes that nobody has looked at, so it calls no decoder and no native code; the
headers are read in ``jobs/headers``, each with a bound of its own.
"""

import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.headers import READERS
from jobs.headers.foreign import looks_like
from jobs.problems import ProblemError

if TYPE_CHECKING:  # the decoding child imports this module and stays without pydantic
    from jobs.settings import JobsSettings

HEAD_BYTES = 256  # what ``sniff`` wants to see
FORMATS = ("jpeg", "png", "webp", "avif", "heic")

_SAME_TYPE = {"jpg": "jpeg", "pjpeg": "jpeg", "mpo": "jpeg", "x-png": "png", "heif": "heic"}
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


@dataclass(frozen=True)
class PhotoLimits:
    """What is too much: pixels in all, pixels along one side, bytes in the file."""

    max_pixels: int
    max_side: int = 32768
    max_bytes: int = 64 * 1024 * 1024

    @classmethod
    def of(cls, settings: "JobsSettings") -> "PhotoLimits":
        """What the settings allow; megapixels and megabytes count millions."""
        return cls(
            max_pixels=int(settings.max_photo_megapixels * 1_000_000),
            max_bytes=int(settings.max_upload_mb * 1_000_000),
        )


@dataclass(frozen=True)
class PhotoInfo:
    """A photo that Packshot takes: pixels as stored, before any EXIF turn; a phone's MPO is jpeg."""

    format: str
    width: int
    height: int
    bytes: int


def sniff(head: bytes) -> str | None:
    """The format told from the first HEAD_BYTES bytes: one of FORMATS, or None."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    brands = _brands(head)
    if brands & _AVIF_BRANDS:
        return "avif"
    return "heic" if brands & _HEIC_BRANDS else None


def inspect(data: bytes | Path, limits: PhotoLimits, declared_type: str | None = None) -> PhotoInfo:
    """Read the header of a whole file in memory or on disk.

    ``declared_type`` is the client's content type; "image/*", and what is no image's, declares nothing. Raises
    ProblemError: image-empty, body-too-large, unsupported-image, type-mismatch, image-animated, image-dimensions,
    image-corrupt.
    """
    size = data.stat().st_size if isinstance(data, Path) else len(data)
    if size == 0:
        raise ProblemError("image-empty", "the image has 0 bytes")
    if size > limits.max_bytes:
        raise ProblemError("body-too-large", f"the image has {size} bytes; {limits.max_bytes} are allowed")
    with data.open("rb") if isinstance(data, Path) else io.BytesIO(data) as file:
        head = file.read(HEAD_BYTES)
        file.seek(0)
        kind = _known_format(head, declared_type)
        header = READERS[kind](file)
    if header.animated:
        raise ProblemError("image-animated", f"the {kind} file holds several frames; send a still image")
    _check_dimensions(header.width, header.height, limits)
    return PhotoInfo(kind, header.width, header.height, size)


def _brands(head: bytes) -> frozenset[bytes]:
    """The brands of an ISO media file (AVIF, HEIC); empty for anything else."""
    if head[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return frozenset({head[8:12]} | {head[at : at + 4] for at in range(16, end - 3, 4)})


def _known_format(head: bytes, declared_type: str | None) -> str:
    kind = sniff(head)
    if kind is None:
        looks = looks_like(head)
        told = f"this looks like {looks}" if looks else "this begins like none of them"
        raise ProblemError("unsupported-image", f"supported are {', '.join(FORMATS)}; {told}")
    declared = (declared_type or "").partition(";")[0].strip().lower()
    if declared.startswith("image/") and declared not in ("image/", "image/*"):
        wanted = declared.removeprefix("image/")
        if _SAME_TYPE.get(wanted, wanted) != kind:
            raise ProblemError("type-mismatch", f"declared {declared[:60]}, but the file is {kind}")
    if kind == "heic" and importlib.util.find_spec("pillow_heif") is None:
        detail = "HEIC photos need the pillow-heif package (extra 'heif') on the server; send a JPEG"
        raise ProblemError("unsupported-image", detail)
    return kind


def _check_dimensions(width: int, height: int, limits: PhotoLimits) -> None:
    if width < 1 or height < 1 or max(width, height) > limits.max_side or width * height > limits.max_pixels:
        allowed = f"{limits.max_pixels / 1e6:g} megapixels and {limits.max_side} px a side"
        raise ProblemError("image-dimensions", f"the image is {width}x{height} px; allowed are 1 px to {allowed}")
