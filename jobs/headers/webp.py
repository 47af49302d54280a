"""A WebP's header: its first chunk (RFC 9649)."""

from typing import IO

from jobs.headers.parts import Header, damaged, unreadable


def read_webp(file: IO[bytes]) -> Header:
    """Size by the canvas of an extended file, else by the picture; moving where the canvas says so."""
    head = file.read(30)
    kind = head[12:16]
    if len(head) == 30 and kind == b"VP8X":
        width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
        return Header(width, height, bool(head[20] & 0x02))
    if len(head) == 30 and kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        return Header(width, height)
    if len(head) >= 25 and kind == b"VP8L" and head[20] == 0x2F:
        bits = int.from_bytes(head[21:25], "little")
        return Header(1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF))
    raise unreadable(f"first chunk {kind!r}")


def check_length(data: bytes) -> None:
    """Hold a whole WebP against the length that it tells: of one cut short the decoder says only that it is bad.

    For the decoding child. Raises ProblemError image-corrupt.
    """
    told = 8 + int.from_bytes(data[4:8], "little")
    if len(data) + 1 < told:  # the last chunk's padding may be missing
        raise damaged(f"it says that it is {told} bytes long; it has {len(data)}")
