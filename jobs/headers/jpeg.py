"""A JPEG's header: the segments before the first scan (ITU T.81, annex B). Of an MPO it sees the first picture only."""

import io
from typing import IO

from jobs.headers.parts import MOST_PARTS, Header, damaged, read_exactly, too_many, unreadable

_MOST_JUNK_BYTES = 4096
"""Between segments, in all; decoders pass over such bytes, and some cameras pad with them."""

_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC9, 0xCA))
"""Baseline, extended, progressive; the last two with arithmetic coding. Nobody's decoder takes the others."""

_OTHER_FRAMES = frozenset((0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF))
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length
_SCAN, _END = 0xDA, 0xD9
_CHANNELS = frozenset((1, 3, 4))


def read_jpeg(file: IO[bytes]) -> Header:
    """Size by the frame's segment, which must stand, once, before the first scan."""
    file.seek(2)
    found, junk = None, 0
    for _ in range(MOST_PARTS):
        marker, skipped = _next_marker(file, _MOST_JUNK_BYTES - junk)
        junk += skipped
        if marker in _BARE:
            continue
        if marker == _END or marker in _OTHER_FRAMES:
            raise unreadable(f"marker {marker:#x} where a picture of 8 bits was to begin")
        length = int.from_bytes(read_exactly(file, 2), "big") - 2
        if length < 0:
            raise unreadable(f"segment {marker:#x} says that it is {length + 2} bytes long")
        if marker == _SCAN:
            return _required(found)
        start = file.tell()
        if marker in _FRAMES:
            if found is not None:
                raise damaged("it has two frame headers")
            found = _frame(read_exactly(file, 6))
        file.seek(start + length, io.SEEK_SET)
    raise too_many("segments")


def _next_marker(file: IO[bytes], most_junk: int) -> tuple[int, int]:
    """The code of the next marker, and how many bytes stood before it that mean nothing."""
    junk = 0
    while junk <= most_junk:
        byte = read_exactly(file, 1)
        while byte == b"\xff":
            byte = read_exactly(file, 1)
            if byte not in (b"\xff", b"\0"):
                return byte[0], junk
            junk += 1
            if junk > most_junk:
                break
        junk += 1
    raise damaged(f"more than {_MOST_JUNK_BYTES} bytes between its segments mean nothing")


def _frame(body: bytes) -> Header:
    bits, channels = body[0], body[5]
    if bits != 8 or channels not in _CHANNELS:
        raise unreadable(f"{channels} channels of {bits} bits; JPEGs of 1, 3 or 4 channels of 8 bits are taken")
    return Header(width=int.from_bytes(body[3:5], "big"), height=int.from_bytes(body[1:3], "big"))


def _required(found: Header | None) -> Header:
    if found is None:
        raise unreadable("a scan without a frame header before it")
    return found
