"""A PNG's header: the chunks before the pixels (PNG, third edition). What is compressed there is held to a bound."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import IO

from jobs.headers.parts import MOST_PARTS, Header, damaged, read_exactly, too_many, unreadable

_MOST_TEXT_BYTES = 1 << 20
"""Of one chunk, decompressed; Pillow, which opens the file later, has the same bound, and the next one too."""

_MOST_TEXTS_BYTES = 64 << 20
_MOST_COMPRESSED_BYTES = 8 << 20
"""Of the texts and profiles of the whole file, as they lie in it: what inflates to nothing takes time all the same."""

_MOST_PIXEL_CHUNKS = 1 << 17
"""Of the whole file; encoders write 8 KB in each, and a file of 64 MB has 8,192 of those."""

_PIECE_BYTES = 64 << 10
_BY_NUMBER = 3  # the colour type of pixels that are places in a palette
_KEYWORD_BYTES = 80  # at most 79 and a zero
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of each pass the first column and row, and the steps."""

_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # by colour type


def read_png(file: IO[bytes]) -> Header:
    """Size by IHDR, whose sum must be right; moving where acTL counts several frames."""
    file.seek(8)
    length, kind = _chunk_head(file)
    if (length, kind) != (13, b"IHDR"):
        raise unreadable(f"its first chunk is {kind!r} of {length} bytes")
    body = read_exactly(file, 13)
    header = _size(body, read_exactly(file, 4))
    colours = 0 if body[9] == _BY_NUMBER else 1
    animated, texts, compressed = False, 0, 0
    for _ in range(MOST_PARTS):
        length, kind = _chunk_head(file)
        if kind == b"IDAT" and not colours:
            raise damaged("its pixels are numbers of colours, and it has no palette of those")
        if kind in (b"IDAT", b"IEND"):  # of a file without pixels the size is told too: it may be what is wrong with it
            return Header(header.width, header.height, animated)
        start = file.tell()
        if kind == b"PLTE":
            colours = max(colours, length // 3)
        elif kind == b"acTL":
            animated = int.from_bytes(read_exactly(file, 4), "big") > 1
        elif kind in (b"zTXt", b"iCCP", b"iTXt"):
            packed, zeros = _find_packed(file, kind, length)
            compressed += packed
            if compressed > _MOST_COMPRESSED_BYTES:
                raise damaged(f"its texts and profiles take more than {_MOST_COMPRESSED_BYTES} bytes, compressed")
            texts += _inflated_bytes(file, packed, zeros)
            if texts > _MOST_TEXTS_BYTES:
                raise damaged(f"its texts are longer than {_MOST_TEXTS_BYTES} bytes in all, decompressed")
        file.seek(start + length + 4, io.SEEK_SET)
    raise too_many("chunks")


def check_chunks(data: bytes) -> None:
    """Look over a whole PNG whose header is good: for chunks without number, which Pillow reads one by one.

    For the decoding child, as it goes through the file. Raises ProblemError image-corrupt.
    """
    at, pixels, others = 8, 0, 0
    while at + 8 <= len(data) and data[at + 4 : at + 8] != b"IEND":
        if data[at + 4 : at + 8] == b"IDAT":
            pixels += 1
        else:
            others += 1
        if pixels > _MOST_PIXEL_CHUNKS or others > MOST_PARTS:
            raise damaged(f"it has more than {_MOST_PIXEL_CHUNKS} chunks of pixels, or more than {MOST_PARTS} others")
        at += 12 + int.from_bytes(data[at : at + 4], "big")


def check_pixels(data: bytes) -> None:
    """Count a whole PNG's pixels, decompressed: where they end too soon Pillow leaves the rest black, without a word.

    For the decoding child, of a photo whose end is black, as it costs an inflation. Raises ProblemError image-corrupt.
    """
    width, height, depth, colour, *_, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    bits = depth * _SAMPLES[colour]
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    sizes = [(-(-(width - x) // across), -(-(height - y) // down)) for x, y, across, down in passes]
    wanted = sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns > 0 and rows > 0)
    found = sum(_inflated(_pixel_pieces(data), wanted))
    if found < wanted:
        raise damaged(f"its pixels take {wanted} bytes; it holds {found}")


def _pixel_pieces(data: bytes) -> Iterator[bytes]:
    """What is compressed in a whole file's IDATs, a piece at a time."""
    at = 8
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            yield from (data[start : min(start + _PIECE_BYTES, end)] for start in range(at + 8, end, _PIECE_BYTES))
        at = end + 4


def _inflated(pieces: Iterator[bytes], wanted: int) -> Iterator[int]:
    """How many bytes each step gives, until there are so many, or an end."""
    inflater, found = zlib.decompressobj(), 0
    for piece in pieces:
        left = piece
        while left and found < wanted and not inflater.eof:
            step = len(inflater.decompress(left, _MOST_TEXT_BYTES))
            left, found = inflater.unconsumed_tail, found + step
            yield step


def _chunk_head(file: IO[bytes]) -> tuple[int, bytes]:
    length, kind = struct.unpack(">I4s", read_exactly(file, 8))
    return length, kind


def _size(body: bytes, crc: bytes) -> Header:
    if zlib.crc32(b"IHDR" + body) != int.from_bytes(crc, "big"):
        raise unreadable("the checksum of IHDR is wrong")
    width, height, depth, colour = struct.unpack(">IIBB", body[:10])
    if depth not in _DEPTHS.get(colour, ()):
        raise unreadable(f"colour type {colour} of {depth} bits does not exist")
    return Header(width, height)


def _find_packed(file: IO[bytes], kind: bytes, length: int) -> tuple[int, int]:
    """Go to what is compressed of a text or profile: (how long that is, how many texts ended by zeros come first)."""
    keyword = file.read(min(length, _KEYWORD_BYTES))
    body_at = keyword.find(b"\0") + 1
    if not body_at:
        return 0, 0  # nobody reads it
    file.seek(body_at - len(keyword), io.SEEK_CUR)
    left = length - body_at
    if kind != b"iTXt":
        file.seek(1, io.SEEK_CUR)  # the method
        return max(0, left - 1), 0
    flags = file.read(2)
    return (max(0, left - 2), 2) if flags[:1] == b"\1" else (0, 0)


def _inflated_bytes(file: IO[bytes], length: int, after_zeros: int) -> int:
    """How long a text or profile is, decompressed, a piece at a time. Raises ProblemError image-corrupt past the bound.

    Of the `length` bytes an iTXt has two texts ended by zeros first.
    """
    inflater, total = zlib.decompressobj(), 0
    while length > 0 and (piece := file.read(min(length, _PIECE_BYTES))):
        length -= len(piece)
        while after_zeros and piece:
            _, zero, piece = piece.partition(b"\0")
            after_zeros -= bool(zero)
        try:
            total += len(inflater.decompress(piece, _MOST_TEXT_BYTES + 1 - total))
        except zlib.error:
            break  # as much as anybody will read of it
        if total > _MOST_TEXT_BYTES:
            raise damaged(f"a text or profile in it is longer than {_MOST_TEXT_BYTES} bytes, decompressed")
        if inflater.eof:
            break
    return total
