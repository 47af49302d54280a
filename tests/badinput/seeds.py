"""Small valid photos of every kind that the formats know, made in code: what the mutations begin with."""

import functools
import io
import random
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import pillow_heif
from PIL import Image, ImageCms

from tests.badinput.boxes import Item, Media, body_of, box, grid, ispe

SIZE = (72, 56)
MARK = b"SECRET-OF-THE-SHOP"
"""Planted wherever a format keeps words: it must not come out again."""


@dataclass(frozen=True)
class Seed:
    """A file that is taken and decoded as it stands."""

    name: str
    format: str
    data: bytes


@functools.cache
def seeds() -> tuple[Seed, ...]:
    """All of them; the same bytes at every call of one installation."""
    made = {**_jpegs(), **_pngs(), **_webps(), **_heics(), **_avifs()}
    return tuple(Seed(name, name.partition("-")[0], data) for name, data in made.items())


def picture(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """A gradient with some noise, so that every part of a codec has work."""
    noise = random.Random(7)
    bands = []
    for band in range(4):
        ramp = Image.linear_gradient("L").rotate(90 * band).resize(size)
        grain = Image.frombytes("L", size, noise.randbytes(size[0] * size[1]))
        bands.append(Image.blend(ramp, grain, 0.15))
    return bands[0].convert(mode) if mode in ("1", "L", "P") else Image.merge("RGBA", bands).convert(mode)


def encoded(format_name: str, image: Image.Image | None = None, **options: Any) -> bytes:
    """The image (a `picture` by default) in one of Pillow's formats."""
    file = io.BytesIO()
    (image or picture()).save(file, format_name, **options)
    return file.getvalue()


def exif(orientation: int = 1) -> bytes:
    """A phone's: turn, maker and place, with a thumbnail's worth of maker notes."""
    tags = Image.Exif()
    tags[0x0112], tags[0x010F], tags[0x010E] = orientation, MARK.decode(), MARK.decode()
    tags.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.3), 3: "E", 4: (13.0, 24.0, 18.0), 29: MARK.decode()})
    tags.get_ifd(0x8769).update({0x927C: MARK * 20, 0x9286: b"ASCII\0\0\0" + MARK})
    return tags.tobytes()


def xmp() -> bytes:
    """A packet with the mark in it."""
    return b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><secret>" + MARK + b"</secret></x:xmpmeta>"


def profile() -> bytes:
    """An ICC profile that is not passed over by its name, and tells the mark."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made.replace("sRGB built-in".encode("utf-16-be"), MARK[:13].decode().encode("utf-16-be"))


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG's chunk with its sum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def segment(marker: int, data: bytes) -> bytes:
    """A JPEG's segment."""
    return struct.pack(">BBH", 0xFF, marker, 2 + len(data)) + data


def _jpegs() -> dict[str, bytes]:
    plain = encoded("JPEG")
    second = picture(size=(40, 32))
    made = {
        "baseline": plain,
        "progressive": encoded("JPEG", progressive=True),
        "444": encoded("JPEG", subsampling=0, quality=95),
        "422": encoded("JPEG", subsampling=1),
        "grey": encoded("JPEG", picture("L")),
        "cmyk": encoded("JPEG", picture("CMYK")),
        "cmyk-progressive": encoded("JPEG", picture("CMYK"), progressive=True),
        "rgb": encoded("JPEG", keep_rgb=True),
        "restarts": encoded("JPEG", restart_marker_blocks=3),
        "restarts-progressive": encoded("JPEG", restart_marker_rows=1, progressive=True, optimize=True),
        "icc": encoded("JPEG", icc_profile=profile()),
        "icc-broken": encoded("JPEG", icc_profile=profile()[:200] + MARK),
        "comment": encoded("JPEG", comment=MARK),
        "xmp": encoded("JPEG", xmp=xmp()),
        "apps": plain[:2] + segment(0xED, b"Photoshop 3.0\0" + MARK) + segment(0xEC, b"Ducky" + MARK) + plain[2:],
        "adobe": plain[:2] + segment(0xEE, b"Adobe\0\x64\0\0\0\0\1") + plain[2:],
        "mpo": encoded("MPO", save_all=True, append_images=[second]),
        "zip-tail": plain + b"PK\3\4" + MARK * 40,
        "one-pixel": encoded("JPEG", picture(size=(1, 1))),
    }
    made |= {f"exif-{turn}": encoded("JPEG", exif=exif(turn)) for turn in range(1, 9)}
    return {f"jpeg-{name}": data for name, data in made.items()}


def _pngs() -> dict[str, bytes]:
    plain = encoded("PNG")
    text = chunk(b"tEXt", b"Comment\0" + MARK) + chunk(b"zTXt", b"Author\0\0" + zlib.compress(MARK))
    itxt = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp()) + chunk(b"tIME", bytes(7))
    sixteen = Image.frombytes("I;16", SIZE, random.Random(3).randbytes(SIZE[0] * SIZE[1] * 2))
    made = {
        "rgb": plain,
        "rgba": encoded("PNG", picture("RGBA")),
        "grey": encoded("PNG", picture("L")),
        "grey-alpha": encoded("PNG", picture("LA")),
        "one-bit": encoded("PNG", picture("1")),
        "sixteen": encoded("PNG", sixteen),
        "sixteen-clear": encoded("PNG", sixteen, transparency=1000),
        "palette": encoded("PNG", picture("P")),
        "palette-clear": encoded("PNG", picture("P"), transparency=bytes(range(0, 250, 5))),
        "palette-4": encoded("PNG", picture("RGB").quantize(16), bits=4),
        "palette-2": encoded("PNG", picture("RGB").quantize(4), bits=2),
        "clear": encoded("PNG", transparency=(1, 2, 3)),
        "texts": plain[:33] + text + itxt + plain[33:],
        "icc": encoded("PNG", icc_profile=profile()),
        "exif": encoded("PNG", exif=exif(6)),
        "gamma": plain[:33] + chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"sRGB", b"\0") + plain[33:],
        "interlaced": _interlaced(),
        "still-apng": encoded("PNG", save_all=True, append_images=[]),
        "one-pixel": encoded("PNG", picture(size=(1, 1))),
        "tail": plain + b"PK\3\4" + MARK,
    }
    return {f"png-{name}": data for name, data in made.items()}


