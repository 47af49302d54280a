"""The decoding child: reads an untrusted photo in a process of its own and hands back upright sRGB pixels.

It runs in a process forked from a fork server that has preloaded this module, so it imports nothing heavy (no NumPy, no
Celery, no engine), and expects to be killed: its limits are the system's (RLIMIT_AS, RLIMIT_CPU, the parent's clock).
"""

import io
import json
import math
import os
import resource
import socket
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import IO, Any

from PIL import AvifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from jobs.headers.jpeg import PictureEnd, check_scans
from jobs.headers.png import check_chunks
from jobs.headers.webp import check_length
from jobs.photos import PhotoInfo, PhotoLimits, inspect
from jobs.problems import ProblemError
from worker.decoder_channels import know_clear_colour, split
from worker.decoder_colours import profile_of_photo
from worker.decoder_ends import check_jpeg_end, check_png_end
from worker.decoder_profiles import one_line, to_srgb

_PILLOWS: dict[str, Callable[[IO[bytes]], Image.Image]] = {
    "jpeg": JpegImagePlugin.JpegImageFile,
    "png": PngImagePlugin.PngImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "avif": AvifImagePlugin.AvifImageFile,
}
_STRIP_BYTES = 256 << 10  # few enough to be copied within the processor's cache, in memory that was touched before
_ORDER_BYTES = 4096
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True)
class DecodeLimits:
    """What one decode may use: `address_bytes` beyond what the child starts with, `cpu_s`, and the photo's limits."""

    photo: PhotoLimits
    address_bytes: int
    cpu_s: float


@dataclass(frozen=True)
class DecodedFacts:
    """What the photo was, for the manifest, and the pixels' size after the turn."""

    width: int
    height: int
    alpha: bool
    format: str
    mode: str
    orientation: int
    profile: str


class PassedFile:
    """An open file on its way into a child's arguments, where it arrives as the child's own descriptor (an int)."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrive, (DupFd(self._descriptor),)  # DupFd works only while a Process is being started


def await_photo(line: int, answer: Connection) -> None:
    """Child's main: be there before the photo is, and do as `decode` or `examine` once it comes over the socket `line`.

    It comes but once, as an order of JSON bytes beside its open files. Ends without a word where `line` ends.
    """
    with socket.socket(fileno=line) as photos:
        order, files, _, _ = socket.recv_fds(photos, _ORDER_BYTES, 2)
    if not order:
        return
    told = json.loads(order)
    limits = DecodeLimits(PhotoLimits(**told["photo"]), told["address_bytes"], told["cpu_s"])
    if len(files) == 1:
        examine(files[0], limits, answer)
    else:
        decode(files[0], files[1], limits, answer)


def decode(source: int, target: int, limits: DecodeLimits, answer: Connection) -> None:
    """Child's main: decode the file at `source`, write planes to `target`, send one message of JSON bytes.

    `target` receives RGB uint8 [H, W, 3], then, where the photo has transparency, alpha uint8 [H, W]. The message is
    {"facts": DecodedFacts fields}, or {"problem": slug, "detail": …, "extra": …} for a photo that cannot be used.
    """
    _answer(answer, limits, lambda: {"facts": asdict(_decode(source, target, limits.photo))})


def examine(source: int, limits: DecodeLimits, answer: Connection) -> None:
    """Child's main: read the header of the file at `source` alone. The message is {"photo": PhotoInfo fields}, or as
    that of `decode`.
    """
    _answer(answer, limits, lambda: {"photo": asdict(inspect(_read(source), limits.photo))})


def _answer(answer: Connection, limits: DecodeLimits, work: Callable[[], dict[str, Any]]) -> None:
    """Send what `work` gives within the limits, or why it gives nothing."""
    warnings.simplefilter("ignore")  # Pillow's, on what the file says: not into the worker's log
    try:
        _limit_process(limits)
        message = work()
    except ProblemError as error:
        message = {"problem": error.problem.type, "detail": error.problem.detail, "extra": error.problem.extra}
    except MemoryError:
        message = _corrupt(f"decoding needs more than the {limits.address_bytes >> 20} MiB allowed")
    except Exception as error:  # noqa: BLE001  (decoders raise anything at all; the child's edge reports it)
        why = one_line(str(error)) or type(error).__name__
        message = _corrupt(f"the photo cannot be decoded: {why}")
    answer.send_bytes(json.dumps(message).encode())


def _arrive(passed: Any) -> int:
    return int(passed.detach())


def _corrupt(detail: str) -> dict[str, Any]:
    return {"problem": "image-corrupt", "detail": detail, "extra": {}}


def _limit_process(limits: DecodeLimits) -> None:
    """Bind this process to its limits for good, and let a crash leave no core file."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    address_bytes = pages * resource.getpagesize() + limits.address_bytes
    resource.setrlimit(resource.RLIMIT_AS, (address_bytes, address_bytes))
    cpu_s = math.ceil(limits.cpu_s)  # the system counts whole seconds
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(source: int) -> bytes:
    with os.fdopen(source, "rb") as file:
        return file.read()


