"""The header of an AVIF or HEIC: the boxes that tell the primary item's size (ISO 14496-12, 23008-12).

Nothing but `meta` is looked into, and there only what leads from the primary item to its properties. How the pixels
are kept, by grids, overlays or references that run in circles, is left to the decoder in its child.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from jobs.headers.parts import MOST_PARTS, Header, damaged, read_exactly, too_many, unreadable

_SEQUENCES = frozenset({b"avis", b"hevc", b"hevx", b"msf1"})
_MOVIE = b"moov"
_MOST_TABLE_BYTES = 1 << 20  # of an `ipma`: 1000 items, which is libheif's own bound, need a hundredth
_BRANDS_BYTES = 256


@dataclass(frozen=True)
class _Box:
    kind: bytes
    start: int  # of its body
    end: int


def read_avif(file: IO[bytes]) -> Header:
    """As stored: Pillow tells an AVIF's turn as EXIF does."""
    return _read(file, as_shown=False)


def read_heic(file: IO[bytes]) -> Header:
    """As `clap` cuts and `irot` turns it, which libheif does unasked; of several stills (a burst) the primary."""
    return _read(file, as_shown=True)


def read_code_points(file: IO[bytes]) -> tuple[int, int] | None:
    """Primaries and transfer of a photo whose header is good, as numbers of ITU-T H.273; None where none are told."""
    for found in _properties(file):
        if found.kind == b"colr":
            body = _body(file, found, 8)
            if body[:4] == b"nclx" and len(body) == 8:
                return int.from_bytes(body[4:6], "big"), int.from_bytes(body[6:8], "big")
    return None


def _read(file: IO[bytes], *, as_shown: bool) -> Header:
    if _moves(file):
        return Header(1, 1, animated=True)
    return _size(file, _properties(file), as_shown=as_shown)


def _properties(file: IO[bytes]) -> list[_Box]:
    """Those of the primary item, in their order."""
    meta = _one(file, _whole(file), b"meta")
    inside = _Box(b"meta", meta.start + 4, meta.end)  # behind its version and flags
    primary = _primary_item(file, _one(file, inside, b"pitm"))
    properties = _one(file, inside, b"iprp")
    wanted = _properties_of(file, _one(file, properties, b"ipma"), primary)
    kept = dict(enumerate(_boxes(file, _one(file, properties, b"ipco")), 1))
    return [kept[number] for number in wanted if number in kept]


def _whole(file: IO[bytes]) -> _Box:
    return _Box(b"", 0, file.seek(0, io.SEEK_END))


def _moves(file: IO[bytes]) -> bool:
    """By its first brand; a still may name a sequence's among the others, as long as it holds none."""
    file.seek(0)
    head = file.read(_BRANDS_BYTES)
    end = min(int.from_bytes(head[:4], "big"), len(head))
    others = {head[at : at + 4] for at in range(16, end - 3, 4)}
    if head[8:12] in _SEQUENCES:
        return True
    return bool(others & _SEQUENCES) and any(found.kind == _MOVIE for found in _boxes(file, _whole(file)))


def _boxes(file: IO[bytes], inside: _Box) -> Iterator[_Box]:
    """The boxes within another, one after another; what runs past its parent's end is cut there."""
    at = inside.start
    for _ in range(MOST_PARTS):
        if at + 8 > inside.end:
            return
        file.seek(at)
        head = read_exactly(file, 8)
        size, start = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:
            size, start = int.from_bytes(read_exactly(file, 8), "big"), at + 16
        end = inside.end if size == 0 else at + size
        if end < start:
            raise unreadable(f"box {head[4:]!r} says that it is {size} bytes long")
        yield _Box(head[4:], start, min(end, inside.end))
        at = end
    raise too_many("boxes")


def _one(file: IO[bytes], inside: _Box, kind: bytes) -> _Box:
    """The first box of a kind."""
    for box in _boxes(file, inside):
        if box.kind == kind:
            return box
    raise unreadable(f"it has no box {kind.decode()}")


def _body(file: IO[bytes], box: _Box, most: int) -> bytes:
    file.seek(box.start)
    return read_exactly(file, max(0, min(box.end - box.start, most)))


def _primary_item(file: IO[bytes], box: _Box) -> int:
    body = _body(file, box, 8)
    width = 4 if body[:1] != b"\0" else 2
    if len(body) < 4 + width:
        raise unreadable("its box pitm is too short")
    return int.from_bytes(body[4 : 4 + width], "big")


def _properties_of(file: IO[bytes], box: _Box, item: int) -> list[int]:
    """The numbers, from 1, of the properties that an item is tied to, in their order."""
    if box.end - box.start > _MOST_TABLE_BYTES:
        raise damaged(f"its box ipma is longer than {_MOST_TABLE_BYTES} bytes")
    body = _body(file, box, _MOST_TABLE_BYTES)
    if len(body) < 8:
        raise unreadable("its box ipma is too short")
    id_width, wide = (2 if body[0] < 1 else 4), bool(body[3] & 1)
    at = 8
    while at + id_width < len(body):
        count = body[at + id_width]
        start, end = at + id_width + 1, at + id_width + 1 + count * (2 if wide else 1)
        if int.from_bytes(body[at : at + id_width], "big") == item:
            return list(_numbers(body[start:end], wide=wide))
        at = end
    raise unreadable("its primary item has no properties")


def _numbers(listed: bytes, *, wide: bool) -> Iterator[int]:
    """Each without its first bit, which tells whether the property is essential."""
    if wide:
        return (int.from_bytes(listed[at : at + 2], "big") & 0x7FFF for at in range(0, len(listed) - 1, 2))
    return (number & 0x7F for number in listed)


def _size(file: IO[bytes], ordered: list[_Box], *, as_shown: bool) -> Header:
    extent = next((found for found in ordered if found.kind == b"ispe"), None)
    if extent is None:
        raise unreadable("its primary item has no size")
    width, height = _whole_numbers(file, extent, 3)[1:]
    for found in ordered if as_shown else ():
        if found.kind == b"irot" and _body(file, found, 1)[:1] in (b"\1", b"\3"):
            width, height = height, width
        elif found.kind == b"clap":
            across, across_parts, down, down_parts = _whole_numbers(file, found, 4)
            width, height = min(width, _rounded(across, across_parts)), min(height, _rounded(down, down_parts))
    return Header(width, height)


def _whole_numbers(file: IO[bytes], box: _Box, count: int) -> tuple[int, ...]:
    body = _body(file, box, 4 * count)
    if len(body) < 4 * count:
        raise unreadable(f"its box {box.kind.decode()} is too short")
    return struct.unpack(f">{count}I", body)


def _rounded(number: int, parts: int) -> int:
    return (2 * number + parts) // (2 * parts) if parts else 0
