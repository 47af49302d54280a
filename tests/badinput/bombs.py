"""Photos made to hurt: small files that ask for much work, much memory, or a walk without end."""

import io
import random
import struct
import zlib
from collections.abc import Callable

from PIL import Image

from tests.badinput.boxes import Item, Media, box, grid, ispe
from tests.badinput.seeds import Seed, chunk, encoded, picture, segment, tile, tiled

HEAD = b"\x89PNG\r\n\x1a\n"
END = chunk(b"IEND", b"")


def bombs() -> list[Seed]:
    """Each by its name; the largest have some megabytes."""
    return [Seed(name, name.partition("-")[0], make()) for name, make in BOMBS.items()]


def header(width: int, height: int, colour: int = 2) -> bytes:
    """A PNG's signature and IHDR of 8 bits."""
    return HEAD + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))


def _zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


def _before_pixels(more: bytes) -> bytes:
    plain = encoded("PNG")
    return plain[:33] + more + plain[33:]


def _many_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again: each goes over the whole picture."""
    photo = encoded("JPEG", picture(size=(1200, 900)), progressive=True, quality=20)
    at = photo.rindex(b"\xff\xda")
    return photo[:-2] + photo[at:-2] * count + photo[-2:]


def _refinements(count: int) -> bytes:
    """Scans of two bytes over four megapixels: end-of-band runs that say nothing, so each costs a pass and no file."""
    file = io.BytesIO()
    Image.new("L", (2000, 2000), 128).save(file, "JPEG", progressive=True)
    photo = file.getvalue()
    at = photo.rindex(b"\xff\xda")
    return photo[:-2] + photo[at:-2] * count + photo[-2:]


def _turning_items(format_name: str) -> bytes:
    """Two grids, each made of the other."""
    config, data = tile(format_name)
    coded = b"hvc1" if format_name == "heic" else b"av01"
    items = [
        Item(b"grid", grid(1, 1, 64, 64), (2,), (2,), in_meta=True),
        Item(b"grid", grid(1, 1, 64, 64), (2,), (1,), in_meta=True),
        Item(coded, data, (0x81, 2)),
    ]
    return Media(format_name.encode(), (config, ispe(64, 64)), items).file()


def _one_item_often(kind: bytes, depth: int) -> bytes:
    """Items that each hold the next one twice: 2 ** depth pictures out of one tile."""
    config, data = tile("heic")
    items = [
        Item(b"grid", grid(1, 2, 128, 64), (3,), (number + 1, number + 1), in_meta=True)
        for number in range(1, depth + 1)
    ]
    if kind == b"iovl":
        overlay = struct.pack(">BB4HHH", 0, 0, 0, 0, 0, 0xFFFF, 64, 64) + struct.pack(">4h", 0, 0, 1, 1)
        items = [Item(b"iovl", overlay, (2,), (number + 1, number + 1), in_meta=True) for number in range(1, depth + 1)]
    return Media(b"heic", (config, ispe(64, 64), ispe(128, 64)), [*items, Item(b"hvc1", data, (0x81, 2))]).file()


def _shared_tiles(format_name: str, count: int) -> bytes:
    """A grid whose tiles are one and the same item: a wall of pixels from a kilobyte."""
    config, data = tile(format_name)
    coded = b"hvc1" if format_name == "heic" else b"av01"
    side = count * 64
    whole = Item(b"grid", grid(count, count, side, side), (3,), [2] * (count * count), in_meta=True)
    return Media(
        format_name.encode(), (config, ispe(64, 64), ispe(side, side)), [whole, Item(coded, data, (0x81, 2))]
    ).file()


def _far_items(offset: int) -> bytes:
    config, data = tile("heic")
    return Media(b"heic", (config, ispe(64, 64)), [Item(b"hvc1", data, (0x81, 2), offset=offset)]).file()


def _huge_box(format_name: str, size: int) -> bytes:
    file = tiled(format_name, 2, 2)
    at = file.index(b"mdat") - 4
    return file[:at] + struct.pack(">I4sQ", 1, b"mdat", size) + file[at + 8 :]


def _deep_boxes(depth: int) -> bytes:
    nested = b""
    for _ in range(depth):
        nested = box(b"meta", bytes(4), nested)
    return box(b"ftyp", b"heic", bytes(4), b"mif1heic") + nested


def _lying_webp() -> bytes:
    """A canvas of 8000 × 7999 around a picture of 72 × 56."""
    inner = encoded("WEBP")[12:]
    canvas = bytes(4) + (7999).to_bytes(3, "little") + (7998).to_bytes(3, "little")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + canvas + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _frames_in_a_still_webp() -> bytes:
    """A thousand frames in a file whose header says that it does not move."""
    frames = [Image.new("RGB", (64, 64), (index, 0, 0)) for index in range(40)]
    data = bytearray(encoded("WEBP", frames[0], save_all=True, append_images=frames[1:]))
    data[20] &= ~2
    return bytes(data)


BOMBS: dict[str, Callable[[], bytes]] = {
    "png-60000-squared": lambda: header(60_000, 60_000) + chunk(b"IDAT", b"") + END,
    "png-8000-squared-of-nothing": lambda: header(8000, 8000) + chunk(b"IDAT", b"") + END,
    "png-8000-squared-of-zeros": lambda: header(8000, 8000, 6) + chunk(b"IDAT", _zeros(244)) + END,
    "png-more-zeros-than-pixels": lambda: header(64, 64) + chunk(b"IDAT", _zeros(1000)) + END,
    "png-ztxt": lambda: _before_pixels(chunk(b"zTXt", b"a\0\0" + _zeros(64))),
    "png-itxt": lambda: _before_pixels(chunk(b"iTXt", b"a\0\1\0\0\0" + _zeros(64))),
    "png-iccp": lambda: _before_pixels(chunk(b"iCCP", b"a\0\0" + _zeros(64))),
    "png-texts-behind-the-pixels": lambda: encoded("PNG")[:-12] + chunk(b"zTXt", b"a\0\0" + _zeros(64)) + END,
    "png-a-million-chunks": lambda: _before_pixels(chunk(b"teSt", b"") * 300_000),
    "png-a-million-chunks-behind": lambda: encoded("PNG")[:-12] + chunk(b"teSt", b"") * 300_000 + END,
    "png-a-million-empty-idats": lambda: _before_pixels(b"")[:33] + chunk(b"IDAT", b"") * 300_000 + encoded("PNG")[33:],
    "png-one-byte-a-chunk": lambda: (
        header(900, 900)
        + b"".join(
            chunk(b"IDAT", bytes((byte,)))
            for byte in zlib.compress(random.Random(1).randbytes(900 * 2701), 0)[:100_000]
        )
        + END
    ),
    "jpeg-60000-squared": lambda: _with_size(60_000, 60_000),
    "jpeg-8000-squared-of-nothing": lambda: _with_size(8000, 8000),
    "jpeg-a-thousand-scans": lambda: _many_scans(1000),
    "jpeg-65500-scans": lambda: _refinements(65_500),
    "jpeg-a-million-segments": lambda: _after_soi(b"\xff\xfe\0\2" * 300_000),
    "jpeg-thousands-of-tables": lambda: _after_soi(segment(0xC4, b"\0" + bytes(16)) * 4000),
    "jpeg-thousands-of-applications": lambda: _after_soi(segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff") * 4000),
    "jpeg-a-zero-desert": lambda: _after_soi(segment(0xFE, b"") + bytes(3_000_000)),
    "jpeg-a-million-restarts": lambda: encoded("JPEG")[:-2] + b"\xff\xd0\xff\xd1" * 500_000 + b"\xff\xd9",
    "jpeg-exif-in-circles": lambda: _after_soi(
        segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\x08")
    ),
    "jpeg-mpf-of-many": lambda: _after_soi(
        segment(
            0xE2,
            b"MPF\0II*\0\x08\0\0\0\2\0\1\xb0\4\0\1\0\0\0\xff\xff\xff\x7f\2\xb0\7\0\xff\xff\xff\x7f\0\0\0\0\0\0\0\0",
        )
    ),
    "jpeg-icc-of-many": lambda: _after_soi(segment(0xE2, b"ICC_PROFILE\0\1\xff" + bytes(60_000)) * 60),
    "webp-a-lying-canvas": _lying_webp,
    "webp-frames-in-a-still": _frames_in_a_still_webp,
    "heic-items-in-circles": lambda: _turning_items("heic"),
    "heic-itself": lambda: Media(
        b"heic", (ispe(64, 64),), [Item(b"grid", grid(1, 1, 64, 64), (1,), (1,), in_meta=True)]
    ).file(),
    "heic-grids-in-grids": lambda: _one_item_often(b"grid", 40),
    "heic-overlays-in-overlays": lambda: _one_item_often(b"iovl", 40),
    "heic-thousands-of-tiles": lambda: tiled("heic", 64, 64),
    "heic-one-tile-thousands-of-times": lambda: _shared_tiles("heic", 124),
    "heic-a-grid-that-lies": lambda: tiled("heic", 2, 2, promise=(8000, 8000)),
    "heic-far-items": lambda: _far_items(0xFFFFFFF0),
    "heic-a-huge-box": lambda: _huge_box("heic", 1 << 62),
    "heic-boxes-in-boxes": lambda: _deep_boxes(5000),
    "heic-alpha-of-itself": lambda: Media(
        b"heic", (tile("heic")[0], ispe(64, 64)), [Item(b"hvc1", tile("heic")[1], (0x81, 2), (1,), reference=b"auxl")]
    ).file(),
    "avif-items-in-circles": lambda: _turning_items("avif"),
    "avif-thousands-of-tiles": lambda: tiled("avif", 64, 64),
    "avif-one-tile-thousands-of-times": lambda: _shared_tiles("avif", 124),
    "avif-a-grid-that-lies": lambda: tiled("avif", 2, 2, promise=(8000, 8000)),
    "avif-a-huge-box": lambda: _huge_box("avif", 1 << 62),
}
"""By name, which begins with the format."""


def _after_soi(more: bytes) -> bytes:
    plain = encoded("JPEG")
    return plain[:2] + more + plain[2:]


def _with_size(width: int, height: int) -> bytes:
    data = bytearray(encoded("JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)