def _decode(source: int, target: int, limits: PhotoLimits) -> DecodedFacts:
    data = _read(source)
    info = inspect(data, limits, None)
    end = _check_parts(data, info.format)
    with _opened(data, info.format) as photo:
        mode = photo.mode
        _check_promise(photo, info)
        photo.load()
        _check_promise(photo, info)  # libheif tells a picture's real size only now
        orientation = _orientation(photo)  # of a PNG this loads as well, and may not be what first meets its damage
        if info.format == "png":
            check_png_end(photo, data)
            know_clear_colour(photo, data)
        else:
            check_jpeg_end(photo, data, end)
        colours, alpha = split(photo)
        colours, profile = to_srgb(colours, profile_of_photo(photo, data, info.format))
    colours = _turned(colours, orientation)
    with os.fdopen(target, "wb") as out:
        out.writelines(_strips(colours))
        if alpha:
            out.writelines(_strips(_turned(alpha, orientation)))
    width, height = colours.size
    return DecodedFacts(width, height, alpha is not None, info.format, mode, orientation, profile)


def _check_parts(data: bytes, format_name: str) -> PictureEnd | None:
    """Look for what decoders take without a word; where a JPEG's picture ends, as `check_scans` gives it."""
    if format_name == "jpeg":
        return check_scans(data)
    if format_name == "png":
        check_chunks(data)
    elif format_name == "webp":
        check_length(data)
    return None


def _check_promise(photo: Image.Image, info: PhotoInfo) -> None:
    """The room for it was measured by what its header promised: a photo that turns out larger has lied."""
    if photo.width * photo.height > info.width * info.height:
        detail = f"its header promises {info.width}x{info.height} px; it holds {photo.width}x{photo.height}"
        raise ProblemError("image-corrupt", detail)


def _opened(data: bytes, format_name: str) -> Image.Image:
    """The photo, by its format's own reader: `Image.open` tells no reasons, but addresses in this process's memory.

    Of an MPO the first picture is read, so the others' index needs no look.
    """
    file = io.BytesIO(data)
    if format_name == "heic":
        from pillow_heif import HeifImageFile

        heic: Image.Image = HeifImageFile(file)
        return heic
    return _PILLOWS[format_name](file)


def _orientation(photo: Image.Image) -> int:
    """The EXIF orientation 1..8; 1 where the EXIF is absent or broken."""
    try:
        orientation = photo.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001  (broken EXIF raises struct, Syntax, Value and other errors; the pixels are fine)
        return 1
    return orientation if orientation in _TURNS else 1


def _turned(plane: Image.Image, orientation: int) -> Image.Image:
    return plane.transpose(_TURNS[orientation]) if orientation in _TURNS else plane


def _strips(plane: Image.Image) -> Iterator[bytes]:
    """The plane's bytes, row-major, a few rows at a time: a 64-megapixel photo is never held twice."""
    width, height = plane.size
    rows = max(1, _STRIP_BYTES // (width * len(plane.getbands())))
    for top in range(0, height, rows):
        yield plane.crop((0, top, width, min(top + rows, height))).tobytes()
