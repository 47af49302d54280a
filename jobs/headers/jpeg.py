"""A JPEG's header: the segments before the first scan (ITU T.81, annex B). Of an MPO it sees the first picture only."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
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
_MOST_SCANS = 256
"""Encoders make ten, those that try for the smallest file some dozens; each goes over the whole picture again."""

_NEXT = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # a marker that is neither a restart nor a stuffed byte
_ARITHMETIC = frozenset((0xC9, 0xCA))
_PROGRESSIVE = 0xC2
_COEFFICIENTS, _ALL_BITS = 64, 16


@dataclass(frozen=True)
class PictureEnd:
    """Where the marker stands that ends a picture; ``wants_scans`` where scans before it leave bits of it untold.

    Encoders that leave out what nobody sees do so, and so does a progressive picture that was cut.
    """

    at: int
    wants_scans: bool


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


def check_scans(data: bytes) -> PictureEnd | None:
    """Look over a whole JPEG whose header is good: for scans without number, and for pixels out of nothing.

    libjpeg takes both without a word: a pass over all coefficients for each scan, and grey where bits are missing.
    Gives the end of the picture; None where no marker ends it, or its coding need not end in full.
    For the decoding child, as it goes through the file. Raises ProblemError image-corrupt.
    """
    at, parts, scans, least_bits, end = 2, 0, 0, 0, None
    told: _Told | None = None
    while found := _NEXT.search(data, at):
        marker, at = data[found.start() + 1], found.end()
        if marker == _END:
            end = PictureEnd(found.start(), told is not None and not told.is_all) if least_bits else None
            break
        if marker in _BARE:
            continue
        if not scans and marker in _FRAMES - _ARITHMETIC:
            least_bits = _least_bits(data[at : at + 20])
            told = _Told(data[at + 8 : at + 8 + 3 * data[at + 7] : 3]) if marker == _PROGRESSIVE else None
        if marker == _SCAN and told is not None:
            told.note(data[at + 2 : at + 16])
        at += max(2, int.from_bytes(data[at : at + 2], "big"))
        parts, scans = parts + 1, scans + (marker == _SCAN)
        if scans > _MOST_SCANS or parts > 2 * MOST_PARTS:
            raise damaged(f"it has more than {_MOST_SCANS} scans, or more than {2 * MOST_PARTS} segments")
    if len(data) * 8 < least_bits:
        raise damaged(f"{len(data)} bytes cannot hold that many pixels: {least_bits // 8} are the least")
    return end


class _Told:
    """Which bits of a progressive picture its scans tell: of each channel and coefficient all but so many last ones."""

    def __init__(self, channels: Iterable[int]) -> None:
        self._left = {channel: [_ALL_BITS] * _COEFFICIENTS for channel in channels}

    @property
    def is_all(self) -> bool:
        return not any(any(left) for left in self._left.values())

    def note(self, scan: bytes) -> None:
        """A scan's header behind its length: channels, the first and last coefficient, the bits left before and now."""
        if not scan or len(scan) < 4 + 2 * scan[0]:
            return  # cut short, and a decoder's to tell
        first, last, bits = scan[1 + 2 * scan[0] :][:3]
        for channel in scan[1 : 1 + 2 * scan[0] : 2]:
            for coefficient in range(first, min(last, _COEFFICIENTS - 1) + 1):
                if channel in self._left:
                    self._left[channel][coefficient] = bits & 15


def _least_bits(frame: bytes) -> int:
    """Of a Huffman-coded picture: one for each block of the channel that has most of them."""
    height, width, channels = int.from_bytes(frame[3:5], "big"), int.from_bytes(frame[5:7], "big"), frame[7]
    factors = [(factor >> 4, factor & 15) for factor in frame[9 : 8 + 3 * channels : 3]]
    across, down = (max((factor[axis] for factor in factors), default=0) for axis in (0, 1))
    most = max((here * there for here, there in factors), default=0)
    return (width // 8) * (height // 8) * most // (across * down) if across * down else 0


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
