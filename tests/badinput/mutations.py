"""Seeded damage to photos: blind, and by somebody who knows the formats and mends the sums, so that decoders go on."""

import random
import struct
import zlib
from collections.abc import Callable

from tests.badinput.boxes import NESTING, all_parts
from tests.badinput.parts import join, split, with_body, with_box

Mutation = Callable[[bytes, str, bytes, random.Random], bytes]
"""(the file, its format, another file, randomness) → another file."""

_VALUES = (
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    9,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x10000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
)
_NAMES = (
    b"Exif II*\0 MM\0* MPF Adobe IHDR IDAT PLTE tRNS iCCP zTXt iTXt eXIf acTL fcTL fdAT IEND sBIT cHRM"
    b" RIFF WEBP VP8L VP8X ALPH ANIM ANMF ICCP EXIF ftyp meta pitm iloc iinf infe iref dimg auxl thmb cdsc iprp ipco"
    b" ipma ispe pixi irot imir clap colr prof nclx hvcC av1C auxC grid iden iovl idat mdat moov trak avis msf1 hevc"
    b" avif heic mif1 a1op lsel %PDF <svg"
)
_MARKERS = (b"\xff\xdd\0\4\0\1", b"\xff\xdc\0\4\0\1", b"ICC_PROFILE\0\1\1", b"VP8 ", b"XMP ", bytes(4), b"\0\0\0\1")
_CODES = (0xD8, 0xD9, 0xDA, 0xC0, 0xC2, 0xC4, 0xC9, 0xDB, 0xD0, 0xD7, 0xE1, 0xE2, 0xEE, 0xFF)
_WORDS = (*_NAMES.split(b" "), *_MARKERS, *(bytes((0xFF, code)) for code in _CODES))


def mutate(data: bytes, format_name: str, other: bytes, dice: random.Random) -> tuple[str, bytes]:
    """One to three mutations; the name is the first one's."""
    names = dice.choices(
        list(MUTATIONS), weights=[weight for weight, _ in MUTATIONS.values()], k=dice.choice((1, 1, 1, 2, 3))
    )
    for name in names:
        data = MUTATIONS[name][1](data, format_name, other, dice)
    return names[0], data


def _flip_bits(data: bytes, _: str, __: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice((1, 2, 4, 16, 64)) if changed else 0):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _overwrite(data: bytes, _: str, __: bytes, dice: random.Random) -> bytes:
    """A run of bytes: zeros, ones, or noise."""
    at, length = dice.randrange(len(data) + 1), dice.choice((1, 2, 4, 16, 64, 512))
    run = dice.choice((bytes(length), b"\xff" * length, dice.randbytes(length)))
    return data[:at] + run + data[at + length :]


