"""Which colours a photo's samples mean: its ICC profile, or one made of the numbers it tells instead.

For the decoding child, of photos whose headers are good.
"""

import io
import struct
from collections.abc import Iterator

from PIL import Image

from jobs.headers.isobmff import read_code_points
from worker.decoder_matrix_profiles import Space, by_code_points, by_gamma, profile_of

_UNIT = 100_000  # of the numbers in gAMA and cHRM


def profile_of_photo(photo: Image.Image, data: bytes, format_name: str) -> bytes | None:
    """The ICC profile to read the photo by; None for sRGB.

    A PNG's cICP goes before its profile, that before sRGB, gAMA and cHRM, as its standard says; an AVIF's or HEIC's
    profile goes before its nclx.
    """
    embedded = photo.info.get("icc_profile") or None
    if format_name == "png":
        return _of_png(dict(_early_chunks(data)), embedded)
    if embedded or format_name not in ("avif", "heic"):
        return embedded
    code_points = read_code_points(io.BytesIO(data))
    return _made(by_code_points(*code_points)) if code_points else None


def _of_png(chunks: dict[bytes, bytes], embedded: bytes | None) -> bytes | None:
    numbers = chunks.get(b"cICP", b"")
    if len(numbers) == 4 and numbers[2] == 0:
        made = _made(by_code_points(numbers[0], numbers[1]))
        return made or (None if numbers[:2] == b"\1\x0d" else embedded)
    if embedded or b"sRGB" in chunks or len(chunks.get(b"gAMA", b"")) != 4:
        return embedded
    told = chunks.get(b"cHRM", b"")
    points = [value / _UNIT for value in struct.unpack(">8I", told)] if len(told) == 32 else []
    pairs = list(zip(points[::2], points[1::2], strict=True))
    return _made(by_gamma(int.from_bytes(chunks[b"gAMA"], "big") / _UNIT, pairs or None))


def _early_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Those before the pixels that tell colours by numbers; `check_chunks` has bounded how many there are."""
    at = 8
    while at + 8 <= len(data) and (kind := data[at + 4 : at + 8]) not in (b"IDAT", b"IEND"):
        length = int.from_bytes(data[at : at + 4], "big")
        if kind in (b"cICP", b"sRGB", b"gAMA", b"cHRM"):
            yield kind, data[at + 8 : at + 8 + min(length, 64)]
        at += 12 + length


def _made(space: Space | None) -> bytes | None:
    return profile_of(space) if space else None