def _interlaced() -> bytes:
    """Grey, in Adam7's seven passes, unfiltered; Pillow writes no such file."""
    width, height, rows = 17, 13, bytearray()
    for left, top, across, down in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):  # fmt: skip  # noqa: E501
        for y in range(top, height, down):
            rows += b"\0" + bytes((x * y) % 256 for x in range(left, width, across))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")


def _webps() -> dict[str, bytes]:
    told = {"exif": exif(8), "xmp": xmp(), "icc_profile": profile()}
    made = {
        "lossy": encoded("WEBP"),
        "lossless": encoded("WEBP", lossless=True),
        "alpha": encoded("WEBP", picture("RGBA")),
        "alpha-lossless": encoded("WEBP", picture("RGBA"), lossless=True),
        "palette": encoded("WEBP", picture("P").convert("RGB"), lossless=True),
        "told": encoded("WEBP", **told),
        "told-lossless": encoded("WEBP", picture("RGBA"), lossless=True, **told),
        "one-pixel": encoded("WEBP", picture(size=(1, 1))),
    }
    return {f"webp-{name}": data for name, data in made.items()}


def _heic(mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(picture(mode)).save(file, **options)
    return file.getvalue()


def _heics() -> dict[str, bytes]:
    deep = io.BytesIO()
    width, height = SIZE
    samples = random.Random(5).randbytes(width * height * 6)
    pillow_heif.from_bytes("RGB;16", SIZE, samples).save(deep, bit_depth=10)
    several = pillow_heif.from_pillow(picture())
    several.add_from_pillow(picture(size=(64, 64)))
    burst = io.BytesIO()
    several.save(burst)
    made = {
        "plain": _heic(),
        "444": _heic(chroma=444, quality=90),
        "alpha": _heic("RGBA"),
        "grey": _heic("L"),
        "ten-bits": deep.getvalue(),
        "told": _heic(exif=exif(6), xmp=xmp(), icc_profile=profile()),
        "burst": burst.getvalue(),
        "grid": tiled("heic", 2, 2),
        "turned": tiled("heic", 1, 1, box(b"irot", b"\1")),
        "mirrored": tiled("heic", 1, 1, box(b"imir", b"\1")),
    }
    return {f"heic-{name}": data for name, data in made.items()}


def _avifs() -> dict[str, bytes]:
    told = {"exif": exif(3), "xmp": xmp(), "icc_profile": profile()}
    made = {
        "plain": encoded("AVIF", speed=9),
        "444": encoded("AVIF", speed=9, subsampling="4:4:4", quality=90),
        "grey": encoded("AVIF", picture("L"), speed=9),
        "alpha": encoded("AVIF", picture("RGBA"), speed=9),
        "told": encoded("AVIF", speed=9, **told),
        "lossless": encoded("AVIF", speed=9, quality=100, subsampling="4:4:4"),
        "grid": tiled("avif", 2, 2),
        "turned": tiled("avif", 1, 1, box(b"irot", b"\1")),
        "mirrored": tiled("avif", 1, 1, box(b"imir", b"\1")),
    }
    return {f"avif-{name}": data for name, data in made.items()}


@functools.cache
def tile(format_name: str) -> tuple[bytes, bytes]:
    """A coded picture of 64 × 64 pixels: the property that tells its decoder how, and its bytes."""
    image = picture(size=(64, 64))
    file = io.BytesIO()
    if format_name == "heic":
        pillow_heif.from_pillow(image).save(file)
    else:
        image.save(file, "AVIF", speed=9)
    config = b"hvcC" if format_name == "heic" else b"av1C"
    return box(config, body_of(file.getvalue(), config)), body_of(file.getvalue(), b"mdat")


def tiled(
    format_name: str, rows: int, columns: int, *transforms: bytes, promise: tuple[int, int] | None = None
) -> bytes:
    """A grid of equal tiles of 64 × 64 pixels, all kept once each; of one tile, that tile itself, with transforms."""
    config, data = tile(format_name)
    width, height = promise or (columns * 64, rows * 64)
    pixi = box(b"pixi", bytes(4), b"\3\x08\x08\x08")
    properties = (config, ispe(64, 64), ispe(width, height), pixi, *transforms)
    coded = b"hvc1" if format_name == "heic" else b"av01"
    extra = tuple(0x80 | number for number in range(5, 5 + len(transforms)))  # essential
    if rows == columns == 1:
        return Media(format_name.encode(), properties, [Item(coded, data, (0x81, 2, 4, *extra))]).file()
    count = rows * columns
    whole = Item(b"grid", grid(rows, columns, width, height), (3, 4, *extra), range(2, 2 + count), in_meta=True)
    return Media(format_name.encode(), properties, [whole, *[Item(coded, data, (0x81, 2, 4))] * count]).file()