def _insert(data: bytes, _: str, __: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.randbytes(dice.choice((1, 2, 3, 16, 256))) + data[at:]


def _cut(data: bytes, _: str, __: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def _cut_out(data: bytes, _: str, __: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + data[at + dice.choice((1, 2, 4, 16, 256)) :]


def _splice(data: bytes, _: str, other: bytes, dice: random.Random) -> bytes:
    """The beginning of one and the end of the other, or a piece of the other in the middle."""
    at, there = dice.randrange(len(data) + 1), dice.randrange(len(other) + 1)
    if dice.random() < 0.5:
        return data[:at] + other[there:]
    return data[:at] + other[there : there + dice.randrange(1, 400)] + data[at:]


def _word(data: bytes, _: str, __: bytes, dice: random.Random) -> bytes:
    """A marker, a chunk's or a box's name, put in or written over."""
    at, word = dice.randrange(len(data) + 1), dice.choice(_WORDS)
    return data[:at] + word + data[at + dice.choice((0, len(word))) :]


def _number(data: bytes, _: str, __: bytes, dice: random.Random) -> bytes:
    """A number of one to four bytes that programmers forget, anywhere."""
    width = dice.choice((1, 2, 4))
    at, value = dice.randrange(len(data) + 1), dice.choice(_VALUES) & ((1 << 8 * width) - 1)
    return data[:at] + value.to_bytes(width, dice.choice(("big", "little"))) + data[at + width :]


def _lie(data: bytes, format_name: str, _: bytes, dice: random.Random) -> bytes:
    """A length that is not the part's."""
    if format_name in ("heic", "avif"):
        found = all_parts(data)
        at = dice.choice(found)[0].at if found else 0
        return data[:at] + struct.pack(">I", _near(data[at : at + 4], "big", dice)) + data[at + 4 :]
    parts = split(data, format_name)
    which = dice.randrange(len(parts))
    part = parts[which]
    if format_name == "jpeg":
        parts[which] = part[:2] + struct.pack(">H", _near(part[2:4], "big", dice) & 0xFFFF) + part[4:]
    elif format_name == "png":
        parts[which] = struct.pack(">I", _near(part[:4], "big", dice)) + part[4:]
    else:
        parts[which] = part[:4] + struct.pack("<I", _near(part[4:8], "little", dice)) + part[8:]
    return b"".join(parts)


def _near(number: bytes, order: str, dice: random.Random) -> int:
    real = int.from_bytes(number, "big" if order == "big" else "little")
    return dice.choice((real + 1, max(0, real - 1), real * 2, real // 2, dice.choice(_VALUES))) & 0xFFFFFFFF


def _double(data: bytes, format_name: str, _: bytes, dice: random.Random) -> bytes:
    parts = split(data, format_name)
    at = dice.randrange(len(parts))
    return join(parts[:at] + [parts[at]] * dice.choice((2, 3, 50)) + parts[at + 1 :], format_name)


def _drop(data: bytes, format_name: str, _: bytes, dice: random.Random) -> bytes:
    parts = split(data, format_name)
    del parts[dice.randrange(len(parts))]
    return join(parts, format_name)


def _shuffle(data: bytes, format_name: str, _: bytes, dice: random.Random) -> bytes:
    """Two parts change places; the signature stays."""
    parts = split(data, format_name)
    if len(parts) > 2:
        one, two = dice.sample(range(1, len(parts)), 2)
        parts[one], parts[two] = parts[two], parts[one]
    return join(parts, format_name)


def _lend(data: bytes, format_name: str, other: bytes, dice: random.Random) -> bytes:
    """A part of the other file among this one's."""
    parts, theirs = split(data, format_name), split(other, format_name)
    parts.insert(dice.randrange(1, len(parts) + 1), dice.choice(theirs))
    return join(parts, format_name)


def _nest(data: bytes, format_name: str, _: bytes, dice: random.Random) -> bytes:
    """A whole file, or a box, within a part of itself."""
    if format_name in ("heic", "avif"):
        holders = [part for part, _ in all_parts(data) if part.kind in NESTING]
        if holders:
            part = dice.choice(holders)
            inner = data[part.at : part.end]
            return with_box(data, dice, lambda body: body + inner)
    return with_body(data, format_name, dice, lambda body: body[: dice.randrange(len(body) + 1)] + data)


def _change_body(data: bytes, format_name: str, other: bytes, dice: random.Random) -> bytes:
    """What a part says, with everything around it right."""
    blind = dice.choice((_flip_bits, _overwrite, _insert, _cut_out, _cut, _number))
    return with_body(data, format_name, dice, lambda body: blind(body, format_name, other, dice))


def _resize(data: bytes, format_name: str, _: bytes, dice: random.Random) -> bytes:
    """Another width or height in the header, with its sum mended."""
    value = dice.choice((0, 1, 2, 16, 55, 57, 64, 71, 73, 200, 1000, 5000, 16_383, 32_768, 60_000, 65_535, 1 << 31))
    if format_name == "jpeg":
        at = next((i for i in range(2, len(data) - 9) if data[i] == 0xFF and data[i + 1] in (0xC0, 0xC1, 0xC2)), 0)
        return _put(data, at + 5 + dice.choice((0, 2)), struct.pack(">H", min(value, 65_535)))
    if format_name == "png":
        changed = _put(data, 16 + dice.choice((0, 4)), struct.pack(">I", value))
        return changed[:29] + struct.pack(">I", zlib.crc32(changed[12:29])) + changed[33:]
    if format_name == "webp":
        at, width = ((24, 3), (27, 3)) if data[12:16] == b"VP8X" else ((26, 2), (28, 2)) if data[12:16] == b"VP8 " else ((21, 2), (22, 3))  # fmt: skip  # noqa: E501
        place = dice.choice((at, width))
        return _put(data, place[0], (value & ((1 << 8 * place[1]) - 1)).to_bytes(place[1], "little"))
    sizes = [part for part, _ in all_parts(data) if part.kind == b"ispe"]
    return _put(data, dice.choice(sizes).body + dice.choice((4, 8)), struct.pack(">I", value)) if sizes else data


def _put(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def _pixels(data: bytes, format_name: str, other: bytes, dice: random.Random) -> bytes:
    """Damage to the coded picture alone: what an honest header leads to."""
    start = {"jpeg": data.find(b"\xff\xda") + 12, "png": data.find(b"IDAT") + 6, "webp": 30}.get(
        format_name, data.find(b"mdat") + 8
    )
    blind = dice.choice((_flip_bits, _overwrite, _insert, _cut_out, _number))
    changed = data[:start] + blind(data[start:], format_name, other, dice)
    return join(split(changed, format_name), format_name)


MUTATIONS: dict[str, tuple[int, Mutation]] = {
    "bits flipped": (3, _flip_bits),
    "bytes overwritten": (2, _overwrite),
    "bytes put in": (2, _insert),
    "bytes cut out": (2, _cut_out),
    "cut short": (2, _cut),
    "two files spliced": (2, _splice),
    "words strewn": (3, _word),
    "numbers strewn": (3, _number),
    "lengths that lie": (4, _lie),
    "parts doubled": (2, _double),
    "parts left out": (2, _drop),
    "parts in another order": (2, _shuffle),
    "another's parts": (3, _lend),
    "parts within parts": (2, _nest),
    "parts changed": (8, _change_body),
    "another size": (4, _resize),
    "pixels damaged": (6, _pixels),
}
"""By name: how often each is drawn, and what it does."""
