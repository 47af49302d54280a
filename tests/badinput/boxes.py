"""Boxes of ISO media files, written and taken apart by hand, to make HEIC and AVIF files that no encoder would."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

NESTING = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"iref": 4, b"iinf": 6}
"""Boxes that hold boxes, and how many bytes of their own stand before those."""


@dataclass(frozen=True)
class Part:
    """A box in a file: its kind, where it begins, where its body begins, where it ends."""

    kind: bytes
    at: int
    body: int
    end: int


@dataclass(frozen=True)
class Item:
    """One item of a file: its type, its bytes, its properties' numbers (from 1), and the items that it is made of."""

    kind: bytes
    data: bytes
    tied: Sequence[int]
    made_of: Sequence[int] = ()
    in_meta: bool = False  # kept in `idat`, as grids are
    offset: int | None = None  # a lie about where its bytes are
    reference: bytes = b"dimg"


@dataclass(frozen=True)
class Media:
    """A file of still items; the first is the primary one. Items are numbered from 1."""

    brand: bytes
    properties: Sequence[bytes]
    items: Sequence[Item]
    more: Sequence[bytes] = field(default=())  # other boxes in `meta`

    def file(self) -> bytes:
        """The whole file."""
        once = self._file(0)
        return self._file(once.index(b"mdat") + 4)

    def _file(self, mdat_at: int) -> bytes:
        inside = (self._hdlr(), box(b"pitm", struct.pack(">IH", 0, 1)), self._iloc(mdat_at), self._iinf())
        held = b"".join(item.data for item in self.items if item.in_meta)
        apart = b"".join(item.data for item in self.items if not item.in_meta)
        idat = box(b"idat", held) if held else b""  # libavif refuses an empty one
        meta = box(b"meta", bytes(4), *inside, self._iref(), self._iprp(), idat, *self.more)
        ftyp = box(b"ftyp", self.brand, bytes(4), b"mif1", self.brand, b"miaf")
        return ftyp + meta + box(b"mdat", apart)

    def _hdlr(self) -> bytes:
        return box(b"hdlr", bytes(8), b"pict", bytes(13))

    def _iloc(self, mdat_at: int) -> bytes:
        entries, apart, held = [], mdat_at, 0
        for number, item in enumerate(self.items, 1):
            at = item.offset if item.offset is not None else held if item.in_meta else apart
            entries.append(struct.pack(">HHHHII", number, int(item.in_meta), 0, 1, at & 0xFFFFFFFF, len(item.data)))
            held, apart = held + len(item.data) * item.in_meta, apart + len(item.data) * (not item.in_meta)
        return box(b"iloc", struct.pack(">IHH", 1 << 24, 0x4400, len(entries)), *entries)

    def _iinf(self) -> bytes:
        infos = [
            box(b"infe", struct.pack(">IHH4s", 2 << 24, number, 0, item.kind), b"\0")
            for number, item in enumerate(self.items, 1)
        ]
        return box(b"iinf", struct.pack(">IH", 0, len(infos)), *infos)

    def _iref(self) -> bytes:
        told = [
            box(item.reference, struct.pack(f">HH{len(item.made_of)}H", number, len(item.made_of), *item.made_of))
            for number, item in enumerate(self.items, 1)
            if item.made_of
        ]
        return box(b"iref", bytes(4), *told) if told else b""

    def _iprp(self) -> bytes:
        ties = [
            struct.pack(">HB", number, len(item.tied)) + bytes(item.tied) for number, item in enumerate(self.items, 1)
        ]
        return box(b"iprp", box(b"ipco", *self.properties), box(b"ipma", struct.pack(">II", 0, len(ties)), *ties))


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box around these bytes."""
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def ispe(width: int, height: int) -> bytes:
    """The property that tells an item's size."""
    return box(b"ispe", struct.pack(">III", 0, width, height))


def grid(rows: int, columns: int, width: int, height: int) -> bytes:
    """What a grid item holds: how many tiles, and the size of the whole."""
    return struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)


def parts_of(data: bytes, start: int, end: int) -> list[Part]:
    """The boxes between two places; what does not look like one ends the list."""
    found, at = [], start
    while at + 8 <= end and len(found) < 10_000:
        size = int.from_bytes(data[at : at + 4], "big") or end - at
        if size < 8 or at + size > end:
            break
        found.append(Part(data[at + 4 : at + 8], at, at + 8, at + size))
        at += size
    return found


def all_parts(data: bytes) -> list[tuple[Part, tuple[Part, ...]]]:
    """Every box with those that it lies in, outermost first."""
    found: list[tuple[Part, tuple[Part, ...]]] = []

    def walk(start: int, end: int, around: tuple[Part, ...]) -> None:
        for part in parts_of(data, start, end):
            found.append((part, around))
            if part.kind in NESTING and len(around) < 8:
                walk(part.body + NESTING[part.kind], part.end, (*around, part))

    walk(0, len(data), ())
    return found


def body_of(data: bytes, kind: bytes) -> bytes:
    """The body of the first box of a kind, wherever it lies."""
    return next(data[part.body : part.end] for part, _ in all_parts(data) if part.kind == kind)
